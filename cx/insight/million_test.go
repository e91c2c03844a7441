//go:build unix

package insight_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// orders is a source of so many orders, each of three stages and six touchpoints of teams in queues. A pair of values goes with bad ones.
type orders int

func (orders) Distinct() bool { return true }

func (orders) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

func (n orders) Scan(_ context.Context, _ event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	rng := rand.New(rand.NewPCG(1, 2))
	teams, impacts := listed("team", 20), listed("impact", 8)
	for run := range int(n) {
		began := monday.Add(time.Duration(run) * time.Second)
		team, release := rng.IntN(len(teams)), rng.IntN(6)
		e := event.Event{
			Journey:  event.Run{Name: "order", ID: strconv.Itoa(run), Started: began},
			Customer: event.Customer{Hash: strconv.Itoa(rng.IntN(int(n))), Segment: []string{"gold", "iron", "tin"}[rng.IntN(3)]},
			Variant:  &event.Variant{Release: strconv.Itoa(release)}, Channel: event.Channel(1 + rng.IntN(4)),
		}
		at := began
		give := func(kind event.Kind, set func()) error {
			one := e
			e.Kind, e.Time = kind, at
			set()
			err := each(&e)
			e = one
			at = at.Add(time.Duration(rng.ExpFloat64() * float64(time.Hour)))
			return err
		}
		for i, stage := range []string{"cart", "payment", "confirmation"} {
			if err := give(event.JourneyStageEntered, func() { e.Stage = stage }); err != nil {
				return event.Cursor{}, err
			}
			for k := range 2 {
				if err := give(event.TouchpointEnded, func() {
					e.Touchpoint, e.Outcome = []string{"call", "mail", "visit", "chat"}[(i+k*rng.IntN(3))%4], event.OK
					e.Assisted = &event.Assisted{Legs: []event.Leg{{Queue: teams[(team+k)%len(teams)]}}}
					e.Attributes = []attribute.KeyValue{attribute.String("team", teams[(team+k*rng.IntN(2))%len(teams)]), attribute.String("impact", impacts[release])}
				}); err != nil {
					return event.Cursor{}, err
				}
			}
		}
		outcome, fails := event.Completed, 0.1
		if team == 3 && release == 2 {
			fails = 0.4
		}
		if rng.Float64() < fails {
			outcome = event.Failed
		}
		if err := give(event.JourneyEnded, func() { e.Outcome = outcome }); err != nil {
			return event.Cursor{}, err
		}
	}
	return event.Cursor{Position: "all"}, nil
}

func listed(name string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint(name, "-", i))
	}
	return all
}

// used returns the processor time of this process, which other processes of the machine do not change.
func used(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkMillion asks the questions about paths, and what goes with bad runs, about a million runs of nine steps: go test -run '^$' -bench Million -benchtime 1x.
func BenchmarkMillion(b *testing.B) {
	const runs = 1_000_000
	table, err := insight.New(tickets(), insight.WithAttributes("impact"))
	if err == nil {
		err = table.Load(b.Context(), orders(runs))
	}
	if err != nil {
		b.Fatal(err)
	}
	view := table.View(insight.Everything(), time.Time{})
	half := monday.Add(runs / 2 * time.Second)
	for _, c := range []struct {
		name string
		ask  func() error
	}{
		{"Time", func() error { _, err := view.Time(b.Context(), insight.Which{}); return err }},
		{"Funnel", func() error {
			_, err := view.Funnel(b.Context(), insight.Which{From: half}, &insight.Which{Until: half})
			return err
		}},
		{"Paths", func() error { _, err := view.Paths(b.Context(), insight.Which{}); return err }},
		{"PathMap", func() error { _, err := view.PathMap(b.Context(), insight.Which{}, nil); return err }},
		{"PathMapOfWays", func() error {
			all, err := view.Paths(b.Context(), insight.Which{From: monday, Until: half})
			if err != nil {
				return err
			}
			_, err = view.PathMap(b.Context(), insight.Which{}, steps(all.Variants.Shown[:3]))
			return err
		}},
		{"Examples", func() error {
			_, err := view.Examples(b.Context(), insight.Which{}, insight.NotCompleted(), 5)
			return err
		}},
		{"GoesWith", func() error {
			g, err := view.GoesWith(b.Context(), insight.Which{}, insight.NotCompleted())
			if len(g.Answer.Findings) == 0 {
				b.Error("nothing goes with it")
			}
			return err
		}},
		{"GotWorse", func() error {
			_, err := view.GotWorse(b.Context(), insight.Which{From: half}, insight.Which{Until: half}, insight.NotCompleted())
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			began := used(b)
			for b.Loop() {
				if err := c.ask(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((used(b)-began).Seconds()/float64(b.N), "cpu-s/op")
		})
	}
}
