// Command makelog makes this folder's log from the events of the shop:
//
//	go run ./examples/shop -traffic 200 -export jsonl:events.jsonl
//	go run ./examples/replay/makelog <events.jsonl >examples/replay/log.csv
//
// The touchpoints, their outcomes and the channels are the shop's. The order numbers and the times are made up,
// because the simulated customers finish a purchase in a second where people take minutes. The numbers and times
// depend only on the touchpoints, their outcomes and channels: two runs with the same customers give the same log.
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

// write writes the orders as one log, sorted by time.
func write(list [][]step, to io.Writer) error {
	const (
		between = 11 * time.Minute // from the start of one order to the start of the next
		nextDay = "call-support"   // the touchpoint that happens on the day after
		behind  = "charge-card"    // the touchpoint in which the payments service takes part in a payment
	)
	begin := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	places := make([]int, len(list)) // in an order that is independent of the touchpoints
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

// chance returns a pseudo-random number from 0 to 1 that depends on its arguments only.
func chance(what string, n int) uint64 {
	h := fnv.New64a()
	_, _ = io.Copy(h, strings.NewReader(fmt.Sprintf("%s %d", what, n))) // a hash's Write never fails
	return h.Sum64()
}

// seconds returns a duration between the two numbers of seconds. Most of its results are near the shorter one.
func seconds(chance uint64, from, to uint64) time.Duration {
	part := float64(chance%1000) / 1000
	return time.Duration(float64(from)+part*part*float64(to-from)) * time.Second
}
