package resolve_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
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

// TestEverythingIsBounded: "sizes bounded" is the resolver's business (DESIGN, the way of an
// event), and "names and bounds are checked when the event is recorded" is what ParseJSON
// leaves to it: whatever comes from outside, what goes on is small enough to be read again.
func TestEverythingIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	for _, c := range []struct {
		name, reason string
		change       func(*flight.Event)
	}{
		{"version", "it is in every event of the run", func(e *flight.Event) { e.Journey.Version = long }},
		{"stage of a touchpoint", "no definition looks at it", func(e *flight.Event) { e.Stage = long }},
		{"stage of an unknown journey", "nobody knows its stages", func(e *flight.Event) {
			e.Kind, e.Journey.Name, e.Stage = event.JourneyEnded, "unheard-of", long
		}},
		{"stage that was left", "a transition from outside", func(e *flight.Event) {
			e.Kind, e.Transition = event.JourneyStalled, &event.Transition{From: long}
		}},
		{"touchpoint of another kind", "only touchpoints' own names are looked up", func(e *flight.Event) {
			e.Kind, e.Touchpoint = "acme.note", long
		}},
		{"kind", "the set is open, not endless", func(e *flight.Event) { e.Kind = event.Kind(long) }},
		{"list of texts", "each a text, and together", func(e *flight.Event) {
			e.Attributes = []attribute.KeyValue{attribute.StringSlice("a", []string{long, long, long})}
		}},
		{"bytes", "as a text", func(e *flight.Event) {
			e.Attributes = []attribute.KeyValue{{Key: "a", Value: attribute.ByteSliceValue(bytes.Repeat([]byte{1}, 300_000))}}
		}},
		{"numbers", "a hundred thousand of them", func(e *flight.Event) {
			e.Attributes = []attribute.KeyValue{attribute.Int64Slice("a", make([]int64, 200_000))}
		}},
		{"map", "with a text inside", func(e *flight.Event) {
			e.Attributes = []attribute.KeyValue{{Key: "a", Value: attribute.MapValue(attribute.String(long, long), attribute.String("b", long))}}
		}},
		{"mixed list", "with texts inside", func(e *flight.Event) {
			e.Attributes = []attribute.KeyValue{{Key: "a", Value: attribute.SliceValue(attribute.StringValue(long), attribute.StringValue(long), attribute.StringValue(long))}}
		}},
		{"lists of texts", "what each attribute holds is bounded, not only each text", func(e *flight.Event) {
			for i := range event.MaxAttributes {
				e.Attributes = append(e.Attributes, attribute.StringSlice(fmt.Sprintf("k%d", i), slices.Repeat([]string{long}, event.MaxAttributes)))
			}
		}},
		{"nested lists", "deeper than any reader goes", func(e *flight.Event) {
			v := attribute.IntValue(1)
			for range 12_000 {
				v = attribute.SliceValue(v)
			}
			e.Attributes = []attribute.KeyValue{{Key: "a", Value: v}}
		}},
		{"nested maps", "deeper than any reader goes", func(e *flight.Event) {
			v := attribute.IntValue(1)
			for range 12_000 {
				v = attribute.MapValue(attribute.KeyValue{Key: "m", Value: v})
			}
			e.Attributes = []attribute.KeyValue{{Key: "a", Value: v}}
		}},
		{"as much as is allowed", "32 attributes of 8 KiB are within their bounds", func(e *flight.Event) {
			for i := range event.MaxAttributes {
				e.Attributes = append(e.Attributes, attribute.String(fmt.Sprintf("k%d", i), strings.Repeat("x", event.MaxText)))
			}
		}},
		{"texts that need escapes", "a control character takes six bytes in JSON", func(e *flight.Event) {
			text := strings.Repeat("\x01", event.MaxText)
			for i := range event.MaxAttributes {
				e.Attributes = append(e.Attributes, attribute.String(fmt.Sprintf("k%d", i), text))
			}
			e.Kind = event.FeedbackReceived
			e.Feedback = &event.Feedback{Survey: "after-checkout", Score: 9, Comment: text, Causes: slices.Repeat([]string{text}, event.MaxAttributes)}
			e.FollowUp, e.Action = &event.FollowUp{Note: text}, &event.Action{Note: text, Feedbacks: make([]event.ID, 2*event.MaxFeedbacks)}
			e.Mention = &event.Mention{Address: text[:event.MaxLine], ReplyTo: text[:event.MaxLine]}
			e.Breakdown = &event.Breakdown{Note: text, Placed: slices.Repeat([]event.Placed{{Column: text, Value: text}}, 2*event.MaxPlaced)}
			e.Feedback.Testimonial = &event.Testimonial{Version: text, Language: text, Text: text}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t, func(cfg *resolve.Config) { cfg.KeepText = true })
			e := run(event.TouchpointEnded)
			e.Touchpoint = "pay"
			c.change(&e)
			if ok, _ := r.Admit(&e); !ok {
				return
			}
			r.Open(&e)
			if ok, _ := r.Close(&e); !ok {
				return // dropped is bounded too
			}
			b := e.AppendJSON(nil)
			for what, s := range map[string]string{"stage": e.Stage, "version": e.Journey.Version, "touchpoint": e.Touchpoint, "kind": string(e.Kind)} {
				if len(s) > event.MaxID {
					t.Errorf("the %s goes on with %d bytes: %s", what, len(s), c.reason)
				}
			}
			if e.Transition != nil && len(e.Transition.From) > event.MaxName {
				t.Errorf("the stage that was left goes on with %d bytes: %s", len(e.Transition.From), c.reason)
			}
			if _, err := event.ParseJSON(b); err != nil {
				t.Errorf("what goes on cannot be read again, as an archive or a dead letter has to be: %v: %s", err, c.reason)
			}
		})
	}
}

