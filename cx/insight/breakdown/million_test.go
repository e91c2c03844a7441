//go:build unix

package breakdown_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
)

const journeys, stages, touchpoints, causes, promises = 20, 9, 40, 40, 10 // which are 20 times 100 charts

func names(of string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint(of, "-", i))
	}
	return list
}

// large is a blueprint of 2,000 charts.
func large() *blueprint.Blueprint {
	b := &blueprint.Blueprint{Version: 1, RootCauses: names("cause", causes)}
	for _, t := range names("touchpoint", touchpoints) {
		b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{Name: t})
	}
	for _, j := range names("journey", journeys) {
		one := blueprint.Journey{Name: j}
		for _, s := range names("stage", stages) {
			one.Stages = append(one.Stages, blueprint.Stage{Name: s})
		}
		for _, p := range names("promise", promises) {
			one.Promises = append(one.Promises, blueprint.Promise{Name: p})
		}
		b.Journeys = append(b.Journeys, one)
	}
	return b
}

// runs is a source of so many runs over 112 days, each of three stages, six touchpoints, a promise and an end.
type runs int

func (runs) Distinct() bool { return true }

func (runs) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

func (n runs) Scan(_ context.Context, _ event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	r := rand.New(rand.NewPCG(1, 19)) //nolint:gosec // a benchmark
	all := [][]string{names("journey", journeys), names("stage", stages), names("touchpoint", touchpoints), names("cause", causes), names("promise", promises)}
	one := func(of int) string { return all[of][r.IntN(len(all[of]))] }
	for run := range int(n) {
		began := monday.Add(time.Duration(float64(run) / float64(n) * 112 * 24 * float64(time.Hour)))
		e := event.Event{Journey: event.Run{Name: one(0), ID: strconv.Itoa(run), Started: began}, Customer: event.Customer{Hash: strconv.Itoa(r.IntN(int(n)))}}
		at := began
		give := func(kind event.Kind, fill func(*event.Event)) error {
			x := e
			x.Kind, x.Time = kind, at
			fill(&x)
			at = at.Add(time.Duration(r.Int64N(int64(time.Hour))))
			return each(&x)
		}
		promise := &event.Promise{Name: one(4), Number: 1, Made: began, Due: began.Add(48 * time.Hour)}
		if err := give(event.PromiseMade, func(e *event.Event) { e.Promise = promise }); err != nil {
			return event.Cursor{}, err
		}
		for range 3 {
			stage := one(1)
			if err := give(event.JourneyStageEntered, func(e *event.Event) { e.Stage = stage }); err != nil {
				return event.Cursor{}, err
			}
			for range 2 {
				if err := give(event.TouchpointEnded, func(e *event.Event) {
					e.Touchpoint, e.Stage, e.Outcome = one(2), stage, []event.Outcome{event.OK, event.Failed}[r.IntN(10)/9]
				}); err != nil {
					return event.Cursor{}, err
				}
			}
		}
		if err := give(event.PromiseKept, func(e *event.Event) { e.Promise = promise }); err != nil {
			return event.Cursor{}, err
		}
		if err := give(event.JourneyEnded, func(e *event.Event) {
			if e.Outcome = event.Completed; r.IntN(5) == 0 {
				e.Outcome, e.Cause = event.Failed, one(3)
			}
		}); err != nil {
			return event.Cursor{}, err
		}
	}
	return event.Cursor{Position: "all"}, nil
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

// BenchmarkRefresh refreshes 2,000 charts over a million runs of twelve events: go test -run '^$' -bench Refresh -benchtime 3x.
func BenchmarkRefresh(b *testing.B) {
	table, err := insight.New(large())
	if err == nil {
		err = table.Load(b.Context(), runs(1_000_000))
	}
	if err != nil {
		b.Fatal(err)
	}
	runtime.GC() //nolint:revive // what the load left is no part of the refresh
	view := table.View(insight.Everything(), monday.AddDate(0, 0, 112).Add(time.Hour)).Workers(1)
	var d insight.Daily
	for _, c := range []struct {
		name string
		ask  func() (int, error)
	}{
		{"Daily", func() (n int, err error) {
			d, err = view.Daily(b.Context(), insight.Which{}, insight.DailySettings{})
			return len(d.Charts), err
		}},
		{"Find", func() (int, error) {
			return breakdown.Find(&d, table.Blueprint(), nil, breakdown.Settings{}).Charts, nil
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			began := used(b)
			for b.Loop() {
				if n, err := c.ask(); err != nil || n != 2000 {
					b.Fatalf("%d charts, %v", n, err)
				}
			}
			b.ReportMetric((used(b)-began).Seconds()/float64(b.N), "cpu-s/op")
		})
	}
}
