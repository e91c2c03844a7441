// Command makelog makes the log of this folder out of the events of the shop:
//
//	go run ./examples/shop -traffic 200 -export jsonl:events.jsonl
//	go run ./examples/replay/makelog <events.jsonl >examples/replay/log.csv
//
// What customers did, how it went and on which channel is the shop's. The order numbers and the times are made up, for
// the shop's crowd is in a hurry: it buys in a second what takes people minutes. They depend on nothing but what was done,
// so two crowds that do the same give the same log.
package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

func main() {
	if err := convert(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "makelog:", err)
		os.Exit(1)
	}
}

// step is one touchpoint of an order.
type step struct {
	name, channel, outcome string
	at                     time.Time
}

func (s step) String() string { return s.name + " " + s.channel + " " + s.outcome }

// convert reads events as lines of JSON and writes the log.
func convert(from io.Reader, to io.Writer) error {
	orders := map[string][]step{}
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 4<<20)
	for n := 1; lines.Scan(); n++ {
		e, err := event.ParseJSON(lines.Bytes())
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if e.Kind == event.TouchpointEnded && e.Journey.ID != "" {
			orders[e.Journey.ID] = append(orders[e.Journey.ID], step{e.Touchpoint, e.Channel.String(), e.Outcome.String(), e.Time})
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading the events: %w", err)
	}
	list := make([][]step, 0, len(orders))
	for _, steps := range orders {
		slices.SortStableFunc(steps, func(a, b step) int { return a.at.Compare(b.at) })
		list = append(list, steps)
	}
	slices.SortFunc(list, func(a, b []step) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return write(list, to)
}

// row is a line of the log.
type row struct {
	order string
	step
}

// write writes the orders as one log, in the order of time.
func write(list [][]step, to io.Writer) error {
	const (
		between = 11 * time.Minute // one order and the next
		nextDay = "call-support"   // customers call on the day after
		behind  = "charge-card"    // it is what a payment does behind the scenes
	)
	begin := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	places := make([]int, len(list)) // in a sequence that does not go by what was done
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(a, b int) int {
		return cmp.Or(cmp.Compare(chance("place", a), chance("place", b)), cmp.Compare(a, b))
	})
	var rows []row
	for i, at := range places {
		now := begin.Add(time.Duration(i)*between + seconds(chance("begin", i), 0, 600))
		for n, s := range list[at] {
			switch {
			case s.name == nextDay:
				now = now.Add(24 * time.Hour)
			case s.name == behind:
				now = now.Add(time.Second)
			case n > 0:
				now = now.Add(seconds(chance("think", i*100+n), 5, 420))
			}
			s.at = now
			rows = append(rows, row{fmt.Sprintf("A%04d", i+1), s})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.at.Compare(b.at) })
	w := csv.NewWriter(to)
	_ = w.Write([]string{"order", "step", "at", "channel", "outcome"})
	for _, r := range rows {
		_ = w.Write([]string{r.order, r.name, r.at.Format(time.RFC3339), r.channel, r.outcome})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	return nil
}

// chance is a number that is the same in every run.
func chance(what string, n int) uint64 {
	h := fnv.New64a()
	_, _ = io.Copy(h, strings.NewReader(fmt.Sprintf("%s %d", what, n))) // a hash takes everything
	return h.Sum64()
}

// seconds is a duration between two numbers of seconds, most of them short.
func seconds(chance uint64, from, to uint64) time.Duration {
	part := float64(chance%1000) / 1000
	return time.Duration(float64(from)+part*part*float64(to-from)) * time.Second
}
