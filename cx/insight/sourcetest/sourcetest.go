// Package sourcetest tests sources of insight. Every implementation of [insight.Source] has to pass [Run].
package sourcetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// Fixture is a source, and what it reads.
type Fixture struct {
	// Source is the source under test. It has no events yet.
	Source insight.Source
	// Write adds events. When it returns, the source can read them. The events have IDs. Run writes some of them twice.
	Write func(t *testing.T, events []event.Event)
	// Reopen returns a new source of the same events, as after a restart. Nil means that Source itself goes on.
	Reopen func(t *testing.T) insight.Source
}

// Run tests the sources that fixture makes. It calls fixture for every test.
func Run(t *testing.T, fixture func(t *testing.T) Fixture) {
	t.Helper()
	for _, c := range []struct {
		name, reason string
		test         func(t *testing.T, f Fixture)
	}{
		{"each event once", "the numbers of a report are wrong if an event is missing or counts twice", testOnce},
		{"a cursor is text", "a cursor is kept across a restart", testRestart},
		{"scan again", "a table whose reading failed reads from the same cursor again", testAgain},
		{"reduced", "every source gives the same fields, so that every source gives the same report", testReduced},
		{"order and conditions", "a story is told in its order", testEvents},
		{"texts stay", "a table keeps the texts of an event", testKept},
		{"errors pass", "the caller knows its own error", testErrors},
		{"at the same time", "questions are asked while a table reads on", testConcurrent},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			c.test(t, fixture(t))
			if t.Failed() {
				t.Log("why this is tested: " + c.reason)
			}
		})
	}
}

