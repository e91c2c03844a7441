package event_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// same compares events as a reader of their JSON form does.
var same = cmp.Options{
	cmpopts.IgnoreUnexported(event.Event{}),
	cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b attribute.Value) bool { return a == b }),
}

var (
	at        = time.Date(2026, 4, 17, 9, 30, 15, 123_456_789, time.UTC)
	requested = event.ID{0x01, 0x9d, 0x9a, 0xf0, 0x11, 0x22, 0x73, 0x33, 0x84, 0x44, 5, 6, 7, 8, 9, 10}
)

// specimens are one event of each kind, which between them have every field there is.
func specimens() []event.Event {
	cart := event.Run{Namespace: "production", Name: "checkout", ID: "cart-42", Started: at}
	request := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36},
		SpanID:  trace.SpanID{0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7}, TraceFlags: trace.FlagsSampled,
	})
	followUp := event.FollowUp{
		ID: "fu-7", Owner: "payments", Severity: "high", Rule: "detractor", CausedBy: requested, Feedback: requested,
		About: event.RunRef{Namespace: "production", Name: "checkout", ID: "cart-42"}, Due: at.Add(48 * time.Hour), Remedy: "refund", Note: "called <Ms X>",
		Skipped: []string{"assessed", "investigated"}, Silence: event.Seconds(47 * time.Hour),
	}
	complaint := event.Run{Namespace: "production", Name: "complaint", ID: "fu-7", Started: at}
	worth := cart
	worth.Version, worth.Value = "2026-04", &event.Money{Amount: 12_900, Currency: "EUR"}
	folded := cart
	folded.Name, folded.Root = event.Other, event.SpanRef{TraceID: request.TraceID(), SpanID: request.SpanID()}
	answered := event.Promise{Name: "answered \"by mail\"", Number: 2, Made: at.Add(-3 * time.Hour), Due: at.Add(21 * time.Hour)}
	es := []event.Event{
		{Kind: event.JourneyStarted, Journey: worth, Channel: event.Web, Customer: event.Customer{Hash: "9f86d081884c7d659a2feaa0c55ad015", Segment: "new"}},
		{
			Kind: event.JourneyStageEntered, Journey: cart, Stage: "payment", Visit: 2,
			Transition: &event.Transition{From: "address", Visit: 1, Entered: at.Add(-time.Minute)},
		},
		{
			Kind: event.JourneyStalled, Journey: folded, Stage: "payment", Visit: 2,
			Breakdown: &event.Breakdown{
				About: "stage", Journey: "checkout", Name: "payment", Better: true, Began: at.Add(-48 * time.Hour), BaselineUntil: at.Add(-14 * 24 * time.Hour), Placed: []event.Placed{{Column: "release", Value: "v3"}, {Column: "channel", Value: "web"}},
				Severity: "high", Before: 0.1, Since: 0.25, Excess: 60.5, Customers: 58, Value: &event.Money{Amount: 120_000, Currency: "EUR"}, Owner: "payments",
				Action: event.RunRef{Namespace: "shop", Name: "improvement", ID: "a-1"}, Earlier: "77aa", Note: "since the release",
			},
		},
		{
			Kind: event.JourneyEnded, Journey: cart, Stage: "payment", Visit: 2, Outcome: event.Failed, Cause: "psp-down",
			Duration: 90 * time.Minute, Transition: &event.Transition{
				From: "payment", Visit: 2, Entered: at, Partial: true, Failures: 3, LastCause: "psp-timeout", LastTouchpoint: "submit-payment",
				Friction: &event.Friction{Repeats: 2, FailuresBeforeSuccess: 1, Loops: 3, ChannelSwitches: 4, Overdue: 5},
			},
		},
		{Kind: event.PromiseMade, Journey: cart, Promise: &event.Promise{Name: "answered", ByHand: true}, Customer: event.Customer{Account: "0f343b0931126a20f133d67c2b018a3b"}},
		{Kind: event.PromiseKept, Journey: cart, Promise: &answered, Duration: 3 * time.Hour},
		{Kind: event.PromiseBroken, Journey: complaint, Promise: &answered, Duration: 25 * time.Hour, FollowUp: &followUp},
		{
			Kind: event.PromiseWithdrawn, Journey: event.Run{Name: "improvement", ID: "a-1"}, Promise: &answered,
			Action: &event.Action{
				Name: "second-psp", Owner: "payments", Feedbacks: []event.ID{requested, {15: 9}}, Cause: "psp-down",
				From: at.Add(-24 * time.Hour), Until: at, Note: "since April",
			},
		},
		{
			Kind: event.TouchpointEnded, Journey: cart, Stage: "payment", Visit: 2, Touchpoint: "submit-payment",
			Duration: 812*time.Millisecond + 1, Channel: event.Phone, Actor: event.ActorDelegate, Direction: event.Outbound,
			Outcome: event.Degraded, Zone: event.Tolerating, Cause: "slow-psp", ErrorType: "timeout", Intent: "pay-by-invoice",
			Variant: &event.Variant{Release: "v3", Experiment: "one-page", Arm: "b"},
			Attributes: []attribute.KeyValue{
				attribute.Bool("gift", true), attribute.Int("items", 3), attribute.Float64("weight", 2), attribute.String("note", "\"\\\n\u2028é\xff"),
				attribute.BoolSlice("flags", []bool{true, false}), attribute.Int64Slice("sizes", []int64{1, -2}),
				attribute.Float64Slice("rates", []float64{0.5, math.Inf(1)}), attribute.StringSlice("tags", []string{"a", "b"}),
				{Key: "bytes", Value: attribute.ByteSliceValue([]byte{0, 255})},
				{Key: "mixed", Value: attribute.SliceValue(attribute.IntValue(1), attribute.StringValue("x"))},
				{Key: "map", Value: attribute.MapValue(attribute.Int("n", 1), attribute.String("s", "x"))},
				{Key: "nothing", Value: attribute.Value{}},
				attribute.Float64("nan", math.NaN()),
			},
			SpanContext: request,
		},
		{Kind: event.SurveyRequested, Journey: cart, Feedback: &event.Feedback{Survey: "csat", Scale: event.CSAT, Version: "1f0c9a7e"}},
		{Kind: event.SurveyShown, Journey: cart, Feedback: &event.Feedback{Survey: "csat", Scale: event.CSAT, Version: "1f0c9a7e", Request: requested}},
		{Kind: event.SurveyClosed, Journey: cart, Feedback: &event.Feedback{Survey: "csat", Scale: event.CSAT, Request: requested, Ended: event.SurveyExpired, Shown: true}},
		{
			Kind: event.FeedbackReceived, Journey: cart, Channel: event.Email,
			Feedback: &event.Feedback{
				Survey: "csat", Scale: event.CSAT, Score: 2, Verdict: event.Negative, Comment: "it \"hangs\"\n☹", Language: "en-GB",
				Causes: []string{"slow", "unclear"}, Request: requested, Version: "1f0c9a7e",
			},
		},
		{
			Kind: event.FeedbackAmended, Journey: cart,
			Feedback: &event.Feedback{
				Survey: "csat", Scale: event.CSAT, Score: 4, Verdict: event.Positive, Amends: event.ID{15: 9}, Previous: new(2),
				Testimonial: &event.Testimonial{Version: "2", Language: "en", Text: "You may quote me.", Given: at, Withdrawn: at.Add(time.Hour)},
			},
		},
		{
			Kind: event.FeedbackMentioned, Channel: event.Social, Feedback: &event.Feedback{Survey: "reviews", Source: "example.com", Sentiment: event.Positive},
			Mention: &event.Mention{Nature: event.Compliment, Stars: 4.5, Reach: 1200, Address: "https://example.com/r/7", ReplyTo: "r-7"},
		},
		{Kind: event.ContactSuppressed, Contact: &event.Contact{Purpose: "survey", Rule: event.RuleCap}, Actor: event.ActorSynthetic},
		{Kind: event.ContactViolated, Contact: &event.Contact{Purpose: "marketing", Rule: event.RuleQuietHours, Grant: event.ID{15: 7}}, Direction: event.Outbound},
		{
			Kind: event.ContactResolved, Intent: "pay-by-invoice",
			Effort: &event.Effort{Began: at, Window: event.Seconds(7 * 24 * time.Hour), Contacts: 2, Answered: 1, Switches: 1, From: "pay", FirstContact: true},
			Assisted: &event.Assisted{
				Legs: []event.Leg{
					{Queue: "orders", Queued: true, Answered: true, Bot: true, Talk: event.Seconds(40 * time.Second), End: event.LegTransferred, Warm: true},
					{
						Queue: "billing", Queued: true, Answered: true, AgentID: "employee-own0815", Agent: "a-17", Start: event.Seconds(40 * time.Second),
						Wait: event.Seconds(90 * time.Second), Ring: event.Seconds(5 * time.Second), Talk: event.Seconds(4 * time.Minute),
						Hold: event.Seconds(20 * time.Second), Holds: 1, Wrap: event.Seconds(30 * time.Second), End: event.LegFinished,
					},
				},
				Disposition: "invoice", Line: 2, Claimed: event.Yes, Unable: "no-authority", Again: event.Yes, SamePerson: event.No, Repeated: 1,
				Decisions: []event.Decision{{
					What: "refund", Amount: &event.Money{Amount: 1_999, Currency: "EUR"}, Limit: &event.Money{Amount: 5_000, Currency: "EUR"},
					Approval: true, Approver: "team-lead", Waited: event.Seconds(time.Minute), Path: "voucher", Skipped: []string{"return-label"},
				}, {What: "exception", Refused: true}},
				Views: []event.View{{Part: "orders", Age: event.Seconds(time.Hour), Took: event.Seconds(300 * time.Millisecond), Found: true}},
				Thread: &event.Thread{
					Replies: []event.Reply{{After: event.Seconds(time.Hour), Open: event.Seconds(30 * time.Minute)}}, BotReplies: 1,
					Waited: event.Seconds(time.Hour), WaitedOpen: event.Seconds(30 * time.Minute), Unanswered: true,
				},
			},
		},
		{
			Kind: event.EmployeeLooked, Journey: cart, Actor: event.ActorEmployee,
			Assisted: &event.Assisted{Legs: []event.Leg{{AgentID: "employee-own0815", Agent: "a-17"}}, Views: []event.View{{Part: "run", Found: true}}},
		},
		{
			Kind: event.EmployeeActed, Journey: cart, Actor: event.ActorEmployee,
			Assisted: &event.Assisted{Legs: []event.Leg{{AgentID: "employee-own0815", Agent: "a-17"}}, Disposition: "acknowledged"},
		},
	}
	for i := range es {
		es[i].ID = flight.DeriveID(cart, string(es[i].Kind))
		es[i].Time = at
		es[i].Customer.ID, es[i].Customer.AccountID = "customer-own0815", "company-own0815" // never seen again
	}
	return es
}

