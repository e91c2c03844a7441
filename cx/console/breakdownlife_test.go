package console_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/journey"
)

// TestBreakdownsOfABlueprint: who is told of a breakdown, the reasons to dismiss one, how it ended, and what a step of another one may name.
func TestBreakdownsOfABlueprint(t *testing.T) {
	t.Parallel()
	b := shop()
	b.Zone, b.Breakdowns.Owner, b.RootCauses = "Europe/Berlin", "team-leads", []string{"not-paid", "sale", "known"}
	o := townOf(t, b, b.RootCauses)
	cause := func(name string) insight.Subject {
		return insight.Subject{About: insight.AboutCause, Journey: "order", Name: name}
	}
	o.old("subsided", cause("gone"), 60, func(ctx context.Context, _ func(int) watch.StepOption) {
		o.keeps.Journey().Complete(ctx, journey.Because(watch.Subsided), journey.At(now.AddDate(0, 0, -5)))
	})
	o.old("in-vain", cause("stubborn"), 40, func(ctx context.Context, at func(int) watch.StepOption) {
		ctx = o.keeps.Mend(ctx, at(18))
		o.keeps.Reopen(ctx, event.Breakdown{About: "cause", Journey: "order", Name: "stubborn", Began: time.Date(2026, 2, 11, 23, 0, 0, 0, time.UTC)}, at(3))
	})
	o.old("back", cause("fickle"), 40, func(ctx context.Context, at func(int) watch.StepOption) {
		ctx = o.keeps.Verify(o.keeps.Mend(ctx, at(30)), at(20))
		o.keeps.Reopen(ctx, event.Breakdown{About: "cause", Journey: "order", Name: "fickle", Began: time.Date(2026, 3, 19, 23, 0, 0, 0, time.UTC)}, at(3))
	})
	o.old("hostile", cause("hostile"), 20, func(ctx context.Context, at func(int) watch.StepOption) {
		o.keeps.Plan(ctx, event.RunRef{Name: "order", ID: "100-1"}, "shop", at(19))
	})
	o.keeps.Find(o.ctx, "today", event.Breakdown{About: "stage", Journey: "order", Name: "payment"}, watch.At(now))
	o.load()
	o.t = t
	for name, test := range map[string]func(*testing.T, *town){"told": breakdownIsTold, "returns": breakdownsReturn, "hostile": hostileAction, "today": beganToday} {
		t.Run(name, func(t *testing.T) {
			o.t = t
			test(t, o)
		})
	}
	o.t = t
	reasonsOfBlueprint(t, o)
}

// breakdownIsTold: a breakdown without an owner says who is told, and the plan proposes them.
func breakdownIsTold(t *testing.T, o *town) {
	t.Helper()
	_, list := o.get("/breakdowns")
	if got := words(section(t, list, "open")); !strings.Contains(got, "none yet (team-leads is told)") {
		t.Errorf("the list does not say who is told: %s", got)
	}
	if got := words(section(t, list, "ended")); !strings.Contains(got, "“gone” of “order” from 23 January, for 58 days subsided: the charts do not show it any more") {
		t.Errorf("what subsided: %s", got)
	}
	_, page := o.get("/breakdowns/" + o.pay)
	if got := words(section(t, page, "glance")); !strings.Contains(got, "Owner none yet (team-leads is told)") {
		t.Errorf("the page does not say who is told: %s", got)
	}
	if got := section(t, page, "moves"); strings.Count(got, `value="team-leads"`) != 1 || !strings.Contains(got, `<span>Team that makes it</span> <input name="owner" maxlength="64" value="team-leads">`) {
		t.Errorf("the plan does not propose them: %s", got)
	}
	_, ended := o.get("/breakdowns/subsided")
	for part, want := range map[string]string{
		"glance": "State Subsided: the charts do not show it any more, on 22 March 2026", "story": "Closed: the charts have not shown it for 28 days, and nothing has mended it",
	} {
		if got := words(section(t, ended, part)); !strings.Contains(got, want) || strings.Contains(got, "is told") {
			t.Errorf("the part %s of what subsided: %s", part, got)
		}
	}
}

