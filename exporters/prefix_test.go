package exporters_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// flushing is what has a Flush, and forgetting what has a Forget.
type (
	flushing   interface{ Flush(context.Context) error }
	forgetting interface {
		Forget(context.Context, string) (int64, error)
	}
)

// stacks are the parts, alone and in front of each other, around the sink.
func stacks(t *testing.T, s event.Exporter) map[string]event.Exporter {
	t.Helper()
	spool := func(next event.Exporter) *exporters.Spool {
		sp, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), next)
		must(t, err)
		return sp
	}
	keepAll := func(e event.Event) (event.Event, bool) { return e, true }
	dead, err := exporters.NewDeadLetters(filepath.Join(t.TempDir(), "dead.jsonl"))
	must(t, err)
	return map[string]event.Exporter{
		"Retry": exporters.NewRetry(s), "Spool": spool(s), "Tee": exporters.NewTee([]event.Exporter{s, s}), "Filter": exporters.Filter(s, keepAll),
		"DeadLetters": dead, "Retry, Spool, Filter": exporters.NewRetry(spool(exporters.Filter(s, keepAll))),
		"Filter, Retry, Retry": exporters.Filter(exporters.NewRetry(exporters.NewRetry(s)), keepAll),
		"Tee of a Tee":         exporters.NewTee([]event.Exporter{exporters.NewTee([]event.Exporter{s}), spool(s)}),
		"Retry, Tee":           exporters.NewRetry(exporters.NewTee([]event.Exporter{s, s})),
	}
}

// TestErrorsHaveOnePrefix: whatever stands in front of what, an error of this package names it first, and once.
func TestErrorsHaveOnePrefix(t *testing.T) {
	gone, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("no time"))
	made := map[string]error{}
	note := func(what string, err error) {
		if err != nil {
			made[what] = err
		}
	}
	_, err := exporters.NewSpool("", nil, exporters.WithOverflow(exporters.Block), exporters.WithMaxBytes(1))
	note("NewSpool with bad options", err)
	_, err = exporters.NewDeadLetters("", exporters.WithMaxBytes(1))
	note("NewDeadLetters with bad options", err)
	_, err = exporters.NewDeadLetters(filepath.Join(t.TempDir(), "none", "dead.jsonl"))
	note("NewDeadLetters without a folder", err)
	for sinkName, s := range map[string]*fake{
		"fails": {
			export:   func(context.Context, []event.Event) error { return sink.Permanent(errSink) },
			flush:    func(context.Context) error { return errSink },
			shutdown: func(context.Context) error { return errSink },
		},
		"works": {},
	} {
		for name, e := range stacks(t, s) {
			call := func(what string, ctx context.Context) { //nolint:revive // the context is what is looked at
				what = name + " in front of a sink that " + sinkName + ": " + what
				note(what+": Export", e.Export(ctx, events(2)))
				if f, ok := e.(flushing); ok {
					note(what+": Flush", f.Flush(ctx))
				}
				if f, ok := e.(forgetting); ok {
					_, err := f.Forget(ctx, "a-hash")
					note(what+": Forget", err)
				}
				if sp, ok := e.(*exporters.Spool); ok {
					note(what+": Drain", sp.Drain(ctx))
				}
			}
			call("with a context that is done", gone)
			call("used", context.Background())
			note(name+": Shutdown with a context that is done", e.Shutdown(gone))
			note(name+": Shutdown", e.Shutdown(context.Background()))
			call("after Shutdown", context.Background())
			if sinkName == "fails" {
				s.shutdown = nil
				must(t, e.Shutdown(context.Background()))
				s.shutdown = func(context.Context) error { return errSink }
			}
		}
		b := exporters.NewBatch(exporters.NewRetry(s), exporters.WithQueueSize(1))
		for range 20 {
			b.Process(context.Background(), touch("x"))
		}
		note("Batch that "+sinkName+": Flush with a context that is done", b.Flush(gone))
		note("Batch that "+sinkName+": Flush", b.Flush(context.Background()))
		note("Batch that "+sinkName+": Wait", b.Wait(context.Background()))
		note("Batch that "+sinkName+": Shutdown", b.Shutdown(context.Background()))
		s.shutdown = nil
		must(t, b.Shutdown(context.Background()))
	}
	const prefix = "exporters: "
	if len(made) < 40 {
		t.Errorf("only %d errors were made", len(made))
	}
	for what, err := range made {
		text := err.Error()
		if !strings.HasPrefix(text, prefix) || strings.Count(text, prefix) != 1 {
			t.Errorf("%s: want the prefix %q once, at the beginning: %s", what, prefix, text)
		}
	}
}
