package exporters_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
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

// TestBatchConcurrency: calls go side by side, and the events of one journey stay in order.
func TestBatchConcurrency(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gate := make(chan struct{})
		calls := make(chan int, 100)
		s := &fake{export: func(_ context.Context, es []event.Event) error {
			calls <- len(es)
			<-gate
			return nil
		}}
		b := exporters.NewBatch(s, exporters.WithConcurrency(4), exporters.WithBatchSize(50), exporters.WithInterval(time.Hour))
		for i := range 1000 {
			e := touch(strconv.Itoa(i))
			e.Journey = event.Run{Name: "checkout", ID: strconv.Itoa(i % 17)}
			b.Process(t.Context(), e)
		}
		for range 4 {
			<-calls // all of them before one has returned
		}
		close(gate)
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		last := map[string]int{}
		for _, e := range s.events {
			n, err := strconv.Atoi(e.Touchpoint)
			if err != nil {
				t.Fatal(err)
			}
			if was, ok := last[e.Journey.ID]; ok && was > n {
				t.Fatalf("of journey %s event %d came after event %d", e.Journey.ID, n, was)
			}
			last[e.Journey.ID] = n
		}
		if len(s.events) != 1000 {
			t.Errorf("%d events arrived, want 1000", len(s.events))
		}
		for _, n := range s.sizes() {
			if n > 50 {
				t.Errorf("a call had %d events, at most 50 are asked for", n)
			}
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestBlock: "overflow policy Block is there for those who ask".
func TestBlock(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		free         func(b *exporters.Batch, gate chan struct{}, cancel context.CancelFunc)
		arrived      int
		dropped      string
	}{
		{"room", "it goes on when there is room", func(_ *exporters.Batch, gate chan struct{}, _ context.CancelFunc) { close(gate) }, 4, ""},
		{"the caller gives up", "with its context", func(_ *exporters.Batch, _ chan struct{}, cancel context.CancelFunc) { cancel() }, 3, "cx.sdk.processor.dropped queue_full"},
		{"shutdown", "nobody waits for ever", func(b *exporters.Batch, _ chan struct{}, _ context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_ = b.Shutdown(ctx)
		}, 3, "cx.sdk.processor.dropped already_shutdown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				gate := make(chan struct{})
				began := make(chan struct{}, 10)
				s := &fake{export: func(context.Context, []event.Event) error {
					began <- struct{}{}
					<-gate
					return nil
				}}
				m := newMeters()
				b := exporters.NewBatch(s, exporters.WithQueueSize(2), exporters.WithBatchSize(1),
					exporters.WithOverflow(exporters.Block), exporters.WithMeterProvider(m))
				b.Process(t.Context(), touch("0"))
				<-began // it is with the sink
				b.Process(t.Context(), touch("1"))
				b.Process(t.Context(), touch("2"))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				waited := make(chan struct{})
				go func() {
					defer close(waited)
					b.Process(ctx, touch("3"))
				}()
				synctest.Wait()
				select {
				case <-waited:
					t.Fatal("there is no room, and it did not wait")
				default:
				}
				c.free(b, gate, cancel)
				<-waited
				if c.arrived < 4 {
					close(gate)
				}
				if err := b.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
				if n := len(s.got()); n != c.arrived || c.dropped != "" && m.all()[c.dropped] != 1 {
					t.Errorf("%d events arrived, want %d; counted are %v: %s", n, c.arrived, m.all(), c.reason)
				}
			})
		})
	}
}

