package sdktest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestTimesAndDurations records touchpoints with many kinds of times.
func TestTimesAndDurations(t *testing.T) {
	t.Parallel()
	const decade = 10 * 365 * 24 * time.Hour // the longest accepted duration
	for _, c := range []struct {
		name, reason string
		opts         []touchpoint.StartOption
		start        time.Time
		took         time.Duration
		fault        string
	}{
		{"nothing given", "now, with the duration 0", nil, day1, 0, ""},
		{"an hour", "the touchpoint has just ended", []touchpoint.StartOption{touchpoint.Took(time.Hour)}, day1.Add(-time.Hour), time.Hour, ""},
		{"negative", "set to zero", []touchpoint.StartOption{touchpoint.Took(-1)}, day1, 0, "invalid_duration"},
		{"most negative", "no overflow", []touchpoint.StartOption{touchpoint.Took(math.MinInt64)}, day1, 0, "invalid_duration"},
		{"endless", "set to the bound", []touchpoint.StartOption{touchpoint.Took(math.MaxInt64)}, day1.Add(-decade), decade, "invalid_duration"},
		{"at the bound", "the bound is accepted", []touchpoint.StartOption{touchpoint.Took(decade)}, day1.Add(-decade), decade, ""},
		{"just beyond it", "a longer duration is not accepted", []touchpoint.StartOption{touchpoint.Took(decade + 1)}, day1.Add(-decade), decade, "invalid_duration"},
		{"the zero time", "the zero time means no time", []touchpoint.StartOption{touchpoint.At(time.Time{})}, day1, 0, ""},
		{"the year 1", "the time is out of range", []touchpoint.StartOption{touchpoint.At(time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC))}, day1, 0, "invalid_time"},
		{"the year 9999", "time.Time can represent it, nanoseconds cannot", []touchpoint.StartOption{touchpoint.At(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))}, day1, 0, "invalid_time"},
		{"before time", "the most negative time", []touchpoint.StartOption{touchpoint.At(time.Unix(math.MinInt64/2, 0))}, day1, 0, "invalid_time"},
		{"after time", "the most positive time", []touchpoint.StartOption{touchpoint.At(time.Unix(math.MaxInt64/2, 0))}, day1, 0, "invalid_time"},
		{"last week", "a past log is replayed", []touchpoint.StartOption{touchpoint.At(day1.AddDate(0, 0, -7)), touchpoint.Took(time.Hour)}, day1.AddDate(0, 0, -7), time.Hour, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newClock()
			events := &processor{}
			p := newProcess(t, "shop", cx.WithClock(k.now), cx.WithProcessors(events))
			// The spans of a journey begin with it. This touchpoint is longer.
			ctx := journey.Define("cathedral").Start(p.context(), orderID, event.Customer{}, journey.At(day1.Add(-decade)))
			chargeCard.Record(ctx, event.Web, c.opts...)
			s := named(t, p.twins.GetSpans(), "charge-card")
			if !s.StartTime.Equal(c.start) || s.EndTime.Sub(s.StartTime) != max(c.took, instant) {
				t.Errorf("the span began at %v and took %v, want %v and %v: %s", s.StartTime, s.EndTime.Sub(s.StartTime), c.start, c.took, c.reason)
			}
			got := p.faults()
			if len(got) > 1 || (c.fault == "") != (len(got) == 0) || c.fault != "" && got[c.fault] != "1" {
				t.Errorf("the faults are %v, want %q: %s", got, c.fault, c.reason)
			}
			for _, e := range events.all() {
				if _, err := e.MarshalJSON(); err != nil {
					t.Errorf("%s has no JSON form: %v", e.Kind, err)
				}
			}
		})
	}
}

