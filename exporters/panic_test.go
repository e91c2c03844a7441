package exporters_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// panicky is a sink that panics whenever the event is in a batch, the first times of them.
func panicky(touchpoint string, times int) *fake {
	return &fake{export: func(_ context.Context, es []event.Event) error {
		if times != 0 && slices.ContainsFunc(es, func(e event.Event) bool { return e.Touchpoint == touchpoint }) {
			times--
			panic(touchpoint)
		}
		return nil
	}}
}

// TestPanicsOfASink: a sink that panics now and then is asked again, in order; an event that makes it panic
// every time is a dead letter, and does not stop the others.
func TestPanicsOfASink(t *testing.T) {
	const always = -1
	all := numbered(0, 40)
	for name, tt := range map[string]struct {
		times     int
		delivered []string
		dead      []string
	}{
		"it panics twice": {2, all, nil},
		"always":          {always, slices.Delete(slices.Clone(all), 17, 18), all[17:18]},
	} {
		t.Run(name+", behind a Spool", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s, dead := panicky(all[17], tt.times), &fake{}
				spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), s, exporters.WithDeadLetters(dead))
				if err != nil {
					t.Fatal(err)
				}
				if err := spool.Export(t.Context(), events(40)); err != nil {
					t.Fatal(err)
				}
				if err := spool.Drain(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := spool.Shutdown(t.Context()); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(s.got(), tt.delivered) || !slices.Equal(dead.got(), tt.dead) {
					t.Errorf("delivered %v\ndead %v", s.got(), dead.got())
				}
			})
		})
		t.Run(name+", behind a Retry", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s, dead := panicky(all[17], tt.times), &fake{}
				r := exporters.NewRetry(s, exporters.WithDeadLetters(dead))
				if err := r.Export(t.Context(), events(40)); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(s.got(), tt.delivered) || !slices.Equal(dead.got(), tt.dead) {
					t.Errorf("delivered %v\ndead %v", s.got(), dead.got())
				}
			})
		})
	}
}

// TestAwayAfterPanics: a sink that has panicked many times in a row, and then says that it is away, is believed:
// what it has not taken is tried again, and is neither delivered nor a dead letter.
func TestAwayAfterPanics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const panics, away = 5, 3 // after five a panic is a refusal
		calls := 0
		s, dead := &fake{export: func(context.Context, []event.Event) error {
			switch calls++; {
			case calls <= panics:
				panic("a bug")
			case calls <= panics+away:
				return errSink
			}
			return nil
		}}, &fake{}
		spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), s, exporters.WithDeadLetters(dead))
		must(t, err)
		must(t, spool.Export(t.Context(), events(6)))
		must(t, spool.Drain(t.Context()))
		must(t, spool.Shutdown(t.Context()))
		same(t, s.got(), numbered(0, 6), "it has come back")
		if len(dead.got()) > 0 {
			t.Errorf("dead letters: %v", dead.got())
		}
	})
}
