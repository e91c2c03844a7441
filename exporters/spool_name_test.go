package exporters_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// forgetful is a sink that cannot forget a customer.
type forgetful struct{ fake }

func (*forgetful) Forget(context.Context, string) (int64, error) { return 0, errSink }

// TestErrorsNameTheirPart: a process may have several queues, so each error says which one failed.
func TestErrorsNameTheirPart(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	name := exporters.WithName("orders")
	spool := func(t *testing.T, dir string, next event.Exporter, opts ...exporters.SpoolOption) *exporters.Spool {
		t.Helper()
		return newSpool(t, dir, next, append(opts, name)...)
	}
	for what, fails := range map[string]func(t *testing.T) error{
		"NewSpool with a bad option": func(t *testing.T) error {
			_, err := exporters.NewSpool(t.TempDir(), &fake{}, name, exporters.WithMaxBytes(1))
			return err
		},
		"NewSpool of a directory that is used": func(t *testing.T) error {
			dir := t.TempDir()
			spool(t, dir, &fake{})
			_, err := exporters.NewSpool(dir, &fake{}, name)
			return err
		},
		"Export of a Spool that is shut down": func(t *testing.T) error {
			s := spool(t, t.TempDir(), &fake{})
			must(t, s.Shutdown(t.Context()))
			return s.Export(t.Context(), events(1))
		},
		"Export of a Spool without time": func(t *testing.T) error { return spool(t, t.TempDir(), &fake{}).Export(gone, events(1)) },
		"Export of a Spool that is full": func(t *testing.T) error {
			s := spool(t, t.TempDir(), &fake{export: func(context.Context, []event.Event) error { return errSink }}, exporters.WithMaxBytes(64<<10))
			for range 100 {
				if err := s.Export(t.Context(), spooled(0, 1, 5000)); err != nil {
					return err
				}
			}
			return nil
		},
		"Flush of a Spool whose directory is gone": func(t *testing.T) error {
			dir := filepath.Join(t.TempDir(), "spool")
			s := spool(t, dir, &fake{})
			must(t, os.Rename(dir, dir+".away"))
			err := s.Flush(t.Context())
			must(t, os.Rename(dir+".away", dir))
			return err
		},
		"Flush of a Spool without time": func(t *testing.T) error { return spool(t, t.TempDir(), &fake{}).Flush(gone) },
		"Drain of a Spool without time": func(t *testing.T) error { return spool(t, t.TempDir(), &fake{}).Drain(gone) },
		"Drain of a Spool whose sink cannot flush": func(t *testing.T) error {
			return spool(t, t.TempDir(), &fake{flush: func(context.Context) error { return errSink }}).Drain(t.Context())
		},
		"Forget of a Spool whose sink cannot": func(t *testing.T) error {
			_, err := spool(t, t.TempDir(), &forgetful{}).Forget(t.Context(), "hash")
			return err
		},
		"Forget of a Retry whose sink cannot": func(t *testing.T) error {
			_, err := exporters.NewRetry(&forgetful{}, name).Forget(t.Context(), "hash")
			return err
		},
		"Shutdown of a Spool whose sink cannot": func(t *testing.T) error {
			s := &fake{shutdown: func(context.Context) error { return errSink }}
			sp := spool(t, t.TempDir(), s)
			err := sp.Shutdown(t.Context())
			s.shutdown = nil
			return err
		},
		"Export of a Tee that is shut down": func(t *testing.T) error {
			tee := exporters.NewTee([]event.Exporter{&fake{}}, name)
			must(t, tee.Shutdown(t.Context()))
			return tee.Export(t.Context(), events(1))
		},
		"Export of a Tee without time": func(t *testing.T) error {
			tee := exporters.NewTee(nil, name)
			return tee.Export(gone, events(1))
		},
		"Export of a Filter that is shut down": func(t *testing.T) error {
			f := exporters.Filter(&fake{}, func(e event.Event) (event.Event, bool) { return e, true }, name)
			must(t, f.Shutdown(t.Context()))
			return f.Export(t.Context(), events(1))
		},
		"Export of a Filter without time": func(*testing.T) error {
			return exporters.Filter(&fake{}, func(e event.Event) (event.Event, bool) { return e, true }, name).Export(gone, events(1))
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			if err := fails(t); err == nil || !strings.HasPrefix(err.Error(), "exporters: orders: ") {
				t.Errorf("%v, want the name of the part after that of the package", err)
			}
		})
	}
}

