package journal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/support/journal"
	"cairncx.dev/cairn/exporters/processortest"
)

const week = 7 * 24 * time.Hour

func noon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

func newJournal(t *testing.T) *journal.Journal {
	t.Helper()
	bp, err := yaml.Load("../blueprint.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.New(bp, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestJournalIsAProcessor: a Journal keeps the contract of processors.
func TestJournalIsAProcessor(t *testing.T) {
	processortest.Run(t, func(t *testing.T) processortest.Subject {
		t.Helper()
		return processortest.Subject{Processor: newJournal(t)}
	})
}

// call is a call of a customer to the queue orders.
func call(customer string, at time.Time, wait time.Duration, end event.LegEnd) event.Event {
	return event.Event{
		Kind: event.TouchpointEnded, Touchpoint: "call", Channel: event.Phone, Outcome: event.OK, Time: at, Duration: wait, Intent: "refund",
		Customer:   event.Customer{Hash: "hash-of-" + customer},
		Attributes: []attribute.KeyValue{journal.CustomerKey.String(customer)},
		Assisted:   &event.Assisted{Legs: []event.Leg{{Queue: "orders", Queued: true, Answered: end == event.LegFinished, Wait: event.Seconds(wait), End: end}}},
	}
}

// TestReport: the service level and the target of a queue, on a case by hand. Within 20 s were answered 2 of 5 that count: one waited
// longer, two left after the short abandon of 6 s, and one left before it and counts nowhere.
func TestReport(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	for i, wait := range []time.Duration{0, 20 * time.Second, 21 * time.Second} {
		j.Process(t.Context(), new(call("1", noon().Add(time.Duration(i)*40*time.Minute), wait, event.LegFinished)))
	}
	for _, wait := range []time.Duration{5 * time.Second, 6 * time.Second, time.Minute} {
		j.Process(t.Context(), new(call("2", noon(), wait, event.LegAbandoned)))
	}
	r := j.Report(noon().Add(2*week), week)
	q := r.Queues[0]
	level, _ := q.ServiceLevel()
	if q.Queue.Name != "orders" || q.Target != 0.8 || q.Counted != 5 || q.Good != 2 || level != 0.4 || q.ShortAbandons != 1 {
		t.Errorf("the queue is %+v", q)
	}
	if len(r.HalfHours) != 3 {
		t.Errorf("there are %d half hours with contacts, want 3: 12:00, 12:30 and 13:00", len(r.HalfHours))
	}
	all := r.Matters[len(r.Matters)-1]
	if want := (assist.Resolution{Contacts: 6, Known: 6, Repeats: 4, Efforts: 1, Unanswered: 1}); all.Resolution != want || all.Intent != "" {
		t.Errorf("all matters are %+v, want %+v", all, want)
	}
	for _, m := range r.Matters[:len(r.Matters)-1] {
		if want := map[bool]int{true: 6}[m.Intent == "refund"]; m.Contacts != want {
			t.Errorf("%s has %d contacts, want %d", m.Intent, m.Contacts, want)
		}
	}
}

// TestStory: each kind of event in words, in the order in which it was over.
func TestStory(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	e := call("1", noon(), time.Minute, event.LegAbandoned)
	e.Outcome = event.Abandoned
	j.Process(t.Context(), &e)
	for _, e := range []event.Event{
		{Kind: event.PromiseMade, Time: noon(), Promise: &event.Promise{Name: "called-back", Due: noon().Add(time.Hour)}},
		{Kind: event.PromiseKept, Time: noon().Add(2 * time.Hour), Late: true, Promise: &event.Promise{Name: "called-back"}},
		{Kind: event.PromiseBroken, Time: noon().Add(time.Hour), Promise: &event.Promise{Name: "called-back"}},
		{Kind: event.ContactResolved, Time: noon().Add(week), Intent: "refund", Effort: &event.Effort{Contacts: 1, Answered: 1, FirstContact: true}},
		{Kind: event.JourneyStarted, Time: noon(), Journey: event.Run{Name: "callback", ID: "1"}},
	} {
		e.Customer.Hash = "hash-of-1"
		j.Process(t.Context(), &e)
	}
	var got []string
	for _, l := range j.Story("1") {
		got = append(got, l.What)
	}
	want := []string{
		"promised: called-back by Mon 13:00", "journey callback begins", "call on phone: abandoned, 1m0s", "promise broken: called-back",
		"promise kept: called-back, too late", "the matter refund is over: contacts: 1, answered by a person: 1, changes of channel: 0, resolved at the first contact",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the story is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if j.Story("") != nil || j.Story("2") != nil {
		t.Error("a customer whom nothing happened to has a story")
	}
}

// TestBounds: a journal keeps a bounded number of customers and of events.
func TestBounds(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	for i := range 1100 {
		j.Process(t.Context(), new(call(fmt.Sprint(i), noon(), 0, event.LegFinished)))
	}
	for range 300 {
		j.Process(t.Context(), new(call("5", noon(), 0, event.LegFinished)))
	}
	if n, none := len(j.Story("5")), j.Story("1099"); n != 200 || none != nil {
		t.Errorf("a customer has %d events, want 200, and the last one %d, want none", n, len(none))
	}
	if r := j.Report(noon(), week); r.Queues[0].Queued != 1400 {
		t.Errorf("%d contacts count, want all 1400", r.Queues[0].Queued)
	}
}

var errGone = errors.New("the reader has gone")

type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, errGone }

// TestNarrator: a line for each event of a customer, and none for the simulated calls. A reader that has gone is an error.
func TestNarrator(t *testing.T) {
	t.Parallel()
	nobody := call("1", noon(), 0, event.LegFinished)
	nobody.Customer.Hash = ""
	var b strings.Builder
	n := journal.NewNarrator(&b, time.UTC)
	if err := n.Export(t.Context(), []event.Event{call("1", noon(), time.Second, event.LegFinished), nobody}); err != nil {
		t.Fatal(err)
	}
	const want = "Mon 2 Mar 12:00:01  call on phone: ok, 1s\n    queue orders, waited 1s, employee  talked 0s\n"
	if b.String() != want {
		t.Errorf("the narrator says\n%s\nwant\n%s", &b, want)
	}
	if err := journal.NewNarrator(gone{}, time.UTC).Export(t.Context(), []event.Event{call("1", noon(), 0, event.LegFinished)}); !errors.Is(err, errGone) {
		t.Errorf("the error is %v", err)
	}
}
