package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// TestRetryUsesItsTime: "a Retry gives up at once on a Retry-After longer than its deadline". It has to wait for
// as long as it may, and to try once more then.
func TestRetryUsesItsTime(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		opts         []exporters.RetryOption
		deadline     time.Duration // of the context; 0 is none
		asks         time.Duration // at every try; 0 is nothing
		back         time.Duration // the sink takes events from then on
		tries        int           // at most
		least, most  time.Duration // when Export returns
		ok           bool
	}{
		{"an hour, and back before the deadline", "the last try finds it", nil, 30 * time.Second, time.Hour, 20 * time.Second, 2, 20 * time.Second, 30 * time.Second, true},
		{"an hour, and away", "it is not hammered, and the time was used", nil, 30 * time.Second, time.Hour, time.Hour, 2, 20 * time.Second, 30 * time.Second, false},
		{"an hour, with a bound of its own", "the last try is at its end", []exporters.RetryOption{exporters.WithMaxElapsed(time.Minute)}, 0, time.Hour, time.Minute, 2, time.Minute, time.Minute, true},
		{"ten seconds", "as long as the sink asks for", nil, 30 * time.Second, 10 * time.Second, 10 * time.Second, 2, 10 * time.Second, 10 * time.Second, true},
		{"ten seconds, again and again", "each time as long, and once at the end", nil, 30 * time.Second, 10 * time.Second, time.Hour, 4, 20 * time.Second, 30 * time.Second, false},
		{"a hair more than there is", "the last try finds it", nil, 30 * time.Second, 30 * time.Second, 24 * time.Second, 2, 24 * time.Second, 30 * time.Second, true},
		{"nothing, with pauses longer than the time", "a pause is cut, too", []exporters.RetryOption{exporters.WithBackoff(time.Hour, time.Hour)}, 30 * time.Second, 0, 20 * time.Second, 2, 20 * time.Second, 30 * time.Second, true},
		{"nothing, with pauses longer than its own bound", "a pause is cut, too", []exporters.RetryOption{exporters.WithBackoff(time.Hour, time.Hour), exporters.WithMaxElapsed(time.Minute)}, 0, 0, time.Minute, 2, time.Minute, time.Minute, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				began, tries := time.Now(), 0
				s := &fake{export: func(ctx context.Context, _ []event.Event) error {
					tries++
					switch {
					case ctx.Err() != nil:
						t.Error("it was tried when the time was up")
						return ctx.Err()
					case time.Since(began) >= c.back:
						return nil
					case c.asks > 0:
						return fmt.Errorf("sink: %w", sink.RetryAfter(errSink, c.asks))
					default:
						return errSink
					}
				}}
				ctx := background
				if c.deadline > 0 {
					ctx = within(c.deadline)
				}
				err := exporters.NewRetry(s, c.opts...).Export(ctx, events(3))
				took := time.Since(began)
				if (err == nil) != c.ok || tries > c.tries || tries < 2 || took < c.least || took > c.most {
					t.Errorf("%v after %v and %d tries, want %v to %v and %d: %s", err, took, tries, c.least, c.most, c.tries, c.reason)
				}
				if asked, ok := sink.RetryDelay(err); err != nil && (!ok || asked != c.asks || !errors.Is(err, errSink) || sink.IsPermanent(err)) {
					t.Errorf("%v asks to wait %v, want %v and the sink's error, to be tried again", err, asked, c.asks)
				}
			})
		})
	}
}

// TestRetryAfterBehind: what keeps events waits as long as the sink asks for; what does not says what it lost.
func TestRetryAfterBehind(t *testing.T) {
	for _, c := range []struct {
		name  string
		back  time.Duration
		asks  time.Duration
		batch map[string]uint64 // what a Batch loses; nil is nothing
	}{
		{"an outage that is shorter than a call", 20 * time.Second, time.Hour, nil},
		{"an outage that is longer", 10 * time.Minute, 5 * time.Minute, map[string]uint64{"timeout": 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			away := func() *fake {
				began := time.Now()
				return &fake{export: func(context.Context, []event.Event) error {
					if time.Since(began) < c.back {
						return sink.RetryAfter(errSink, c.asks)
					}
					return nil
				}}
			}
			t.Run("a Batch", func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					s := away()
					b := down(t, exporters.NewBatch(exporters.NewRetry(s)))
					for i := range 3 {
						b.Process(background, touch(fmt.Sprint(i)))
					}
					checkLoss(t, b.Flush(background), c.batch)
					if c.batch == nil && len(s.got()) != 3 {
						t.Errorf("%d events arrived, want 3", len(s.got()))
					}
				})
			})
			t.Run("a Spool", func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					s := away()
					spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), exporters.NewRetry(s))
					if err != nil {
						t.Fatal(err)
					}
					if err := errors.Join(spool.Export(background, events(3)), spool.Drain(background), spool.Shutdown(background)); err != nil {
						t.Error(err)
					}
					if len(s.got()) != 3 {
						t.Errorf("%d events arrived, want 3", len(s.got()))
					}
				})
			})
		})
	}
}

