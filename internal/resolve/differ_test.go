package resolve_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestDifferences: what differs is named field by field, with both values and whose each is, by cx.New and in use.
func TestDifferences(t *testing.T) {
	t.Parallel()
	type defs = []event.Definition
	j := journey.Define("checkout", journey.Stages("cart", "payment"), journey.Expect("payment", 2*time.Minute), journey.AbandonAfter(30*time.Minute))
	tp := touchpoint.Define("pay", touchpoint.In(j, "payment"), touchpoint.Satisfied(time.Second), touchpoint.Ends(event.Completed))
	office := calendar.Define("office", calendar.Zone("Europe/London"), calendar.Open("mon-fri", "09:00-17:00"))
	late := calendar.Define("office", calendar.Zone("Europe/London"), calendar.Open("mon-fri", "09:00-18:00"))
	for _, c := range []struct {
		name      string
		blueprint int
		known     defs
		given     event.Definition
		says      []string
		never     []string
	}{
		{
			"a promise", 1,
			defs{journey.Define("claim", journey.Promise("answered", 24*time.Hour, journey.Target(0.9)), journey.Promise("same", time.Hour))},
			journey.Define("claim", journey.Promise("same", time.Hour), journey.Promise("answered", 24*time.Hour)),
			[]string{`the promise "answered" is within 24h0m0s from start until end, 90% of them in the blueprint and within 24h0m0s from start until end in code`},
			[]string{`"same"`},
		},
		{
			"the purpose of a touchpoint", 1,
			defs{touchpoint.Define("mail", touchpoint.For("survey"))},
			touchpoint.Define("mail", touchpoint.For("offer")),
			[]string{`its purpose (For) is "survey" in the blueprint and "offer" in code`},
			nil,
		},
		{
			"a contact policy", 1,
			defs{touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("same"), touchpoint.Purpose("offer", touchpoint.NeedsConsent(), touchpoint.OnlyOn(event.Email)),
				touchpoint.CapTogether(3, 24*time.Hour, "same", "offer"))},
			touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("offer", touchpoint.Cap(1, time.Hour, event.Phone), touchpoint.QuietHours(office),
				touchpoint.StoppedBy("complaint"), touchpoint.GrantLife(time.Hour), touchpoint.GrantedIfUnknown()), touchpoint.Purpose("same"), touchpoint.ContactWait(time.Second)),
			[]string{
				`its wait (ContactWait) is 50ms in the blueprint and 1s in code`,
				`the purpose "offer" is on ["email"], with consent, for 10m0s in the blueprint and on every channel, at most 1 in 1h0m0s on ["phone"], not in office Europe/London`,
				`stopped by ["complaint"], for 1h0m0s, granted if unknown in code`,
				`the caps together (CapTogether) are at most 3 in 24h0m0s of ["same" "offer"] in the blueprint and nothing in code`,
			},
			[]string{`"same" is`},
		},
		{
			"a promise of one side", 1,
			defs{journey.Define("claim")},
			journey.Define("claim", journey.Promise("answered", time.Hour, journey.SinceTouchpoint("ask"), journey.UntilTouchpoint("reply"))),
			[]string{`the promise "answered" is none in the blueprint and within 1h0m0s from the touchpoint ask until the touchpoint reply in code`},
			nil,
		},
		{
			"the hours of a promise", 1,
			defs{journey.Define("claim", journey.Promise("answered", time.Hour, journey.Hours(office)))},
			journey.Define("claim", journey.Promise("answered", time.Hour, journey.Hours(late))),
			[]string{`the hours "office" of the promise "answered" are Europe/London`, "09:00-18:00"},
			[]string{"within"},
		},
		{
			"the promises by hand", 1,
			defs{journey.Define("claim", journey.ByHand("visit", "call back"))},
			journey.Define("claim", journey.ByHand("call back")),
			[]string{`the promises by hand (ByHand) are ["call back" "visit"] in the blueprint and ["call back"] in code`},
			nil,
		},
		{
			"the maintenance of a promise", 1,
			defs{journey.Define("claim", journey.Promise("answered", time.Hour, journey.Maintenance(calendar.Maintenance{Name: "m", From: time.Unix(0, 0), Until: time.Unix(60, 0)})))},
			journey.Define("claim", journey.Promise("answered", time.Hour, journey.Maintenance(calendar.Maintenance{Name: "m", From: time.Unix(0, 0), Hours: office}))),
			[]string{`the maintenance of the promise "answered" is m from 1970-01-01T00:00:00Z until 1970-01-01T00:01:00Z in the blueprint and m from 1970-01-01T00:00:00Z in Europe/London`},
			[]string{"within"},
		},
		{
			"a maintenance of one side", 1,
			defs{journey.Define("claim", journey.Promise("answered", time.Hour, journey.Maintenance(calendar.Maintenance{Name: "m", From: time.Unix(0, 0), Until: time.Unix(60, 0)})))},
			journey.Define("claim", journey.Promise("answered", time.Hour), journey.AbandonAfter(time.Minute)),
			[]string{"abandon_after (AbandonAfter)"},
			[]string{"maintenance"},
		},
		{
			"maintenances of other names", 1,
			defs{journey.Define("claim", journey.Promise("answered", time.Hour, journey.Maintenance(calendar.Maintenance{Name: "m", From: time.Unix(0, 0), Until: time.Unix(60, 0)})))},
			journey.Define("claim", journey.Promise("answered", time.Hour, journey.Maintenance(calendar.Maintenance{Name: "n", From: time.Unix(0, 0), Until: time.Unix(60, 0)}))),
			[]string{`the promise "answered" is within 1h0m0s from start until end, not due in the maintenance m in the blueprint and within 1h0m0s from start until end, not due in the maintenance n in code`},
			[]string{"the maintenance of"},
		},
		{
			"the promises that a touchpoint keeps", 1,
			defs{touchpoint.Define("reply", touchpoint.Keeps(journey.Define("checkout", journey.ByHand("answered")), "answered"))},
			touchpoint.Define("reply"),
			[]string{`the promises that it keeps (Keeps) are ["checkout/answered"] in the blueprint and nothing in code`},
			nil,
		},
		{
			"stages", 1,
			defs{j},
			journey.Define("checkout", journey.Stages("cart"), journey.AbandonAfter(30*time.Minute)),
			[]string{`its stages are ["cart" "payment"] in the blueprint and ["cart"] in code`, `expect (Expect) of the stage "payment" is 2m0s in the blueprint and nothing in code`},
			[]string{"abandon"},
		},
		{
			"no stages", 1,
			defs{j},
			journey.Define("checkout", journey.AbandonAfter(30*time.Minute)),
			[]string{`its stages are ["cart" "payment"] in the blueprint and nothing in code`},
			nil,
		},
		{
			"the order of stages", 1,
			defs{journey.Define("checkout", journey.Stages("a", "b"))},
			journey.Define("checkout", journey.Stages("b", "a")),
			[]string{`its stages are ["a" "b"] in the blueprint and ["b" "a"] in code`},
			[]string{"expect"},
		},
		{
			"abandon_after", 1,
			defs{j},
			journey.Define("checkout", journey.Stages("cart", "payment"), journey.Expect("payment", 2*time.Minute)),
			[]string{`abandon_after (AbandonAfter) is 30m0s in the blueprint and nothing in code`},
			[]string{"stages", "expect"},
		},
		{
			"expect of a further stage", 1,
			defs{journey.Define("checkout", journey.Stages("a"))},
			journey.Define("checkout", journey.Stages("a", "b"), journey.Expect("b", time.Hour)),
			[]string{`expect (Expect) of the stage "b" is nothing in the blueprint and 1h0m0s in code`},
			nil,
		},
		{
			"channels", 1,
			defs{journey.Define("checkout", journey.Channels(event.Web, event.Phone))},
			journey.Define("checkout", journey.Channels(event.Phone)),
			[]string{`its channels are ["web" "phone"] in the blueprint and ["phone"] in code`},
			[]string{"stages", "expect"},
		},
		{
			"satisfied", 2,
			defs{j, tp},
			touchpoint.Define("pay", touchpoint.In(j, "payment"), touchpoint.Satisfied(2*time.Second), touchpoint.Ends(event.Completed)),
			[]string{"satisfied (Satisfied) is 1s in the blueprint and 2s in code"},
			[]string{"ends", "stage", "journey is"},
		},
		{
			"ends", 2,
			defs{j, tp},
			touchpoint.Define("pay", touchpoint.In(j, "payment"), touchpoint.Satisfied(time.Second), touchpoint.Ends(event.Failed)),
			[]string{"ends (Ends) is completed in the blueprint and failed in code"},
			nil,
		},
		{
			"the stage of a touchpoint", 2,
			defs{j, tp},
			touchpoint.Define("pay", touchpoint.In(j, "cart"), touchpoint.Satisfied(time.Second), touchpoint.Ends(event.Completed)),
			[]string{`its stage is "payment" in the blueprint and "cart" in code`},
			nil,
		},
		{
			"the journey of a touchpoint", 2,
			defs{j, tp},
			touchpoint.Define("pay"),
			[]string{`its journey is "checkout" in the blueprint and nothing in code`, `its stage is "payment" in the blueprint and nothing in code`},
			nil,
		},
		{
			"scale", 1,
			defs{feedback.Define("after", feedback.CSAT)},
			feedback.Define("after", feedback.NPS),
			[]string{"its scale is csat in the blueprint and nps in code"},
			nil,
		},
		{
			"both in code", 0,
			defs{feedback.Define("after", feedback.CSAT)},
			feedback.Define("after", feedback.NPS),
			[]string{"its scale is csat in the first definition and nps in the second"},
			[]string{"blueprint"},
		},
		{
			"the journey that a touchpoint brings", 1,
			defs{j},
			touchpoint.Define("search", touchpoint.In(journey.Define("checkout", journey.Stages("cart")), "cart")),
			[]string{`its stages are ["cart" "payment"] in the blueprint and ["cart"] in code`},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			says := func(where, text string) {
				for _, s := range c.says {
					if !strings.Contains(text, s) {
						t.Errorf("%s says %q, want %q", where, text, s)
					}
				}
				for _, s := range c.never {
					if strings.Contains(text, s) {
						t.Errorf("%s says %q, which has %q: that is the same", where, text, s)
					}
				}
			}
			_, err := resolve.New(resolve.Config{Namespace: "n", Now: time.Now, Blueprint: c.blueprint}, append(slices.Clone(c.known), c.given)...)
			if err == nil {
				t.Fatal("New takes both")
			}
			says("New", strings.TrimSuffix(err.Error(), ": use one definition for both"))
			r, err := resolve.New(resolve.Config{Namespace: "n", Now: time.Now, Blueprint: c.blueprint}, c.known...)
			if err != nil {
				t.Fatal(err)
			}
			if _, policy := c.given.(*touchpoint.ContactPolicy); policy {
				return // no event has one
			}
			e := used(c.given)
			_, found := r.Open(&e)
			if !found.Has(fault.Conflict) || len(found.List()) != 1 {
				t.Fatalf("in use there are %d findings, want the conflict", len(found.List()))
			}
			report := found.List()[0].Report()
			if report.Fault != fault.Conflict || report.Name == "" {
				t.Errorf("in use the finding is %v of %q", report.Fault, report.Name)
			}
			says("in use it", report.Detail)
		})
	}
}

