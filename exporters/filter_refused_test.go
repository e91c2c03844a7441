package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// numberOf returns the number of an event of [events].
func numberOf(e *event.Event) (n int) {
	_, _ = fmt.Sscan(e.Touchpoint, &n)
	return n
}

// quarters drops the events 1, 5, 9 and so on, and panics at 3, 7, 11 and so on.
func quarters(e event.Event) (event.Event, bool) {
	n := numberOf(&e)
	if n%4 == 3 {
		panic("no")
	}
	return e, n%4 != 1
}

// process gives b the events 0 to n-1.
func process(b *exporters.Batch, n int) {
	for _, e := range events(n) {
		b.Process(background, &e)
	}
}

// TestFilterOfRefusedBatch: an event for which the function returns false is counted as filtered and is not lost, and one for
// which it panics is lost as panic, whatever the sink says about the rest of their batch. The sink gets every other event.
func TestFilterOfRefusedBatch(t *testing.T) {
	const n = 12
	for _, err := range []struct {
		name, reason string
		err          error
		want         map[string]uint64
	}{
		{"for good", "the sink names no event", sink.Permanent(errSink), map[string]uint64{"permanent": 6, "panic": 3}},
		{"for now", "no part tries again", errSink, map[string]uint64{"transient": 6, "panic": 3}},
		{
			"an event that is not there", "nothing is known of the rest", &sink.PartialError{Failed: []sink.Failure{{Index: n, Err: errSink}}},
			map[string]uint64{"transient": 6, "panic": 3},
		},
		{"no event", "nothing is known of the rest", &sink.PartialError{}, map[string]uint64{"transient": 6, "panic": 3}},
	} {
		for name, chain := range map[string]func(m *meters, s event.Exporter) event.Exporter{
			"filter": func(m *meters, s event.Exporter) event.Exporter {
				return exporters.Filter(s, quarters, exporters.WithMeterProvider(m))
			},
			"filter, retry": func(m *meters, s event.Exporter) event.Exporter {
				return exporters.Filter(exporters.NewRetry(s), quarters, exporters.WithMeterProvider(m))
			},
			"retry, filter": func(m *meters, s event.Exporter) event.Exporter {
				return exporters.NewRetry(exporters.Filter(s, quarters, exporters.WithMeterProvider(m)))
			},
			"tee, filter": func(m *meters, s event.Exporter) event.Exporter {
				return exporters.NewTee([]event.Exporter{exporters.Filter(s, quarters, exporters.WithMeterProvider(m))}, exporters.WithBatchSize(5))
			},
			"two filters": func(m *meters, s event.Exporter) event.Exporter {
				inner := exporters.Filter(s, func(e event.Event) (event.Event, bool) {
					return e, numberOf(&e)%4 != 1
				}, exporters.WithMeterProvider(m))
				return exporters.Filter(inner, func(e event.Event) (event.Event, bool) {
					if numberOf(&e)%4 == 3 {
						panic("no")
					}
					return e, true
				}, exporters.WithMeterProvider(m))
			},
		} {
			t.Run(err.name+": "+name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					m := newMeters()
					s := &fake{export: func(context.Context, []event.Event) error { return err.err }}
					b := down(t, exporters.NewBatch(chain(m, s), exporters.WithBatchSize(5), exporters.WithTimeout(time.Hour)))
					process(b, n)
					checkLoss(t, b.Flush(background), err.want)
					checkLoss(t, b.Flush(background), nil)
					if all := m.all(); all[droppedAsFiltered] != 3 || all["cx.sdk.processor.dropped panic"] != 3 {
						t.Errorf("the filters count %v, want 3 filtered and 3 panics: %s", all, err.reason)
					}
				})
			})
		}
	}
}

