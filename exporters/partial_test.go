package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

func events(n int) []event.Event {
	out := make([]event.Event, n)
	for i := range out {
		out[i] = event.Event{ID: event.NewID(time.Unix(1, 0)), Kind: event.TouchpointEnded, Time: time.Unix(1, 0).UTC(), Touchpoint: strconv.Itoa(i)}
	}
	return out
}

// TestRetryParts: "partial success (PartialError naming the events that failed)": what was taken is not
// sent again, what will never be taken is a dead letter, the rest is tried in its order.
func TestRetryParts(t *testing.T) {
	fail := func(permanent bool, at ...int) error {
		p := &sink.PartialError{}
		for _, i := range at {
			err := errSink
			if permanent {
				err = sink.Permanent(errSink)
			}
			p.Failed = append(p.Failed, sink.Failure{Index: i, Err: err})
		}
		return fmt.Errorf("sink: %w", p)
	}
	both := func(p, q error) error {
		var a, b *sink.PartialError
		errors.As(p, &a)
		errors.As(q, &b)
		return &sink.PartialError{Failed: append(a.Failed, b.Failed...)}
	}
	for _, c := range []struct {
		name, reason string
		answers      []error // of each try; then nil
		tries        [][]string
		dead         []string
		failed       []int // without dead letters; nil is success
	}{
		{"all at once", "nothing to try again", nil, [][]string{{"0", "1", "2", "3"}}, nil, nil},
		{"two again", "only those", []error{fail(false, 1, 3)}, [][]string{{"0", "1", "2", "3"}, {"1", "3"}}, nil, nil},
		{"again in its order", "however the sink names them", []error{fail(false, 3, 0)}, [][]string{{"0", "1", "2", "3"}, {"0", "3"}}, nil, nil},
		{"again of the rest", "the index is in what was sent", []error{fail(false, 1, 2, 3), fail(false, 1)}, [][]string{{"0", "1", "2", "3"}, {"1", "2", "3"}, {"2"}}, nil, nil},
		{"one is poison", "it does not stop the rest", []error{fail(true, 2)}, [][]string{{"0", "1", "2", "3"}}, []string{"2"}, []int{2}},
		{"poison and transient", "the rest is tried again without it", []error{both(fail(true, 1), fail(false, 2))}, [][]string{{"0", "1", "2", "3"}, {"2"}}, []string{"1"}, []int{1}},
		{"poison later", "found among the rest", []error{fail(false, 0, 1), fail(true, 1)}, [][]string{{"0", "1", "2", "3"}, {"0", "1"}}, []string{"1"}, []int{1}},
		{"all poison", "as one", []error{sink.Permanent(errSink)}, [][]string{{"0", "1", "2", "3"}}, []string{"0", "1", "2", "3"}, []int{0, 1, 2, 3}},
		{"nonsense", "an index that is not there: nothing is known, so all are tried again", []error{fail(false, 7, -1)}, [][]string{{"0", "1", "2", "3"}, {"0", "1", "2", "3"}}, nil, nil},
		{"nothing named", "the same", []error{&sink.PartialError{}}, [][]string{{"0", "1", "2", "3"}, {"0", "1", "2", "3"}}, nil, nil},
	} {
		for _, buried := range []bool{false, true} {
			if buried && c.name == "all poison" {
				continue // see TestRetryFinds
			}
			t.Run(fmt.Sprintf("%s, buried %v", c.name, buried), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					var tries [][]string
					s := &fake{export: func(_ context.Context, es []event.Event) error {
						var names []string
						for i := range es {
							names = append(names, es[i].Touchpoint)
						}
						tries = append(tries, names)
						if n := len(tries); n <= len(c.answers) {
							return c.answers[n-1]
						}
						return nil
					}}
					dead := &fake{}
					m := newMeters()
					opts := []exporters.RetryOption{exporters.WithMeterProvider(m)}
					if buried {
						opts = append(opts, exporters.WithDeadLetters(dead))
					}
					r := exporters.NewRetry(s, opts...)
					err := r.Export(t.Context(), events(4))
					if fmt.Sprint(tries) != fmt.Sprint(c.tries) {
						t.Errorf("it was tried with %q, want %q: %s", tries, c.tries, c.reason)
					}
					if buried {
						if err != nil || !slices.Equal(dead.got(), append([]string{}, c.dead...)) {
							t.Errorf("dead letters are %q, want %q, and the error is %v: %s", dead.got(), c.dead, err, c.reason)
						}
						if n := m.all()["cx.sdk.processor.dropped permanent"]; n != int64(len(c.dead)) {
							t.Errorf("%d dead letters were counted, want %d", n, len(c.dead))
						}
					} else if !sameFailures(err, c.failed, 4) {
						t.Errorf("the error is %v, want one about %v: %s", err, c.failed, c.reason)
					}
					if err := r.Shutdown(t.Context()); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// sameFailures reports whether err is about these of n events.
func sameFailures(err error, want []int, n int) bool {
	if want == nil || err == nil {
		return want == nil && err == nil
	}
	if len(want) == n && sink.IsPermanent(err) {
		return true
	}
	var p *sink.PartialError
	if !errors.As(err, &p) {
		return false
	}
	var got []int
	for _, f := range p.Failed {
		got = append(got, f.Index)
	}
	return slices.Equal(got, want)
}

// TestRetryAfter: "Retry-After honoured", within the time that there is.
func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		after        time.Duration
		least, most  time.Duration
		ok           bool
	}{
		{"longer than the pause", "as long as it asks for", time.Minute, time.Minute, time.Minute, true},
		{"shorter than the pause", "the pause", time.Millisecond, 200 * time.Millisecond, 800 * time.Millisecond, true},
		{"longer than there is time", "a last try at the end of the five minutes", time.Hour, 5 * time.Minute, 5 * time.Minute, true},
		{"negative", "the pause", -time.Hour, 200 * time.Millisecond, 800 * time.Millisecond, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				tries := 0
				s := &fake{export: func(context.Context, []event.Event) error {
					if tries++; tries == 1 {
						return fmt.Errorf("sink: %w", sink.RetryAfter(errSink, c.after))
					}
					return nil
				}}
				start := time.Now()
				err := exporters.NewRetry(s).Export(t.Context(), events(1))
				took := time.Since(start)
				if (err == nil) != c.ok || took < c.least || took > c.most {
					t.Errorf("it took %v and ended with %v, want %v to %v: %s", took, err, c.least, c.most, c.reason)
				}
			})
		})
	}
}