// used returns an event that code recorded with the definition.
func used(d event.Definition) flight.Event {
	switch d := d.(type) {
	case *journey.Definition:
		return begin(d, "1")
	case *touchpoint.Definition:
		return touch(d)
	case *feedback.Survey:
		return answer(d, 1)
	default:
		panic(fmt.Sprintf("%T", d))
	}
}

// TestDifferencesKnowEveryField: who adds one to a definition says here how a difference in it is told.
func TestDifferencesKnowEveryField(t *testing.T) {
	t.Parallel()
	options, _ := reflect.TypeFor[feedback.Survey]().FieldByName("terms")
	followUp, _ := reflect.TypeFor[feedback.FollowUp]().FieldByName("terms")
	for _, c := range []struct {
		of     any
		fields []string
	}{
		{journey.Definition{}, []string{"name", "stages", "expected", "abandonAfter", "channels", "promises", "byHand"}},
		{journey.Promised{}, []string{"Name", "Within", "Days", "Hours", "Since", "Until", "SinceTouchpoint", "UntilTouchpoint", "Pauses", "Maintenance", "Target"}},
		{touchpoint.Definition{}, []string{"name", "journey", "stage", "satisfied", "ends", "keeps", "purpose"}},
		{touchpoint.ContactPolicy{}, []string{"name", "wait", "purposes", "together", "plan"}},
		{touchpoint.ContactTerms{}, []string{"Name", "Channels", "Consent", "Caps", "Quiet", "Stops", "Life", "Unchecked"}},
		{touchpoint.ContactCap{}, []string{"Most", "Within", "Channels", "Purposes"}},
		{feedback.Survey{}, []string{"name", "scale", "terms"}},
		{feedback.FollowUp{}, []string{"name", "terms", "journey"}},
		{feedback.Rule{}, []string{"On", "Name", "Survey", "Journey", "Promise", "Purpose", "Segments", "Causes", "Severity", "Owner"}},
		{followUp.Type, []string{"acknowledge", "answer", "update", "confirm", "severities", "rules", "hold", "channels"}},
		{options.Type.Elem(), []string{"texts", "place", "channels", "choices", "sample", "every", "expires", "purpose", "consents", "version", "derived"}},
	} {
		typ, ok := c.of.(reflect.Type)
		if !ok {
			typ = reflect.TypeOf(c.of)
		}
		for i := range typ.NumField() {
			if name := typ.Field(i).Name; !slices.Contains(c.fields, name) {
				t.Errorf("%v has the field %s: add it to differences, and to this list", typ, name)
			}
		}
	}
}