// TestUnknownNamesMakeNoSeries: "it never makes a new series" (DESIGN, idea 1), which holds
// of the stage of an unknown journey too: the stage is on the metrics of its end.
func TestUnknownNamesMakeNoSeries(t *testing.T) {
	t.Parallel()
	r := resolver(t)
	for _, c := range []struct {
		name, reason string
		e            flight.Event
	}{
		{"end of an unknown journey", "a journey that is folded has no stages of its own", flight.Event{Event: event.Event{
			Kind: event.JourneyEnded, Journey: event.Run{Name: "unheard-of", ID: "1"}, Stage: "stage-4711", Outcome: event.Completed,
		}}},
		{"answer in an unknown journey", "late ones are counted by stage", flight.Event{Event: event.Event{
			Kind: event.FeedbackReceived, Journey: event.Run{Name: "unheard-of", ID: "1"}, Stage: "stage-4711",
			Feedback: &event.Feedback{Survey: "csat", Scale: event.CSAT, Score: 3},
		}}},
		{"touchpoint in an unknown stage", "late ones are counted by stage", flight.Event{Event: event.Event{
			Kind: event.TouchpointEnded, Journey: event.Run{Name: "checkout", ID: "1"}, Stage: "stage-4711", Touchpoint: "search",
		}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := c.e
			r.Open(&e)
			r.Close(&e)
			if strings.Contains(e.Stage, "4711") {
				t.Errorf("its stage goes on as %q: %s", e.Stage, c.reason)
			}
		})
	}
}

// TestHeaderOfResolved: what a client has resolved and sends on, the other side believes.
func TestHeaderOfResolved(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		change       func(*flight.Event)
	}{
		{"plain", "nothing odd", func(*flight.Event) {}},
		{"segment of ours", "a segment is not a definition's name, and may begin so", func(e *flight.Event) { e.Customer.Segment = "_internal" }},
		{"segment with a tab", "out of a spreadsheet", func(e *flight.Event) { e.Customer.Segment = "gold\tplus" }},
		{"long segment", "cut", func(e *flight.Event) { e.Customer.Segment = strings.Repeat("x", 200) }},
		{"version with a line break", "out of a file", func(e *flight.Event) { e.Journey.Version = "v1\n" }},
		{"version of ours", "a version is not a definition's name", func(e *flight.Event) { e.Journey.Version = "_draft" }},
		{"long version", "a commit and a branch", func(e *flight.Event) { e.Journey.Version = strings.Repeat("x", 200) }},
		{"visit to no stage", "from outside", func(e *flight.Event) { e.Visit = 3 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := run(event.JourneyStarted)
			c.change(&e)
			resolver(t).Open(&e)
			h, ok := propagate.Header(&e.Position().Position)
			if !ok {
				t.Fatalf("it has no header form: %s", c.reason)
			}
			if _, err := propagate.ParseHeader(h); err != nil {
				t.Errorf("the other side refuses it, and with it the whole journey: %v: %s", err, c.reason)
			}
		})
	}
}