// TestJourneyTimes ends journeys before their beginning, and in other unusual orders.
func TestJourneyTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		play         func(ctx context.Context)
		took         time.Duration // the duration of the root
		stages       map[string]time.Duration
	}{
		{
			"the end before the start", "no span is negative",
			func(ctx context.Context) {
				ctx = checkout.Start(ctx, orderID, event.Customer{}, journey.At(day1))
				checkout.Complete(ctx, journey.At(day1.Add(-time.Hour)))
			}, 0, nil,
		},
		{
			"a stage before the start", "a journey that has not begun has no stage",
			func(ctx context.Context) {
				ctx = checkout.Start(ctx, orderID, event.Customer{}, journey.At(day1))
				ctx = checkout.Enter(ctx, "cart", journey.At(day1.Add(-time.Hour)))
				checkout.Complete(ctx, journey.At(day1.Add(time.Hour)))
			}, time.Hour,
			map[string]time.Duration{"cart": time.Hour},
		},
		{
			"stages in the wrong order", "a late stage changes nothing",
			func(ctx context.Context) {
				ctx = checkout.Start(ctx, orderID, event.Customer{}, journey.At(day1))
				ctx = checkout.Enter(ctx, "payment", journey.At(day1.Add(2*time.Minute)))
				ctx = checkout.Enter(ctx, "cart", journey.At(day1.Add(time.Minute)))
				checkout.Complete(ctx, journey.At(day1.Add(3*time.Minute)))
			}, 3 * time.Minute,
			map[string]time.Duration{"payment": time.Minute},
		},
		{
			"the end before the last stage", "no span is negative",
			func(ctx context.Context) {
				ctx = checkout.Start(ctx, orderID, event.Customer{}, journey.At(day1))
				ctx = checkout.Enter(ctx, "cart", journey.At(day1.Add(time.Hour)))
				checkout.Complete(ctx, journey.At(day1.Add(time.Minute)))
			}, time.Minute,
			map[string]time.Duration{"cart": 0},
		},
		{
			"a start of all reason", "now",
			func(ctx context.Context) {
				ctx = checkout.Start(ctx, orderID, event.Customer{}, journey.At(time.Unix(math.MinInt64/2, 0)))
				checkout.Complete(ctx, journey.At(time.Unix(math.MaxInt64/2, 0)))
			}, 0, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newClock()
			k.t = day1.Add(2 * time.Hour) // the reported events are in the past
			p := newProcess(t, "shop", cx.WithClock(k.now))
			c.play(p.context())
			spans := journeySpans(traceID("checkout", orderID), p)
			wellFormed(t, spans)
			if r := named(t, spans, "checkout"); r.EndTime.Sub(r.StartTime) != max(c.took, instant) {
				t.Errorf("the journey took %v, want %v: %s", r.EndTime.Sub(r.StartTime), c.took, c.reason)
			}
			for stage, took := range c.stages {
				if s := named(t, spans, stage); s.EndTime.Sub(s.StartTime) != max(took, instant) {
					t.Errorf("the stage %s took %v, want %v: %s", stage, s.EndTime.Sub(s.StartTime), took, c.reason)
				}
			}
			for key, v := range p.points() {
				if strings.Contains(v, "sum=-") {
					t.Errorf("%s is %s: %s", key, v, c.reason)
				}
			}
		})
	}
}