// TestRetryAfterOfAPart: the Retry waits for the longest time that an event which is left asks for.
func TestRetryAfterOfAPart(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		failed       []sink.Failure
		least, most  time.Duration
	}{
		{"behind one without a mark", "the first does not ask", []sink.Failure{{Index: 1, Err: errSink}, {Index: 2, Err: sink.RetryAfter(errSink, time.Minute)}}, time.Minute, time.Minute},
		{"behind a shorter one", "the first asks for less", []sink.Failure{
			{Index: 1, Err: sink.RetryAfter(errSink, time.Second)}, {Index: 2, Err: sink.RetryAfter(errSink, time.Minute)},
		}, time.Minute, time.Minute},
		{"before a shorter one", "the second asks for less", []sink.Failure{
			{Index: 1, Err: sink.RetryAfter(errSink, time.Minute)}, {Index: 2, Err: sink.RetryAfter(errSink, time.Second)},
		}, time.Minute, time.Minute},
		{"of an event that is refused", "it is not tried again", []sink.Failure{
			{Index: 1, Err: sink.Permanent(sink.RetryAfter(errSink, time.Hour))}, {Index: 2, Err: errSink},
		}, 200 * time.Millisecond, 800 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				tries := 0
				s := &fake{export: func(context.Context, []event.Event) error {
					if tries++; tries == 1 {
						return &sink.PartialError{Failed: c.failed}
					}
					return nil
				}}
				start := time.Now()
				_ = exporters.NewRetry(s).Export(t.Context(), events(3)) // the refused event is another test's
				if took := time.Since(start); tries != 2 || took < c.least || took > c.most {
					t.Errorf("%d tries took %v, want 2 in %v to %v: %s", tries, took, c.least, c.most, c.reason)
				}
			})
		})
	}
}

// TestRetrySoonAfterProgress: once a part was taken, the rest does not wait for as long as the outage before.
func TestRetrySoonAfterProgress(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var last time.Time
		var pause time.Duration
		tries := 0
		s := &fake{export: func(context.Context, []event.Event) error {
			tries++
			pause, last = time.Since(last), time.Now()
			switch {
			case tries <= 7:
				return errSink
			case tries == 8:
				return &sink.PartialError{Failed: []sink.Failure{{Index: 0, Err: errSink}}}
			}
			return nil
		}}
		if err := exporters.NewRetry(s).Export(t.Context(), events(2)); err != nil {
			t.Error(err)
		}
		if pause > time.Second {
			t.Errorf("after a part was taken it waited %v for the rest", pause)
		}
	})
}

// TestRetryFailsAllInTwoWays: where nothing of a batch was taken, one event was refused for good and the others were
// not taken for now, the error says which is which: who tries again leaves that one out.
func TestRetryFailsAllInTwoWays(t *testing.T) {
	for _, events := range []int{2, 3, 5} {
		t.Run(fmt.Sprint(events), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := &fake{export: func(_ context.Context, es []event.Event) error {
					p := &sink.PartialError{}
					for i := range es {
						err := errSink
						if es[i].Touchpoint == "1" {
							err = sink.Permanent(errSink)
						}
						p.Failed = append(p.Failed, sink.Failure{Index: i, ID: es[i].ID, Err: err})
					}
					return p
				}}
				err := exporters.NewRetry(s).Export(t.Context(), spooled(0, events, 1))
				var partial *sink.PartialError
				if !errors.As(err, &partial) || len(partial.Failed) != events {
					t.Fatalf("%v, want all of them named", err)
				}
				for i, f := range partial.Failed {
					if f.Index != i || sink.IsPermanent(f.Err) != (i == 1) {
						t.Errorf("event %d: %+v", i, f)
					}
				}
			})
		})
	}
}