// TestWithoutDetails: an event from outside that lacks what its kind requires is refused, with a fault that says so.
func TestWithoutDetails(t *testing.T) {
	t.Parallel()
	named := func(change func(*event.Event)) event.Event {
		e := event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Outcome: event.Completed}
		change(&e)
		return e
	}
	for _, kind := range append(event.Kinds(), "", "\xff", "a kind of a later version") {
		for _, c := range []struct {
			name string
			e    event.Event
			has  func(event.Kind) bool // what a kind requires
		}{
			{"nothing", event.Event{}, func(k event.Kind) bool {
				return k == event.TouchpointEnded || k == "a kind of a later version"
			}},
			{"a run", named(func(*event.Event) {}), func(k event.Kind) bool {
				return k == event.TouchpointEnded || k == "a kind of a later version" || k.IsTransition() && !ours(k)
			}},
			{"a run and no outcome", named(func(e *event.Event) { e.Outcome = 0 }), func(k event.Kind) bool {
				return k == event.TouchpointEnded || k == "a kind of a later version" || k == event.JourneyStarted || k == event.JourneyStageEntered
			}},
			{"everything", named(func(e *event.Event) {
				e.Feedback = &event.Feedback{Survey: "nps", Scale: event.NPS, Score: 9, Request: event.ID{1}, Amends: event.ID{2}, Ended: event.SurveyExpired}
				e.FollowUp = &event.FollowUp{ID: "f1"}
				e.Action, e.Contact, e.Promise = &event.Action{Name: "a1"}, &event.Contact{}, &event.Promise{Name: "answered"}
				e.Assisted = &event.Assisted{}
			}), func(k event.Kind) bool { return !ours(k) && k != "" && k != "\xff" }},
			{"empty details", named(func(e *event.Event) {
				e.FollowUp, e.Action = &event.FollowUp{Owner: "team"}, &event.Action{Owner: "team"}
				e.Feedback, e.Contact = &event.Feedback{}, &event.Contact{}
			}), func(k event.Kind) bool {
				return !ours(k) && k != "" && k != "\xff" && k != event.SurveyShown && k != event.SurveyClosed && k != event.FeedbackAmended && !k.IsEmployee()
			}},
		} {
			t.Run(string(kind)+" with "+c.name, func(t *testing.T) {
				t.Parallel()
				c.e.Kind = kind
				ok, found := resolver(t).Admit(flight.Of(c.e))
				if ok != c.has(kind) {
					t.Errorf("it goes on: %v, want %v", ok, !ok)
				}
				want := fault.MissingDetail
				if kind == "" || kind == "\xff" || ours(kind) {
					want = fault.InvalidKind
				}
				if !ok && !found.Has(want) || ok && !found.IsEmpty() {
					t.Errorf("the faults are %v, and it goes on: %v", names(found.Set), ok)
				}
			})
		}
	}
}

// ours reports whether only the client makes events of the kind.
func ours(k event.Kind) bool {
	return k == event.JourneyStalled || strings.HasPrefix(string(k), "promise.")
}

// TestStallsOfALog: a log of Cairn's own events has stalls and promises, which the replay makes again.
func TestStallsOfALog(t *testing.T) {
	t.Parallel()
	r := resolver(t, func(cfg *resolve.Config) { cfg.AnyTime = true })
	for _, kind := range event.Kinds() {
		if !ours(kind) {
			continue
		}
		e := run(kind)
		e.Promise = &event.Promise{Name: "answered"}
		if ok, found := r.Admit(&e); !ok || !found.IsEmpty() {
			t.Errorf("%s goes on: %v, with faults %v", kind, ok, names(found.Set))
		}
	}
}

// TestPromisesOfALog: a promise in a log needs a run and a name.
func TestPromisesOfALog(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]event.Event{
		"no run":     {Promise: &event.Promise{Name: "answered"}},
		"no promise": {Journey: event.Run{Name: "checkout", ID: "1"}},
		"no name":    {Journey: event.Run{Name: "checkout", ID: "1"}, Promise: &event.Promise{Number: 1}},
	} {
		for _, kind := range []event.Kind{event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn} {
			e.Kind = kind
			ok, found := resolver(t, func(cfg *resolve.Config) { cfg.AnyTime = true }).Admit(flight.Of(e))
			if ok || !found.Has(fault.MissingDetail) {
				t.Errorf("%s with %s goes on: %v, with faults %v", kind, name, ok, names(found.Set))
			}
		}
	}
}

