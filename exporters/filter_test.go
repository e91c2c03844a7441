package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/internal/fill"
	"cairncx.dev/cairn/exporters/sink"
)

// odd keeps the events with an odd number, and counts its calls for each event.
type odd struct{ calls map[string]int }

func (o *odd) keep(e event.Event) (event.Event, bool) {
	o.calls[e.Touchpoint]++
	var n int
	_, _ = fmt.Sscan(e.Touchpoint, &n)
	return e, n%2 == 1
}

const droppedAsFiltered = "cx.sdk.processor.dropped filtered"

// TestFilterDropsAndScrubs: the sink gets what the function returns, and the caller's batch is what it was.
func TestFilterDropsAndScrubs(t *testing.T) {
	m, s := newMeters(), &fake{}
	f := exporters.Filter(s, func(e event.Event) (event.Event, bool) {
		e.Touchpoint += "-scrubbed"
		return e, e.Touchpoint != "1-scrubbed"
	}, exporters.WithMeterProvider(m))
	batch := events(3)
	before := slices.Clone(batch)
	must(t, f.Export(t.Context(), batch))
	if got := s.got(); !slices.Equal(got, []string{"0-scrubbed", "2-scrubbed"}) {
		t.Errorf("the sink has %v", got)
	}
	if !reflect.DeepEqual(batch, before) {
		t.Errorf("the caller's batch was changed: %+v", batch)
	}
	if n := m.all()[droppedAsFiltered]; n != 1 {
		t.Errorf("%d events are counted as filtered, want 1", n)
	}
	must(t, f.(event.Flusher).Flush(t.Context())) // what the application does not want is not lost
	must(t, f.Shutdown(t.Context()))
	if err := f.Export(t.Context(), batch); !errors.Is(err, sink.ErrClosed) || len(s.got()) != 2 {
		t.Errorf("Export after Shutdown: %v", err)
	}
}

// TestFilterDropsAll: a sink does not get a batch of which nothing is left.
func TestFilterDropsAll(t *testing.T) {
	s := &fake{}
	f := exporters.Filter(s, func(e event.Event) (event.Event, bool) { return e, false })
	must(t, f.Export(t.Context(), events(3)))
	if len(s.sizes()) != 0 {
		t.Errorf("the sink was called with %v events", s.sizes())
	}
	must(t, f.Shutdown(t.Context()))
}

// overwrite writes to everything that v leads to, where it is.
func overwrite(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			overwrite(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				overwrite(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			overwrite(v.Index(i))
		}
	case reflect.String:
		v.SetString("overwritten")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	}
}

// TestFilterOwnsItsCopy: whatever the function writes to, also behind pointers, the caller's event does not change. The
// test covers new fields without a change, unless they are maps, interfaces or floating-point numbers.
func TestFilterOwnsItsCopy(t *testing.T) {
	var e, want event.Event
	fill.Value(reflect.ValueOf(&e).Elem(), "original")
	fill.Value(reflect.ValueOf(&want).Elem(), "original")
	if e.Feedback == nil || len(e.Feedback.Causes) != 1 || len(e.Attributes) != 1 || e.Journey.Value == nil {
		t.Fatal("the event is not filled in")
	}
	s := &fake{}
	f := exporters.Filter(s, func(e event.Event) (event.Event, bool) {
		overwrite(reflect.ValueOf(&e).Elem())
		return e, true
	})
	must(t, f.Export(t.Context(), []event.Event{e}))
	if !reflect.DeepEqual(e, want) {
		t.Errorf("the caller's event was changed through a pointer:\n%+v\nwant\n%+v", e, want)
	}
	if got := s.got(); !slices.Equal(got, []string{"overwritten"}) {
		t.Errorf("the sink has %v", got)
	}
}

// TestFilterKeepsTheID: sinks remove duplicates by it.
func TestFilterKeepsTheID(t *testing.T) {
	s := &fake{}
	f := exporters.Filter(s, func(e event.Event) (event.Event, bool) {
		e.ID = event.NewID(time.Now())
		return e, true
	})
	batch := events(1)
	batch[0].ID = event.NewID(time.Now())
	must(t, f.Export(t.Context(), batch))
	if s.events[0].ID != batch[0].ID {
		t.Error("the ID was changed")
	}
}

