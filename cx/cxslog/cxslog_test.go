package cxslog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/cxslog"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
)

var run = event.Run{Namespace: "production", Name: "checkout", ID: "cart-42"}

const traceID = "dcbe164086b0cb5e04b0959fa0e5f2b0" // see TestTraceIDs of package event

func in(j event.Run) context.Context {
	return propagate.ContextWithPosition(context.Background(), &event.Position{Journey: j, Stage: "payment", Visit: 1})
}

// withContext gives each record a context. slogtest itself can only log with the background context.
type withContext struct {
	slog.Handler
	ctx context.Context
}

func (h withContext) Handle(_ context.Context, r slog.Record) error {
	return h.Handler.Handle(h.ctx, r)
}

func (h withContext) WithAttrs(a []slog.Attr) slog.Handler {
	return withContext{h.Handler.WithAttrs(a), h.ctx}
}

func (h withContext) WithGroup(n string) slog.Handler {
	return withContext{h.Handler.WithGroup(n), h.ctx}
}

// TestConformance runs the standard library's suite for handlers, outside a journey and in one. The added
// attributes must not violate the contract of a handler.
func TestConformance(t *testing.T) {
	t.Parallel()
	for name, ctx := range map[string]context.Context{"outside": context.Background(), "in a journey": in(run)} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			slogtest.Run(t, func(*testing.T) slog.Handler {
				buf.Reset()
				return withContext{cxslog.NewHandler(slog.NewJSONHandler(&buf, nil)), ctx}
			}, func(t *testing.T) map[string]any {
				line := parse(t, buf.Bytes())
				_, has := line[cxslog.TraceIDKey]
				if has != (name != "outside") {
					t.Errorf("the trace ID is at the top level: %v, want the opposite", has)
				}
				return line
			})
		})
	}
}

func parse(t *testing.T, b []byte) map[string]any {
	t.Helper()
	line := map[string]any{}
	if err := json.Unmarshal(b, &line); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return line
}

// TestTopLevel: the journey's attributes are at the top level, once, in any order of groups and attributes. All
// other attributes stay in their place.
func TestTopLevel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		with         func(*slog.Logger) *slog.Logger
		want         map[string]any
	}{
		{"plain", "no groups", func(l *slog.Logger) *slog.Logger { return l }, map[string]any{"k": "v"}},
		{"attributes", "no groups", func(l *slog.Logger) *slog.Logger { return l.With("a", 1) }, map[string]any{"a": 1., "k": "v"}},
		{"group", "the record's attributes go into the group", func(l *slog.Logger) *slog.Logger { return l.WithGroup("g") }, map[string]any{"g": map[string]any{"k": "v"}}},
		{
			"attributes, then group", "attributes from before the group stay outside", func(l *slog.Logger) *slog.Logger { return l.With("a", 1).WithGroup("g") },
			map[string]any{"a": 1., "g": map[string]any{"k": "v"}},
		},
		{
			"group, then attributes", "attributes from after the group are inside", func(l *slog.Logger) *slog.Logger { return l.WithGroup("g").With("a", 1) },
			map[string]any{"g": map[string]any{"a": 1., "k": "v"}},
		},
		{"back and forth", "each attribute is in the group that was open", func(l *slog.Logger) *slog.Logger {
			return l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").With("c", 3).With("d", 4)
		}, map[string]any{"a": 1., "g": map[string]any{"b": 2., "h": map[string]any{"c": 3., "d": 4., "k": "v"}}}},
		{"empty group", "a group without a name is no group", func(l *slog.Logger) *slog.Logger { return l.WithGroup("") }, map[string]any{"k": "v"}},
		{"no attributes", "an empty With adds nothing", func(l *slog.Logger) *slog.Logger { return l.With().WithGroup("g").With() }, map[string]any{"g": map[string]any{"k": "v"}}},
		{
			"group of the same name twice", "one group is inside the other", func(l *slog.Logger) *slog.Logger { return l.WithGroup("g").WithGroup("g") },
			map[string]any{"g": map[string]any{"g": map[string]any{"k": "v"}}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var buf bytes.Buffer
			l := c.with(slog.New(cxslog.NewHandler(slog.NewJSONHandler(&buf, nil))))
			for _, ctx := range []context.Context{in(run), context.Background(), in(run)} { // the test uses the handler several times
				buf.Reset()
				l.InfoContext(ctx, "hello", "k", "v")
				line := parse(t, buf.Bytes())
				journey, trace := line["cx.journey.name"], line["cx.journey.trace_id"]
				for _, key := range []string{"time", "level", "msg", "cx.journey.name", "cx.journey.trace_id"} {
					delete(line, key)
				}
				if diff := cmp.Diff(c.want, line); diff != "" {
					t.Errorf("%s (-want +got):\n%s%s", c.reason, diff, buf.String())
				}
				if ctx == context.Background() {
					if strings.Contains(buf.String(), "cx.journey") {
						t.Errorf("outside a journey the line is %s", buf.String())
					}
					continue
				}
				if journey != "checkout" || trace != traceID {
					t.Errorf("journey %v, trace %v at the top level: %s", journey, trace, buf.String())
				}
				if strings.Count(buf.String(), "cx.journey.name") != 1 || strings.Count(buf.String(), "cx.journey.trace_id") != 1 {
					t.Errorf("the journey's attributes occur more than once: %s", buf.String())
				}
				if strings.Contains(buf.String(), "cart-42") {
					t.Errorf("the line has the run's ID: %s", buf.String())
				}
			}
		})
	}
}

