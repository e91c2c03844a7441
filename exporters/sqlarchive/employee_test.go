package sqlarchive_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// helpedBy returns a contact in which the employees answered one after the other.
func helpedBy(n int, agents ...string) event.Event {
	e := event.Event{ID: id(n), Kind: event.TouchpointEnded, Time: noon.Add(time.Duration(n) * time.Minute), Touchpoint: "call", Assisted: &event.Assisted{}}
	for i, agent := range agents {
		l := event.Leg{Queue: "billing", Queued: true, Answered: agent != "", Agent: agent}
		if i%2 == 1 {
			l = event.Leg{Agent: agent, Answered: true} // nothing before the member, and something behind it or not
		}
		e.Assisted.Legs = append(e.Assisted.Legs, l)
	}
	return e
}

// TestForgetEmployee: the employee is nowhere in the file any more, other employees and all numbers are as they were, and what is
// delivered again does not bring the employee back.
func TestForgetEmployee(t *testing.T) {
	t.Parallel()
	const gone, stays = "9f86d081884c7d659f86d081884c7d65", "2c26b46b68ffc68ff99b453c1d304134"
	path := temp(t)
	a, db := open(t, path, sqlarchive.WithoutFsync()), raw(t, path)
	named := helpedBy(5, stays)
	named.Attributes = []attribute.KeyValue{attribute.String("note", `the text "agent":"`+gone+`" of a person`)}
	other := helpedBy(6, gone)
	other.Kind = "acme.note" // no legs, but an event
	events := []event.Event{
		helpedBy(1, gone), helpedBy(2, stays, gone), helpedBy(3, gone, gone, stays), helpedBy(4, stays), named, other, helpedBy(7, "x"+gone), helpedBy(8, ""),
		{ID: id(9), Kind: event.TouchpointEnded, Time: noon, Assisted: &event.Assisted{Legs: []event.Leg{{Agent: gone}, {Agent: gone, Talk: event.Seconds(time.Second)}}}},
	}
	export(t, a, events...)
	const numbers = "SELECT touchpoint_id, number, queue, queued, answered, wait_seconds FROM legs ORDER BY 1, 2"
	before := rows(t, db, numbers)
	if n, err := a.ForgetEmployee(background, gone); err != nil || n != 5 {
		t.Errorf("ForgetEmployee changed %d events, %v; want 5", n, err)
	}
	if n, err := a.ForgetEmployee(background, gone); err != nil || n != 0 {
		t.Errorf("ForgetEmployee again changed %d events, %v; want 0", n, err)
	}
	export(t, a, events...)
	if got, want := rows(t, db, "SELECT DISTINCT agent FROM legs WHERE agent IS NOT NULL ORDER BY agent"), []string{stays, "x" + gone}; !slices.Equal(got, want) {
		t.Errorf("the employees of legs are %q, want %q", got, want)
	}
	if got, want := rows(t, db, "SELECT agent FROM touchpoints ORDER BY id"), []string{"NULL", "NULL", stays, stays, stays, "x" + gone, "NULL", "NULL"}; !slices.Equal(got, want) {
		t.Errorf("the employees of touchpoints are %q, want %q", got, want)
	}
	if got := rows(t, db, numbers); !slices.Equal(got, before) {
		t.Errorf("the legs are %q, want %q", got, before)
	}
	for i, e := range kept(t, db) { // the events are read back, without the employee
		want := events[slices.IndexFunc(events, func(o event.Event) bool { return o.ID == e.ID })]
		for k := range want.Assisted.Legs {
			if want.Assisted.Legs[k].Agent == gone {
				want.Assisted.Legs[k].Agent = ""
			}
		}
		if got, want := string(e.AppendJSON(nil)), string(want.AppendJSON(nil)); got != want {
			t.Errorf("event %d is\n%s\nwant\n%s", i, got, want)
		}
	}
}

// TestForgetEmployeeInTheFile: not even the file has the employee, in the JSON of an earlier version neither.
func TestForgetEmployeeInTheFile(t *testing.T) {
	t.Parallel()
	const gone = "9f86d081884c7d659f86d081884c7d65"
	path := temp(t)
	a, db := open(t, path, sqlarchive.WithoutFsync()), raw(t, path)
	export(t, a, helpedBy(1, gone), helpedBy(2, "", gone))
	do(t, db, `INSERT INTO touchpoints (arrival, id, kind, time, actor, direction, late, agent, event)
		VALUES (9, 'old', 'touchpoint.ended', '2026-04-17 12:00:00.000000', 'customer', 'inbound', 0, '`+gone+`', '{"v":1,"assisted":{"queue":"q","agent":"`+gone+`","hold_seconds":1}}')`)
	if n, err := a.ForgetEmployee(background, gone); err != nil || n != 3 {
		t.Errorf("ForgetEmployee changed %d events, %v; want 3", n, err)
	}
	if got := rows(t, db, "SELECT event FROM touchpoints WHERE id = 'old'"); !slices.Equal(got, []string{`{"v":1,"assisted":{"queue":"q","hold_seconds":1}}`}) {
		t.Errorf("the event is %q", got)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Shutdown(background); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal"} {
		data, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if strings.Contains(string(data), gone) {
			t.Errorf("%s has the employee", name)
		}
	}
}

// TestClientForgetsEmployee: the client reaches the archive behind a spool, what waits in it too, and leaves the customer.
func TestClientForgetsEmployee(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a, db := open(t, path, sqlarchive.WithoutFsync()), raw(t, path)
	spool, err := exporters.NewSpool(t.TempDir(), a)
	if err != nil {
		t.Fatal(err)
	}
	client, err := cx.New(cx.WithExporters(spool), cx.WithCustomerKey([]byte("a key of at least 16 bytes")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	for _, agent := range []string{"anna", "ben", "anna"} {
		client.Record(t.Context(), event.Event{
			Kind: event.TouchpointEnded, Touchpoint: "call", Customer: event.Customer{ID: "anna"}, // a customer with the same ID
			Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "billing", Answered: true, AgentID: agent}}},
		})
	}
	if err := client.ForgetEmployee(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
	if got := rows(t, db, "SELECT count(*), count(agent), count(customer), count(DISTINCT customer) FROM touchpoints"); !slices.Equal(got, []string{"3 | 1 | 3 | 1"}) {
		t.Errorf("the contacts are %q, want three of one customer, one with an employee", got)
	}
	for _, bad := range []string{"", "a\x00b", strings.Repeat("a", 200)} {
		if err := client.ForgetEmployee(t.Context(), bad); err == nil {
			t.Errorf("%.20q was forgotten", bad)
		}
	}
	var none *cx.Client
	if err := none.ForgetEmployee(t.Context(), "anna"); err != nil {
		t.Error(err)
	}
}
