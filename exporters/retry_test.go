package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

func TestRetry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         []exporters.RetryOption
		ctx          func() context.Context
		fail         func(try int) error // from 1
		tries        int                 // 0 is any number
		err          error               // that the error wraps; nil is success
		most         time.Duration
	}{
		{"at once", "nothing to try again", nil, nil, func(int) error { return nil }, 1, nil, 0},
		{"the second time", "half a second later, give or take half of it", nil, nil, func(try int) error {
			if try < 2 {
				return errSink
			}
			return nil
		}, 2, nil, 750 * time.Millisecond},
		{"the fifth time", "the pauses double", nil, nil, func(try int) error {
			if try < 5 {
				return errSink
			}
			return nil
		}, 5, nil, 15 * 750 * time.Millisecond},
		{"permanent", "trying again does not help", nil, nil, func(int) error { return sink.Permanent(errSink) }, 1, errSink, 0},
		{"permanent inside", "however it is wrapped", nil, nil, func(int) error { return fmt.Errorf("sink: %w", sink.Permanent(errSink)) }, 1, errSink, 0},
		{"permanent later", "at once when it turns out", nil, nil, func(try int) error {
			if try < 3 {
				return errSink
			}
			return sink.Permanent(context.DeadlineExceeded)
		}, 3, context.DeadlineExceeded, 3 * 750 * time.Millisecond},
		{"for ever", "five minutes are tried", nil, nil, func(int) error { return errSink }, 0, errSink, 5 * time.Minute},
		{"for ever, bounded closer", "as WithMaxElapsed says", []exporters.RetryOption{exporters.WithMaxElapsed(10 * time.Second)}, nil, func(int) error { return errSink }, 0, errSink, 10 * time.Second},
		{"bounds that are not positive", "they are the defaults", []exporters.RetryOption{exporters.WithMaxElapsed(-1), exporters.WithBackoff(0, -1), nil}, nil, func(int) error { return errSink }, 0, errSink, 5 * time.Minute},
		{"until the context is done", "whatever calls the exporter may bound it closer", nil, func() context.Context { return within(7 * time.Second) }, func(int) error { return errSink }, 0, context.DeadlineExceeded, 7 * time.Second},
		{"with a context that is done", "there is no time", nil, func() context.Context {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return ctx
		}, func(int) error { return errSink }, 0, context.Canceled, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				tries := 0
				s := &fake{export: func(context.Context, []event.Event) error { tries++; return c.fail(tries) }}
				r := exporters.NewRetry(s, c.opts...)
				ctx := context.Background()
				if c.ctx != nil {
					ctx = c.ctx()
				}
				began := time.Now()
				err := r.Export(ctx, []event.Event{*touch("x")})
				took := time.Since(began)
				if c.err == nil && err != nil || c.err != nil && !errors.Is(err, c.err) {
					t.Errorf("it says %v, want %v: %s", err, c.err, c.reason)
				}
				if c.tries != 0 && tries != c.tries {
					t.Errorf("it was tried %d times, want %d: %s", tries, c.tries, c.reason)
				}
				if took > c.most {
					t.Errorf("it took %v, want at most %v: %s", took, c.most, c.reason)
				}
				if c.most > 5*time.Second && tries < 3 {
					t.Errorf("in %v it was tried %d times only", took, tries)
				}
				if want := map[bool]int{true: 1, false: 0}[err == nil]; len(s.got()) != want {
					t.Errorf("delivered were %q", s.got())
				}
			})
		})
	}
}

// TestRetryBacksOff: the pauses double from the first to the longest one, with jitter of half
// of it to either side.
func TestRetryBacksOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var times []time.Time
		s := &fake{export: func(context.Context, []event.Event) error { times = append(times, time.Now()); return errSink }}
		r := exporters.NewRetry(s, exporters.WithBackoff(time.Second, 8*time.Second), exporters.WithMaxElapsed(10*time.Minute))
		_ = r.Export(context.Background(), nil)
		want := time.Second
		different := false
		for i := 1; i < len(times); i++ {
			pause := times[i].Sub(times[i-1])
			if pause < want/2 || pause > want*3/2 {
				t.Errorf("pause %d is %v, want %v give or take half of it", i, pause, want)
			}
			different = different || pause != want
			want = min(2*want, 8*time.Second)
		}
		if len(times) < 50 || !different {
			t.Errorf("%d tries, jitter %v", len(times), different)
		}
	})
}