// TestCorrected records invalid input. Cairn corrects or refuses it, counts it once under its fault, and does not
// affect other input.
func TestCorrected(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		play         func(ctx context.Context)
		faults       map[string]string
		kinds        map[event.Kind]int
		check        func(e event.Event) string
	}{
		{
			"At five years ahead", "recorded as now", nil,
			func(ctx context.Context) { chargeCard.Record(ctx, event.Web, touchpoint.At(day1.AddDate(5, 0, 0))) },
			map[string]string{"invalid_time": "1"},
			map[event.Kind]int{event.TouchpointEnded: 1},
			func(e event.Event) string { return wantTime(e, day1) },
		},
		{
			"Start five years ahead, then End", "recorded as now, and counted once", nil,
			func(ctx context.Context) {
				_, tp := chargeCard.Start(ctx, event.Web, touchpoint.At(day1.AddDate(5, 0, 0)))
				tp.End()
			},
			map[string]string{"invalid_time": "1"},
			map[event.Kind]int{event.TouchpointEnded: 1},
			func(e event.Event) string { return wantTime(e, day1) },
		},
		{
			"At five years ahead, of a log", "a log keeps its times",
			[]cx.Option{cx.WithImplicitStarts()},
			func(ctx context.Context) { chargeCard.Record(ctx, event.Web, touchpoint.At(day1.AddDate(5, 0, 0))) },
			map[string]string{},
			map[event.Kind]int{event.TouchpointEnded: 1},
			func(e event.Event) string { return wantTime(e, day1.AddDate(5, 0, 0)) },
		},
		{
			"an end that a touchpoint implies ahead", "the touchpoint has just ended, and so has the journey", nil,
			func(ctx context.Context) {
				confirm := touchpoint.Define("confirm", touchpoint.In(checkout, "payment"), touchpoint.Ends(event.Completed))
				ctx = checkout.Start(ctx, orderID, event.Customer{}, journey.At(day1.Add(-2*time.Hour)))
				confirm.Record(ctx, event.Web, touchpoint.At(day1), touchpoint.Took(time.Hour))
			},
			map[string]string{"invalid_time": "1"},
			map[event.Kind]int{event.JourneyStarted: 1, event.JourneyStageEntered: 1, event.TouchpointEnded: 1, event.JourneyEnded: 1},
			func(e event.Event) string {
				if e.Kind == event.JourneyEnded {
					return wantTime(e, day1)
				}
				return ""
			},
		},
		{
			"Complete before the start", "at the start", nil,
			func(ctx context.Context) {
				checkout.Complete(checkout.Start(ctx, orderID, event.Customer{}), journey.At(day1.Add(-time.Minute)))
			},
			map[string]string{"invalid_time": "1"},
			map[event.Kind]int{event.JourneyStarted: 1, event.JourneyEnded: 1},
			func(e event.Event) string { return wantTime(e, day1) },
		},
		{
			"Complete before the start, after a Resume", "also at the start", nil,
			func(ctx context.Context) {
				checkout.Start(ctx, orderID, event.Customer{})
				checkout.Complete(propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Namespace: namespace, Name: "checkout", ID: orderID}}), journey.At(day1.Add(-time.Minute)))
			},
			map[string]string{"invalid_time": "1"},
			map[event.Kind]int{event.JourneyStarted: 1, event.JourneyEnded: 1},
			func(e event.Event) string { return wantTime(e, day1) },
		},
		{
			"Outcome(Completed) of a touchpoint", "an outcome of journeys: the touchpoint is ok", nil,
			func(ctx context.Context) { chargeCard.Record(ctx, event.Web, touchpoint.Outcome(event.Completed)) },
			map[string]string{"invalid_outcome": "1"},
			map[event.Kind]int{event.TouchpointEnded: 1},
			func(e event.Event) string {
				if e.Outcome != event.OK {
					return "it is " + e.Outcome.String()
				}
				return ""
			},
		},
		{
			"an end that is ok", "an outcome of touchpoints: the end is refused",
			[]cx.Option{cx.WithDefinitions(checkout)},
			func(ctx context.Context) {
				flight.RecorderFrom(ctx).Record(ctx, flight.Of(event.Event{Kind: event.JourneyEnded, Outcome: event.OK, Journey: event.Run{Name: "checkout", ID: orderID}}))
			},
			map[string]string{"invalid_outcome": "1"},
			map[event.Kind]int{},
			nil,
		},
		{
			"one attribute over and over", "the last value holds", nil,
			func(ctx context.Context) {
				_, tp := chargeCard.Start(ctx, event.Web, touchpoint.Attributes(attribute.Int("k", -1)))
				for i := range 1000 {
					tp.SetAttributes(attribute.Int("k", i))
				}
				tp.End()
			},
			map[string]string{},
			map[event.Kind]int{event.TouchpointEnded: 1},
			func(e event.Event) string {
				if len(e.Attributes) != 1 || e.Attributes[0].Value.AsInt64() != 999 {
					return fmt.Sprint("its attributes are ", e.Attributes)
				}
				return ""
			},
		},
		{
			"a thousand attributes", "the first 32, counted once", nil,
			func(ctx context.Context) {
				_, tp := chargeCard.Start(ctx, event.Web)
				for i := range 1000 {
					tp.SetAttributes(attribute.Int(fmt.Sprint("k", i), i))
				}
				tp.End()
			},
			map[string]string{"too_many": "1"},
			map[event.Kind]int{event.TouchpointEnded: 1},
			func(e event.Event) string {
				if len(e.Attributes) != event.MaxAttributes {
					return fmt.Sprint("it has ", len(e.Attributes), " attributes")
				}
				return ""
			},
		},
		{
			"a fortune", "the amount is left out", nil,
			func(ctx context.Context) {
				checkout.Start(ctx, orderID, event.Customer{}, journey.Worth(math.MaxInt64, "EUR"))
			},
			map[string]string{"invalid_number": "1"},
			map[event.Kind]int{event.JourneyStarted: 1},
			func(e event.Event) string {
				if e.Journey.Value != nil {
					return fmt.Sprint("it is worth ", *e.Journey.Value)
				}
				return ""
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newClock()
			events := &processor{}
			p := newProcess(t, "shop", append(c.opts, cx.WithClock(k.now), cx.WithProcessors(events))...)
			c.play(p.context())
			if got := p.faults(); !maps.Equal(got, c.faults) {
				t.Errorf("the faults are %v, want %v: %s", got, c.faults, c.reason)
			}
			kinds := map[event.Kind]int{}
			for _, e := range events.all() {
				kinds[e.Kind]++
				if c.check != nil {
					if wrong := c.check(e); wrong != "" {
						t.Errorf("%s: %s: %s", e.Kind, wrong, c.reason)
					}
				}
			}
			if !maps.Equal(kinds, c.kinds) {
				t.Errorf("the recorded kinds are %v, want %v: %s", kinds, c.kinds, c.reason)
			}
		})
	}
}