// TestPromisesByHand: a promise that code makes needs a due time that a clock can have; and no kind from outside begins with _.
func TestPromisesByHand(t *testing.T) {
	t.Parallel()
	d := journey.Define("checkout")
	for _, c := range []struct {
		name  string
		due   time.Time
		fault fault.Fault
		goes  bool
	}{
		{"due", time.Now().Add(time.Hour), 0, true},
		{"without a due time", time.Time{}, fault.MissingDetail, false},
		{"due too late to store", time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC), fault.Time, false},
		{"due before 1970", time.Unix(-1, 0), fault.Time, false},
	} {
		e := begin(d, "1")
		e.Kind, e.Promise = event.PromiseMade, &event.Promise{Name: "callback", Due: c.due, ByHand: true}
		if ok, found := resolver(t).Admit(&e); ok != c.goes || !ok && !found.Has(c.fault) {
			t.Errorf("a promise %s goes on: %v, with faults %v", c.name, ok, names(found.Set))
		}
	}
	e := run("_promise.due")
	if ok, found := resolver(t).Admit(&e); ok || !found.Has(fault.InvalidKind) {
		t.Errorf("a kind of the client goes on: %v, with faults %v", ok, names(found.Set))
	}
}

// TestBoundsOfPromises: a promise of a log is bounded as everything else from outside, on a copy.
func TestBoundsOfPromises(t *testing.T) {
	t.Parallel()
	given := event.Promise{Name: strings.Repeat("n", event.MaxName+1), Number: -1, Made: time.Unix(-1, 0), Due: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)}
	was := given
	e := run(event.PromiseKept)
	e.Promise, e.Outcome = &given, event.Failed
	_, found := resolver(t).Close(&e)
	if want := (event.Promise{Name: given.Name[:event.MaxName]}); *e.Promise != want || e.Outcome != 0 {
		t.Errorf("the promise is %+v with the outcome %q, want %+v without one", *e.Promise, e.Outcome, want)
	}
	if given != was {
		t.Error("the caller's own promise has changed")
	}
	for _, f := range []fault.Fault{fault.TooLong, fault.Number, fault.Time, fault.Outcome} {
		if !found.Has(f) {
			t.Errorf("the faults are %v, without %v", names(found.Set), f)
		}
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

// TestAccount: the ID of an account is hashed as a customer's is, under the same key and in a domain of its own, and no event
// leaves with it. The expected values are those of crypto/hmac.
func TestAccount(t *testing.T) {
	t.Parallel()
	key := []byte("a key of at least 16 bytes")
	mac := func(message string) string {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(message))
		return hex.EncodeToString(m.Sum(nil))[:32]
	}
	long := strings.Repeat("x", event.MaxID+1)
	for _, c := range []struct {
		name        string
		key         []byte
		anonymous   bool
		given, want event.Customer
		fault       fault.Fault
		faulty      bool
	}{
		{name: "an ID", key: key, given: event.Customer{AccountID: "acme"}, want: event.Customer{Account: mac("account\x00acme")}},
		{name: "the ID of the customer too", key: key, given: event.Customer{ID: "acme", AccountID: "acme"}, want: event.Customer{Hash: mac("acme"), Account: mac("account\x00acme")}},
		{name: "an ID and a hash", key: key, given: event.Customer{AccountID: "acme", Account: "other"}, want: event.Customer{Account: mac("account\x00acme")}},
		{name: "a hash", key: key, given: event.Customer{Account: "0f34"}, want: event.Customer{Account: "0f34"}},
		{name: "no key", given: event.Customer{AccountID: "acme", Account: "other"}, fault: fault.NoCustomerKey, faulty: true},
		{name: "no customers wanted", anonymous: true, given: event.Customer{AccountID: "acme"}},
		{name: "a long ID", key: key, given: event.Customer{AccountID: long}, fault: fault.InvalidCustomer, faulty: true},
		{name: "a control character", key: key, given: event.Customer{AccountID: "a\x00b"}, fault: fault.InvalidCustomer, faulty: true},
		{name: "a long hash", key: key, given: event.Customer{Account: long}, fault: fault.InvalidCustomer, faulty: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := run(event.JourneyStarted)
			e.Customer = c.given
			_, found := resolver(t, func(cfg *resolve.Config) { cfg.CustomerKey, cfg.NoCustomers = c.key, c.anonymous }).Open(&e)
			if e.Customer != c.want {
				t.Errorf("the customer is %+v, want %+v", e.Customer, c.want)
			}
			if found.IsEmpty() == c.faulty || c.faulty && !found.Has(c.fault) {
				t.Errorf("the faults are %v", names(found.Set))
			}
			for _, f := range found.List() {
				if r := f.Report(); strings.Contains(r.Detail, c.given.AccountID) && c.given.AccountID != "" {
					t.Errorf("the report has the ID: %q", r.Detail)
				}
			}
		})
	}
}

