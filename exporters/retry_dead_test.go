package exporters_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

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