// TestGoldenJSON holds the JSON form of one event of each kind against a file: who changes
// it changes what every archive holds. Run with -update to write it anew.
func TestGoldenJSON(t *testing.T) { // not parallel: others read the file
	var got bytes.Buffer
	var kinds []event.Kind
	for _, e := range specimens() {
		kinds = append(kinds, e.Kind)
		got.Write(e.AppendJSON(nil))
		got.WriteByte('\n')
	}
	if diff := cmp.Diff(event.Kinds(), kinds); diff != "" {
		t.Fatalf("the specimens are not one of each kind: (-want +got)\n%s", diff)
	}
	golden := filepath.Join("testdata", "events.golden.jsonl")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("the JSON form is not what it was; if that is meant, run the test with -update (-want +got):\n%s", diff)
	}
}

// TestGoldenIsRead: what was written by this version, and is in archives, is read as it was.
func TestGoldenIsRead(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "events.golden.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	for i, want := range specimens() {
		got, err := event.ParseJSON([]byte(lines[i]))
		if err != nil {
			t.Errorf("%s: %v", want.Kind, err)
			continue
		}
		if diff := cmp.Diff(afterJSON(want), got, same); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Kind, diff)
		}
	}
}

// afterJSON is what JSON can keep of an event: not the application's own customer ID, and
// of attributes what [read] says.
func afterJSON(e event.Event) event.Event {
	e.Customer.ID, e.Customer.AccountID = "", ""
	if e.Assisted != nil {
		a := *e.Assisted
		a.Legs = slices.Clone(a.Legs)
		for i := range a.Legs {
			a.Legs[i].AgentID = ""
		}
		e.Assisted = &a
	}
	var kvs []attribute.KeyValue
	for _, kv := range e.Attributes {
		kv.Key = attribute.Key(strings.ToValidUTF8(string(kv.Key), "\uFFFD"))
		if kv.Value = read(kv.Value); kv.Value.Type() != attribute.EMPTY {
			kvs = append(kvs, kv)
		}
	}
	e.Attributes = kvs
	return e
}