// TestRetryWithinItsTime: whatever the sink asks for, it is tried at least twice, never sooner than it asked but
// for the last time, and Export returns within its time.
func TestRetryWithinItsTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			deadline := time.Duration(rapid.IntRange(1, 600).Draw(rt, "deadline")) * time.Second
			elapsed := time.Duration(rapid.IntRange(1, 600).Draw(rt, "elapsed")) * time.Second
			asks := rapid.SliceOfN(rapid.IntRange(0, 900), 1, 20).Draw(rt, "asks")
			began := time.Now()
			var at []time.Time
			s := &fake{export: func(context.Context, []event.Event) error {
				at = append(at, time.Now())
				return sink.RetryAfter(errSink, time.Duration(asks[(len(at)-1)%len(asks)])*time.Second)
			}}
			err := exporters.NewRetry(s, exporters.WithMaxElapsed(elapsed)).Export(within(deadline), events(1))
			if took := time.Since(began); err == nil || took > min(deadline, elapsed) || len(at) < 2 {
				rt.Fatalf("%v after %v and %d tries, with %v", err, took, len(at), min(deadline, elapsed))
			}
			for i := 1; i < len(at)-1; i++ {
				if asked := time.Duration(asks[(i-1)%len(asks)]) * time.Second; at[i].Sub(at[i-1]) < asked {
					rt.Fatalf("try %d came %v after the one before, which was told to wait %v", i, at[i].Sub(at[i-1]), asked)
				}
			}
		})
	})
}

// TestRetryKeepsApart: what is left is not permanent because another event was refused for good.
func TestRetryKeepsApart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &fake{export: func(_ context.Context, es []event.Event) error {
			p := &sink.PartialError{}
			for i := range es {
				switch es[i].Touchpoint {
				case "1":
					p.Failed = append(p.Failed, sink.Failure{Index: i, Err: sink.Permanent(errSink)})
				case "2":
					p.Failed = append(p.Failed, sink.Failure{Index: i, Err: errSink})
				}
			}
			if len(p.Failed) == 0 {
				return nil
			}
			return p
		}}
		err := exporters.NewRetry(s, exporters.WithMaxElapsed(time.Nanosecond)).Export(background, events(4))
		p, ok := errors.AsType[*sink.PartialError](err)
		if !ok || len(p.Failed) != 2 || !sink.IsPermanent(p.Failed[0].Err) || sink.IsPermanent(p.Failed[1].Err) {
			t.Errorf("%v, want event 1 refused for good and event 2 to be tried again", err)
		}
	})
}

// TestDeadLettersThatCannotBeKept: the events are lost, so the error says which and why, Flush tells them, and
// nothing counts them as kept.
func TestDeadLettersThatCannotBeKept(t *testing.T) {
	for _, c := range []struct {
		name string
		dead func(t *testing.T) event.Exporter
		want string
	}{
		{"full", func(t *testing.T) event.Exporter {
			path := filepath.Join(t.TempDir(), "dead.jsonl")
			if err := os.WriteFile(path, []byte(strings.Repeat("x", 64<<10)), 0o600); err != nil {
				t.Fatal(err)
			}
			d, err := exporters.NewDeadLetters(path, exporters.WithMaxBytes(64<<10))
			if err != nil {
				t.Fatal(err)
			}
			return d
		}, "it is full"},
		{"failing", func(*testing.T) event.Exporter {
			return &fake{export: func(context.Context, []event.Event) error { return errors.New("a broken disk") }}
		}, "a broken disk"},
		{"panicking", func(*testing.T) event.Exporter {
			return &fake{export: func(context.Context, []event.Event) error { panic("no") }}
		}, "the exporter panicked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := newMeters()
				s := &fake{export: func(_ context.Context, es []event.Event) error {
					p := &sink.PartialError{}
					for i := range es {
						if es[i].Touchpoint == "1" {
							p.Failed = append(p.Failed, sink.Failure{Index: i, Err: sink.Permanent(errSink)})
						}
					}
					if len(p.Failed) == 0 {
						return nil
					}
					return p
				}}
				r := exporters.NewRetry(s, exporters.WithDeadLetters(c.dead(t)), exporters.WithMeterProvider(newMeters()))
				b := down(t, exporters.NewBatch(r, exporters.WithMeterProvider(m)))
				for i := range 4 {
					b.Process(background, touch(fmt.Sprint(i)))
				}
				err := b.Flush(background)
				checkLoss(t, err, map[string]uint64{"permanent": 1})
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %q", err, c.want)
				}
				if all := m.all(); all["cx.sdk.exporter.exported"] != 3 || all["cx.sdk.processor.dropped permanent"] != 1 {
					t.Errorf("counted are %v, want three exported and one dropped", all)
				}
			})
		})
	}
}