// TestHash: HMAC-SHA-256 cut to 128 bits. Expected values: RFC 4231, test cases 2 and 5, and
// the standard library.
func TestHash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		key          []byte
		id, want     string
	}{
		{"case 2", "RFC 4231, section 4.3, the first 128 bits", []byte("Jefe"), "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"},
		{"case 5", "RFC 4231, section 4.6, which is cut to 128 bits", bytes.Repeat([]byte{0x0c}, 20), "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t, func(cfg *resolve.Config) { cfg.CustomerKey = c.key })
			if got := r.Hash(c.id); got != c.want {
				t.Errorf("it is %s, want %s: %s", got, c.want, c.reason)
			}
			m := hmac.New(sha256.New, c.key)
			m.Write([]byte(c.id))
			e := run(event.JourneyStarted)
			e.Customer = event.Customer{ID: c.id, Hash: "forged"}
			r.Open(&e)
			if want := hex.EncodeToString(m.Sum(nil))[:32]; e.Customer.Hash != want || e.Customer.ID != "" {
				t.Errorf("the customer goes on as %+v, want the hash %s only", e.Customer, want)
			}
			// Resolved again, as an event of a position is, it stays what it is.
			r.Open(&e)
			if e.Customer.Hash != c.want {
				t.Errorf("the second time it is %s: hashed once, where the journey starts", e.Customer.Hash)
			}
		})
	}
	t.Run("no key, and none is wanted", func(t *testing.T) {
		t.Parallel()
		r := resolver(t, func(cfg *resolve.Config) { cfg.CustomerKey, cfg.NoCustomers = nil, true })
		e := run(event.JourneyStarted)
		e.Customer = event.Customer{ID: "alice"}
		if _, found := r.Open(&e); !found.IsEmpty() || e.Customer != (event.Customer{}) {
			t.Errorf("the faults are %v, the customer %+v", names(found.Set), e.Customer)
		}
	})
	t.Run("no key", func(t *testing.T) {
		t.Parallel()
		r := resolver(t, func(cfg *resolve.Config) { cfg.CustomerKey = nil })
		e := run(event.JourneyStarted)
		e.Customer = event.Customer{ID: "alice", Hash: "forged", Segment: "new"}
		_, found := r.Open(&e)
		if list := found.List(); len(list) != 1 || found.Set != faults(fault.NoCustomerKey) || list[0].Report().Name != "cx.WithCustomerKey" {
			t.Errorf("the findings are %v, want one that names the option", list)
		}
		if e.Customer != (event.Customer{Segment: "new"}) {
			t.Errorf("without a key the customer goes on as %+v", e.Customer)
		}
	})
}