// TestFollowUpsDiffer: each difference of two follow-ups is told.
func TestFollowUpsDiffer(t *testing.T) {
	t.Parallel()
	known := feedback.DefineFollowUp("f", feedback.AnswerWithin(time.Hour), feedback.ForSeverity("high", feedback.AnswerWithin(time.Minute)), feedback.OpenOn(feedback.Rule{On: feedback.OnComplaint}))
	for says, given := range map[string]*feedback.FollowUp{
		`the promise "answered" is within 1h0m0s`:   feedback.DefineFollowUp("f", feedback.AnswerWithin(2*time.Hour), feedback.ForSeverity("high", feedback.AnswerWithin(time.Minute)), feedback.OpenOn(feedback.Rule{On: feedback.OnComplaint})),
		`its hold (Holding) is "f"`:                 feedback.DefineFollowUp("f", feedback.AnswerWithin(time.Hour), feedback.Holding("h"), feedback.ForSeverity("high", feedback.AnswerWithin(time.Minute)), feedback.OpenOn(feedback.Rule{On: feedback.OnComplaint})),
		`its severities (ForSeverity) are ["high"]`: feedback.DefineFollowUp("f", feedback.AnswerWithin(time.Hour), feedback.OpenOn(feedback.Rule{On: feedback.OnComplaint})),
		`the promises of the severity "high"`:       feedback.DefineFollowUp("f", feedback.AnswerWithin(time.Hour), feedback.ForSeverity("high", feedback.AnswerWithin(2*time.Minute)), feedback.OpenOn(feedback.Rule{On: feedback.OnComplaint})),
		`the number of its rules (OpenOn) is 1`:     feedback.DefineFollowUp("f", feedback.AnswerWithin(time.Hour), feedback.ForSeverity("high", feedback.AnswerWithin(time.Minute))),
		`rule 1 (OpenOn) is one`:                    feedback.DefineFollowUp("f", feedback.AnswerWithin(time.Hour), feedback.ForSeverity("high", feedback.AnswerWithin(time.Minute)), feedback.OpenOn(feedback.Rule{On: feedback.OnDetractor})),
	} {
		_, err := resolve.New(resolve.Config{Namespace: "n", Now: time.Now}, known, given)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %s", err, says)
		}
	}
}

