package cases_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// stream is a source that makes its events as it gives them: runs of ten events each, in the order of time, in which every column of the
// table has a value. So many runs overlap.
type stream struct{ runs, overlap int }

func (stream) Distinct() bool { return true }

func (s stream) Scan(_ context.Context, _ event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	rng := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	live := make([]event.Event, s.overlap)
	step := make([]int, s.overlap)
	var e event.Event
	for begun, ended, now := 0, 0, start; ended < s.runs; now = now.Add(237 * time.Millisecond) {
		slot := rng.IntN(s.overlap)
		if step[slot] == 0 {
			if begun == s.runs {
				continue
			}
			live[slot] = s.begin(begun, now)
			begun++
		}
		e = live[slot]
		e.Time, e.ID = now, event.NewID(now)
		s.step(&e, step[slot], rng)
		if step[slot]++; step[slot] == 10 {
			step[slot] = 0
			ended++
		}
		if err := each(&e); err != nil {
			return event.Cursor{}, err
		}
	}
	return event.Cursor{Position: fmt.Sprint(s.runs)}, nil
}

var (
	segments = []string{"private", "small", "large"}
	arms     = []string{"blue", "green"}
	releases = strings.Fields("1.0 1.1 1.2 1.3")
	teams    = strings.Fields("north south east west")
	names    = strings.Fields("call mail chat visit letter")
	stages   = strings.Fields("received working answered")
)

func (stream) begin(n int, now time.Time) event.Event {
	return event.Event{
		Journey:  event.Run{Namespace: "production", Name: "ticket", ID: fmt.Sprintf("T-2026-%09d", n), Version: "3", Started: now, Value: &event.Money{Amount: int64(n), Currency: "EUR"}},
		Customer: event.Customer{Hash: fmt.Sprintf("%064x", n/3), Segment: segments[n%3], Account: fmt.Sprintf("%064x", n%5000)},
		Variant:  &event.Variant{Release: releases[n%4], Experiment: "button", Arm: arms[n%2]}, Intent: []string{"refund", "repair"}[n%2],
		Channel: event.Phone,
	}
}

func (stream) step(e *event.Event, step int, rng *rand.Rand) {
	promise := &event.Promise{Name: "solved", Number: 1, Made: e.Journey.Started, Due: e.Journey.Started.Add(48 * time.Hour)}
	switch step {
	case 0:
		e.Kind = event.JourneyStarted
	case 1:
		e.Kind, e.Promise, e.Time = event.PromiseMade, promise, e.Journey.Started
	case 2, 4, 6:
		e.Kind, e.Stage = event.JourneyStageEntered, stages[step/2-1]
	case 3, 5, 7:
		e.Kind, e.Touchpoint, e.Stage, e.Outcome, e.Duration = event.TouchpointEnded, names[rng.IntN(5)], stages[step/2-1], event.OK, time.Minute
		e.Assisted = &event.Assisted{Legs: []event.Leg{{Queue: "first", Queued: true, Wait: event.Seconds(time.Minute)}}}
		e.FollowUp = &event.FollowUp{Owner: teams[rng.IntN(4)]}
		if rng.IntN(10) == 0 {
			e.Outcome, e.Cause = event.Failed, "stock"
		}
	case 8:
		e.Kind, e.Promise = event.PromiseKept, promise
	case 9:
		e.Kind, e.Outcome, e.Stage = event.JourneyEnded, event.Completed, "answered"
	}
}

// heap returns the bytes of the heap that are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// resident returns the resident memory of the process in bytes, and 0 where the system does not tell.
func resident() uint64 {
	status, err := os.ReadFile("/proc/self/statm")
	var size, pages uint64
	if err == nil {
		_, _ = fmt.Sscan(string(status), &size, &pages)
	}
	return pages * uint64(os.Getpagesize())
}

// BenchmarkMemory loads runs of ten events, of which each column has a value, and reports what the table takes: the words by themselves, and
// the rest of the heap by runs.
func BenchmarkMemory(b *testing.B) {
	for _, runs := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(runs), func(b *testing.B) {
			for b.Loop() {
				before, began := heap(), time.Now()
				if _, err := (stream{runs: runs, overlap: min(runs/4, 20_000)}).Scan(b.Context(), event.Scan{}, func(*event.Event) error { return nil }); err != nil {
					b.Fatal(err)
				}
				bare := time.Since(began)
				began = time.Now()
				t := cases.New(cases.Config{})
				if err := t.Load(b.Context(), stream{runs: runs, overlap: min(runs/4, 20_000)}); err != nil {
					b.Fatal(err)
				}
				loaded := time.Since(began) - bare
				all := float64(heap() - before)
				var words float64
				for _, c := range t.Snapshot().Chunks() {
					for row := range c.N {
						words += float64(len(c.Words(row)))
					}
				}
				b.ReportMetric((all-8*words)/float64(runs), "B/run")
				b.ReportMetric(8*words/float64(10*runs), "B/event")
				b.ReportMetric(float64(resident())/1e6, "RSS-MB")
				b.ReportMetric(float64(loaded.Nanoseconds())/float64(10*runs), "ns/event")
			}
		})
	}
}