func wantTime(e event.Event, at time.Time) string {
	if e.Time.Equal(at) {
		return ""
	}
	return fmt.Sprintf("it is at %v, want %v", e.Time, at)
}

// TestStartsOfAPeer: a trusted peer may send an absurd start of the journey. No span begins at a time that
// nanoseconds since 1970 cannot express, or in another century.
func TestStartsOfAPeer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		started      time.Time
		partial      bool // the start counts as unknown
	}{
		{"an hour ago", "the peer's start is believed", day1.Add(-time.Hour), false},
		{"in five minutes", "clocks differ", day1.Add(5 * time.Minute), false},
		{"in an hour", "clocks do not differ this much: the start is not believed", day1.Add(time.Hour), true},
		{"the year 9999", "the time is out of range", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), true},
		{"after time", "microseconds can express more than nanoseconds", time.UnixMicro(1 << 62), true},
		{"before time", "the same", time.UnixMicro(-1 << 62), true},
		{"the year 1", "the time is out of range", time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newClock()
			p := newProcess(t, "shop", cx.WithClock(k.now))
			header, ok := propagate.Header(&event.Position{Journey: event.Run{
				Namespace: namespace, Name: "checkout", ID: orderID, Started: c.started,
			}})
			if !ok {
				t.Fatal("no header")
			}
			pos, err := propagate.ParseHeader(header)
			if err != nil {
				return // a refusal is an accepted result
			}
			ctx := propagate.ContextWithPosition(p.context(), pos)
			viewCart.Record(ctx, event.Web)
			checkout.Complete(ctx)
			root := named(t, p.twins.GetSpans(), "checkout")
			if y := root.StartTime.Year(); y < 1970 || y > 2037 || root.EndTime.Sub(root.StartTime) < 0 {
				t.Errorf("the journey goes from %v to %v: %s", root.StartTime, root.EndTime, c.reason)
			}
			if got := attrs(root.Attributes)["cx.journey.partial"] == "true"; got != c.partial {
				t.Errorf("the start is unknown: %v, want %v: %s", got, c.partial, c.reason)
			}
			for key, v := range p.points() {
				if strings.HasPrefix(key, "cx.journey.duration{") && c.partial {
					t.Errorf("%s is %s, want no duration: %s", key, v, c.reason)
				}
			}
		})
	}
}

