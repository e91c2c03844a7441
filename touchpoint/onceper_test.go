package touchpoint_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint"
)

var errDepot = errors.New("the depot is closed")

// onceID is the ID of the event by the description of OncePer, computed another time: a UUID of version 8 (RFC 9562, section 5.8) of the
// SHA-256 of texts that each follow their length.
func onceID(namespace, name, class string, parts ...string) (id event.ID) {
	var b []byte
	for _, p := range append([]string{"cairn.once.1", namespace, name, class}, parts...) {
		b = append(binary.AppendUvarint(b, uint64(len(p))), p...)
	}
	sum := sha256.Sum256(b)
	copy(id[:], sum[:])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id
}

func TestOncePer(t *testing.T) {
	t.Parallel()
	done, failed := onceID("shop", "deliver", "done", "orders", "7"), onceID("shop", "deliver", "failed", "orders", "7")
	for _, c := range []struct {
		name, reason string
		parts        []string
		process      func(context.Context, *touchpoint.Touchpoint)
		outcome      event.Outcome
		errorType    string
		want         event.ID
	}{
		{"done", "the rule", []string{"orders", "7"}, nil, event.OK, "", done},
		{"degraded", "the customer got it: it is done, as at the first time", []string{"orders", "7"}, func(_ context.Context, tp *touchpoint.Touchpoint) {
			tp.Degrade("late")
		}, event.Degraded, "", done},
		{"failed", "sinks keep the first event of an ID, which must not hide that it was done later", []string{"orders", "7"}, func(_ context.Context, tp *touchpoint.Touchpoint) {
			tp.Fail(errDepot)
		}, event.Failed, "_OTHER", failed},
		{"cancelled", "it is not done", []string{"orders", "7"}, func(_ context.Context, tp *touchpoint.Touchpoint) {
			tp.Cancel()
		}, event.Cancelled, "", onceID("shop", "deliver", "cancelled", "orders", "7")},
		{"the consumer stops", "its context is the service's own: the customer has cancelled nothing", []string{"orders", "7"}, func(ctx context.Context, tp *touchpoint.Touchpoint) {
			tp.Fail(ctx.Err())
		}, event.Failed, "_OTHER", failed},
		{"another message", "it is another event", []string{"orders", "8"}, nil, event.OK, "", onceID("shop", "deliver", "done", "orders", "8")},
		{"parts that join to the same text", "each part has its length", []string{"order", "s7"}, nil, event.OK, "", onceID("shop", "deliver", "done", "order", "s7")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t, cx.WithNamespace("shop"))
			once := touchpoint.OncePer(c.parts...)
			for _, where := range []*event.Position{nil, position()} { // a redelivery may come when the position has expired
				ctx, stop := context.WithCancel(propagate.ContextWithPosition(s.context(), where))
				ctx, tp := touchpoint.Define("deliver").Start(ctx, event.Post, once)
				stop()
				if c.process != nil {
					c.process(ctx, tp)
				}
				tp.End()
			}
			all := s.touchpoints()
			if len(all) != 2 {
				t.Fatalf("there are %d events, want 2", len(all))
			}
			for i, e := range all {
				if e.ID != c.want || e.Outcome != c.outcome || e.ErrorType != c.errorType {
					t.Errorf("event %d is %v, %v %q; want %v, %v %q: %s", i, e.ID, e.Outcome, e.ErrorType, c.want, c.outcome, c.errorType, c.reason)
				}
			}
		})
	}
}