// TestFilterFindsPoison: whoever looks for the one bad event by halves finds it through a Filter that has dropped others, and
// through parts in between that do not look for it.
func TestFilterFindsPoison(t *testing.T) {
	const bad = 8
	for _, c := range []struct {
		name   string
		parts  []string // from the sink outwards
		panics bool     // also if the sink panics: a Retry in between tries that again until its time is up
	}{
		{"retry, filter", []string{"filter", "buries"}, true},
		{"retry, filter, filter", []string{"filter", "filter", "buries"}, true},
		{"retry, retry without dead letters, filter", []string{"filter", "retry", "buries"}, false},
		{"retry, filter, retry without dead letters", []string{"retry", "filter", "buries"}, false},
		{"filter, retry", []string{"buries", "filter"}, true},
		{"spool, filter", []string{"filter", "spool"}, true},
		{"spool, retry without dead letters, filter", []string{"filter", "retry", "spool"}, true},
		{"spool, filter, retry without dead letters, filter", []string{"filter", "retry", "filter", "spool"}, true},
	} {
		for how, refuse := range map[string]func() error{
			"refuses": func() error { return sink.Permanent(errSink) },
			"panics":  func() error { panic("no") },
		} {
			if how == "panics" && !c.panics {
				continue
			}
			t.Run(c.name+": "+how, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					m, dead := newMeters(), &fake{}
					s := &fake{export: func(_ context.Context, es []event.Event) error {
						if slices.ContainsFunc(es, func(e event.Event) bool { return numberOf(&e) == bad }) {
							return refuse()
						}
						return nil
					}}
					var e event.Exporter = s
					for _, part := range c.parts {
						if part == "spool" {
							var err error
							e, err = exporters.NewSpool(t.TempDir()+"/spool", e, exporters.WithDeadLetters(dead))
							must(t, err)
							continue
						}
						e = around(part, e, m, dead, quarters)
					}
					must(t, e.Export(t.Context(), events(14)))
					if spool, ok := e.(*exporters.Spool); ok {
						_ = spool.Drain(t.Context()) // its error has the panics of the function
					}
					if diff := cmp.Diff([]string{"0", "2", "4", "6", "10", "12"}, s.got()); diff != "" {
						t.Errorf("the sink has (-want +got):\n%s", diff)
					}
					if diff := cmp.Diff([]string{fmt.Sprint(bad)}, dead.got()); diff != "" {
						t.Errorf("the dead letters are (-want +got):\n%s", diff)
					}
					if n := m.all()[droppedAsFiltered]; n != 4 {
						t.Errorf("%d events are counted as filtered, want 4", n)
					}
					must(t, e.Shutdown(background))
				})
			})
		}
	}
}

// TestRefusedRest: a Retry without dead letters, whose sink took a part of the batch and refused the rest as a whole, does not
// hide from the part in front that one event may be the reason.
func TestRefusedRest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		dead, first := &fake{}, true
		s := &fake{export: func(_ context.Context, es []event.Event) error {
			if first {
				first = false
				p := &sink.PartialError{}
				for i := 2; i < len(es); i++ {
					p.Failed = append(p.Failed, sink.Failure{Index: i, Err: errSink})
				}
				return p
			}
			if slices.ContainsFunc(es, func(e event.Event) bool { return numberOf(&e) == 5 }) {
				return sink.Permanent(errSink)
			}
			return nil
		}}
		r := exporters.NewRetry(exporters.NewRetry(s), exporters.WithDeadLetters(dead))
		must(t, r.Export(t.Context(), events(8)))
		if got := s.got(); !slices.Equal(got, []string{"2", "3", "4", "6", "7"}) || !slices.Equal(dead.got(), []string{"5"}) {
			t.Errorf("after its part the sink has %v, and %v are dead letters", got, dead.got())
		}
		must(t, r.Shutdown(t.Context()))
	})
}

// TestFilterStops: if the time is up while the function is called, what it has dropped by then is done with, and the rest is to
// be tried again.
func TestFilterStops(t *testing.T) {
	m, s := newMeters(), &fake{}
	ctx, cancel := context.WithCancelCause(t.Context())
	f := exporters.Filter(s, func(e event.Event) (event.Event, bool) {
		if e.Touchpoint == "2" {
			cancel(errSink)
		}
		return e, e.Touchpoint != "1"
	}, exporters.WithMeterProvider(m))
	err := f.Export(ctx, events(5))
	p, ok := errors.AsType[*sink.PartialError](err)
	if !ok || len(s.sizes()) != 0 || m.all()[droppedAsFiltered] != 1 {
		t.Fatalf("%v; the sink was called %d times, and counted is %v", err, len(s.sizes()), m.all())
	}
	var left []int
	for _, failure := range p.Failed {
		left = append(left, failure.Index)
		if !errors.Is(failure.Err, errSink) || sink.IsPermanent(failure.Err) {
			t.Errorf("event %d: %v", failure.Index, failure.Err)
		}
	}
	if !slices.Equal(left, []int{0, 2, 3, 4}) {
		t.Errorf("left are %v", left)
	}
}