// TestLimitsHaveTheirOwnName: what is too many is no conflict, and what has too many causes has not too many attributes.
func TestLimitsHaveTheirOwnName(t *testing.T) {
	t.Parallel()
	var known []event.Definition
	for i := range 1000 {
		name := fmt.Sprintf("n%d", i)
		known = append(known, journey.Define(name), touchpoint.Define(name), feedback.Define(name, feedback.NPS))
	}
	r, err := resolve.New(resolve.Config{Namespace: "n", Now: time.Now}, known...)
	if err != nil {
		t.Fatal(err)
	}
	causes := answer(feedback.Define("n1", feedback.NPS), 5)
	causes.Feedback.Causes = slices.Repeat([]string{"slow"}, 33)
	for _, c := range []struct {
		name  string
		e     flight.Event
		fault fault.Fault
		about string
	}{
		{"a journey more", used(journey.Define("more")), fault.NameLimit, "more"},
		{"a touchpoint more", used(touchpoint.Define("more")), fault.NameLimit, "more"},
		{"a survey more", used(feedback.Define("more", feedback.NPS)), fault.NameLimit, "more"},
		{"a touchpoint in a journey more", used(touchpoint.Define("t", touchpoint.In(journey.Define("more"), ""))), fault.NameLimit, "more"},
		{"a definition that differs", used(touchpoint.Define("n7", touchpoint.Satisfied(time.Second))), fault.Conflict, "n7"},
		{"a touchpoint in a faulty journey", used(touchpoint.Define("t", touchpoint.In(journey.Define("bad", journey.AbandonAfter(-1)), ""))), fault.InvalidName, "bad"},
		{"causes", causes, fault.CauseLimit, "n1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, found := r.Open(&c.e)
			_, more := r.Close(&c.e)
			list := append(found.List(), more.List()...)
			if len(list) != 1 || found.Union(more.Set) != faults(c.fault) {
				t.Fatalf("the findings are %v, want %v alone", list, c.fault)
			}
			if fault, about := list[0].About(); fault != c.fault || about != c.about || list[0].Report().Detail == "" {
				t.Errorf("it is %v of %q: %q, want %v of %q", fault, about, list[0].Report().Detail, c.fault, c.about)
			}
		})
	}
}