// breakdownsReturn: one that has returned counts from then, and one whose mending has not helped says so. The day is that of the charts' zone, and not that of UTC.
func breakdownsReturn(t *testing.T, o *town) {
	t.Helper()
	for _, c := range []struct{ id, part, want string }{
		{"back", "glance", "Began Again since 20 March 2026, 7 days ago; first found 15 February 2026"},
		{"back", "glance", "Found again 24 March 2026: it was mended on 25 February, and has returned. Its due times count from that day"},
		{"back", "glance", "State Returned, not confirmed yet"},
		{"back", "story", "It has returned: the charts show it again"},
		{"in-vain", "glance", "Began 12 February 2026"},
		{"in-vain", "glance", "Found again 24 March 2026: the mending of 9 March has not helped"},
		{"in-vain", "glance", "State The mending has not helped, not confirmed yet"},
		{"in-vain", "story", "The mending has not helped: the charts still show it"},
	} {
		code, page := o.get("/breakdowns/" + c.id)
		if got := words(section(t, page, c.part)); code != http.StatusOK || !strings.Contains(got, c.want) {
			t.Errorf("%s: the part %s has no %q: %s", c.id, c.part, c.want, got)
		}
	}
	_, list := o.get("/breakdowns")
	if got := words(section(t, list, "open")); !strings.Contains(got, "again since 20 March, for 7 days; first found 15 February") || !strings.Contains(got, "since 12 February, for 43 days") {
		t.Errorf("the list has %s", got)
	}
}

// beganToday: nothing is asked about runs before a day is over.
func beganToday(t *testing.T, o *town) {
	t.Helper()
	code, page := o.get("/breakdowns/today")
	if code != http.StatusOK || strings.Contains(page, `class="fault"`) || strings.Count(page, "No day since it began is over.") < 3 {
		t.Errorf("the page is answered with %d: %s", code, words(page))
	}
}

// hostileAction: a step that names a run of customers as its action shows its name alone.
func hostileAction(t *testing.T, o *town) {
	t.Helper()
	if code, _ := o.get("/runs/order/100-1"); code != http.StatusOK {
		t.Fatalf("the run is answered with %d", code)
	}
	_, page := o.get("/breakdowns/hostile")
	if got := section(t, page, "plan"); !strings.Contains(words(got), "Change order 100-1 Team shop") || strings.Contains(got, "payment") || strings.Contains(page, "/runs/order/100-1") {
		t.Errorf("the plan has %s", got)
	}
}

// reasonsOfBlueprint: the reasons that every client knows, and the causes of the blueprint. Another one would be lost, and is refused.
func reasonsOfBlueprint(t *testing.T, o *town) {
	t.Helper()
	address, token := o.form("/breakdowns/"+o.pay, "breakdown")
	_, page := o.get("/breakdowns/" + o.pay)
	moves := section(t, page, "moves")
	for _, reason := range append(watch.Reasons(), "sale", "not-paid") {
		if strings.Count(moves, `<option value="`+reason+`">`) != 1 {
			t.Errorf("the reason %q is not offered once: %s", reason, moves)
		}
	}
	refused := o.post(address, "form", "breakdown", "token", token, "move", watch.Dismissed, "cause", "budget")
	if got := words(refused.Body.String()); refused.Code != http.StatusBadRequest || !strings.Contains(got, "intended, known, seasonal, wrongly-measured, not-paid, sale.") {
		t.Errorf("a reason that is lost is answered with %d: %s", refused.Code, got)
	}
	if w := o.post(address, "form", "breakdown", "token", token, "move", watch.Dismissed, "cause", "seasonal"); w.Code != http.StatusSeeOther || o.last(o.pay).Cause != "seasonal" {
		t.Errorf("a reason is answered with %d, and recorded as %q", w.Code, o.last(o.pay).Cause)
	}
}