// TestTee: "one slow or failing sink does not delay the others".
func TestTee(t *testing.T) {
	bubble(t, func(t *testing.T) {
		stuck := make(chan struct{})
		slow := &fake{export: func(context.Context, []event.Event) error { <-stuck; return nil }}
		broken := &fake{export: func(context.Context, []event.Event) error { return errSink }}
		panics := &fake{export: func(context.Context, []event.Event) error { panic("sink") }}
		good := &fake{}
		tee := exporters.NewTee([]event.Exporter{slow, broken, nil, panics, good}, exporters.WithInterval(time.Second))
		for i := range 100 {
			if err := tee.Export(t.Context(), []event.Event{*touch(strconv.Itoa(i))}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second) // of the bubble: an interval
		synctest.Wait()
		if got := good.got(); !slices.Equal(got, numbered(0, 100)) {
			t.Errorf("while one is stuck the good one has %d events, want 100", len(got))
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := tee.Flush(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with one that is stuck Flush returns %v", err)
		}
		close(stuck)
		if err := tee.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if len(slow.got()) != 100 {
			t.Errorf("the slow one has %d events in the end, want 100", len(slow.got()))
		}
		for range 2 {
			if err := tee.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if err := tee.Export(t.Context(), events(1)); !errors.Is(err, sink.ErrClosed) {
			t.Errorf("after Shutdown Export returns %v", err)
		}
		if good.downs != 1 {
			t.Errorf("the sink was shut down %d times", good.downs)
		}
	})
}

// TestDeadLetters: what is buried can be read again, whatever happened to the file.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dead.jsonl")
	if err := os.WriteFile(path, []byte(`{"v":1,"kind":"tor`), 0o600); err != nil { // a crash tore it
		t.Fatal(err)
	}
	all := events(7)
	for i := range 2 {
		d, err := exporters.NewDeadLetters(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(d.Export(t.Context(), all[3*i:3*i+3]), d.Export(t.Context(), nil), d.Shutdown(t.Context()), d.Shutdown(t.Context())); err != nil {
			t.Fatal(err)
		}
		if err := d.Export(t.Context(), all[6:]); !errors.Is(err, sink.ErrClosed) {
			t.Errorf("after Shutdown Export returns %v", err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []string
	torn := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		e, err := event.ParseJSON(lines.Bytes())
		if err != nil {
			torn++
			continue
		}
		if e.ID != all[len(got)].ID {
			t.Errorf("letter %d has another ID", len(got))
		}
		got = append(got, e.Touchpoint)
	}
	if torn != 1 || !slices.Equal(got, numbered(0, 6)) {
		t.Errorf("it holds %q and %d torn lines, want six letters and the one that was torn", got, torn)
	}
}

// TestRetryBuriesWhatItKnows: what will never be taken is put aside, also where the rest runs out of time.
func TestRetryBuriesWhatItKnows(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first := true
		s := &fake{export: func(_ context.Context, es []event.Event) error {
			p := &sink.PartialError{}
			for i := range es {
				err := errSink
				if first && i == 1 {
					err = sink.Permanent(errSink)
				}
				p.Failed = append(p.Failed, sink.Failure{Index: i, Err: err})
			}
			first = false
			return p
		}}
		dead := &fake{}
		r := exporters.NewRetry(s, exporters.WithMaxElapsed(10*time.Second), exporters.WithDeadLetters(dead))
		err := r.Export(t.Context(), events(3))
		if got := dead.got(); !slices.Equal(got, []string{"1"}) {
			t.Errorf("dead letters are %q, want the one that is known", got)
		}
		if !sameFailures(err, []int{0, 2}, 3) {
			t.Errorf("the error is %v, want one about the others", err)
		}
	})
}

// TestRetryFinds: with a place for dead letters a batch that is refused as a whole is searched for the
// event that is to blame. A sink that refuses everything is to blame itself.
func TestRetryFinds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		refuses := func(es []event.Event, names ...string) bool {
			return slices.ContainsFunc(es, func(e event.Event) bool { return slices.Contains(names, e.Touchpoint) })
		}
		s := &fake{export: func(_ context.Context, es []event.Event) error {
			if refuses(es, "2", "5") {
				return sink.Permanent(errSink)
			}
			return nil
		}}
		dead := &fake{}
		r := exporters.NewRetry(s, exporters.WithDeadLetters(dead))
		if err := r.Export(t.Context(), events(9)); err != nil {
			t.Error(err)
		}
		if got := dead.got(); !slices.Equal(got, []string{"2", "5"}) {
			t.Errorf("dead letters are %q, want the two", got)
		}
		if got := s.got(); !slices.Equal(got, []string{"0", "1", "3", "4", "6", "7", "8"}) {
			t.Errorf("the sink has %q, want the others in their order", got)
		}
		wrong := &fake{export: func(context.Context, []event.Event) error { return sink.Permanent(errSink) }}
		for name, opts := range map[string][]exporters.RetryOption{
			"after five tries more":     nil,
			"rather than lose them all": {exporters.WithMaxElapsed(time.Second)},
		} {
			aside := &fake{}
			r = exporters.NewRetry(wrong, append(opts, exporters.WithDeadLetters(aside))...)
			began := time.Now()
			if err := r.Export(t.Context(), events(20)); err != nil || !slices.Equal(aside.got(), numbered(0, 20)) {
				t.Errorf("%s: a sink that refuses all: %v, with the dead letters %q", name, err, aside.got())
			}
			if took := time.Since(began); opts == nil && took < 5*time.Second || opts != nil && took > 2*time.Second {
				t.Errorf("%s: it took %v", name, took)
			}
		}
	})
}

// TestRetryFindsLater: what stands behind an event that is to be tried again is tried again, too.
func TestRetryFindsLater(t *testing.T) {
	bubble(t, func(t *testing.T) {
		away := true
		s := &fake{export: func(_ context.Context, es []event.Event) error {
			switch {
			case len(es) > 2:
				return sink.Permanent(errSink)
			case away:
				away = false
				return errSink
			}
			return nil
		}}
		r := exporters.NewRetry(s, exporters.WithDeadLetters(&fake{}))
		if err := r.Export(t.Context(), events(4)); err != nil {
			t.Error(err)
		}
		if got := s.got(); !slices.Equal(got, numbered(0, 4)) {
			t.Errorf("the sink has %q, want all four in their order", got)
		}
	})
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

// TestTeeRefusesWhenDone: with a context that has ended nothing is given to any sink, and the error is its cause.
func TestTeeRefusesWhenDone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &fake{}
		tee := exporters.NewTee([]event.Exporter{s})
		ctx, cancel := context.WithCancelCause(background)
		why := errors.New("the shop is closed")
		cancel(why)
		if err := tee.Export(ctx, events(3)); !errors.Is(err, why) {
			t.Errorf("it says %v", err)
		}
		must(t, tee.Shutdown(background))
		if got := s.got(); len(got) > 0 {
			t.Errorf("it was given %v", got)
		}
		if err := tee.Export(background, events(1)); !errors.Is(err, sink.ErrClosed) {
			t.Errorf("after Shutdown it says %v", err)
		}
	})
}
