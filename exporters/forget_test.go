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
	k.had, k.who = slices.Clone(k.got()), hash
	return int64(len(k.had)), k.fault
}

// TestForget: what is asked of a part is asked of the sink, when it has everything that was on its way.
func TestForget(t *testing.T) {
	why := errors.New("the sink cannot now")
	for name, through := range map[string]func(t *testing.T, k *keeper) (event.Eraser, event.Exporter){
		"Retry": func(_ *testing.T, k *keeper) (event.Eraser, event.Exporter) {
			r := exporters.NewRetry(k)
			return r, r
		},
		"Spool": func(t *testing.T, k *keeper) (event.Eraser, event.Exporter) {
			s, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), k)
			if err != nil {
				t.Fatal(err)
			}
			return s, s
		},
		"Tee, also to one that keeps nothing": func(_ *testing.T, k *keeper) (event.Eraser, event.Exporter) {
			tee := exporters.NewTee([]event.Exporter{&fake{}, k})
			return tee, tee
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				k := &keeper{}
				f, e := through(t, k)
				if err := e.Export(t.Context(), events(3)); err != nil {
					t.Fatal(err)
				}
				n, err := f.Forget(t.Context(), "a-hash")
				if n != 3 || err != nil || k.who != "a-hash" || !slices.Equal(k.had, numbered(0, 3)) {
					t.Errorf("%d forgotten of %q, who had %v: %v", n, k.who, k.had, err)
				}
				k.fault = why
				if _, err := f.Forget(t.Context(), "a-hash"); !errors.Is(err, why) {
					t.Errorf("the sink's error is %v", err)
				}
				if err := e.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestForgetWaits: nobody is forgotten while something of theirs is still on its way.
func TestForgetWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		k := &keeper{}
		k.export = func(context.Context, []event.Event) error { return errSink }
		s, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), k)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Export(t.Context(), events(1)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Forget(ctx, "a-hash"); !errors.Is(err, context.Canceled) || k.who != "" {
			t.Errorf("with the sink away it forgets %q, error %v", k.who, err)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// ForgetEmployee implements [event.EmployeeEraser].
func (k *keeper) ForgetEmployee(_ context.Context, hash string) (int64, error) {
	k.had, k.who = slices.Clone(k.got()), "employee "+hash
	return int64(len(k.had)), k.fault
}

// TestForgetEmployee: what is asked of a part is asked of the sink, when it has everything that was on its way, and of no other method.
func TestForgetEmployee(t *testing.T) {
	why := errors.New("the sink cannot now")
	for name, through := range map[string]func(t *testing.T, k *keeper) event.Exporter{
		"Retry": func(_ *testing.T, k *keeper) event.Exporter { return exporters.NewRetry(k) },
		"Filter": func(_ *testing.T, k *keeper) event.Exporter {
			return exporters.Filter(k, func(e event.Event) (event.Event, bool) { return e, true })
		},
		"Spool": func(t *testing.T, k *keeper) event.Exporter {
			s, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), k)
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		"Tee, also to one that keeps nothing": func(_ *testing.T, k *keeper) event.Exporter {
			return exporters.NewTee([]event.Exporter{&fake{}, k})
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				k := &keeper{}
				e := through(t, k)
				if err := e.Export(t.Context(), events(3)); err != nil {
					t.Fatal(err)
				}
				f, ok := e.(event.EmployeeEraser)
				if !ok {
					t.Fatal("it cannot forget an employee")
				}
				n, err := f.ForgetEmployee(t.Context(), "a-hash")
				if n != 3 || err != nil || k.who != "employee a-hash" || !slices.Equal(k.had, numbered(0, 3)) {
					t.Errorf("%d changed of %q, who had %v: %v", n, k.who, k.had, err)
				}
				k.fault = why
				if _, err := f.ForgetEmployee(t.Context(), "a-hash"); !errors.Is(err, why) {
					t.Errorf("the sink's error is %v", err)
				}
				if err := e.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestForgetEmployeeWaits: an employee is not forgotten while a contact is still on its way.
func TestForgetEmployeeWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		k := &keeper{}
		k.export = func(context.Context, []event.Event) error { return errSink }
		s, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), k)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Export(t.Context(), events(1)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.ForgetEmployee(ctx, "a-hash"); !errors.Is(err, context.Canceled) || k.who != "" {
			t.Errorf("with the sink away it forgets %q, error %v", k.who, err)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