// TestApdex goes by the Apdex Technical Specification, version 1.1: section 3.2 for the
// zones (F = 4T; T and F themselves belong to the better zone), and errors are frustrated.
func TestApdex(t *testing.T) {
	t.Parallel()
	const target = 800 * time.Millisecond
	for _, c := range []struct {
		name, reason string
		took         time.Duration
		outcome      event.Outcome
		want         event.Zone
	}{
		{"nothing", "zero is within T", 0, event.OK, event.Satisfied},
		{"below T", "satisfied", target - 1, event.OK, event.Satisfied},
		{"T", "T itself is satisfied", target, event.OK, event.Satisfied},
		{"above T", "tolerating", target + 1, event.OK, event.Tolerating},
		{"below 4T", "tolerating", 4*target - 1, event.OK, event.Tolerating},
		{"4T", "F itself is tolerating", 4 * target, event.OK, event.Tolerating},
		{"above 4T", "frustrated, by a nanosecond", 4*target + 1, event.OK, event.Frustrated},
		{"4T and three", "no rounding down into F", 4*target + 3, event.OK, event.Frustrated},
		{"far above", "frustrated", event.MaxDuration, event.OK, event.Frustrated},
		{"degraded", "it is the time that counts", target, event.Degraded, event.Satisfied},
		{"failed fast", "an error is frustrated however fast it came", 1, event.Failed, event.Frustrated},
		{"failed slowly", "frustrated", time.Hour, event.Failed, event.Frustrated},
		{"cancelled", "the customer did not wait for it", time.Hour, event.Cancelled, 0},
		{"abandoned", "the customer has left", time.Hour, event.Abandoned, 0},
		{"unknown outcome", "it was ok until somebody says otherwise", target, 0, event.Satisfied},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t)
			e := run(event.TouchpointEnded)
			e.Touchpoint, e.Duration, e.Outcome, e.Zone = "pay", c.took, c.outcome, event.Satisfied
			r.Open(&e)
			r.Close(&e)
			if e.Zone != c.want {
				t.Errorf("%v after %v is %q, want %q: %s", c.outcome, c.took, e.Zone, c.want, c.reason)
			}
		})
	}
	t.Run("the specification's example", func(t *testing.T) {
		// T = 3 s with 60 satisfied, 30 tolerating and 10 frustrated is 0.75.
		t.Parallel()
		tp := touchpoint.Define("page", touchpoint.Satisfied(3*time.Second))
		r, err := resolve.New(resolve.Config{Now: time.Now}, tp)
		if err != nil {
			t.Fatal(err)
		}
		zones := map[event.Zone]float64{}
		for i := range 100 {
			e := flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "page", Outcome: event.OK}}
			switch {
			case i < 60:
				e.Duration = time.Duration(i) * 50 * time.Millisecond // up to 2.95 s
			case i < 90:
				e.Duration = 3*time.Second + time.Duration(i-59)*300*time.Millisecond // up to 12 s
			case i < 95:
				e.Duration = 12*time.Second + time.Duration(i)
			default:
				e.Outcome = event.Failed
			}
			r.Open(&e)
			r.Close(&e)
			zones[e.Zone]++
		}
		if got := (zones[event.Satisfied] + zones[event.Tolerating]/2) / 100; got != 0.75 {
			t.Errorf("Apdex is %v of %v, want 0.75", got, zones)
		}
	})
	t.Run("the largest target", func(t *testing.T) {
		t.Parallel()
		tp := touchpoint.Define("pension", touchpoint.Satisfied(event.MaxDuration))
		r, err := resolve.New(resolve.Config{Now: time.Now}, tp)
		if err != nil {
			t.Fatal(err)
		}
		e := flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pension", Duration: event.MaxDuration}}
		r.Open(&e)
		r.Close(&e)
		if e.Zone != event.Satisfied {
			t.Errorf("ten years of ten years are %q", e.Zone)
		}
	})
	t.Run("no target", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"search", "unknown"} {
			r := resolver(t)
			e := flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: name, Duration: time.Hour}}
			r.Open(&e)
			r.Close(&e)
			if e.Zone != 0 {
				t.Errorf("%s, which has no target, is %q", name, e.Zone)
			}
		}
	})
}

// TestPlaces: the stage and the end that a touchpoint declares hold in its own journey only.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		e            flight.Event
		stage        string
		ends         event.Outcome
	}{
		{"in its journey", "it declares both", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "confirm", Outcome: event.OK}}, "payment", event.Completed},
		{"degraded", "the customer has what they came for", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "confirm", Outcome: event.Degraded}}, "payment", event.Completed},
		{"failed", "unless it fails", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "confirm", Outcome: event.Failed}}, "payment", 0},
		{"cancelled", "called off is not done", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "confirm", Outcome: event.Cancelled}}, "payment", 0},
		{"in another journey", "another journey has other stages", flight.Event{Event: event.Event{Journey: event.Run{Name: "other", ID: "1"}, Touchpoint: "confirm", Outcome: event.OK}}, "", 0},
		{"in no journey", "there is nothing to end", flight.Event{Event: event.Event{Touchpoint: "confirm", Outcome: event.OK}}, "", 0},
		{"of no journey", "it declares none", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "search", Outcome: event.OK}}, "", 0},
		{"unknown", "nobody knows what it declares", flight.Event{Event: event.Event{Journey: event.Run{Name: "checkout", ID: "1"}, Touchpoint: "nope", Outcome: event.OK}}, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t)
			e := c.e
			e.Kind = event.TouchpointEnded
			stage, _ := r.Open(&e)
			r.Close(&e)
			if ends := r.Ends(&e); stage != c.stage || ends != c.ends {
				t.Errorf("it declares %q and %v, want %q and %v: %s", stage, ends, c.stage, c.ends, c.reason)
			}
		})
	}
}

