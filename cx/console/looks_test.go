package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// TestLongStory: a page has the last events of a run with very many.
func TestLongStory(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 1200 {
		touchpoint.Define("step").Record(order.Resume(o.ctx, "17"), event.Web, touchpoint.At(o.now().Add(time.Duration(i)*time.Millisecond)))
	}
	o.load()
	if _, body := o.get("/runs/order/17"); !strings.Contains(body, "These are the last 1,000 of 1,2") || strings.Count(body, "<li") > 1020 {
		t.Errorf("the page has %d lines", strings.Count(body, "<li"))
	}
}

// TestLooks: each look at one customer is recorded once in an hour, for each viewer, and changes nothing of the customer's runs.
func TestLooks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := len(o.rec.Events())
	alice := o.rec.Events(event.JourneyStarted)[0].Customer.Hash
	for range 3 {
		o.get("/runs/order/17")
		o.get("/customers/" + alice)
		o.load()
	}
	o.get("/customers/nobody")
	o.get("/runs/order/18")
	if n := o.count(event.EmployeeLooked); n != 1 || len(o.rec.Events()) != before+1 {
		t.Fatalf("%d looks in an hour, want 1: %+v", n, o.rec.Events(event.EmployeeLooked))
	}
	o.get("/customers/" + alice + "/export")
	o.viewer.Name = "clerk-joe"
	o.get("/runs/order/17")
	o.pass(time.Hour)
	o.get("/runs/order/17")
	looked := o.rec.Events(event.EmployeeLooked)
	if len(looked) != 4 {
		t.Fatalf("%d looks, want 4: an export, another viewer, another hour", len(looked))
	}
	agents := map[string]bool{}
	for _, e := range looked {
		agents[e.Assisted.Legs[0].Agent] = true
		if e.Customer.Hash != alice || strings.Contains(string(e.AppendJSON(nil)), "clerk-") {
			t.Errorf("the look is %s", e.AppendJSON(nil))
		}
	}
	if len(agents) != 2 {
		t.Errorf("%d employees, want 2", len(agents))
	}
	o.load()
	_, body := o.get("/customers/" + alice)
	if !strings.Contains(body, "4 times by employees") || strings.Contains(body, "An employee looked") || strings.Contains(body, looked[0].Assisted.Legs[0].Agent) {
		t.Errorf("the page does not say how often employees looked, or it says who:\n%s", body)
	}
	w := request(o.console, http.MethodGet, "/customers/"+alice+"/export")
	if !strings.Contains(w.Body.String(), `"employee.looked"`) || strings.Contains(w.Body.String(), "agent") || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("what is stored does not have the looks, or it names who looked: %s", w.Body)
	}
}

// TestLooksAtOtherJourneys: a look at a run of another service's journey is one at the customer, without a fault of the client.
func TestLooksAtOtherJourneys(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.console = served(t, loaded(t, desk("ticket"), crowd("ticket", "")), console.WithClient(o.rec.Client()))
	strange := served(t, loaded(t, nil, crowd("parcel", "")), console.WithClient(o.rec.Client()))
	for c, address := range map[*console.Console]string{o.console: "/customers/c003", strange: "/runs/parcel/T%2F4%20"} {
		if w := request(c, http.MethodGet, address); w.Code != http.StatusOK {
			t.Fatalf("%s is answered with %d: %s", address, w.Code, w.Body)
		}
	}
	looked := o.rec.Events(event.EmployeeLooked)
	if len(looked) != 2 {
		t.Fatalf("%d looks, want 2", len(looked))
	}
	for _, e := range looked {
		if !e.Journey.IsZero() || e.Customer.Hash == "" {
			t.Errorf("the look is %s", e.AppendJSON(nil))
		}
	}
}