// TestHugeAndBroken puts texts that are too long or not UTF-8 into every place for a text. All data that leaves
// the process is bounded and UTF-8, because OTLP loses a whole batch otherwise.
func TestHugeAndBroken(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("é", 1<<19)
	for _, c := range []struct{ name, text string }{
		{"huge", huge},
		{"not UTF-8", "a\xff\xfeb"},
		{"cut in a rune", strings.Repeat("x", 63) + "é"},
		{"control characters", "a\x00b\x1b[31m\u009f"},
		{"huge and not UTF-8", strings.Repeat("\xff", 1<<20)},
		{"empty", ""},
		{"surrogates", "\xed\xa0\x80"},
	} {
		for _, where := range []struct {
			name string
			put  func(ctx context.Context, s string)
		}{
			{"a journey's name", func(ctx context.Context, s string) {
				d := journey.Define(s, journey.Stages(s))
				d.Complete(d.Enter(d.Start(ctx, orderID, event.Customer{}), s))
			}},
			{"a stage", func(ctx context.Context, s string) {
				checkout.Complete(checkout.Enter(checkout.Start(ctx, orderID, event.Customer{}), s))
			}},
			{"a run's ID", func(ctx context.Context, s string) {
				ctx = checkout.Start(ctx, s, event.Customer{})
				viewCart.Record(ctx, event.Web)
				checkout.Complete(ctx)
			}},
			{"a customer", func(ctx context.Context, s string) {
				checkout.Complete(checkout.Start(ctx, orderID, event.Customer{ID: s, Segment: s}))
			}},
			{"a customer's hash", func(ctx context.Context, s string) {
				checkout.Complete(checkout.Start(ctx, orderID, event.Customer{Hash: s, Segment: s}))
			}},
			{"a touchpoint", func(ctx context.Context, s string) {
				touchpoint.Define(s).Record(checkout.Start(ctx, orderID, event.Customer{}), event.Web)
			}},
			{"causes and classes", func(ctx context.Context, s string) {
				ctx, tp := chargeCard.Start(checkout.Start(ctx, orderID, event.Customer{}), event.Web)
				tp.Fail(class(s))
				tp.Because(s)
				tp.End()
				checkout.Fail(ctx, journey.Because(s))
			}},
			{"variants", func(ctx context.Context, s string) {
				v := event.Variant{Release: s, Experiment: s, Arm: s}
				ctx = checkout.Start(ctx, orderID, event.Customer{}, journey.Variant(v))
				chargeCard.Record(ctx, event.Web, touchpoint.Variant(v))
				checkout.Complete(ctx, journey.Variant(v))
			}},
			{"feedback", func(ctx context.Context, s string) {
				feedback.Define(s, feedback.NPS).Record(ctx, 9, feedback.About(s, orderID), feedback.Comment(s),
					feedback.Language(s), feedback.Causes(s, s))
			}},
			{"an attribute", func(ctx context.Context, s string) {
				chargeCard.Record(checkout.Start(ctx, orderID, event.Customer{}), event.Web,
					touchpoint.Attributes(attribute.String(s, s), attribute.String("k", s)))
			}},
			{"a list as an attribute", func(ctx context.Context, s string) {
				chargeCard.Record(checkout.Start(ctx, orderID, event.Customer{}), event.Web,
					touchpoint.Attributes(attribute.StringSlice("k", []string{s, s})))
			}},
			{"nested attributes", func(ctx context.Context, s string) {
				chargeCard.Record(checkout.Start(ctx, orderID, event.Customer{}), event.Web,
					touchpoint.Attributes(
						attribute.KeyValue{Key: "slice", Value: attribute.SliceValue(attribute.StringValue(s))},
						attribute.KeyValue{Key: "map", Value: attribute.MapValue(attribute.String(s, s))},
						attribute.KeyValue{Key: "bytes", Value: attribute.ByteSliceValue([]byte(s))}))
			}},
			{"assisted service", func(ctx context.Context, s string) {
				chargeCard.Record(ctx, event.Phone, touchpoint.Assisted(event.Assisted{Legs: []event.Leg{{Queue: s, AgentID: s, Wait: math.MaxInt64}}, Disposition: s}))
			}},
		} {
			t.Run(where.name+" "+c.name, func(t *testing.T) {
				t.Parallel()
				events := &processor{}
				p := newProcess(t, "shop", cx.WithProcessors(events), cx.WithUnredactedText())
				unharmed(t, where.name, func() { where.put(p.context(), c.text) })
				for _, text := range texts(p) {
					if !utf8.ValidString(text) {
						t.Fatalf("%.60q left the process", text)
					}
					if len(text) > event.MaxText {
						t.Fatalf("a text of %d bytes left the process, %.20q…", len(text), text)
					}
				}
				for _, e := range events.all() {
					data, err := e.MarshalJSON()
					if err != nil || !utf8.Valid(data) || len(data) > event.MaxJSON {
						t.Errorf("the JSON form of %s has %d bytes, error %v", e.Kind, len(data), err)
					} else if _, err := event.ParseJSON(data); err != nil {
						t.Errorf("the JSON form of %s cannot be parsed: %v", e.Kind, err)
					}
				}
			})
		}
	}
}

