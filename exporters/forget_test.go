package exporters_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// keeper is a sink that can forget.
type keeper struct {
	fake

	fault error
	had   []string // what it had when it was asked to forget
	who   string
}

func (k *keeper) Forget(_ context.Context, hash string) (int64, error) {
	return k.forget("customer " + hash)
}

// ForgetEmployee implements [event.EmployeeEraser].
func (k *keeper) ForgetEmployee(_ context.Context, hash string) (int64, error) {
	return k.forget("employee " + hash)
}

func (k *keeper) forget(who string) (int64, error) {
	k.had, k.who = slices.Clone(k.got()), who
	return int64(len(k.had)), k.fault
}

// eraser is a part that forgets customers and employees.
type eraser interface {
	event.Exporter
	event.Eraser
	event.EmployeeEraser
}

// erasures are the ways to forget.
func erasures() map[string]func(ctx context.Context, e eraser, hash string) (int64, error) {
	return map[string]func(ctx context.Context, e eraser, hash string) (int64, error){
		"customer": func(ctx context.Context, e eraser, hash string) (int64, error) { return e.Forget(ctx, hash) },
		"employee": func(ctx context.Context, e eraser, hash string) (int64, error) { return e.ForgetEmployee(ctx, hash) },
	}
}

// TestForget: what is asked of a part is asked of the sink, when it has everything that was on its way, and of no other method.
func TestForget(t *testing.T) {
	why := errors.New("the sink cannot now")
	for name, through := range map[string]func(t *testing.T, k *keeper) event.Exporter{
		"Retry": func(_ *testing.T, k *keeper) event.Exporter { return exporters.NewRetry(k) },
		"Filter": func(_ *testing.T, k *keeper) event.Exporter {
			return exporters.Filter(k, func(e event.Event) (event.Event, bool) { return e, true })
		},
		"Spool": func(t *testing.T, k *keeper) event.Exporter { return spool(t, k) },
		"Tee, also to one that keeps nothing": func(_ *testing.T, k *keeper) event.Exporter {
			return exporters.NewTee([]event.Exporter{&fake{}, k})
		},
	} {
		for whom, forget := range erasures() {
			t.Run(name+"/"+whom, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					k := &keeper{}
					e, ok := through(t, k).(eraser)
					if !ok {
						t.Fatal("it cannot forget")
					}
					if err := e.Export(t.Context(), events(3)); err != nil {
						t.Fatal(err)
					}
					n, err := forget(t.Context(), e, "a-hash")
					if n != 3 || err != nil || k.who != whom+" a-hash" || !slices.Equal(k.had, numbered(0, 3)) {
						t.Errorf("%d forgotten of %q, who had %v: %v", n, k.who, k.had, err)
					}
					k.fault = why
					if _, err := forget(t.Context(), e, "a-hash"); !errors.Is(err, why) {
						t.Errorf("the sink's error is %v", err)
					}
					if err := e.Shutdown(t.Context()); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

// TestForgetWaits: a person is not forgotten while an event is still on its way.
func TestForgetWaits(t *testing.T) {
	for whom, forget := range erasures() {
		t.Run(whom, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				k := &keeper{}
				k.export = func(context.Context, []event.Event) error { return errSink }
				s := spool(t, k)
				if err := s.Export(t.Context(), events(1)); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if _, err := forget(ctx, s, "a-hash"); !errors.Is(err, context.Canceled) || k.who != "" {
					t.Errorf("with the sink away it forgets %q, error %v", k.who, err)
				}
				if err := s.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func spool(t *testing.T, k *keeper) *exporters.Spool {
	t.Helper()
	s, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