// collect scans, and returns the JSON of the events by their IDs, and the next cursor, which was JSON in between.
func collect(t *testing.T, s insight.Source, since event.Cursor, wanted ...string) (map[event.ID]string, event.Cursor) {
	t.Helper()
	got := map[event.ID]string{}
	next, err := s.Scan(t.Context(), event.Scan{Since: since, Attributes: wanted}, func(e *event.Event) error {
		if _, twice := got[e.ID]; twice {
			t.Errorf("a scan gives %s twice", e.ID)
		}
		got[e.ID] = string(e.AppendJSON(nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(next)
	if err != nil {
		t.Fatal(err)
	}
	var back event.Cursor
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return got, back
}

// reduced returns the JSON that a scan has to give of the events, by their IDs.
func reduced(t *testing.T, events []event.Event, wanted ...string) map[event.ID]string {
	t.Helper()
	want := map[event.ID]string{}
	for i := range events {
		e := again(t, &events[i])
		insight.Reduce(&e, wanted)
		want[e.ID] = string(e.AppendJSON(nil))
	}
	return want
}

// again returns a copy that shares nothing with e.
func again(t *testing.T, e *event.Event) event.Event {
	t.Helper()
	c, err := event.ParseJSON(e.AppendJSON(nil))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// shown is how many differences of a test are shown: the first ones say what is wrong, and a source may have any number of them.
const shown = 5

// same fails the test if the events differ. It shows the first differences by ID, and says how many there are.
func same(t *testing.T, what string, want, got map[event.ID]string) {
	t.Helper()
	var differ []string
	for id, w := range want {
		if g, ok := got[id]; !ok {
			differ = append(differ, fmt.Sprintf("%s is missing: %s", id, w))
		} else if g != w {
			differ = append(differ, fmt.Sprintf("%s is given as\n%s\nwant\n%s", id, g, w))
		}
	}
	for id, g := range got {
		if _, ok := want[id]; !ok {
			differ = append(differ, fmt.Sprintf("%s is too many: %s", id, g))
		}
	}
	if len(differ) == 0 {
		return
	}
	slices.Sort(differ)
	t.Errorf("%s: %d of %d events differ. The first ones:\n%s", what, len(differ), len(want), strings.Join(differ[:min(shown, len(differ))], "\n"))
}

func testOnce(t *testing.T, f Fixture) {
	t.Helper()
	events := Events(1, 60)
	random := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // a test's own, seeded
	seen := map[event.ID]string{}
	var cursor event.Cursor
	for at := 0; at < len(events); {
		n := min(random.IntN(60), len(events)-at)
		from := max(0, at-random.IntN(10)) // some come again
		f.Write(t, events[from:at+n])
		at += n
		got, next := collect(t, f.Source, cursor)
		if cursor.Position != "" && next.Epoch != cursor.Epoch {
			t.Errorf("the epoch is %q after %q, and nothing was erased", next.Epoch, cursor.Epoch)
		}
		cursor = next
		for id, e := range got {
			if _, twice := seen[id]; twice {
				t.Errorf("%s comes again", id)
			}
			seen[id] = e
		}
	}
	same(t, "all scans", reduced(t, events), seen)
}

func testRestart(t *testing.T, f Fixture) {
	t.Helper()
	events := Events(2, 40)
	half := len(events) / 2
	f.Write(t, events[:half])
	_, cursor := collect(t, f.Source, event.Cursor{})
	if f.Reopen != nil {
		f.Source = f.Reopen(t)
	}
	f.Write(t, events[half-5:])
	got, _ := collect(t, f.Source, cursor)
	same(t, "after a restart", reduced(t, events[half:]), got)
}

func testAgain(t *testing.T, f Fixture) {
	t.Helper()
	events := Events(3, 40)
	half := len(events) / 2
	f.Write(t, events[:half])
	_, cursor := collect(t, f.Source, event.Cursor{})
	f.Write(t, events[half:])
	for range 2 {
		got, _ := collect(t, f.Source, cursor)
		same(t, "from the same cursor", reduced(t, events[half:]), got)
	}
	got, _ := collect(t, f.Source, event.Cursor{})
	same(t, "from the beginning", reduced(t, events), got)
	for _, position := range []string{"elsewhere", cursor.Position} {
		got, _ = collect(t, f.Source, event.Cursor{Position: position, Epoch: "of another source"})
		same(t, "from another source's cursor", reduced(t, events), got)
	}
	testResumes(t, f.Source, cursor)
}

// testResumes asks a source that is a resumer about a cursor of its own, one of another source, and none, also while it scans.
func testResumes(t *testing.T, s insight.Source, cursor event.Cursor) {
	t.Helper()
	r, ok := s.(insight.Resumer)
	if !ok {
		return
	}
	ask := func(what string, since event.Cursor, want bool) {
		t.Helper()
		if got, err := r.Resumes(t.Context(), since); got != want || err != nil {
			t.Errorf("from %s it resumes: %t, %v; want %t", what, got, err, want)
		}
	}
	ask("its own cursor", cursor, true)
	ask("the cursor of another source", event.Cursor{Position: cursor.Position, Epoch: "of another source"}, false)
	ask("the beginning", event.Cursor{}, false)
	asked := false
	_, err := s.Scan(t.Context(), event.Scan{Since: cursor}, func(*event.Event) error {
		if !asked {
			asked = true
			ask("its own cursor, while it scans,", cursor, true)
		}
		return nil
	})
	if err != nil || !asked {
		t.Errorf("the scan has given an event: %t, %v", asked, err)
	}
}

func testReduced(t *testing.T, f Fixture) {
	t.Helper()
	events := Events(4, 30)
	f.Write(t, events)
	for _, wanted := range [][]string{nil, {"plan"}, {"seats", "nobody has it", "plan"}} {
		got, _ := collect(t, f.Source, event.Cursor{}, wanted...)
		same(t, fmt.Sprintf("the attributes %q", wanted), reduced(t, events, wanted...), got)
	}
}

func testEvents(t *testing.T, f Fixture) {
	t.Helper()
	events := Events(5, 40)
	f.Write(t, events)
	middle := events[len(events)/2]
	ref := middle.Journey.Ref()
	var about, contact event.RunRef // the runs that a follow-up is about, and in which there was a contact
	for i := range events {
		if f := events[i].FollowUp; f != nil {
			about = f.About
		}
		if j := &events[i].Journey; events[i].Assisted != nil && j.ID != "" {
			contact = event.RunRef{Namespace: j.Namespace, Name: j.Name, ID: j.ID}
		}
	}
	other := ref
	other.Namespace = "another"
	for name, q := range map[string]event.Query{
		"all": {}, "a run": {Runs: []event.RunRef{ref, other}}, "no such run": {Runs: []event.RunRef{other}}, "a customer": {Customer: "customer-3"},
		"about a run": {About: []event.RunRef{about, other}}, "about no such run": {About: []event.RunRef{other}}, "contacts": {Contacts: true},
		"contacts of a run": {Contacts: true, Runs: []event.RunRef{contact}}, "contacts that move a run": {Contacts: true, About: []event.RunRef{about}},
		"no contact": {Contacts: true, Kinds: []event.Kind{event.JourneyEnded}}, "outcomes": {Outcomes: []event.Outcome{event.Failed, event.Completed}},
		"failed touchpoints": {Kinds: []event.Kind{event.TouchpointEnded}, Outcomes: []event.Outcome{event.Failed}},
		"kinds":              {Kinds: []event.Kind{event.JourneyEnded, event.FeedbackReceived}}, "no such kind": {Kinds: []event.Kind{"weather.changed"}},
		"from": {From: middle.Time}, "until": {Until: middle.Time}, "the first ones": {Limit: 7}, "a limit beyond all": {Limit: len(events) + 1},
		"all conditions": {Runs: []event.RunRef{ref}, Kinds: []event.Kind{middle.Kind}, From: middle.Time, Until: middle.Time.Add(time.Microsecond), Limit: 1},
	} {
		want, got := map[event.ID]string{}, map[event.ID]string{}
		for _, e := range asked(events, q) {
			want[e.ID] = string(e.AppendJSON(nil))
		}
		last := time.Time{}
		err := f.Source.Events(t.Context(), q, func(e *event.Event) error {
			if e.Time.UnixMicro() < last.UnixMicro() {
				t.Errorf("%s: an event of %v comes after one of %v", name, e.Time, last)
			}
			last = e.Time
			got[e.ID] = string(e.AppendJSON(nil))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		same(t, name, want, got)
	}
}

// asked returns the events of a query, as its documentation says.
func asked(events []event.Event, q event.Query) (list []event.Event) {
	for _, e := range events {
		within := (q.From.IsZero() || !e.Time.Before(q.From)) && (q.Until.IsZero() || e.Time.Before(q.Until))
		if within && isOf(&e, &q) && (q.Customer == "" || q.Customer == e.Customer.Hash) && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, e.Kind)) &&
			(len(q.Outcomes) == 0 || slices.Contains(q.Outcomes, e.Outcome)) && (!q.Contacts || e.Assisted != nil && e.Kind == event.TouchpointEnded) {
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b event.Event) int { return cmp.Compare(a.Time.UnixNano(), b.Time.UnixNano()) })
	if q.Limit > 0 {
		list = list[:min(q.Limit, len(list))]
	}
	return list
}

// isOf reports whether the event is of one of the runs, and moves a follow-up about one.
func isOf(e *event.Event, q *event.Query) bool {
	run, about := len(q.Runs) == 0, len(q.About) == 0
	for _, r := range q.Runs {
		run = run || e.Journey.ID == r.ID && e.Journey.Name == r.Name && e.Journey.Namespace == r.Namespace
	}
	for _, r := range q.About {
		about = about || e.FollowUp != nil && e.FollowUp.About == r && (e.Kind == event.JourneyStarted || e.Kind == event.JourneyStageEntered || e.Kind == event.JourneyEnded)
	}
	return run && about
}

func testKept(t *testing.T, f Fixture) {
	t.Helper()
	events := Events(6, 40)
	f.Write(t, events)
	type kept struct{ is, was string }
	var texts []kept
	keep := func(all ...string) {
		for _, s := range all {
			texts = append(texts, kept{s, strings.Clone(s)})
		}
	}
	if _, err := f.Source.Scan(t.Context(), event.Scan{Attributes: []string{"plan"}}, func(e *event.Event) error {
		keep(e.Journey.ID, e.Stage, e.Touchpoint, e.Cause, e.Customer.Hash, string(e.Kind))
		if e.Feedback != nil {
			keep(append([]string{e.Feedback.Survey}, e.Feedback.Causes...)...)
		}
		for _, kv := range e.Attributes {
			keep(kv.Value.AsString())
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, k := range texts {
		if k.is != k.was {
			t.Fatalf("the text %q has become %q", k.was, k.is)
		}
	}
	var whole []event.Event
	var was []string
	if err := f.Source.Events(t.Context(), event.Query{}, func(e *event.Event) error {
		whole, was = append(whole, *e), append(was, string(e.AppendJSON(nil)))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		if is := string(whole[i].AppendJSON(nil)); is != was[i] {
			t.Fatalf("the event\n%s\nhas become\n%s", was[i], is)
		}
	}
}

func testErrors(t *testing.T, f Fixture) {
	t.Helper()
	f.Write(t, Events(7, 5))
	mine := errors.New("mine") //nolint:err113 // no caller branches on it
	calls := 0
	since := event.Cursor{}
	next, err := f.Source.Scan(t.Context(), event.Scan{Since: since}, func(*event.Event) error { calls++; return mine })
	if err != mine || calls != 1 || next != since { //nolint:errorlint // the same error
		t.Errorf("Scan: %v after %d events, with the cursor %+v", err, calls, next)
	}
	if err := f.Source.Events(t.Context(), event.Query{}, func(*event.Event) error { calls++; return mine }); err != mine || calls != 2 { //nolint:errorlint // as above
		t.Errorf("Events: %v after %d events", err, calls-1)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Source.Scan(done, event.Scan{}, func(*event.Event) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Scan with a context that is done: %v", err)
	}
	if err := f.Source.Events(done, event.Query{}, func(*event.Event) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Events with a context that is done: %v", err)
	}
}

func testConcurrent(t *testing.T, f Fixture) {
	t.Helper()
	events := Events(8, 20)
	f.Write(t, events)
	want := reduced(t, events)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			got, inside := map[event.ID]string{}, 0
			_, err := f.Source.Scan(t.Context(), event.Scan{}, func(e *event.Event) error {
				got[e.ID] = string(e.AppendJSON(nil))
				if len(got) > 1 {
					return nil
				}
				return f.Source.Events(t.Context(), event.Query{Limit: 3}, func(*event.Event) error { inside++; return nil })
			})
			if err != nil || inside != 3 {
				t.Errorf("%v, with %d events inside", err, inside)
			}
			same(t, "at the same time", want, got)
		})
	}
	wait.Wait()
}

// Events returns made-up events of so many runs, the same ones for the same seed: of every kind, with attributes "plan" and "seats", in the order
// of their times. Their times are whole microseconds, and no two are the same.
func Events(seed uint64, runs int) (list []event.Event) {
	random := rand.New(rand.NewPCG(seed, 16)) //nolint:gosec // a test's own, seeded
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	add := func(e event.Event) {
		at = at.Add(time.Duration(1+random.IntN(1e8)) * time.Microsecond)
		e.Time = at
		e.ID = event.ID{0: byte(seed), 6: 0x70, 8: 0x80, 14: byte(len(list) >> 8), 15: byte(len(list))} //nolint:gosec // small numbers
		if random.IntN(2) == 0 {
			e.Attributes = []attribute.KeyValue{attribute.String("plan", pick("free", "gold \"\\u0000\"")), attribute.Int("seats", random.IntN(5)), attribute.String("order", e.ID.String())}
		}
		list = append(list, e)
	}
	for n := range runs {
		j := event.Run{Namespace: "test", Name: pick("checkout", "claim \u2028'\""), ID: fmt.Sprint("run-", n)}
		who := event.Customer{Hash: fmt.Sprint("customer-", n%7), Segment: pick("new", "gold"), Account: pick("", "acme")}
		begun := j
		begun.Version, begun.Started, begun.Value = "7", at, &event.Money{Amount: int64(random.IntN(1000)), Currency: "EUR"}
		add(event.Event{Kind: event.JourneyStarted, Journey: begun, Channel: event.Web})
		add(event.Event{Kind: event.JourneyStageEntered, Journey: begun, Stage: "pay", Visit: 1, Customer: who})
		add(event.Event{
			Kind: event.TouchpointEnded, Journey: j, Stage: "pay", Visit: 1, Touchpoint: "card", Duration: time.Duration(random.IntN(5000)) * time.Millisecond, Outcome: event.Failed,
			Zone: event.Frustrated, ErrorType: "timeout", Cause: pick("declined", ""), Customer: who, Variant: &event.Variant{Release: pick("1", "2"), Experiment: "x", Arm: pick("a", "b")},
		})
		contact := call(random, who)
		if random.IntN(2) == 0 {
			contact.Journey, contact.Outcome = j, event.OK
		}
		if random.IntN(4) == 0 {
			contact.Assisted = &event.Assisted{Claimed: event.No}
		}
		add(contact)
		add(event.Event{Kind: event.PromiseMade, Journey: j, Promise: &event.Promise{Name: "solved", Number: 1, Made: at, Due: at.Add(time.Hour)}, Customer: who})
		add(event.Event{Kind: event.PromiseBroken, Journey: j, Duration: time.Hour, Promise: &event.Promise{Name: "solved", Number: 1, Made: at, Due: at.Add(time.Hour)}})
		add(event.Event{Kind: event.JourneyEnded, Journey: begun, Duration: time.Minute, Outcome: event.Completed, Transition: &event.Transition{From: "pay", Visit: 1, Failures: 1, LastCause: "declined", Friction: &event.Friction{Repeats: n % 3}}})
		add(event.Event{Kind: event.SurveyRequested, Journey: j, Feedback: &event.Feedback{Survey: "after", Scale: event.NPS}})
		asked := list[len(list)-1].ID
		add(event.Event{Kind: event.FeedbackReceived, Journey: j, Customer: who, Feedback: &event.Feedback{
			Survey: "after", Scale: event.NPS, Score: random.IntN(11), Comment: "words\nof a customer", Causes: []string{"slow", pick("rude", "price")}, Request: asked,
		}})
		add(event.Event{Kind: event.FeedbackMentioned, Feedback: &event.Feedback{Source: "forum", Comment: "loud"}, Mention: &event.Mention{Nature: event.Complaint, Stars: 1.5, Address: "https://example.com"}, Late: true})
		f := &event.FollowUp{ID: fmt.Sprint("f-", n), Owner: "care", Severity: "high", Rule: "detractor", Feedback: asked, CausedBy: asked, About: event.RunRef{Namespace: pick("test", ""), Name: j.Name, ID: j.ID}, Note: "called"}
		add(event.Event{Kind: event.JourneyStageEntered, Stage: "assessed", Journey: event.Run{Namespace: "test", Name: "complaint", ID: f.ID}, FollowUp: f})
		add(event.Event{Kind: event.PromiseKept, Journey: event.Run{Namespace: "test", Name: "complaint", ID: f.ID}, FollowUp: f, Promise: &event.Promise{Name: "answered", Number: 1}})
		add(event.Event{Kind: event.ContactSuppressed, Contact: &event.Contact{Purpose: "survey", Rule: event.RuleCap}, Direction: event.Outbound, Channel: event.Email})
	}
	return list
}

// call returns a contact with people.
func call(random *rand.Rand, who event.Customer) event.Event {
	leg := func() event.Leg {
		return event.Leg{Queue: "cards", Queued: true, Answered: true, Agent: "employee", Wait: event.Seconds(random.IntN(1e6)) * 1e3, Talk: event.Seconds(time.Minute)}
	}
	a := &event.Assisted{Legs: []event.Leg{leg()}, Claimed: event.Yes, Line: 2}
	if random.IntN(2) == 0 {
		a.Legs[0].End = event.LegTransferred
		a.Legs = append(a.Legs, leg())
		a.Decisions = []event.Decision{{What: "refund", Amount: &event.Money{Amount: 500, Currency: "EUR"}, Skipped: []string{"check"}}}
		a.Thread = &event.Thread{Replies: []event.Reply{{After: event.Seconds(time.Hour)}, {After: event.Seconds(time.Minute), Open: event.Seconds(time.Second)}}}
	}
	return event.Event{Kind: event.TouchpointEnded, Touchpoint: "call", Channel: event.Phone, Customer: who, Intent: "refund", Assisted: a, Effort: &event.Effort{Contacts: 1}}
}