// texts returns all strings that left the process.
func texts(p *process) (all []string) {
	var values func(kvs []attribute.KeyValue)
	var value func(v attribute.Value)
	value = func(v attribute.Value) {
		switch v.Type() {
		case attribute.STRING:
			all = append(all, v.AsString())
		case attribute.STRINGSLICE:
			all = append(all, v.AsStringSlice()...)
		case attribute.SLICE:
			for _, v := range v.AsSlice() {
				value(v)
			}
		case attribute.MAP:
			values(v.AsMap())
		case attribute.BYTESLICE:
			if b := v.AsByteSlice(); len(b) > event.MaxText {
				all = append(all, strings.Repeat("x", len(b))) // bytes need not be UTF-8
			}
		default:
		}
	}
	values = func(kvs []attribute.KeyValue) {
		for _, kv := range kvs {
			all = append(all, string(kv.Key))
			value(kv.Value)
		}
	}
	for _, spans := range []tracetest.SpanStubs{p.spans.GetSpans(), p.twins.GetSpans()} {
		for _, s := range spans {
			all = append(all, s.Name, s.Status.Description)
			values(s.Attributes)
		}
	}
	for _, r := range p.logs.all() {
		value(r.Body())
		for kv := range r.WalkAttributes {
			values([]attribute.KeyValue{kv})
		}
	}
	for key := range p.points() {
		all = append(all, key)
	}
	return all
}