// read is an attribute's value as JSON can tell it apart: bytes are base64, not-a-number
// and the infinities nothing, an empty list has no type, and a list of values of one type
// is a list of that type.
func read(v attribute.Value) attribute.Value {
	valid := func(s string) string { return string(bytes.ToValidUTF8([]byte(s), []byte("\uFFFD"))) }
	var list []attribute.Value
	switch v.Type() {
	case attribute.STRING:
		// Each byte that is not UTF-8 is a replacement character of its own.
		var b strings.Builder
		for _, r := range v.AsString() {
			b.WriteRune(r)
		}
		return attribute.StringValue(b.String())
	case attribute.BYTESLICE:
		return attribute.StringValue(base64.StdEncoding.EncodeToString(v.AsByteSlice()))
	case attribute.FLOAT64:
		if f := v.AsFloat64(); math.IsNaN(f) || math.IsInf(f, 0) {
			return attribute.Value{}
		}
		return v
	case attribute.BOOLSLICE:
		list = each(v.AsBoolSlice(), attribute.BoolValue)
	case attribute.INT64SLICE:
		list = each(v.AsInt64Slice(), attribute.Int64Value)
	case attribute.FLOAT64SLICE:
		list = each(v.AsFloat64Slice(), attribute.Float64Value)
	case attribute.STRINGSLICE:
		list = each(v.AsStringSlice(), attribute.StringValue)
	case attribute.SLICE:
		list = v.AsSlice()
	case attribute.MAP:
		var kvs []attribute.KeyValue
		for _, kv := range v.AsMap() {
			if kv.Value = read(kv.Value); kv.Value.Type() != attribute.EMPTY {
				kv.Key = attribute.Key(valid(string(kv.Key)))
				kvs = append(kvs, kv)
			}
		}
		return attribute.MapValue(kvs...)
	default:
		return v
	}
	return listOf(each(list, read))
}

