package stdout_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/stdout"
	"cairncx.dev/cairn/journey"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

func touches(n int, name string) []event.Event {
	es := make([]event.Event, n)
	for i := range es {
		es[i] = event.Event{ID: event.NewID(noon), Kind: event.TouchpointEnded, Time: noon, Touchpoint: name, Visit: i + 1}
	}
	return es
}

// counting counts the calls of Write; it is not safe for concurrent use, which the race
// detector would tell.
type counting struct {
	bytes.Buffer
	writes int
}

func (c *counting) Write(b []byte) (int, error) {
	c.writes++
	return c.Buffer.Write(b)
}

func TestExport(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		events       []event.Event
		lines        int
	}{
		{"one", "one line", touches(1, "pay"), 1},
		{"a batch", "one line each", touches(512, "pay"), 512},
		{"line breaks inside", "they are escaped: a line is an event", touches(3, "a\nb\r\n\u2028c"), 3},
		{"larger than the buffer that is kept", "it is written all the same", touches(2000, strings.Repeat("x", 1000)), 2000},
		{"none", "nothing", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var w counting
			e := stdout.New(stdout.WithWriter(&w), nil)
			for range 2 {
				w.Reset()
				w.writes = 0
				if err := e.Export(context.Background(), c.events); err != nil {
					t.Fatal(err)
				}
				if w.writes > 1 {
					t.Errorf("a batch was written in %d pieces", w.writes)
				}
				out := strings.SplitAfter(w.String(), "\n")
				if len(out) != c.lines+1 || out[c.lines] != "" {
					t.Fatalf("%d lines, want %d: %s", len(out)-1, c.lines, c.reason)
				}
				for i, line := range out[:c.lines] {
					got, err := event.ParseJSON([]byte(line))
					if err != nil || got.ID != c.events[i].ID || got.Touchpoint != c.events[i].Touchpoint || got.Visit != i+1 {
						t.Fatalf("line %d is %q: %v", i, line, err)
					}
				}
			}
		})
	}
}

// TestConcurrently: "lines of several goroutines never mix".
func TestConcurrently(t *testing.T) {
	t.Parallel()
	const callers, batches, size = 8, 50, 7
	var w counting
	e := stdout.New(stdout.WithWriter(&w))
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for range batches {
				if err := e.Export(context.Background(), touches(size, fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	lines := bufio.NewScanner(&w)
	n := 0
	last := event.Event{Visit: size}
	for lines.Scan() {
		if !json.Valid(lines.Bytes()) {
			t.Fatalf("line %d is not JSON: %s", n, lines.Text())
		}
		got, err := event.ParseJSON(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if last.Visit == size && got.Visit != 1 || last.Visit < size && (got.Touchpoint != last.Touchpoint || got.Visit != last.Visit+1) {
			t.Fatalf("line %d, %s/%d, comes after %s/%d: batches mix", n, got.Touchpoint, got.Visit, last.Touchpoint, last.Visit)
		}
		last = got
		n++
	}
	if n != callers*batches*size {
		t.Errorf("%d lines, want %d", n, callers*batches*size)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestErrors(t *testing.T) {
	t.Parallel()
	errDisk := errors.New("no space left")
	cancelled, cancel := context.WithCancelCause(context.Background())
	cancel(errDisk)
	shut := stdout.New(stdout.WithWriter(&bytes.Buffer{}))
	for range 2 {
		if err := shut.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
	for _, c := range []struct {
		name, reason string
		e            *stdout.Exporter
		ctx          context.Context
		want         error
	}{
		{"after Shutdown", "Export fails afterwards", shut, context.Background(), sink.ErrClosed},
		{"a writer that fails", "whoever called tries again, or counts it", stdout.New(stdout.WithWriter(failing{errDisk})), context.Background(), errDisk},
		{"a context that is done", "there is no time, and its cause says why", stdout.New(stdout.WithWriter(&bytes.Buffer{})), cancelled, errDisk},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := c.e.Export(c.ctx, touches(1, "pay")); !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), "stdout: ") {
				t.Errorf("it says %v, want %v: %s", err, c.want, c.reason)
			}
		})
	}
}

// TestZeroExporter: "nil receivers and zero values of what users hold are safe no-ops"
// (STYLE, rule 7).
func TestZeroExporter(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]*stdout.Exporter{"nil": nil, "zero": {}, "nil writer": stdout.New(stdout.WithWriter(nil))} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("it panics: %v", r)
				}
			}()
			if err := errors.Join(e.Export(context.Background(), nil), e.Flush(context.Background()), e.Shutdown(context.Background())); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDoesNotCloseTheWriter: it is the caller's.
func TestDoesNotCloseTheWriter(t *testing.T) {
	t.Parallel()
	f, err := os.Create(t.TempDir() + "/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := stdout.New(stdout.WithWriter(f)).Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := f.WriteString("still open\n"); err != nil {
		t.Error(err)
	}
}

func ExampleNew() {
	client, err := cx.New(
		cx.WithExporters(stdout.New()),
		cx.WithNamespace("docs"),
		cx.WithClock(func() time.Time { return time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC) }), // for the same output each time
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)

	checkout := journey.Define("checkout")
	ctx = checkout.Start(ctx, "cart-42", event.Customer{ID: "alice"}) // who is never written
	checkout.Complete(ctx)

	if err := client.Shutdown(context.Background()); err != nil { // delivers what is left
		fmt.Println(err)
	}
	// Output:
	// {"v":1,"id":"f897aa3b-ec08-8837-aff1-0108517b0ee1","kind":"journey.started","time":"2026-04-17T12:00:00Z","journey":{"namespace":"docs","name":"checkout","id":"cart-42","started":"2026-04-17T12:00:00Z"}}
	// {"v":1,"id":"1a2f7ce3-8d3f-8a47-b019-a870e34ed4f7","kind":"journey.ended","time":"2026-04-17T12:00:00Z","journey":{"namespace":"docs","name":"checkout","id":"cart-42","started":"2026-04-17T12:00:00Z"},"outcome":"completed","transition":{"friction":{}}}
}

func ExampleWithWriter() {
	var lines strings.Builder // or a file, or a pipe
	sink := stdout.New(stdout.WithWriter(&lines))
	ctx := context.Background()
	// A client does this, by cx.WithExporters(sink).
	err := sink.Export(ctx, []event.Event{{Kind: event.TouchpointEnded, Time: time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC), Touchpoint: "pay", Outcome: event.OK}})
	fmt.Println(lines.String(), err, sink.Shutdown(ctx))
	// Output:
	// {"v":1,"kind":"touchpoint.ended","time":"2026-04-17T12:00:00Z","touchpoint":"pay","outcome":"ok"}
	//  <nil> <nil>
}
