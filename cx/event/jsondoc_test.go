package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// whole returns an event in which everything is set: wherever a field is added, TestJSONDocument says so.
func whole() event.Event {
	at := time.Date(2026, 4, 17, 9, 30, 15, 123456789, time.UTC)
	return event.Event{
		ID: event.ID{15: 1}, Kind: event.FeedbackReceived, Time: at, Duration: time.Minute,
		Journey: event.Run{Namespace: "n", Name: "j", ID: "i", Version: "1", Started: at, Value: &event.Money{Amount: 1, Currency: "EUR"}, Root: event.SpanRef{TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{7: 1}}},
		Stage:   "s", Visit: 1, Touchpoint: "t", Channel: event.Web, Actor: event.ActorDelegate, Direction: event.Outbound,
		Outcome: event.Failed, Zone: event.Frustrated, Customer: event.Customer{ID: "own", Hash: "h", Segment: "g", AccountID: "own", Account: "a"},
		Cause: "c", ErrorType: "e", Intent: "i", Late: true,
		Variant:    &event.Variant{Release: "r", Experiment: "x", Arm: "a"},
		Transition: &event.Transition{From: "f", Visit: 1, Entered: at, Partial: true, Failures: 2, LastCause: "l", LastTouchpoint: "t", Friction: &event.Friction{Repeats: 2, FailuresBeforeSuccess: 1, Loops: 3, ChannelSwitches: 4, Overdue: 5}},
		Promise:    &event.Promise{Name: "p", Number: 1, Made: at, Due: at, ByHand: true},
		Feedback: &event.Feedback{
			Survey: "s", Scale: event.NPS, Score: 9, Verdict: event.Positive, Comment: "c", Language: "de", Causes: []string{"c"},
			Request: event.ID{15: 2}, Source: "s", Sentiment: event.Positive, Version: "v", Ended: event.SurveyExpired, Shown: true,
			Amends: event.ID{15: 5}, Previous: new(2), Testimonial: &event.Testimonial{Version: "v", Language: "de", Text: "t", Given: at, Withdrawn: at},
		},
		Mention: &event.Mention{Nature: event.Complaint, Stars: 0.5, Reach: 1, Address: "a", ReplyTo: "r"},
		Assisted: &event.Assisted{
			Legs: []event.Leg{{
				Queue: "q", Queued: true, Answered: true, Bot: true, AgentID: "own", Agent: "a", Start: 1, Wait: 1, Ring: 1, Talk: 1, Hold: 1, Wrap: 1,
				Holds: 1, End: event.LegTransferred, Warm: true,
			}},
			Disposition: "d", Line: 2, Claimed: event.Yes, Unable: "u", Again: event.No, SamePerson: event.Yes, Repeated: 1,
			Decisions: []event.Decision{{
				What: "refund", Amount: &event.Money{Amount: 1, Currency: "EUR"}, Limit: &event.Money{Amount: 2, Currency: "EUR"}, Approval: true,
				Approver: "lead", Waited: 1, Refused: true, Path: "p", Skipped: []string{"s"},
			}},
			Views:  []event.View{{Part: "orders", Age: 1, Took: 1, Found: true}},
			Thread: &event.Thread{Replies: []event.Reply{{After: 1, Open: 1}}, BotReplies: 1, Waited: 1, WaitedOpen: 1, Unanswered: true},
		},
		Effort: &event.Effort{Began: at, Window: 1, Contacts: 2, Answered: 1, Switches: 1, From: "pay", FirstContact: true},
		FollowUp: &event.FollowUp{
			ID: "f", Owner: "o", Severity: "s", Rule: "r", CausedBy: event.ID{15: 3}, Feedback: event.ID{15: 3}, About: event.RunRef{Namespace: "n", Name: "j", ID: "i"},
			Due: at, Remedy: "r", Note: "n", Skipped: []string{"s"}, Silence: 1,
		},
		Action: &event.Action{Name: "a", Owner: "o", Feedbacks: []event.ID{{15: 3}}, Cause: "c", From: at, Until: at, Note: "n"},
		Breakdown: &event.Breakdown{
			About: "stage", Journey: "j", Name: "s", Better: true, Began: at, BaselineUntil: at, Placed: []event.Placed{{Column: "c", Value: "v"}}, Severity: "s", Before: 0.5, Since: 0.25,
			Excess: 1.5, Customers: 1, Value: &event.Money{Amount: 1, Currency: "EUR"}, Owner: "o", Action: event.RunRef{Namespace: "n", Name: "j", ID: "i"}, Earlier: "e", Note: "n",
		},
		Contact:    &event.Contact{Purpose: "p", Rule: "r", Grant: event.ID{15: 4}},
		Attributes: []attribute.KeyValue{attribute.String("k", "v")},
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{7: 1}, TraceFlags: trace.FlagsSampled,
		}),
	}
}