// TestCallersKeepTheirOwn: the resolver changes the event, and nothing that the caller gave
// with it, who may use it again or at the same time.
func TestCallersKeepTheirOwn(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	kvs := []attribute.KeyValue{attribute.String(long, "a\xff"), attribute.Int("", 1)}
	causes := []string{long, "slow"}
	was, te := 99, event.Testimonial{Version: long, Text: long}
	f := event.Feedback{Survey: "unknown", Scale: event.NPS, Score: 3, Comment: "secret", Causes: causes, Previous: &was, Testimonial: &te}
	me := event.Mention{Address: "secret", Stars: 9}
	v := event.Variant{Release: long}
	a := event.Assisted{
		Legs: []event.Leg{{Queue: long, Wait: -1, AgentID: "e-1"}}, Views: []event.View{{Part: long}},
		Decisions: []event.Decision{{What: long, Skipped: []string{long}, Amount: &event.Money{Currency: "Euro"}}},
		Thread:    &event.Thread{Replies: []event.Reply{{After: -1}}},
	}
	fu := event.FollowUp{ID: "f", Owner: long, Note: "secret"}
	ac := event.Action{Name: long, Note: "secret", Feedbacks: make([]event.ID, 300)}
	bd := event.Breakdown{Name: long, Note: "secret", Since: 7, Placed: []event.Placed{{Column: long}}, Value: &event.Money{Currency: "Euro"}}
	co := event.Contact{Rule: long}
	tr := event.Transition{From: long}
	m := event.Money{Currency: "Euro"}
	e := run(event.FeedbackReceived)
	e.Attributes, e.Feedback, e.Variant, e.Assisted, e.FollowUp, e.Action, e.Contact, e.Transition, e.Journey.Value = kvs, &f, &v, &a, &fu, &ac, &co, &tr, &m
	e.Mention, e.Breakdown = &me, &bd
	before := e
	beforeBD := bd
	beforeBD.Placed, beforeBD.Value = slices.Clone(bd.Placed), &event.Money{Currency: "Euro"}
	beforeTE, beforeME := te, me
	beforeF, beforeV, beforeA, beforeFU, beforeAC, beforeCO, beforeTR, beforeM := f, v, copied(t, a), fu, ac, co, tr, m
	beforeF.Causes = slices.Clone(causes)
	beforeKVs := slices.Clone(kvs)

	r := resolver(t, func(cfg *resolve.Config) { cfg.Redact = func(string) string { return "redacted" } })
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			e := before
			r.Open(&e)
			r.Close(&e)
		})
	}
	wg.Wait()
	for what, diff := range map[string]string{
		"feedback": cmp.Diff(beforeF, f), "variant": cmp.Diff(beforeV, v), "assisted": cmp.Diff(beforeA, copied(t, a)), "follow-up": cmp.Diff(beforeFU, fu),
		"action": cmp.Diff(beforeAC, ac), "contact": cmp.Diff(beforeCO, co), "breakdown": cmp.Diff(beforeBD, bd), "transition": cmp.Diff(beforeTR, tr), "money": cmp.Diff(beforeM, m),
		"causes": cmp.Diff(beforeF.Causes, causes), "testimonial": cmp.Diff(beforeTE, te), "mention": cmp.Diff(beforeME, me), "score": cmp.Diff(99, was),
		"attributes": cmp.Diff(beforeKVs, kvs, cmp.Comparer(func(a, b attribute.Value) bool { return a == b })),
	} {
		if diff != "" {
			t.Errorf("the caller's %s was changed (-before +after):\n%s", what, diff)
		}
	}
}

// copied returns a copy of v that shares nothing with it.
func copied[T any](t *testing.T, v T) (c T) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}