// TestNil passes nil and zero values to every type and function of the API. None of it may panic.
func TestNil(t *testing.T) { //nolint:paralleltest // the default client is a global
	var (
		nobody   *cx.Client
		noRun    *journey.Definition
		noPoint  *touchpoint.Definition
		noSurvey *feedback.Survey
		open     *touchpoint.Touchpoint
		nowhere  context.Context
		zeroRun  journey.Run
	)
	calls := map[string]func(){
		"journey, nil": func() {
			noRun.Cancel(noRun.Enter(noRun.Resume(noRun.Start(t.Context(), orderID, event.Customer{}), orderID), "a"))
			noRun.Complete(t.Context())
			noRun.Fail(t.Context())
			_ = noRun.Name()
			_ = noRun.Validate()
			_ = noRun.Equal(nil)
		},
		"journey, nil: Stages":       func() { _ = noRun.Stages() },
		"journey, nil: HasStage":     func() { _ = noRun.HasStage("a") },
		"journey, nil: AbandonAfter": func() { _ = noRun.AbandonAfter() },
		"journey, zero": func() {
			d := &journey.Definition{}
			ctx := d.Enter(d.Start(t.Context(), orderID, event.Customer{}), "a")
			d.Complete(ctx)
			_, _, _ = d.Stages(), d.HasStage("a"), d.AbandonAfter()
		},
		"journey, nil options": func() {
			journey.Define("a", nil, journey.Stages()).Start(t.Context(), orderID, event.Customer{}, nil)
		},
		"journey, nil context": func() {
			ctx := checkout.Start(nowhere, orderID, event.Customer{})
			if ctx == nil || checkout.Resume(nowhere, orderID) == nil {
				t.Error("Start and Resume return no context")
			}
			checkout.Complete(nowhere)
			checkout.Fail(nowhere)
			checkout.Cancel(nowhere)
		},
		"journey, nil context: Enter": func() {
			if checkout.Enter(nowhere, "cart") == nil {
				t.Error("Enter returns no context: its next user would panic")
			}
		},
		"journey, from a context": func() {
			j, ok := journey.FromContext(nowhere)
			if ok {
				t.Error("nil is in a journey")
			}
			_, _, _, _, _ = j.Name(), j.ID(), j.Stage(), j.Started(), j.TraceID()
			_, _, _, _, _ = zeroRun.Name(), zeroRun.ID(), zeroRun.Stage(), zeroRun.Started(), zeroRun.TraceID()
		},
		"touchpoint, nil": func() {
			ctx, tp := noPoint.Start(t.Context(), event.Web)
			tp.End()
			noPoint.Record(ctx, event.Web)
			_, _ = noPoint.Name(), noPoint.Validate()
			_ = noPoint.Equal(nil)
		},
		"touchpoint, nil: Journey":   func() { _, _ = noPoint.Journey() },
		"touchpoint, nil: Satisfied": func() { _ = noPoint.Satisfied() },
		"touchpoint, nil: Ends":      func() { _ = noPoint.Ends() },
		"touchpoint, zero": func() {
			_, tp := (&touchpoint.Definition{}).Start(t.Context(), 0)
			tp.End()
		},
		"touchpoint, zero: the handle": func() {
			tp := &touchpoint.Touchpoint{}
			tp.Fail(errSecret)
			tp.Degrade("")
			tp.End()
		},
		"touchpoint, nil options": func() {
			touchpoint.Define("a", nil, touchpoint.In(nil, "")).Record(t.Context(), 0, nil)
		},
		"touchpoint, nil context": func() {
			ctx, tp := chargeCard.Start(nowhere, event.Web)
			if ctx == nil {
				t.Error("Start returns no context")
			}
			tp.End()
			chargeCard.Record(nowhere, event.Web)
			touchpoint.FromContext(nowhere).Fail(errSecret)
		},
		"touchpoint, the nil handle": func() {
			open.Fail(errors.New("x"))
			open.Fail(nil)
			open.Degrade("x")
			open.Cancel()
			open.Because("x")
			open.SetAttributes(attribute.Bool("x", true))
			open.End()
		},
		"feedback, nil": func() {
			noSurvey.Record(t.Context(), 1)
			noSurvey.Request(t.Context())
			_, _ = noSurvey.Name(), noSurvey.Validate()
			_ = noSurvey.Equal(nil)
		},
		"feedback, nil: Scale": func() { _ = noSurvey.Scale() },
		"feedback, zero": func() {
			(&feedback.Survey{}).Record(t.Context(), 0)
			feedback.Question(0).Record(t.Context(), 0)
			feedback.Question(99).Request(t.Context())
		},
		"feedback, nil options": func() { feedback.NPS.Record(t.Context(), 1, nil) },
		"feedback, nil context": func() {
			feedback.NPS.Record(nowhere, 1)
			feedback.NPS.Request(nowhere)
		},
		"client, nil": func() {
			ctx := cx.NewContext(nowhere, nobody)
			chargeCard.Record(ctx, event.Web)
			checkout.Complete(checkout.Start(ctx, orderID, event.Customer{}))
			must(t, nobody.Flush(ctx))
			must(t, nobody.Shutdown(ctx))
			nobody.Record(ctx, event.Event{})
			nobody.RecordFault(ctx, fault.Report{Fault: fault.Panic})
		},
		"client, nil options": func() {
			c, err := cx.New(nil, nil)
			must(t, err)
			must(t, c.Shutdown(t.Context()))
		},
		"client, nil events": func() {
			c, err := cx.New()
			must(t, err)
			c.Record(t.Context(), event.Event{})
			c.Record(nowhere, event.Event{})
			c.Record(t.Context(), event.Event{Kind: event.FeedbackReceived})
			c.Record(t.Context(), event.Event{Kind: event.JourneyEnded})
			c.RecordFault(nowhere, fault.Report{Fault: 255})
			must(t, c.Shutdown(t.Context()))
		},
		"client, nil definitions": func() {
			if _, err := cx.New(cx.WithDefinitions(nil, noRun, noPoint, noSurvey)); err == nil {
				t.Error("New accepts nil definitions")
			}
		},
		"client, nil callbacks": func() {
			c, err := cx.New(cx.WithRedactor(nil), cx.WithClock(nil))
			if err == nil {
				must(t, c.Shutdown(t.Context()))
			}
		},
		"client, nil providers": func() {
			c, err := cx.New(cx.WithTracerProvider(nil), cx.WithJourneyTracerProvider(nil), cx.WithMeterProvider(nil), cx.WithLoggerProvider(nil))
			must(t, err)
			must(t, c.Shutdown(t.Context()))
		},
		"event, nil": func() {
			var p *event.Position
			_, _ = propagate.Header(p)
			_ = propagate.ContextWithPosition(nowhere, nil)
			_ = propagate.PositionFromContext(nowhere)
			flight.Fault(nowhere, fault.Report{Fault: fault.Panic})
		},
	}
	for _, with := range []struct {
		name   string
		client func(t *testing.T) *cx.Client
	}{
		{"without a client", func(*testing.T) *cx.Client { return nil }},
		{"with a default client", func(t *testing.T) *cx.Client { return newProcess(t, "shop").client }},
	} {
		t.Run(with.name, func(t *testing.T) { //nolint:paralleltest // see above
			cx.SetDefault(with.client(t))
			defer cx.SetDefault(nil)
			for name, call := range calls {
				t.Run(name, func(t *testing.T) { unharmed(t, name, call) }) //nolint:paralleltest // see above
			}
		})
	}
}