// TestSiblings: a logger does not change the lines of a logger with the same parent.
func TestSiblings(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	parent := slog.New(cxslog.NewHandler(slog.NewJSONHandler(&buf, nil))).WithGroup("g").With("p", 0)
	var children []*slog.Logger
	for i := range 8 {
		children = append(children, parent.With("c", i).WithGroup("h"))
	}
	for i, l := range children {
		buf.Reset()
		l.InfoContext(in(run), "hello", "k", "v")
		line := parse(t, buf.Bytes())
		want := map[string]any{"p": 0., "c": float64(i), "h": map[string]any{"k": "v"}}
		if diff := cmp.Diff(want, line["g"]); diff != "" {
			t.Errorf("child %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestInnermost: the line has the journey of the innermost context.
func TestInnermost(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	l := slog.New(cxslog.NewHandler(slog.NewJSONHandler(&buf, nil)))
	ctx := propagate.ContextWithPosition(in(run), &event.Position{Journey: event.Run{Namespace: "production", Name: "support", ID: "t1"}})
	l.InfoContext(ctx, "hello")
	if line := parse(t, buf.Bytes()); line["cx.journey.name"] != "support" {
		t.Errorf("the line is %s", buf.String())
	}
}

// TestNoJourney: a context may have the customer's channel and no journey. Logging must not panic.
func TestNoJourney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		ctx          context.Context
	}{
		{"no position", "an ordinary context", context.Background()},
		{"a position in no journey", "only the channel is known", propagate.ContextWithPosition(context.Background(), &event.Position{Channel: event.Web})},
		{"no context", "old code logs without a context", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("logging panicked: %v: %s", r, c.reason)
				}
			}()
			var buf bytes.Buffer
			for _, l := range []*slog.Logger{
				slog.New(cxslog.NewHandler(slog.NewJSONHandler(&buf, nil))),
				slog.New(cxslog.NewHandler(slog.NewJSONHandler(&buf, nil))).WithGroup("g"),
			} {
				buf.Reset()
				l.InfoContext(c.ctx, "hello")
				if line := parse(t, buf.Bytes()); line["msg"] != "hello" || strings.Contains(buf.String(), "cx.journey") {
					t.Errorf("the line is %s: %s", buf.String(), c.reason)
				}
			}
		})
	}
}

type picky struct {
	slog.Handler
	err error
}

func (p picky) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (p picky) Handle(context.Context, slog.Record) error    { return p.err }
func (p picky) WithGroup(string) slog.Handler                { return p }
func (p picky) WithAttrs([]slog.Attr) slog.Handler           { return p }

