package resolve_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/resolve"
)

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
		{"stage of an unknown journey", "no definition has its stages", func(e *flight.Event) {
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