func listOf(list []attribute.Value) attribute.Value {
	if len(list) == 0 {
		return attribute.StringSliceValue(nil)
	}
	of := list[0].Type()
	for _, v := range list {
		if v.Type() != of {
			return attribute.SliceValue(list...)
		}
	}
	switch of {
	case attribute.BOOL:
		return attribute.BoolSliceValue(each(list, attribute.Value.AsBool))
	case attribute.INT64:
		return attribute.Int64SliceValue(each(list, attribute.Value.AsInt64))
	case attribute.FLOAT64:
		return attribute.Float64SliceValue(each(list, attribute.Value.AsFloat64))
	case attribute.STRING:
		return attribute.StringSliceValue(each(list, attribute.Value.AsString))
	default:
		return attribute.SliceValue(list...)
	}
}

func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, 0, len(list))
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}

// TestJSONRoundTrip: of an event of valid text nothing is lost.
func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := events(validText()).Draw(t, "event")
		b := e.AppendJSON(nil)
		got, err := event.ParseJSON(b)
		if err != nil {
			t.Fatalf("%v:\n%s", err, b)
		}
		if diff := cmp.Diff(afterJSON(e), got, same); diff != "" {
			t.Fatalf("(-want +got):\n%s\n%s", diff, b)
		}
		// Nothing of it depends on what reads it: encoding/json takes the same way.
		var std event.Event
		if err := json.Unmarshal(b, &std); err != nil {
			t.Fatalf("encoding/json: %v", err)
		}
		if diff := cmp.Diff(got, std, same); diff != "" {
			t.Fatalf("encoding/json (-want +got):\n%s", diff)
		}
	})
}

// TestJSONOfHostileText: whatever is in an event, its JSON form is one line of valid JSON
// that reads as UTF-8 and does not change any more.
func TestJSONOfHostileText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := events(hostileText()).Draw(t, "event")
		e.Customer.ID = "customer-own0815"
		checkJSON(t, &e)
	})
}

type fataler interface{ Fatalf(string, ...any) }