// TestPassesOn: the level and the errors are those of the next handler.
func TestPassesOn(t *testing.T) {
	t.Parallel()
	errFull := errors.New("full")
	for _, h := range []slog.Handler{
		cxslog.NewHandler(picky{err: errFull}),
		cxslog.NewHandler(picky{err: errFull}).WithGroup("g").WithAttrs([]slog.Attr{slog.Int("a", 1)}),
	} {
		if h.Enabled(in(run), slog.LevelInfo) || !h.Enabled(in(run), slog.LevelError) {
			t.Error("Enabled differs from the next handler's")
		}
		for _, ctx := range []context.Context{context.Background(), in(run)} {
			if err := h.Handle(ctx, slog.Record{}); !errors.Is(err, errFull) {
				t.Errorf("the error is %v", err)
			}
		}
	}
}

// TestRecordIsTheCallers: a handler does not change a record that several handlers get.
func TestRecordIsTheCallers(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	h := cxslog.NewHandler(slog.NewJSONHandler(&buf, nil))
	var r slog.Record
	want := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"} // some are in a slice with spare capacity
	for _, key := range want {
		r.AddAttrs(slog.Int(key, 0))
	}
	for range 2 {
		if err := h.Handle(in(run), r); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	r.Attrs(func(a slog.Attr) bool { keys = append(keys, a.Key); return true })
	if !slices.Equal(keys, want) {
		t.Errorf("the record has %q", keys)
	}
	if n := strings.Count(buf.String(), "cx.journey.name"); n != 2 || strings.Contains(buf.String(), "BUG") { // slog writes BUG if a handler has changed a shared record
		t.Errorf("two lines have the journey %d times, want 2: %s", n, buf.String())
	}
}

func TestConcurrently(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer // the JSON handler locks it
	l := slog.New(cxslog.NewHandler(slog.NewJSONHandler(&buf, nil)))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			l := l.WithGroup("g").With("caller", i)
			for range 100 {
				l.InfoContext(in(run), "hello", "k", "v")
			}
		})
	}
	wg.Wait()
	lines := map[any]int{}
	for line := range strings.Lines(buf.String()) {
		got := parse(t, []byte(line))
		group, _ := got["g"].(map[string]any)
		if got["cx.journey.trace_id"] != traceID || group["k"] != "v" {
			t.Fatalf("a line is %s", line)
		}
		lines[group["caller"]]++
	}
	for i := range 8 {
		if n := lines[float64(i)]; n != 100 {
			t.Errorf("goroutine %d has %d lines, want 100", i, n)
		}
	}
}

func ExampleNewHandler() {
	next := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr { // without the time the output is the same each time
			if a.Key == slog.TimeKey && len(groups) == 0 {
				return slog.Attr{}
			}
			return a
		},
	})
	logger := slog.New(cxslog.NewHandler(next)).WithGroup("payment")

	// In a service, journey.Definition.Start or touchpoint.Handler makes the context.
	ctx := propagate.ContextWithPosition(context.Background(), &event.Position{
		Journey: event.Run{Namespace: "production", Name: "checkout", ID: "cart-42"},
	})
	logger.WarnContext(ctx, "declined", "code", 51)
	logger.WarnContext(context.Background(), "declined", "code", 51)
	fmt.Println()
	// Output:
	// level=WARN msg=declined cx.journey.name=checkout cx.journey.trace_id=dcbe164086b0cb5e04b0959fa0e5f2b0 payment.code=51
	// level=WARN msg=declined payment.code=51
}

// counted is a handler that counts the calls of WithAttrs.
type counted struct {
	slog.Handler

	n *int
}

func (c counted) WithAttrs(attrs []slog.Attr) slog.Handler {
	*c.n++
	return counted{c.Handler.WithAttrs(attrs), c.n}
}

// TestAttributesAreKept: the handler formats a logger's attributes once, when the logger is made, and they come
// before the journey's.
func TestAttributesAreKept(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	n := 0
	log := slog.New(cxslog.NewHandler(counted{slog.NewJSONHandler(&buf, nil), &n})).With("service", "shop").With("part", "cart")
	for range 3 {
		log.InfoContext(in(run), "hello")
	}
	if n != 2 {
		t.Errorf("WithAttrs of the next handler was called %d times for three lines, want twice", n)
	}
	first, _, _ := strings.Cut(buf.String(), "\n")
	if own, journey := strings.Index(first, `"part"`), strings.Index(first, "cx.journey.name"); own < 0 || journey < own {
		t.Errorf("the line is %s, want the logger's own attributes before the journey's", first)
	}
}