// TestFilterErrors: the error is one about the caller's batch, of which the filter drops the events with even numbers.
func TestFilterErrors(t *testing.T) {
	named := func(indexes ...int) error {
		p := &sink.PartialError{}
		for _, i := range indexes {
			p.Failed = append(p.Failed, sink.Failure{Index: i, Err: errSink})
		}
		return p
	}
	for _, c := range []struct {
		name, reason string
		err          error
		want         []int // the events that the error names; nil: it is about the whole batch
		filtered     int64
		permanent    bool
	}{
		{"in part", "the places of the caller's batch", named(0, 2), []int{1, 5}, 3, false},
		{"in part, wrapped", "a sink adds what it knows", fmt.Errorf("more: %w", named(1)), []int{3}, 3, false},
		{"for now", "what was dropped is done with, the rest is tried again", errSink, []int{1, 3, 5}, 3, false},
		{"for good", "what was dropped is done with, the rest is refused", sink.Permanent(errSink), []int{1, 3, 5}, 3, true},
		{"an event that is not there", "nothing is known of the rest, so it is tried again", named(3), []int{1, 3, 5}, 3, false},
		{"no event", "nothing is known of the rest, so it is tried again", &sink.PartialError{}, []int{1, 3, 5}, 3, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMeters()
			s := &fake{export: func(context.Context, []event.Event) error { return c.err }}
			f := exporters.Filter(s, (&odd{map[string]int{}}).keep, exporters.WithMeterProvider(m))
			batch := events(6)
			for i := range batch {
				batch[i].ID = event.NewID(time.Now())
			}
			err := f.Export(t.Context(), batch)
			var got []int
			if p, ok := errors.AsType[*sink.PartialError](err); ok {
				for _, failure := range p.Failed {
					got = append(got, failure.Index)
					if failure.ID != batch[failure.Index].ID || failure.Err == nil {
						t.Errorf("event %d: %v", failure.Index, failure)
					}
				}
			}
			if err == nil || !slices.Equal(got, c.want) || sink.IsPermanent(err) != c.permanent {
				t.Errorf("the error names %v, want %v: %v (%s)", got, c.want, err, c.reason)
			}
			if n := m.all()[droppedAsFiltered]; n != c.filtered {
				t.Errorf("%d events are counted as filtered, want %d: %s", n, c.filtered, c.reason)
			}
		})
	}
}

// TestFilterCountsOnce: what is tried again is filtered again, and counted once.
func TestFilterCountsOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
	}{
		{"refused for now", errSink},
		{"asked to wait", sink.RetryAfter(errSink, time.Second)},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m, tries, o := newMeters(), 0, &odd{map[string]int{}}
				s := &fake{export: func(context.Context, []event.Event) error {
					if tries++; tries < 4 {
						return c.err
					}
					return nil
				}}
				r := exporters.NewRetry(exporters.Filter(s, o.keep, exporters.WithMeterProvider(m)))
				must(t, r.Export(t.Context(), events(6)))
				if got := s.got(); !slices.Equal(got, []string{"1", "3", "5"}) || tries != 4 {
					t.Errorf("after %d tries the sink has %v", tries, got)
				}
				if n := m.all()[droppedAsFiltered]; n != 3 {
					t.Errorf("%d events are counted as filtered, want 3", n)
				}
				must(t, r.Shutdown(t.Context()))
			})
		})
	}
}

// TestFilterPoison: the search by halves for the event that a sink refuses goes through a filter.
func TestFilterPoison(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m, o, dead := newMeters(), &odd{map[string]int{}}, &fake{}
		s := &fake{export: func(_ context.Context, es []event.Event) error {
			if slices.ContainsFunc(es, func(e event.Event) bool { return e.Touchpoint == "5" }) {
				return sink.Permanent(errSink)
			}
			return nil
		}}
		r := exporters.NewRetry(exporters.Filter(s, o.keep, exporters.WithMeterProvider(m)), exporters.WithDeadLetters(dead))
		must(t, r.Export(t.Context(), events(10)))
		if got := s.got(); !slices.Equal(got, []string{"1", "3", "7", "9"}) || !slices.Equal(dead.got(), []string{"5"}) {
			t.Errorf("the sink has %v, and %v are dead letters", got, dead.got())
		}
		if n := m.all()[droppedAsFiltered]; n != 5 {
			t.Errorf("%d events are counted as filtered, want 5", n)
		}
		must(t, r.Shutdown(t.Context()))
	})
}