// checkJSON is what holds of the JSON form of every event.
func checkJSON(t fataler, e *event.Event) {
	const prefix = "prefix{"
	b := e.AppendJSON([]byte(prefix))
	if !bytes.HasPrefix(b, []byte(prefix)) {
		t.Fatalf("AppendJSON changes what is there: %q", b)
	}
	b = b[len(prefix):]
	if !json.Valid(b) {
		t.Fatalf("not JSON: %q", b)
	}
	if bytes.ContainsAny(b, "\u2028\u2029") || bytes.IndexFunc(b, func(r rune) bool { return r < 0x20 }) >= 0 || !utf8.Valid(b) {
		t.Fatalf("not one line of text: %q", b)
	}
	if bytes.Contains(b, []byte("own0815")) {
		t.Fatalf("the application's own customer ID is in it: %s", b)
	}
	m, err := json.Marshal(e)
	if err != nil {
		t.Fatalf("json.Marshal: %v", err)
	}
	var x, y any
	if json.Unmarshal(b, &x) != nil || json.Unmarshal(m, &y) != nil || !cmp.Equal(x, y) {
		t.Fatalf("json.Marshal says something else than AppendJSON:\n%s\n%s", m, b)
	}
	if len(b) > event.MaxJSON {
		return
	}
	once, err := event.ParseJSON(b)
	if e.Kind == "" || e.Time.IsZero() {
		return // required, and refused without
	}
	if err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	if again := once.AppendJSON(nil); !bytes.Equal(again, b) {
		// Names that differ in what is not UTF-8 may be one name now, values without a
		// type have got one; but that happens once.
		twice, err := event.ParseJSON(again)
		if err != nil {
			t.Fatalf("the second time: %v: %s", err, again)
		}
		if third := twice.AppendJSON(nil); !bytes.Equal(third, again) {
			t.Fatalf("it changes each time:\n%s\n%s\n%s", b, again, third)
		}
	}
}

func FuzzAppendJSON(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, int64(1_700_000_000), int64(1), int64(1_500_000_000), 0.5, int64(-1), uint16(0xffff))
	}
	f.Add("year 10000", int64(253_402_300_800), int64(0), int64(math.MinInt64), math.Inf(-1), int64(math.MaxInt64), uint16(0))
	f.Add("far past", int64(math.MinInt64), int64(math.MaxInt64), int64(math.MaxInt64), math.NaN(), int64(math.MinInt64), uint16(7))
	f.Fuzz(func(t *testing.T, s string, sec, nsec, dur int64, float float64, n int64, bits uint16) {
		tm := time.Unix(sec, nsec)
		e := event.Event{
			ID: flight.DeriveID(event.Run{}, s), Kind: event.Kind(s), Time: tm, Duration: time.Duration(dur),
			Journey: event.Run{Namespace: s, Name: s, ID: s, Version: s, Started: tm, Value: &event.Money{Amount: n, Currency: s}},
			Stage:   s, Visit: int(n), Touchpoint: s,
			Channel: event.Channel(bits), Actor: event.Actor(bits >> 1), Direction: event.Direction(bits >> 2),
			Outcome: event.Outcome(bits >> 3), Zone: event.Zone(bits >> 4),
			Customer: event.Customer{Hash: s, Segment: s}, Cause: s, ErrorType: s,
			Transition: &event.Transition{From: s, Visit: int(n), Entered: tm, Partial: bits&1 != 0},
			Feedback: &event.Feedback{
				Survey: s, Scale: event.Scale(bits >> 5), Score: int(n), Verdict: event.Verdict(bits >> 6), Comment: s, Language: s,
				Causes: []string{s, s}, Source: s, Sentiment: event.Verdict(bits >> 7),
			},
			Attributes: []attribute.KeyValue{
				attribute.String(s, s), attribute.Float64(s+"f", float), attribute.Int64("n", n), attribute.StringSlice("s", []string{s}),
				attribute.Float64Slice("fs", []float64{float, 1}),
				{Key: "b", Value: attribute.ByteSliceValue([]byte(s))},
				{Key: "m", Value: attribute.MapValue(attribute.String(s, s), attribute.Float64("f", float))},
			},
		}
		if bits&2 != 0 {
			e.Variant = &event.Variant{Release: s, Experiment: s, Arm: s}
			e.Assisted = &event.Assisted{
				Legs:        []event.Leg{{Queue: s, Agent: s, AgentID: s, Wait: event.Seconds(dur), Holds: int(n), End: event.LegEnd(bits)}},
				Disposition: s, Claimed: event.YesNo(bits), Decisions: []event.Decision{{What: s, Skipped: []string{s}}}, Views: []event.View{{Part: s}},
			}
			e.Action, e.Contact = &event.Action{Name: s, Owner: s, Note: s}, &event.Contact{Purpose: s, Rule: s}
			e.FollowUp = &event.FollowUp{ID: s, Owner: s, Remedy: s, Note: s}
			e.Breakdown = &event.Breakdown{Name: s, Began: tm, BaselineUntil: tm, Before: float, Excess: -float, Customers: int(n), Placed: []event.Placed{{Column: s, Value: s}}, Earlier: s}
		}
		b := e.AppendJSON(nil)
		if !json.Valid(b) {
			t.Fatalf("not JSON: %q", b)
		}
		if year := tm.UTC().Year(); year < 1 || year > 9999 {
			return // see TestJSONOfTimesBeyondRFC3339
		}
		checkJSON(t, &e)
	})
}

