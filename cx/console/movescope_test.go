package console_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback"
)

// TestScopeOfMoves: a reader moves on what is in the scope, hands a matter over to a follow-up wherever that is, and proposes changes where the journey of the action is in
// the scope. What is refused is not recorded.
func TestScopeOfMoves(t *testing.T) {
	t.Parallel()
	const no, done, bad = http.StatusNotFound, http.StatusSeeOther, http.StatusBadRequest
	for _, c := range []struct {
		reason                        string
		viewer                        insight.Viewer
		promise, open, move, proposal int // the status of each
	}{
		{"no scope", insight.Viewer{}, done, done, done, done},
		{"the order", insight.Viewer{Journeys: []string{"order"}}, done, done, no, bad},
		{"the complaint", insight.Viewer{Journeys: []string{"complaint"}}, no, no, done, bad},
		{"both", insight.Viewer{Journeys: []string{"order", "complaint"}}, done, done, done, bad},
		{"the action", insight.Viewer{Journeys: []string{"improvement"}}, no, no, no, done},
		{"owners of none", insight.Viewer{Owners: []string{"nobody"}}, no, no, no, bad},
		{"the segment of the customer", insight.Viewer{Segments: []string{"gold"}}, done, done, done, bad},
		{"another segment", insight.Viewer{Segments: []string{"new"}}, no, no, no, bad},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			placed := order.Start(o.ctx, "18", event.Customer{ID: "bob", Segment: "gold"})
			complaint.Open(placed, "C-2", event.Customer{ID: "bob", Segment: "gold"})
			o.load()
			forms := map[string]string{} // the tokens of the forms, as a reader without a scope has them
			for kind, page := range map[string]string{"promise": "/runs/order/18", "open": "/runs/order/18", "followup": "/runs/complaint/C-2"} {
				_, forms[kind] = o.form(page, kind)
			}
			_, body := o.get("/propose")
			forms["propose"] = regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(body)[1]
			c.viewer.Rights, c.viewer.Name = insight.Everything().Rights, clerk
			o.viewer = c.viewer
			for _, form := range []struct {
				address string
				want    int
				fields  []string
			}{
				{"/runs/order/18/move", c.promise, []string{"form", "promise", "name", "callback", "due", "2026-03-28T10:00"}},
				{"/runs/order/18/move", c.open, []string{"form", "open", "name", "complaint"}},
				{"/runs/complaint/C-2/move", c.move, []string{"form", "followup", "move", feedback.Acknowledged}},
				{"/propose", c.proposal, []string{"form", "propose", "name", "improvement", "move", "a shorter form"}},
			} {
				before := o.count(event.EmployeeActed)
				w := o.post(form.address, append(form.fields, "token", forms[form.fields[1]])...)
				if w.Code != form.want {
					t.Errorf("%s: it is answered with %d, want %d", form.fields[1], w.Code, form.want)
				}
				if recorded := o.count(event.EmployeeActed) - before; recorded != 0 != (form.want == done) {
					t.Errorf("%s: %d moves are recorded", form.fields[1], recorded)
				}
			}
			for page, offers := range map[string]bool{"/propose": c.proposal == done, "/runs": c.proposal == done && c.promise == done, "/runs/order/18": c.open == done, "/runs/complaint/C-2": c.move == done} {
				_, body := o.get(page)
				if got := strings.Contains(body, `<form class="act"`) || strings.Contains(body, `href="/propose`); got != offers {
					t.Errorf("%s offers a form: %v, want %v", page, got, offers)
				}
			}
		})
	}
}

// TestSaysThatItIsRecorded: a page says so after a move alone, and not because of an address that anyone can send.
func TestSaysThatItIsRecorded(t *testing.T) {
	t.Parallel()
	const says = "It is recorded"
	o := newOffice(t)
	address, token := o.form("/runs/complaint/C-1", "followup")
	after := o.post(address, "form", "followup", "token", token, "move", feedback.Acknowledged).Header().Get("Location")
	after, _, _ = strings.Cut(after, "#")
	_, query, _ := strings.Cut(after, "?")
	check := func(want bool, page, reason string) {
		t.Helper()
		if code, body := o.get(page); code != http.StatusOK || strings.Contains(body, says) != want {
			t.Errorf("%s: %s is answered with %d, and says that it is recorded: %v", reason, page, code, !want)
		}
	}
	check(true, after, "after the move")
	check(false, "/runs/order/17?"+query, "the page of another run")
	for _, done := range []string{"x", "acknowledged", "00000000-0000-0000-0000-000000000000", "0198f3a2-7c1e-7d3a-9b54-2f6a1c0e8d11", o.rec.Events(event.JourneyStarted)[1].ID.String()} {
		check(false, "/runs/complaint/C-1?done="+done, "an address that somebody sends")
	}
	o.load()
	o.console = served(t, o.table, console.WithClient(o.rec.Client()), console.WithDefinitions(order, complaint, change), console.WithClock(o.now),
		console.WithViewer(func(*http.Request) (insight.Viewer, error) { return o.viewer, nil })) // another process
	check(true, after, "another process that has read the move")

	_, page := o.get("/propose")
	form := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page)[1]
	after = o.post("/propose", "token", form, "name", "improvement", "move", "a new form").Header().Get("Location")
	for address, want := range map[string]bool{after: true, "/propose?done=proposed": false, fmt.Sprintf("/propose?%s", query): false} {
		if _, body := o.get(address); strings.Contains(body, "The change is proposed") != want {
			t.Errorf("%s says that the change is proposed: %v", address, !want)
		}
	}
}