// TestOncePerTellsApart: what differs in one thing has another ID, and what has no identity has a new ID each time.
func TestOncePerTellsApart(t *testing.T) {
	t.Parallel()
	seen := map[event.ID]string{}
	record := func(what, namespace, name string, opts ...touchpoint.StartOption) {
		s := newSpy(t, cx.WithNamespace(namespace))
		touchpoint.Define(name).Record(s.context(), event.Email, opts...)
		id := s.touchpoints()[0].ID
		if was, ok := seen[id]; ok {
			t.Errorf("%s has the ID of %s", what, was)
		}
		seen[id] = what
	}
	record("the message", "shop", "confirm", touchpoint.OncePer("orders", "7"))
	record("another environment", "staging", "confirm", touchpoint.OncePer("orders", "7"))
	record("another touchpoint", "shop", "invoice", touchpoint.OncePer("orders", "7"))
	record("a failure", "shop", "confirm", touchpoint.OncePer("orders", "7"), touchpoint.Outcome(event.Failed))
	record("one without parts", "shop", "confirm", touchpoint.OncePer())
	record("another without parts", "shop", "confirm", touchpoint.OncePer())
	record("one with empty parts", "shop", "confirm", touchpoint.OncePer("", ""))
	record("another with empty parts", "shop", "confirm", touchpoint.OncePer("", ""))
	record("the last option", "shop", "confirm", touchpoint.OncePer("orders", "7"), touchpoint.OncePer("orders", "9"))
	if _, ok := seen[onceID("shop", "confirm", "done", "orders", "9")]; !ok {
		t.Error("the last OncePer does not hold")
	}
	parts := []string{"orders", "10"}
	once := touchpoint.OncePer(parts...)
	parts[1] = "11"
	record("an option whose list changes afterwards", "shop", "confirm", once)
	if _, ok := seen[onceID("shop", "confirm", "done", "orders", "10")]; !ok {
		t.Error("the option changes with the caller's list")
	}
}

// TestOncePerOfAFoldedName: two touchpoints that a client folds into one name are two events.
func TestOncePerOfAFoldedName(t *testing.T) {
	t.Parallel()
	s := newSpy(t, cx.WithNamespace("shop"), cx.WithLogger(slog.New(slog.DiscardHandler)))
	for _, name := range []string{"", "_own"} {
		touchpoint.Define(name).Record(s.context(), event.Email, touchpoint.OncePer("orders", "7"))
	}
	all := s.touchpoints()
	if len(all) != 2 || all[0].Touchpoint != event.Other || all[0].ID == all[1].ID || all[0].ID != onceID("shop", "", "done", "orders", "7") {
		t.Errorf("the events are %+v", all)
	}
}

// span is a span of a library.
type span struct {
	tracenoop.Span

	sc        trace.SpanContext
	recording bool
}

func (s *span) SpanContext() trace.SpanContext { return s.sc }
func (s *span) IsRecording() bool              { return s.recording }

func TestOnSpan(t *testing.T) {
	t.Parallel()
	of := func(remote bool, flags trace.TraceFlags) trace.SpanContext {
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: flags, Remote: remote})
	}
	for _, c := range []struct {
		name, reason string
		span         trace.Span
		described    bool
	}{
		{"a live span", "that of kotel", &span{sc: of(false, trace.FlagsSampled), recording: true}, true},
		{"one that is not sampled", "the trace has no spans, and gets none", &span{sc: of(false, 0)}, true},
		{"one that has ended", "it takes no attributes", &span{sc: of(false, trace.FlagsSampled)}, false},
		{"one of another process", "it is not ours to describe", &span{sc: of(true, trace.FlagsSampled), recording: true}, false},
		{"none", "there is no instrumentation", trace.SpanFromContext(context.Background()), false},
		{"nil", "it is safe", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			_, tp := touchpoint.Define("deliver").Start(s.context(), event.Post, touchpoint.OnSpan(c.span))
			tp.End()
			if got := s.touchpoints()[0].SpanContext.IsValid(); got != c.described {
				t.Errorf("it is described: %v, want %v: %s", got, c.described, c.reason)
			}
		})
	}
}

func TestVia(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	d := touchpoint.Define("confirm")
	d.Record(s.context(), event.Web, touchpoint.Via(event.Email))
	d.Record(s.context(), event.Web, touchpoint.Via(0))
	if all := s.touchpoints(); all[0].Channel != event.Email || all[1].Channel != event.Web {
		t.Errorf("the channels are %v and %v", all[0].Channel, all[1].Channel)
	}
}