// TestFilterFailsClosed: an event for which the function panics is not delivered; it is counted, told, and in the error of
// one Flush. The panic's text, which may be a customer's, is nowhere.
func TestFilterFailsClosed(t *testing.T) {
	const personal = "of-a-customer-9f2c"
	m, s := newMeters(), &fake{}
	f := exporters.Filter(s, func(e event.Event) (event.Event, bool) {
		if e.Touchpoint == "1" {
			panic(personal)
		}
		return e, true
	}, exporters.WithMeterProvider(m), exporters.WithName("scrubber"))
	must(t, f.Export(t.Context(), events(3)))
	if got := s.got(); !slices.Equal(got, []string{"0", "2"}) {
		t.Errorf("the sink has %v", got)
	}
	if n := m.all()["cx.sdk.processor.dropped panic"]; n != 1 {
		t.Errorf("%d events are counted, want 1", n)
	}
	if reported("scrubber: 1 events are dropped") != 1 || reported(personal) != 0 {
		t.Errorf("told:\n%s", reports.Text())
	}
	// What waits for the filter and does not speak for the application leaves the loss to the next Flush.
	b := exporters.NewBatch(f)
	must(t, b.Wait(t.Context()))
	var loss *exporters.LossError
	err := b.Flush(t.Context())
	if !errors.As(err, &loss) || loss.Lost["panic"] != 1 || loss.Events() != 1 || strings.Contains(err.Error(), personal) {
		t.Errorf("Flush says %v", err)
	}
	must(t, b.Flush(t.Context()))
	must(t, b.Shutdown(t.Context()))
}

// TestFilterWithout: a filter without a function keeps nothing back by mistake, and one without a sink says so.
func TestFilterWithout(t *testing.T) {
	s := &fake{}
	f := exporters.Filter(s, nil)
	must(t, f.Export(t.Context(), events(2)))
	if len(s.got()) != 0 || reported("Filter: the function is nil") != 1 {
		t.Errorf("without a function the sink has %v", s.got())
	}
	f = exporters.Filter(nil, func(e event.Event) (event.Event, bool) { return e, true })
	if err := f.Export(t.Context(), events(2)); !sink.IsPermanent(err) || reported("exporters: Filter: the exporter is nil") != 1 {
		t.Errorf("without a sink: %v", err)
	}
}

// TestFilterInFrontOfASpool: what the function removes is not on the disk; and Forget, Flush and the address of what is
// behind go through the filter.
func TestFilterInFrontOfASpool(t *testing.T) {
	bubble(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "spool")
		k := &keeper{}
		s, err := exporters.NewSpool(dir, exporters.Filter(&addressed{k}, func(e event.Event) (event.Event, bool) { return e, e.Touchpoint != "3" }))
		must(t, err)
		f := exporters.Filter(s, func(e event.Event) (event.Event, bool) { return e, e.Touchpoint != "0" })
		must(t, f.Export(t.Context(), events(4)))
		must(t, f.(event.Flusher).Flush(t.Context()))
		n, err := f.(event.Eraser).Forget(t.Context(), "a-hash")
		if n != 2 || err != nil || k.who != "customer a-hash" || !slices.Equal(k.had, []string{"1", "2"}) {
			t.Errorf("%d forgotten of %q, who had %v: %v", n, k.who, k.had, err)
		}
		if host, port := f.(sink.Addressed).ServerAddress(); host != "sink.internal" || port != 4318 {
			t.Errorf("the address is %q, %d", host, port)
		}
		k.fault = errSink
		if _, err := f.(event.Eraser).Forget(t.Context(), "a-hash"); !errors.Is(err, errSink) {
			t.Errorf("the sink's error is %v", err)
		}
		must(t, f.Shutdown(t.Context()))
	})
}

// addressed is a keeper that says where it is.
type addressed struct{ *keeper }

func (addressed) ServerAddress() (host string, port int) { return "sink.internal", 4318 }