// TestFindingsHaveNames: each fault says what it is about.
func TestFindingsHaveNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10_000)
	for _, c := range []struct {
		name   string
		e      flight.Event
		fault  fault.Fault
		about  string
		detail string
	}{
		{"an unknown touchpoint", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pya"}}, fault.UnknownName, "pya", "it is the name of a touchpoint that is not defined"},
		{"an unknown journey", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "chekout", ID: "1"}}}, fault.UnknownName, "chekout", "it is the name of a journey that is not defined"},
		{"an unknown survey", flight.Event{Event: event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: "gossip", Scale: event.NPS}}}, fault.UnknownName, "gossip", "it is the name of a survey that is not defined"},
		{"an unknown stage", flight.Event{Event: event.Event{Kind: event.JourneyStageEntered, Journey: event.Run{Name: "checkout", ID: "1"}, Stage: "atic"}}, fault.UnknownName, "atic", "it is a stage that the journey checkout does not have"},
		{"a long cause", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Cause: long}}, fault.TooLong, "pay", "its cause, in bytes: 10000 given, and 64 at most are taken"},
		{"a decomposed cause", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Cause: "carte refuse\u0301e"}}, fault.TooLong, "pay", "its cause is not in Unicode's normal form C, and is recorded in it"},
		{"a zero-width space in a cause", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Cause: "card\u200b"}}, fault.TooLong, "pay", "its cause has a character that cannot be seen, which is left out"},
		{"a newline in a cause", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Cause: "card\n"}}, fault.TooLong, "pay", "its cause has a character that cannot be seen, which is left out"},
		{"a cause that is not UTF-8", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Cause: "card\xff"}}, fault.TooLong, "pay", "its cause is not UTF-8: the bytes that are none are left out"},
		{"a type of error that is not UTF-8", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", ErrorType: "card\xff"}}, fault.TooLong, "pay", "its type of error is not UTF-8: the bytes that are none are left out"},
		{"a long type of error", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", ErrorType: long}}, fault.TooLong, "pay", "its type of error, in bytes: 10000 given, and 64 at most are taken"},
		{"a long attribute", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Attributes: []attribute.KeyValue{attribute.String("card", long)}}}, fault.TooLong, "card", "the bytes of an attribute's text: 10000 given, and 8192 at most are taken"},
		{"an attribute that is not UTF-8", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Attributes: []attribute.KeyValue{attribute.String("card", "a\xff")}}}, fault.TooLong, "card", "the text of an attribute is not UTF-8: the bytes that are none are left out"},
		{"an attribute with several texts", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Attributes: []attribute.KeyValue{attribute.StringSlice("card", []string{long[:5000], long[:5001]})}}}, fault.TooLong, "card", "the bytes of an attribute's text: 10001 given, and 8192 at most are taken"},
		{"an attribute with long bytes", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Attributes: []attribute.KeyValue{attribute.ByteSlice("card", []byte(long))}}}, fault.TooLong, "card", "the bytes of an attribute: 10000 given, and 8192 at most are taken"},
		{"a score that is off its scale", flight.Event{Event: event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: "nps", Scale: event.NPS, Score: 11}}}, fault.Score, "nps", "the score of an answer is not on the scale nps"},
		{"an ID that is too long", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout", ID: long}}}, fault.InvalidID, "checkout", "the bytes of the run's ID: 10000 given, and 128 at most are taken"},
		{"an ID with a control character", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout", ID: "o-1\n"}}}, fault.InvalidID, "checkout", "the run's ID has a control character"},
		{"an ID with a C1 control character", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout", ID: "o-1\u0085"}}}, fault.InvalidID, "checkout", "the run's ID has a control character"},
		{"an ID that is not UTF-8", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout", ID: "o-1\xff"}}}, fault.InvalidID, "checkout", "the run's ID is not UTF-8"},
		{"an empty ID", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: event.Run{Name: "checkout"}}}, fault.InvalidID, "checkout", "the run's ID is empty"},
		{"a customer with a control character", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Customer: event.Customer{ID: "a\tb"}}}, fault.InvalidCustomer, "pay", "the customer's ID has a control character"},
		{"a customer that is too long", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Customer: event.Customer{ID: long}}}, fault.InvalidCustomer, "pay", "the bytes of the customer's ID: 10000 given, and 128 at most are taken"},
		{"a hash that is not UTF-8", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Customer: event.Customer{Hash: "\xff"}}}, fault.InvalidCustomer, "pay", "the customer's hash is not UTF-8"},
		{"an outcome that it cannot have", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Outcome: event.Completed}}, fault.Outcome, "pay", "its outcome is completed, which touchpoint.ended cannot have"},
		{"an event of a journey alone", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Time: time.Unix(-1, 0), Journey: event.Run{Name: "checkout", ID: "1"}}}, fault.Time, "checkout", "its time is before 1970 or after 2252-04-13, and cannot be stored"},
		{"an event of a survey", flight.Event{Event: event.Event{Kind: event.FeedbackReceived, Time: time.Unix(-1, 0), Feedback: &event.Feedback{Survey: "nps", Scale: event.NPS}}}, fault.Time, "nps", ""},
		{"an event of nothing", flight.Event{Event: event.Event{Kind: "acme.note", Time: time.Unix(-1, 0)}}, fault.Time, "acme.note", ""},
		{"a stage without a name", flight.Event{Event: event.Event{Kind: event.JourneyStageEntered, Journey: event.Run{Name: "checkout", ID: "1"}}}, fault.InvalidName, "checkout", "the name of a stage is empty"},
		{"a stage whose name is none", flight.Event{Event: event.Event{Kind: event.JourneyStageEntered, Journey: event.Run{Name: "checkout", ID: "1"}, Stage: "_x"}}, fault.InvalidName, "_x", "it is to be the name of a stage"},
		{"a channel that is none", flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Channel: 200}}, fault.InvalidValue, "channel", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t)
			_, found := r.Open(&c.e)
			_, more := r.Close(&c.e)
			list := append(found.List(), more.List()...)
			if len(list) != 1 {
				t.Fatalf("the findings are %v, want one", list)
			}
			got := list[0].Report()
			if got.Fault != c.fault || got.Name != c.about || c.detail != "" && got.Detail != c.detail {
				t.Errorf("it is %v of %q: %q, want %v of %q: %q", got.Fault, got.Name, got.Detail, c.fault, c.about, c.detail)
			}
		})
	}
}
