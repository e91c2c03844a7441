package resolve_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

	checkout = journey.Define("checkout", journey.Stages("cart", "payment"))
	pay      = touchpoint.Define("pay", touchpoint.In(checkout, "payment"), touchpoint.Satisfied(800*time.Millisecond))
	confirm  = touchpoint.Define("confirm", touchpoint.In(checkout, "payment"), touchpoint.Ends(event.Completed))
	search   = touchpoint.Define("search")
	survey   = feedback.Define("after-checkout", feedback.NPS)
)

// resolver returns a resolver that knows the definitions above.
func resolver(t *testing.T, change ...func(*resolve.Config)) *resolve.Resolver {
	t.Helper()
	cfg := resolve.Config{Namespace: "test", CustomerKey: []byte("Jefe"), Now: func() time.Time { return noon }}
	for _, f := range change {
		f(&cfg)
	}
	r, err := resolve.New(cfg, checkout, pay, confirm, search, survey)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func faults(fs ...fault.Fault) (set fault.Set) {
	for _, f := range fs {
		set.Add(f)
	}
	return set
}

func names(s fault.Set) (out []string) {
	for f := range fault.Fault(fault.Num) {
		if s.Has(f) {
			out = append(out, f.String())
		}
	}
	return out
}

// run is an event of a run of checkout.
func run(kind event.Kind) flight.Event {
	return flight.Event{Event: event.Event{Kind: kind, Journey: event.Run{Name: "checkout", ID: "c1"}}}
}

// outside are events as they come from outside: with names only.
type outside struct {
	name, reason string
	e            flight.Event
	faults       fault.Set
	check        func(*flight.Event) string // what is wrong, or ""
	dropped      bool
}

func want[T comparable](what string, got, want T) string {
	if got == want {
		return ""
	}
	return fmt.Sprintf("%s is %.80q, want %.80q", what, fmt.Sprint(got), fmt.Sprint(want))
}

func all(ss ...string) string {
	return strings.Join(slices.DeleteFunc(ss, func(s string) bool { return s == "" }), "; ")
}

// TestFaults: what cannot be taken as it is given, what becomes of it, and how it is counted.
func TestFaults(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	with := func(kind event.Kind, f func(*flight.Event)) flight.Event {
		e := run(kind)
		f(&e)
		return e
	}
	kv := func(n int) (kvs []attribute.KeyValue) {
		for i := range n {
			kvs = append(kvs, attribute.Int(fmt.Sprintf("k%d", i), i))
		}
		return kvs
	}
	for _, c := range []outside{
		{"nothing wrong", "nothing is counted", with(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint = "pay" }), faults(), func(e *flight.Event) string {
			return all(want("namespace", e.Journey.Namespace, "test"), want("time", e.Time, noon), want("name", e.Journey.Name, "checkout"), want("outcome", e.Outcome, event.OK))
		}, false},
		{"no journey", "not everything happens in one", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "search"}}, faults(), func(e *flight.Event) string {
			return all(want("journey", e.Journey, event.Run{}), want("touchpoint", e.Touchpoint, "search"))
		}, false},

		{"unknown journey", "a name from outside is folded", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "cheque-out", ID: "c1"}}}, faults(fault.UnknownName), func(e *flight.Event) string {
			// Two runs whose names are folded into one stay two, so the trace is that of the name.
			own := event.Run{Namespace: e.Journey.Namespace, Name: "cheque-out", ID: "c1"}
			return all(want("name", e.Journey.Name, event.Other), want("trace", e.TraceID(), own.TraceID()))
		}, false},
		{"invalid journey", "nobody could have defined it", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "a\nb", ID: "c1"}}}, faults(fault.InvalidName), func(e *flight.Event) string {
			return want("name", e.Journey.Name, event.Other)
		}, false},
		{"huge journey", "a name of 100 kB", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: long, ID: "c1"}}}, faults(fault.InvalidName), func(e *flight.Event) string {
			return want("name", e.Journey.Name, event.Other)
		}, false},
		{"folded journey", "who sent it has counted it", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: event.Other, ID: "c1"}}}, faults(), func(e *flight.Event) string {
			return want("name", e.Journey.Name, event.Other)
		}, false},
		{"unknown stage", "a stage that the journey has not", with(event.JourneyStageEntered, func(e *flight.Event) { e.Stage, e.Visit = "lounge", 3 }), faults(fault.UnknownName), func(e *flight.Event) string {
			return all(want("stage", e.Stage, event.Other), want("visit", e.Visit, 0))
		}, false},
		{"unknown stage of an end", "the same in every kind", with(event.JourneyEnded, func(e *flight.Event) { e.Stage = "lounge" }), faults(fault.UnknownName), func(e *flight.Event) string {
			return want("stage", e.Stage, event.Other)
		}, false},
		{"unknown touchpoint", "a name from outside is folded", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pray"}}, faults(fault.UnknownName), func(e *flight.Event) string {
			return want("touchpoint", e.Touchpoint, event.Other)
		}, false},
		{"invalid touchpoint", "no name at all", flight.Event{Event: event.Event{Kind: event.TouchpointEnded}}, faults(fault.InvalidName), func(e *flight.Event) string {
			return want("touchpoint", e.Touchpoint, event.Other)
		}, false},
		{"unknown survey", "a name from outside is folded", with(event.FeedbackReceived, func(e *flight.Event) {
			e.Feedback = &event.Feedback{Survey: "gossip", Scale: event.NPS, Score: 9}
		}), faults(fault.UnknownName), func(e *flight.Event) string {
			return all(want("survey", e.Feedback.Survey, event.Other), want("verdict", e.Feedback.Verdict, event.Positive))
		}, false},
		{"survey of a scale's name", "a scale is the survey of its name", with(event.FeedbackReceived, func(e *flight.Event) {
			e.Feedback = &event.Feedback{Survey: "csat", Scale: event.CSAT, Score: 5}
		}), faults(), func(e *flight.Event) string { return want("survey", e.Feedback.Survey, "csat") }, false},
		{"known survey", "it has its scale from its definition", with(event.FeedbackReceived, func(e *flight.Event) {
			e.Feedback = &event.Feedback{Survey: "after-checkout", Score: 9}
		}), faults(), func(e *flight.Event) string {
			return all(want("scale", e.Feedback.Scale, event.NPS), want("verdict", e.Feedback.Verdict, event.Positive))
		}, false},

		{"no journey ID", "which run?", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout"}}}, faults(fault.InvalidID), func(e *flight.Event) string {
			return want("journey", e.Journey, event.Run{})
		}, false},
		{"huge journey ID", "it is refused, not cut: half an ID is another customer's", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout", ID: long}}}, faults(fault.InvalidID), func(e *flight.Event) string {
			return want("journey", e.Journey, event.Run{})
		}, false},
		{"journey ID not UTF-8", "a lone byte", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout", ID: "a\xff"}}}, faults(fault.InvalidID), func(e *flight.Event) string {
			return want("journey", e.Journey, event.Run{})
		}, false},
		{"huge namespace", "another environment's name of 100 kB", with(event.JourneyEnded, func(e *flight.Event) { e.Journey.Namespace = long }), faults(fault.InvalidName), func(e *flight.Event) string {
			return all(want("namespace", e.Journey.Namespace, event.Other), want("trace", e.TraceID(), e.Journey.TraceID()))
		}, false},
		{"huge version", "a blueprint's version of 100 kB", with(event.JourneyEnded, func(e *flight.Event) { e.Journey.Version = long }), faults(fault.TooLong), func(e *flight.Event) string {
			return want("longer than 64 bytes", len(e.Journey.Version) > event.MaxName, false)
		}, false},
		{"version not UTF-8", "a lone byte", with(event.JourneyEnded, func(e *flight.Event) { e.Journey.Version = "v\xff" }), faults(fault.TooLong), func(e *flight.Event) string {
			return want("version", e.Journey.Version, "v")
		}, false},
		{"odd currency", "ISO 4217 has three letters", with(event.JourneyEnded, func(e *flight.Event) {
			e.Journey.Value = &event.Money{Amount: 1, Currency: "Euro"}
		}), faults(fault.Currency), func(e *flight.Event) string { return want("value", e.Journey.Value, nil) }, false},
		{"a sign for a currency", "ISO 4217 has three letters, not three bytes", with(event.JourneyEnded, func(e *flight.Event) {
			e.Journey.Value = &event.Money{Amount: 1, Currency: "€"}
		}), faults(fault.Currency), func(e *flight.Event) string { return want("value", e.Journey.Value, nil) }, false},

		{"huge customer ID", "it is refused, not cut", with(event.JourneyStarted, func(e *flight.Event) { e.Customer = event.Customer{ID: long, Segment: "new"} }), faults(fault.InvalidCustomer), func(e *flight.Event) string {
			return want("customer", e.Customer, event.Customer{Segment: "new"})
		}, false},
		{"customer ID with a newline", "it would break log lines", with(event.JourneyStarted, func(e *flight.Event) { e.Customer = event.Customer{ID: "a\nb", Hash: "forged"} }), faults(fault.InvalidCustomer), func(e *flight.Event) string {
			return want("customer", e.Customer, event.Customer{})
		}, false},
		{"huge hash", "a hash from outside is an ID", with(event.JourneyStarted, func(e *flight.Event) { e.Customer.Hash = long }), faults(fault.InvalidCustomer), func(e *flight.Event) string {
			return want("customer", e.Customer, event.Customer{})
		}, false},
		{"huge segment", "cut", with(event.JourneyStarted, func(e *flight.Event) { e.Customer.Segment = long }), faults(fault.TooLong), func(e *flight.Event) string {
			return want("segment", e.Customer.Segment, long[:64])
		}, false},

		{"huge cause", "cut at 64 bytes", with(event.JourneyEnded, func(e *flight.Event) { e.Cause = long }), faults(fault.TooLong), func(e *flight.Event) string {
			return want("cause", e.Cause, long[:64])
		}, false},
		{"huge error type", "cut at 64 bytes", with(event.JourneyEnded, func(e *flight.Event) { e.ErrorType = long }), faults(fault.TooLong), func(e *flight.Event) string {
			return want("error type", e.ErrorType, long[:64])
		}, false},
		{"cause not UTF-8", "what is not text is taken out", with(event.JourneyEnded, func(e *flight.Event) { e.Cause = "psp\xff" }), faults(fault.TooLong), func(e *flight.Event) string {
			return want("cause", e.Cause, "psp")
		}, false},
		{"cause cut in a rune", "a rune is kept whole or not at all", with(event.JourneyEnded, func(e *flight.Event) { e.Cause = strings.Repeat("x", 62) + "€" }), faults(fault.TooLong), func(e *flight.Event) string {
			return want("cause", e.Cause, long[:62])
		}, false},
		{"huge variant", "cut at 64 bytes each", with(event.JourneyEnded, func(e *flight.Event) {
			e.Variant = &event.Variant{Release: long, Experiment: long, Arm: long}
		}), faults(fault.TooLong), func(e *flight.Event) string {
			return want("variant", *e.Variant, event.Variant{Release: long[:64], Experiment: long[:64], Arm: long[:64]})
		}, false},

		{"negative duration", "it cannot have taken that", with(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint, e.Duration = "pay", -1 }), faults(fault.Duration), func(e *flight.Event) string {
			return want("duration", e.Duration, 0)
		}, false},
		{"most negative duration", "nor that", with(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint, e.Duration = "pay", math.MinInt64 }), faults(fault.Duration), func(e *flight.Event) string {
			return want("duration", e.Duration, 0)
		}, false},
		{"longest duration", "ten years are believed", with(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint, e.Duration = "pay", event.MaxDuration }), faults(), func(e *flight.Event) string {
			return want("duration", e.Duration, event.MaxDuration)
		}, false},
		{"absurd duration", "set to the bound", with(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint, e.Duration = "pay", math.MaxInt64 }), faults(fault.Duration), func(e *flight.Event) string {
			return want("duration", e.Duration, event.MaxDuration)
		}, false},
		{"before 1970", "a date of nothing", with(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint, e.Time = "pay", time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC) }), faults(fault.Time), func(e *flight.Event) string {
			return want("time", e.Time, noon)
		}, false},
		{"1970", "the first year that is believed", with(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint, e.Time = "pay", time.Unix(0, 0).UTC() }), faults(), func(e *flight.Event) string {
			return want("time", e.Time, time.Unix(0, 0).UTC())
		}, false},
		{"in five minutes", "so far clocks differ", with(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint, e.Time = "pay", noon.Add(event.MaxAhead) }), faults(), func(e *flight.Event) string {
			return want("time", e.Time, noon.Add(event.MaxAhead))
		}, false},
		{"later than that", "it has not happened yet", with(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint, e.Time = "pay", noon.Add(event.MaxAhead+1) }), faults(fault.Time), func(e *flight.Event) string {
			return want("time", e.Time, noon)
		}, false},
		{"the year 292277026596", "the end of Go's time", with(event.TouchpointEnded, func(e *flight.Event) { e.Touchpoint, e.Time = "pay", time.Unix(1<<62, 0) }), faults(fault.Time), func(e *flight.Event) string {
			return want("time", e.Time, noon)
		}, false},

		{"as many attributes as allowed", "32", with(event.JourneyEnded, func(e *flight.Event) { e.Attributes = kv(32) }), faults(), func(e *flight.Event) string {
			return want("attributes", len(e.Attributes), 32)
		}, false},
		{"too many attributes", "the last ones are dropped", with(event.JourneyEnded, func(e *flight.Event) { e.Attributes = kv(40) }), faults(fault.TooMany), func(e *flight.Event) string {
			return all(want("attributes", len(e.Attributes), 32), want("the last one", e.Attributes[31].Key, "k31"))
		}, false},
		{"attribute without a key", "it cannot be asked for", with(event.JourneyEnded, func(e *flight.Event) {
			e.Attributes = []attribute.KeyValue{attribute.Int("", 1), attribute.Int("a", 1)}
		}), faults(fault.Attribute), func(e *flight.Event) string {
			return want("attributes", len(e.Attributes), 1)
		}, false},
		{"huge attribute key", "cut", with(event.JourneyEnded, func(e *flight.Event) { e.Attributes = []attribute.KeyValue{attribute.Int(long, 1)} }), faults(fault.TooLong), func(e *flight.Event) string {
			return want("key", string(e.Attributes[0].Key), long[:64])
		}, false},
		{"huge attribute", "cut at 8 KiB", with(event.JourneyEnded, func(e *flight.Event) { e.Attributes = []attribute.KeyValue{attribute.String("a", long)} }), faults(fault.TooLong), func(e *flight.Event) string {
			return want("value", e.Attributes[0].Value.AsString(), long[:event.MaxText])
		}, false},
		{"attribute not UTF-8", "what is not text is taken out", with(event.JourneyEnded, func(e *flight.Event) { e.Attributes = []attribute.KeyValue{attribute.String("a", "b\xff")} }), faults(fault.TooLong), func(e *flight.Event) string {
			return want("value", e.Attributes[0].Value.AsString(), "b")
		}, false},

		{"score off the scale", "the event is dropped", with(event.FeedbackReceived, func(e *flight.Event) {
			e.Feedback = &event.Feedback{Survey: "after-checkout", Scale: event.NPS, Score: 11}
		}), faults(fault.Score), func(*flight.Event) string { return "" }, true},
		{"score on no scale", "a number alone says nothing", with(event.FeedbackReceived, func(e *flight.Event) {
			e.Feedback = &event.Feedback{Survey: "gossip", Score: 1}
		}), faults(fault.UnknownName, fault.Score), func(*flight.Event) string { return "" }, true},
		{"forged verdict", "it is what the score says", with(event.FeedbackReceived, func(e *flight.Event) {
			e.Feedback = &event.Feedback{Survey: "after-checkout", Scale: event.NPS, Score: 0, Verdict: event.Positive}
		}), faults(), func(e *flight.Event) string { return want("verdict", e.Feedback.Verdict, event.Negative) }, false},
		{"too many causes", "the last ones are dropped", with(event.FeedbackReceived, func(e *flight.Event) {
			e.Feedback = &event.Feedback{Survey: "after-checkout", Score: 9, Causes: slices.Repeat([]string{"x"}, 40)}
		}), faults(fault.CauseLimit), func(e *flight.Event) string { return want("causes", len(e.Feedback.Causes), 32) }, false},
		{"huge texts of an answer", "cut, each to its bound", with(event.FeedbackReceived, func(e *flight.Event) {
			e.Feedback = &event.Feedback{Survey: "after-checkout", Score: 9, Comment: long, Language: long, Source: long, Causes: []string{long}}
		}), faults(fault.TooLong, fault.TextDropped), func(e *flight.Event) string {
			f := e.Feedback
			return all(want("comment", f.Comment, ""), want("language", f.Language, long[:64]), want("source", f.Source, long[:64]), want("cause", f.Causes[0], long[:64]))
		}, false},
		{"absurd waits", "set to zero", with(event.TouchpointEnded, func(e *flight.Event) {
			e.Touchpoint, e.Assisted = "pay", &event.Assisted{
				Legs:      []event.Leg{{Wait: -1, Hold: math.MaxInt64, Queue: long, Agent: long}},
				Decisions: []event.Decision{{Waited: math.MinInt64}},
			}
		}), faults(fault.Duration, fault.TooLong, fault.InvalidCustomer), func(e *flight.Event) string {
			l, d := e.Assisted.Legs[0], e.Assisted.Decisions[0]
			return all(want("wait", l.Wait, 0), want("hold", l.Hold, 0), want("approval", d.Waited, 0), want("queue", l.Queue, long[:64]), want("agent", l.Agent, ""))
		}, false},
		{"approvals", "who waited for one, was refused one or names who gave it needed one; a faulty wait says nothing", with(event.TouchpointEnded, func(e *flight.Event) {
			e.Touchpoint, e.Assisted = "pay", &event.Assisted{Decisions: []event.Decision{{Waited: 1}, {Refused: true}, {Approver: "team_lead"}, {Approval: true}, {What: "refund"}, {Waited: -1}}}
		}), faults(fault.Duration), func(e *flight.Event) string {
			var needed []bool
			for _, d := range e.Assisted.Decisions {
				needed = append(needed, d.Approval)
			}
			return want("approvals", fmt.Sprint(needed), "[true true true true false false]")
		}, false},
		{"huge follow-up", "cut, notes are dropped without a redactor", with("acme.note", func(e *flight.Event) {
			e.FollowUp = &event.FollowUp{ID: long, Owner: long, Remedy: long, Note: long}
		}), faults(fault.TooLong, fault.TextDropped), func(e *flight.Event) string {
			f := e.FollowUp
			return all(want("ID", len(f.ID) <= event.MaxID, true), want("owner", f.Owner, long[:64]), want("remedy", f.Remedy, long[:64]), want("note", f.Note, ""))
		}, false},
		{"huge action", "cut", with("acme.note", func(e *flight.Event) {
			e.Action = &event.Action{Name: long, Owner: long, Note: long}
		}), faults(fault.TooLong, fault.TextDropped), func(e *flight.Event) string {
			return cmp.Diff(event.Action{Name: long[:64], Owner: long[:64]}, *e.Action)
		}, false},
		{"huge breakdown", "cut, numbers that are none are 0, and a part of an ID is none", with("acme.note", func(e *flight.Event) {
			e.Breakdown = &event.Breakdown{
				About: long, Journey: long, Name: long, Severity: long, Owner: long, Note: long, Earlier: long, Began: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
				Placed: slices.Repeat([]event.Placed{{Column: long, Value: long}}, event.MaxPlaced+1), Before: -1, Since: math.NaN(), Excess: math.Inf(1),
				Value: &event.Money{Amount: 1, Currency: "Euro"}, Action: event.RunRef{Name: "improvement", ID: long},
			}
		}), faults(fault.TooLong, fault.TextDropped, fault.InvalidID, fault.Time, fault.DetailLimit, fault.Number, fault.Currency), func(e *flight.Event) string {
			short := long[:64]
			return cmp.Diff(event.Breakdown{
				About: short, Journey: short, Name: short, Severity: short, Owner: short, Placed: slices.Repeat([]event.Placed{{Column: short, Value: short}}, event.MaxPlaced),
			}, *e.Breakdown)
		}, false},
		{"huge contact", "cut", with(event.ContactViolated, func(e *flight.Event) {
			e.Contact = &event.Contact{Purpose: long, Rule: long}
		}), faults(fault.TooLong), func(e *flight.Event) string {
			return want("contact", *e.Contact, event.Contact{Purpose: long[:64], Rule: long[:64]})
		}, false},
		{"numbers of no word", "of a caller that casts", with(event.TouchpointEnded, func(e *flight.Event) {
			e.Touchpoint, e.Channel, e.Actor, e.Direction, e.Outcome = "pay", 200, 200, 200, 200
		}), faults(fault.InvalidValue), func(e *flight.Event) string {
			return all(want("channel", e.Channel, event.OtherChannel), want("actor", e.Actor, event.ActorCustomer), want("direction", e.Direction, event.Inbound), want("outcome", e.Outcome, event.OK))
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t)
			e := c.e
			_, opened := r.Open(&e)
			ok, closed := r.Close(&e)
			if got := opened.Union(closed.Set); got != c.faults {
				t.Errorf("the faults are %v, want %v: %s", names(got), names(c.faults), c.reason)
			}
			if ok == c.dropped {
				t.Errorf("it is dropped: %v, want %v: %s", !ok, c.dropped, c.reason)
			}
			if wrong := c.check(&e); wrong != "" {
				t.Errorf("%s: %s", wrong, c.reason)
			}
		})
	}
}

// TestIntentIsALabel: an intent is bounded and in normal form, as a cause is.
func TestIntentIsALabel(t *testing.T) {
	t.Parallel()
	e := run(event.TouchpointEnded)
	e.Intent = "cafe\u0301 " + strings.Repeat("x", event.MaxCause)
	_, found := resolver(t).Close(&e)
	if !strings.HasPrefix(e.Intent, "caf\u00e9 ") || len(e.Intent) != event.MaxCause || !found.Has(fault.TooLong) {
		t.Errorf("the intent is %q, with faults %v", e.Intent, names(found.Set))
	}
}