// TestJSONOfTimesBeyondRFC3339: RFC 3339, section 5.6, has years of four digits, 0000 to
// 9999. A time beyond them is brought to the border; the event is read nevertheless, and
// nothing else of it is lost.
func TestJSONOfTimesBeyondRFC3339(t *testing.T) {
	t.Parallel()
	last := time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	for _, c := range []struct {
		name, reason string
		in           time.Time
		want         func(time.Time) bool
	}{
		{"last", "the last nanosecond there is", last, last.Equal},
		{"year 10000", "five digits", last.Add(1), last.Equal},
		{"far future", "the last time that Go can format", time.Unix(1<<40, 0), last.Equal},
		{"year 10000 by its zone", "in the zone it is still 9999", last.Add(time.Hour).In(time.FixedZone("", -2*3600)), last.Equal},
		{"year 10000 in its zone only", "in UTC it is still 9999", last.In(time.FixedZone("", 2*3600)), last.Equal},
		{"year 0", "RFC 3339 can say it", time.Date(0, 6, 1, 0, 0, 0, 0, time.UTC), func(u time.Time) bool { return u.Year() <= 1 }},
		{"year 0 by its zone", "in the zone it is year 1", time.Date(1, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)), func(u time.Time) bool { return u.Year() <= 1 }},
		{"before Christ", "nothing can say it", time.Date(-43, 3, 15, 0, 0, 0, 0, time.UTC), func(u time.Time) bool { return u.Year() <= 1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := event.Event{
				Kind: event.JourneyStageEntered, Time: c.in, Journey: event.Run{Name: "checkout", ID: "1", Started: c.in},
				Transition: &event.Transition{From: "cart", Entered: c.in},
				FollowUp:   &event.FollowUp{ID: "fu-7", Owner: "payments"},
			}
			got, err := event.ParseJSON(e.AppendJSON(nil))
			if err != nil {
				t.Fatalf("what was written is not read: %v: %s: %s", err, c.reason, e.AppendJSON(nil))
			}
			if !c.want(got.Time) || !c.want(got.Journey.Started) || !c.want(got.Transition.Entered) {
				t.Errorf("the times are %v, %v, %v: %s", got.Time, got.Journey.Started, got.Transition.Entered, c.reason)
			}
		})
		t.Run(c.name+"/due", func(t *testing.T) {
			t.Parallel()
			e := event.Event{Kind: event.JourneyStageEntered, Time: at, FollowUp: &event.FollowUp{ID: "fu-7", Owner: "payments", Due: c.in}}
			got, err := event.ParseJSON(e.AppendJSON(nil))
			if err != nil {
				t.Fatalf("what was written is not read: %v: %s", err, c.reason)
			}
			if got.FollowUp == nil || got.FollowUp.ID != "fu-7" || got.FollowUp.Owner != "payments" {
				t.Errorf("with its due time the whole follow-up is lost: %s: %s", c.reason, e.AppendJSON(nil))
			}
		})
	}
}

// TestJSONDurations: seconds, as OpenTelemetry has them, with all nanoseconds, exactly. The
// expected texts are those of math/big.
func TestJSONDurations(t *testing.T) {
	t.Parallel()
	check := func(t fataler, d time.Duration) {
		b := (&event.Event{Kind: "k", Time: at, Duration: d}).AppendJSON(nil)
		var m struct {
			D json.Number `json:"duration_seconds"`
		}
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		if d == 0 {
			if m.D != "" {
				t.Fatalf("no duration is written as %q", m.D)
			}
			return
		}
		got, ok := new(big.Rat).SetString(m.D.String())
		if !ok || got.Cmp(big.NewRat(int64(d), int64(time.Second))) != 0 {
			t.Fatalf("%d ns is written as %s s", d, m.D)
		}
		if strings.ContainsAny(m.D.String(), "eE+") || strings.Contains(m.D.String(), ".") && strings.HasSuffix(m.D.String(), "0") {
			t.Fatalf("%d ns is written as %s: want the plainest form", d, m.D)
		}
		back, err := event.ParseJSON(b)
		if err != nil || back.Duration != d {
			t.Fatalf("%d ns is read as %d ns, %v", d, back.Duration, err)
		}
	}
	for _, d := range []time.Duration{
		0, 1, -1, 10, 100, 999_999_999, 1_000_000_000, 1_000_000_001, -1_000_000_001, -999_999_999, 1_100_000_000,
		1<<53 + 1, math.MaxInt64, math.MinInt64, math.MinInt64 + 1, event.MaxDuration,
	} {
		check(t, d)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, durations().Draw(t, "d")) })
}