// TestDefaultNamesInErrors: a part without WithName is known by its kind and by the type of its sink.
func TestDefaultNamesInErrors(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, unmade := exporters.NewSpool("", nil)
	for err, want := range map[error]string{
		newSpool(t, t.TempDir(), &fake{}).Flush(gone): "exporters: spool/*exporters_test.fake: flush: context canceled",
		unmade: "exporters: spool: the exporter is nil",
		new(exporters.Tee).Export(gone, events(1)): "exporters: tee: context canceled",
	} {
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestDeadLettersNameTheirFile: a DeadLetters has no name, and is known by its file.
func TestDeadLettersNameTheirFile(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "dead.jsonl")
	d, err := exporters.NewDeadLetters(path)
	must(t, err)
	_, missing := exporters.NewDeadLetters(filepath.Join(filepath.Dir(path), "none", "dead.jsonl"))
	late := d.Export(gone, events(1))
	must(t, d.Shutdown(t.Context()))
	for _, err := range []error{late, missing, d.Export(t.Context(), events(1))} {
		if err == nil || !strings.Contains(err.Error(), "dead.jsonl") {
			t.Errorf("%v, want the name of the file", err)
		}
	}
}

// TestSpoolReportsNameTheQueue: no report of a Spool leaves open which queue it is about.
func TestSpoolReportsNameTheQueue(t *testing.T) {
	poison := func(context.Context, []event.Event) error { return sink.Permanent(errSink) }
	bubble(t, func(t *testing.T) {
		u := newUnwell(t, exporters.WithName("queue-f"), exporters.WithDeadLetters(&fake{export: poison}))
		u.sink.export = func(context.Context, []event.Event) error { return errSink }
		must(t, u.Export(t.Context(), spooled(0, 1, 10)))
		synctest.Wait() // it waits for the next try
		u.sink.mu.Lock()
		u.sink.export = poison
		u.sink.mu.Unlock()
		must(t, u.Drain(t.Context())) // a dead letter, in the file
		u.fails(100, "write dead", errDisk)
		must(t, u.Export(t.Context(), spooled(1, 2, 10)))
		must(t, u.Drain(t.Context())) // a dead letter that is lost
		u.fails(1, "write cursor", errDisk)
		must(t, u.Export(t.Context(), spooled(2, 3, 10)))
		must(t, u.Drain(t.Context()))
		u.fails(0, "", nil)
		must(t, u.Shutdown(t.Context()))
	})
	for _, says := range []string{
		"1 events and those behind them wait on the disk, and are tried again in ", "1 events are dead letters: ",
		"1 dead letters go into the file: ", "dead letters are in ", "dead letters are lost: ", "1 events are lost: dead_letters",
		"writing the cursor: ",
	} {
		if reported("cairn: queue-f: "+says) == 0 {
			t.Errorf("no report begins with the queue's name and %q", says)
		}
	}
	dir, segs := many(t)
	must(t, os.Rename(segs[0], filepath.Join(dir, strings.Repeat("0", 19)+"7.events1")))
	must(t, os.Remove(segs[len(segs)-1]))
	s, err := exporters.NewSpool(dir, &fake{}, exporters.WithName("queue-g"), exporters.WithMaxBytes(64<<10), exporters.WithBackoff(time.Microsecond, time.Microsecond))
	must(t, err)
	must(t, errors.Join(s.Drain(t.Context()), s.Shutdown(t.Context())))
	for _, says := range []string{" begins with record 1: it is ", " were acknowledged and are gone", " events are lost: damaged"} {
		if reported(says) == 0 {
			t.Errorf("no report has %q", says)
		}
	}
	for _, line := range strings.Split(reports.Text(), "\n") {
		if strings.HasPrefix(line, "cairn: spool: ") {
			t.Errorf("a report names no queue: %s", line)
		}
	}
}