// TestCustomer: the page says whether the company may make contact, and why not.
func TestCustomer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	alice := o.rec.Events(event.JourneyStarted)[0].Customer
	if err := policy.Suppress(o.ctx, event.Customer{Hash: alice.Hash}, touchpoint.Suppression{Reason: "opted_out", Purpose: "survey", At: o.now()}); err != nil {
		t.Fatal(err)
	}
	if err := policy.OpenHold(o.ctx, alice, "complaint", "C-2"); err != nil {
		t.Fatal(err)
	}
	if g := policy.Ask(o.ctx, alice, "news", event.Email); !g.Use(o.ctx) {
		t.Fatalf("the contact is refused: %s", g.Reason())
	}
	_, body := o.get("/customers/" + alice.Hash)
	for _, want := range []string{"suppression list", "since 27 Mar 2026, 15:0", "enough contacts", "until 3 Apr 2026, 15:0", "quiet hours", "until 27 Mar 2026, 17:00", "A matter of the customer is open", "has not consented", "Open follow-ups", "/runs/complaint/C-1", "There was no contact with people"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q:\n%s", want, body)
		}
	}
	if !strings.Contains(request(o.console, http.MethodGet, "/customers/"+alice.Hash+"/export").Body.String(), `"opted_out"`) {
		t.Error("what is stored does not have the contact record")
	}
	o.viewer.Rights = insight.Numbers | insight.Act
	for _, address := range []string{"/customers/" + alice.Hash, "/customers/" + alice.Hash + "/export", "/runs/order/17", "/hits?customer=" + alice.Hash, "/propose"} {
		if code, body := o.get(address); code != http.StatusForbidden || strings.Contains(body, "C-1") {
			t.Errorf("%s is answered with %d for a viewer without the right", address, code)
		}
	}
}

// TestGlance: the page of a run says first where it stands, what is next and what to say, also of its follow-ups, and has the traces.
func TestGlance(t *testing.T) {
	t.Parallel()
	o := newOffice(t, console.WithTraces("https://jaeger.example.com/trace/{trace_id}"))
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{15: 7}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
	feedback.CSAT.Record(trace.ContextWithSpanContext(order.Resume(o.ctx, "17"), span), 4)
	o.load()
	run := event.Run{Namespace: "default", Name: "order", ID: "17"}
	for _, c := range []struct {
		reason string
		pass   time.Duration
		says   []string
	}{
		{"the follow-up's promise is due first", 0, []string{"open, in “paid”", "“acknowledged” is due in 23 h 58 min", "It is of the follow-up.", run.TraceID().String(), "00000000000000000000000000000007", "The whole run"}},
		{"it is late", 25 * time.Hour, []string{"“acknowledged” is 1 h 2 min late: it was due by 28 Mar 2026, 15:00."}},
	} {
		o.pass(c.pass)
		_, body := o.get("/runs/order/17")
		for _, want := range c.says {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the page does not say %q:\n%s", c.reason, want, body)
			}
		}
	}
	order.Complete(order.Resume(o.ctx, "17"))
	complaint.Confirm(complaint.Resume(o.ctx, "C-1"))
	o.load()
	if _, body := o.get("/runs/order/17"); !strings.Contains(body, "completed on 28 Mar 2026, 16:") || !strings.Contains(body, "Nothing: it has ended.") {
		t.Errorf("the page of an order that is over:\n%s", body)
	}
}

// TestRecordInScope: the contact record has no matter of a journey that the reader may not see: neither its name nor since when it is open.
func TestRecordInScope(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	alice := o.rec.Events(event.JourneyStarted)[0].Customer
	if err := policy.OpenHold(o.ctx, alice, "complaint", "C-2"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		journeys []string
		has      bool
	}{{nil, true}, {[]string{"order", "complaint"}, true}, {[]string{"order"}, false}} {
		o.viewer.Journeys = c.journeys
		_, export := o.get("/customers/" + alice.Hash + "/export")
		_, page := o.get("/customers/" + alice.Hash)
		_, permits, _ := strings.Cut(page, `id="permits"`)
		permits, _, _ = strings.Cut(permits, "</section>")
		if !strings.Contains(export, `"contact_record"`) || !strings.Contains(permits, "A matter of the customer is open") {
			t.Errorf("scope %v: there is no record, or no reason:\n%s\n%s", c.journeys, export, permits)
		}
		if strings.Contains(export, "complaint") != c.has || strings.Contains(permits, "since 27 Mar") != c.has {
			t.Errorf("scope %v: want the matter in it: %v\n%s\n%s", c.journeys, c.has, export, permits)
		}
	}
}