// TestAppendJSONDoesNotAllocate into a buffer that is large enough.
func TestAppendJSONDoesNotAllocate(t *testing.T) {
	es := specimens()
	find := func(k event.Kind) event.Event {
		return es[slices.IndexFunc(es, func(e event.Event) bool { return e.Kind == k })]
	}
	plain := find(event.TouchpointEnded)
	plain.Variant, plain.Assisted = nil, nil
	plain.Attributes = []attribute.KeyValue{attribute.Bool("b", true), attribute.Int("i", 1), attribute.Float64("f", 0.5), attribute.String("s", "x\n")}
	unasked := find(event.FeedbackReceived)
	f := *unasked.Feedback
	f.Request = event.ID{}
	unasked.Feedback = &f
	for _, c := range []struct {
		name, reason string
		e            event.Event
	}{
		{"touchpoint", "most events are touchpoints", plain},
		{"transition", "a journey's transitions are written by hand", find(event.JourneyEnded)},
		{"feedback", "so are answers", unasked},
		{"answer to a request", "the request's ID is one more text", find(event.FeedbackReceived)},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := make([]byte, 0, 4096)
			if n := testing.AllocsPerRun(100, func() { b = c.e.AppendJSON(b[:0]) }); n != 0 {
				t.Errorf("it allocates %v times, want 0: %s", n, c.reason)
			}
		})
	}
}

// TestJSONHasNoCustomerID, wherever an event may get it from.
func TestJSONHasNoCustomerID(t *testing.T) {
	t.Parallel()
	for _, e := range specimens() {
		for what, b := range map[string][]byte{
			"AppendJSON":   e.AppendJSON(nil),
			"json.Marshal": must(json.Marshal(e)),
			"in a list":    must(json.Marshal([]event.Event{e})),
			"by pointer":   must(json.Marshal(map[string]any{"event": &e})),
		} {
			if bytes.Contains(b, []byte("own0815")) {
				t.Errorf("%s: %s: %s", e.Kind, what, b)
			}
		}
	}
	e, err := event.ParseJSON([]byte(`{"v":1,"kind":"k","time":"2026-04-17T09:30:15Z","customer":{"id":"0815","ID":"0815","hash":"h"}}`))
	if err != nil || e.Customer != (event.Customer{Hash: "h"}) {
		t.Errorf("a customer's own ID is read: %+v, %v", e.Customer, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestMarshalJSONOfZero: a zero event is valid JSON, if not a valid event.
func TestMarshalJSONOfZero(t *testing.T) {
	t.Parallel()
	var e event.Event
	if got := string(e.AppendJSON(nil)); got != `{"v":1}` {
		t.Errorf("the zero event is %s", got)
	}
	if b, err := json.Marshal([]any{e, &e}); err != nil || string(b) != `[{"v":1},{"v":1}]` {
		t.Errorf("%s, %v", b, err)
	}
	if _, err := event.ParseJSON([]byte(`{"v":1}`)); err == nil {
		t.Error("an event without kind and time is read")
	}
}

func ExampleParseJSON() {
	e, err := event.ParseJSON([]byte(`{"v":1, "kind":"feedback.received", "time":"2026-04-17T09:30:15Z",
		"journey":{"namespace":"production","name":"checkout","id":"cart-42"},
		"feedback":{"survey":"csat","scale":"csat","score":4}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Kind, "about", e.Journey.Name, e.Journey.ID)
	fmt.Println(e.Feedback.Score, "of", e.Feedback.Scale.Max())

	_, err = event.ParseJSON([]byte(`{"v":2}`))
	fmt.Println(err)
	// Output:
	// feedback.received about checkout cart-42
	// 4 of 5
	// event: not the JSON form of an event: version 2, this reads versions 1 to 1
}