// unset names the exported fields below v that have their zero value.
func unset(path string, v reflect.Value) (names []string) {
	switch {
	case v.IsZero():
		return []string{path}
	case v.Kind() == reflect.Pointer:
		return unset(path, v.Elem())
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		return unset(path+"[]", v.Index(0))
	case v.Kind() == reflect.Struct && strings.HasSuffix(v.Type().PkgPath(), "cx/event"):
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				names = append(names, unset(path+"."+f.Name, v.Field(i))...)
			}
		}
	}
	return names
}

// jsonTypes notes the type of every field of a JSON object by its path, but for what is in attributes.
func jsonTypes(in map[string]any, under string, types map[string]string) {
	for key, v := range in {
		path := under + key
		switch v := v.(type) {
		case map[string]any:
			types[path] = "object"
			if path != "attributes" {
				jsonTypes(v, path+".", types)
			}
		case []any:
			types[path] = "array"
			if one, ok := v[0].(map[string]any); ok {
				jsonTypes(one, path+".", types)
			}
		case json.Number:
			types[path] = "number"
		default:
			types[path] = map[string]string{"bool": "boolean"}[fmt.Sprintf("%T", v)]
			if types[path] == "" {
				types[path] = fmt.Sprintf("%T", v)
			}
		}
	}
}

var fieldRow = regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| ([a-z]+)[^|]* \\| (.+) \\|$")

// TestJSONDocument: JSON.md has every field that is written, with its type, and none besides; every value of
// the enumerations, and every kind; and its example is an event.
func TestJSONDocument(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("JSON.md")
	if err != nil {
		t.Fatal(err)
	}
	e := whole()
	if left := unset("Event", reflect.ValueOf(e)); len(left) > 0 {
		t.Fatalf("whole does not set %q", left)
	}
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(e.AppendJSON(nil)))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		t.Fatal(err)
	}
	written := map[string]string{}
	jsonTypes(object, "", written)
	rows := map[string]string{}
	for _, m := range fieldRow.FindAllStringSubmatch(string(document), -1) {
		path, of, says := m[1], m[2], m[3]
		if _, twice := rows[path]; twice {
			t.Errorf("%s is there twice", path)
		}
		rows[path] = says
		if of == "integer" {
			of = "number"
		}
		if written[path] != of {
			t.Errorf("%s is a %s, and written is %q", path, of, written[path])
		}
	}
	for path := range written {
		if rows[path] == "" {
			t.Errorf("%s is written, and not in JSON.md", path)
		}
	}
	for path, names := range map[string][]string{
		"channel": namesOf[event.Channel](), "actor": namesOf[event.Actor](), "direction": namesOf[event.Direction](),
		"outcome": namesOf[event.Outcome](), "apdex_zone": namesOf[event.Zone](), "feedback.scale": namesOf[event.Scale](),
		"assisted.claimed": namesOf[event.YesNo](), "assisted.legs.end": namesOf[event.LegEnd](),
		"feedback.verdict": namesOf[event.Verdict](), "feedback.sentiment": namesOf[event.Verdict](),
		"feedback.ended": namesOf[event.SurveyEnd](), "mention.nature": namesOf[event.Nature](),
	} {
		for _, name := range names {
			if !strings.Contains(rows[path], "`"+name+"`") {
				t.Errorf("the row of %s does not have %q", path, name)
			}
		}
	}
	_, kinds, _ := strings.Cut(string(document), "## Every kind")
	for _, kind := range event.Kinds() {
		if !strings.Contains(kinds, "`"+string(kind)+"`") {
			t.Errorf("the kind %s is not in JSON.md", kind)
		}
	}
	if !strings.Contains(string(document), fmt.Sprintf("## What version %d promises", event.JSONVersion)) {
		t.Errorf("JSON.md is not about version %d", event.JSONVersion)
	}
	_, example, _ := strings.Cut(string(document), "```json\n")
	example, _, _ = strings.Cut(example, "\n```")
	if read, err := event.ParseJSON([]byte(example)); err != nil || string(read.AppendJSON(nil)) != example {
		t.Errorf("the example is not what is written (%v):\n%s\n%s", err, example, read.AppendJSON(nil))
	}
}

// namesOf returns the names of an enumeration's values.
func namesOf[T interface {
	~uint8
	fmt.Stringer
}]() []string {
	all := make([]string, 256)
	for v := range all {
		all[v] = T(v).String()
	}
	return slices.DeleteFunc(all, func(name string) bool { return name == "" })
}
