package console_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/slo"
)

// TestLabels: a number says what it is of, a page says which journey it is about, and an objective leads to the part with its queue.
func TestLabels(t *testing.T) {
	t.Parallel()
	waits := func(context.Context) ([]slo.Status, error) {
		return []slo.Status{{Name: "waits", Enough: true, Ratio: 1, Budget: slo.Budget{Share: 1}, Objective: slo.Objective{Queue: "line"}}}, nil
	}
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")), console.WithObjectives(waits))
	for _, of := range []struct {
		reason, address, has string
		not                  string
	}{
		{"a score without a name is a number without meaning", "/voice", `<p class="soft">positive of `, ""},
		{"an objective of a queue", "/", `href="/support#queues"`, ""},
		{"a list of promises", "/", `<th scope="col">Promise</th>`, "Age"},
		{"the others are not the period before", "/goes-with?bad=broken:solved", " others</p>", ""},
		{"a journey that is no choice of the form", "/runs?journey=callback", `aria-label="Remove the condition journey is callback"`, ""},
		{"a journey that is one", "/runs?journey=order", `<option selected value="order">`, "journey is order"},
		{"the page of a journey", "/journeys/ticket", "", "journey is ticket"},
	} {
		body := request(c, http.MethodGet, of.address).Body.String()
		if !strings.Contains(body, of.has) || of.not != "" && strings.Contains(body, of.not) {
			t.Errorf("%s: %s has no %q, or it has %q:\n%s", of.reason, of.address, of.has, of.not, body)
		}
	}
}

// TestOpenFollowUps: their list has their age, and no promise.
func TestOpenFollowUps(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	b, err := blueprint.From(order, complaint)
	if err != nil {
		t.Fatal(err)
	}
	for reason, c := range map[string]*console.Console{
		"of the blueprint": served(t, loaded(t, b, &memory{events: o.rec.Events()}), console.WithClock(o.now)),
		"of code alone":    served(t, loaded(t, nil, &memory{events: o.rec.Events()}), console.WithClock(o.now), console.WithDefinitions(complaint)),
	} {
		open := part(t, request(c, http.MethodGet, "/voice").Body.String(), "open-followups")
		for _, want := range []string{`<th scope="col">Follow-up</th>`, `<th scope="col" class="n">Age</th>`, `title="C-1"><bdi>order 17</bdi>`} {
			if !strings.Contains(open, want) {
				t.Errorf("%s: the list has no %s:\n%s", reason, want, open)
			}
		}
	}
}