// TestRetryNamesTheReason: "messages say what was wrong" (STYLE, rule 5). That the time was up
// is not what was wrong with the sink.
func TestRetryNamesTheReason(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := exporters.NewRetry(&fake{export: func(context.Context, []event.Event) error { return errSink }})
		err := r.Export(within(5*time.Second), nil)
		if !errors.Is(err, errSink) {
			t.Errorf("when the time is up it says %q, and nothing of what the sink said", err)
		}
	})
}

func TestRetryPassesOn(t *testing.T) {
	t.Parallel()
	s := &fake{flush: func(context.Context) error { return errSink }, shutdown: func(context.Context) error { return errSink }}
	r := exporters.NewRetry(s)
	if !errors.Is(r.Flush(background), errSink) || !errors.Is(r.Shutdown(background), errSink) || s.flushes != 1 || s.downs != 1 {
		t.Error("Flush or Shutdown is not the exporter's")
	}
	if err := exporters.NewRetry(noFlush{s}).Flush(background); err != nil {
		t.Errorf("the Flush of an exporter that cannot: %v", err)
	}
}

func TestPermanent(t *testing.T) {
	t.Parallel()
	if sink.Permanent(nil) != nil || sink.IsPermanent(nil) || sink.IsPermanent(errSink) {
		t.Error("what is no error, or not marked, is permanent")
	}
	err := sink.Permanent(errSink)
	if !sink.IsPermanent(err) || !sink.IsPermanent(fmt.Errorf("more: %w", err)) || !errors.Is(err, errSink) || err.Error() != errSink.Error() {
		t.Errorf("%v is not permanent, or not the error it was", err)
	}
	if !sink.IsPermanent(errors.Join(errors.New("another"), err)) {
		t.Error("a permanent error among others is not found")
	}
}

// TestRetryBehindBatch: the pieces as an application puts them together.
func TestRetryBehindBatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		away := time.Now().Add(10 * time.Second)
		s := &fake{export: func(context.Context, []event.Event) error {
			if time.Now().Before(away) {
				return errSink
			}
			return nil
		}}
		b := down(t, exporters.NewBatch(exporters.NewRetry(s)))
		for i := range 20 {
			b.Process(background, touch(fmt.Sprint(i)))
		}
		if err := b.Flush(background); err != nil {
			t.Error(err)
		}
		if got := s.got(); len(got) != 20 {
			t.Errorf("after an outage of 10 s %d events are delivered, want 20", len(got))
		}
	})
}

// TestNilRetry: "nil receivers and zero values of what users hold are safe no-ops" (STYLE,
// rule 7).
func TestNilRetry(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*exporters.Retry{"nil": nil, "zero": {}} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("it panics: %v", p)
				}
			}()
			if err := errors.Join(r.Export(background, nil), r.Flush(background), r.Shutdown(background)); err != nil {
				t.Error(err)
			}
		})
	}
}

func ExampleNewRetry() {
	tries := 0
	flaky := &fake{export: func(context.Context, []event.Event) error { // any event.Exporter
		switch tries++; tries {
		case 1:
			return errors.New("connection refused") // tried again
		default:
			return sink.Permanent(errors.New("413 too large")) // not tried again
		}
	}}
	r := exporters.NewRetry(flaky, exporters.WithBackoff(time.Millisecond, time.Second))

	err := r.Export(context.Background(), []event.Event{{Kind: event.TouchpointEnded}})
	fmt.Println(err)
	fmt.Println(sink.IsPermanent(err))
	// Output:
	// exporters: after 2 tries: 413 too large
	// true
}
