package exporters_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// TestSpoolFailures: "a poison event cannot stop the rest".
func TestSpoolFailures(t *testing.T) {
	t.Parallel()
	permanent := sink.Permanent(errSink)
	part := func(fs ...sink.Failure) error {
		return fmt.Errorf("sink: %w", &sink.PartialError{Failed: fs})
	}
	for _, c := range []struct {
		name, reason string
		export       func(try int, events []event.Event) (taken []int, err error) // nil is all when err is nil
		got, dead    []string
	}{
		{"away twice", "tried again", func(try int, _ []event.Event) ([]int, error) {
			if try < 2 {
				return nil, errSink
			}
			return nil, nil
		}, numbered(0, 8), nil},
		{"it panics", "an error as others", func(try int, _ []event.Event) ([]int, error) {
			if try == 0 {
				panic("sink")
			}
			return nil, nil
		}, numbered(0, 8), nil},
		{"400 for a batch with one poison event", "the batch is halved until it is found", func(_ int, es []event.Event) ([]int, error) {
			if slices.ContainsFunc(es, func(e event.Event) bool { return e.Touchpoint == "5" }) {
				return nil, permanent
			}
			return nil, nil
		}, []string{"0", "1", "2", "3", "4", "6", "7"}, []string{"5"}},
		{"one named as permanent", "a dead letter", func(try int, _ []event.Event) ([]int, error) {
			if try == 0 {
				return []int{0, 1, 3, 4, 5, 6, 7}, part(sink.Failure{Index: 2, Err: permanent})
			}
			return nil, nil
		}, []string{"0", "1", "3", "4", "5", "6", "7"}, []string{"2"}},
		{"some for now, in any order", "those only, in their order", func(try int, _ []event.Event) ([]int, error) {
			if try == 0 {
				return []int{0, 1, 2, 4, 5}, part(sink.Failure{Index: 7, Err: errSink}, sink.Failure{Index: 3, Err: errSink}, sink.Failure{Index: 6, Err: permanent})
			}
			return nil, nil
		}, []string{"0", "1", "2", "4", "5", "3", "7"}, []string{"6"}},
		{"an index of another batch", "believed in nothing: all again", func(try int, _ []event.Event) ([]int, error) {
			if try == 0 {
				return nil, part(sink.Failure{Index: 8, Err: permanent}, sink.Failure{Index: -1, Err: permanent})
			}
			return nil, nil
		}, numbered(0, 8), nil},
		{"parts without failures", "believed in nothing: all again", func(try int, _ []event.Event) ([]int, error) {
			if try == 0 {
				return nil, part()
			}
			return nil, nil
		}, numbered(0, 8), nil},
		{"everything refused", "all are dead letters, in their order", func(int, []event.Event) ([]int, error) { return nil, permanent }, []string{}, numbered(0, 8)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var got []string
			try := 0
			next := exportFunc(func(_ context.Context, es []event.Event) error {
				try++
				taken, err := c.export(try-1, es)
				for i := range es {
					if err == nil || slices.Contains(taken, i) {
						got = append(got, es[i].Touchpoint)
					}
				}
				return err
			})
			first := newGate() // so that the eight are one batch
			s := newSpool(t, dir, first)
			must(t, s.Export(context.Background(), spooled(0, 8, 1)))
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_ = s.Shutdown(ctx)
			must(t, s.Shutdown(context.Background()))
			s = newSpool(t, dir, next)
			must(t, s.Drain(context.Background()))
			must(t, s.Shutdown(context.Background()))
			if len(got) == 0 {
				got = []string{}
			}
			same(t, got, c.got, c.reason)
			var dead []string
			for _, e := range lines(t, filepath.Join(dir, "dead.jsonl")) {
				dead = append(dead, e.Touchpoint)
			}
			if !slices.Equal(dead, c.dead) {
				t.Errorf("the dead letters are %v, want %v: %s", dead, c.dead, c.reason)
			}
		})
	}
}

// exportFunc is an exporter of one function.
type exportFunc func(ctx context.Context, events []event.Event) error

func (f exportFunc) Export(ctx context.Context, events []event.Event) error { return f(ctx, events) }
func (f exportFunc) Shutdown(context.Context) error                         { return nil }

// lines reads a file of events; a file that is not there has none.
func lines(tb testing.TB, path string) (es []event.Event) {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		e, err := event.ParseJSON([]byte(line))
		must(tb, err)
		es = append(es, e)
	}
	return es
}

// TestSpoolDeadLetters: the exporter for them, and the file when it fails.
func TestSpoolDeadLetters(t *testing.T) {
	t.Parallel()
	refuses := func() *fake {
		return &fake{export: func(_ context.Context, es []event.Event) error { return sink.Permanent(errSink) }}
	}
	t.Run("it takes them", func(t *testing.T) {
		t.Parallel()
		dir, m := t.TempDir(), newMeters()
		var dead fake
		s := newSpool(t, dir, refuses(), exporters.WithDeadLetters(&dead), exporters.WithMeterProvider(m))
		must(t, s.Export(context.Background(), spooled(0, 3, 1)))
		must(t, s.Drain(context.Background()))
		same(t, dead.got(), numbered(0, 3), "it is there for them")
		if c := m.all()["cx.sdk.processor.dropped permanent"]; c != 3 || s.Stats().DeadLetters != 3 {
			t.Errorf("%d are counted, and %+v", c, s.Stats())
		}
		must(t, s.Shutdown(context.Background()))
		if dead.downs != 1 || lines(t, filepath.Join(dir, "dead.jsonl")) != nil {
			t.Errorf("it was shut down %d times", dead.downs)
		}
	})
	t.Run("it fails", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := newSpool(t, dir, refuses(), exporters.WithDeadLetters(&fake{export: func(context.Context, []event.Event) error { return errSink }}))
		must(t, s.Export(context.Background(), spooled(0, 3, 1)))
		must(t, s.Drain(context.Background()))
		if n := len(lines(t, filepath.Join(dir, "dead.jsonl"))); n != 3 {
			t.Errorf("%d in the file", n)
		}
	})
	t.Run("too large", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		var got fake
		s := newSpool(t, dir, &got, exporters.WithMaxBytes(64<<20))
		es := spooled(0, 3, 1)
		es[1].Cause = strings.Repeat("x", event.MaxJSON)
		must(t, s.Export(context.Background(), es))
		must(t, s.Drain(context.Background()))
		same(t, got.got(), []string{"0", "2"}, "one that cannot be read again does not stop the rest")
		if s.Stats().DeadLetters != 1 {
			t.Errorf("%+v", s.Stats())
		}
	})
	t.Run("not an event", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		var got fake
		s := newSpool(t, dir, &got)
		es := spooled(0, 3, 1)
		es[1].Kind = ""
		must(t, s.Export(context.Background(), es))
		must(t, s.Drain(context.Background()))
		same(t, got.got(), []string{"0", "2"}, "what cannot be parsed is a dead letter as it is")
		b, err := os.ReadFile(filepath.Join(dir, "dead.jsonl"))
		if err != nil || strings.Count(string(b), "\n") != 1 || !strings.Contains(string(b), `"touchpoint":"1"`) {
			t.Errorf("%s, %v", b, err)
		}
	})
}