// TestFilterConserves: behind any chain of parts, each event is delivered, a dead letter, filtered or lost, in exactly one way,
// and all events that the functions drop are filtered.
func TestFilterConserves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) { filterConserves(t, rt) })
	})
}

func filterConserves(t *testing.T, rt *rapid.T) {
	const n = 40
	fate := rapid.SliceOfN(rapid.SampledFrom([]string{"good", "good", "filtered", "panic", "bad"}), n, n).Draw(rt, "events")
	answers := rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "away", "part"}), 1, 8).Draw(rt, "answers")
	whole := rapid.Bool().Draw(rt, "refuses the whole batch")
	m, dead, calls := newMeters(), &fake{}, 0
	s := &fake{}
	s.export = func(_ context.Context, es []event.Event) error {
		calls++
		switch answers[calls%len(answers)] {
		case "away":
			return errSink
		case "part":
			whole = !whole
		}
		failed := map[int]error{}
		for i := range es {
			if fate[numberOf(&es[i])] == "bad" {
				failed[i] = sink.Permanent(errSink)
			}
		}
		if len(failed) > 0 && whole {
			return sink.Permanent(errSink)
		}
		for i := range es {
			if failed[i] == nil {
				s.names = append(s.names, es[i].Touchpoint) // each call is in one goroutine at a time
			}
		}
		return sink.BatchError("sink", es, failed)
	}
	var e event.Exporter = countless{s}
	chain := rapid.SliceOfN(rapid.SampledFrom([]string{"filter", "retry", "buries", "tee"}), 0, 4).Draw(rt, "parts")
	for _, part := range append(chain, "filter") {
		e = around(part, e, m, dead, func(e event.Event) (event.Event, bool) {
			if fate[numberOf(&e)] == "panic" {
				panic("no")
			}
			return e, fate[numberOf(&e)] != "filtered"
		})
	}
	b := exporters.NewBatch(e, exporters.WithBatchSize(rapid.IntRange(1, 20).Draw(rt, "size")), exporters.WithTimeout(time.Hour))
	process(b, n)
	var lost uint64
	for _, l := range losses(b.Flush(background)) {
		lost += l.Events()
	}
	want := map[string]int{}
	for _, f := range fate {
		want[f]++
	}
	delivered, letters, filtered := len(s.got()), len(dead.got()), int(m.all()[droppedAsFiltered])
	if filtered != want["filtered"] || delivered+letters+filtered+int(lost) != n {
		rt.Errorf("%v: of %v, %d are delivered, %d dead letters, %d filtered, %d lost", chain, want, delivered, letters, filtered, lost)
	}
	checkLoss(t, b.Flush(background), nil)
	must(t, b.Shutdown(background))
}

// countless is an exporter that says itself what it has.
type countless struct{ s *fake }

func (c countless) Export(ctx context.Context, events []event.Event) error {
	return c.s.export(ctx, events)
}
func (countless) Shutdown(context.Context) error { return nil }

// around returns the part in front of next.
func around(part string, next event.Exporter, m *meters, dead event.Exporter, keep func(event.Event) (event.Event, bool)) event.Exporter {
	short := exporters.WithMaxElapsed(time.Minute)
	switch part {
	case "filter":
		return exporters.Filter(next, keep, exporters.WithMeterProvider(m))
	case "retry":
		return exporters.NewRetry(next, short)
	case "buries":
		return exporters.NewRetry(next, short, exporters.WithDeadLetters(dead))
	default:
		return exporters.NewTee([]event.Exporter{next}, exporters.WithTimeout(time.Hour))
	}
}
