package console_test

import (
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/feedback"
)

// last returns the last step of a breakdown.
func (o *town) last(id string) event.Event {
	list := slices.DeleteFunc(o.rec.Events(event.JourneyStageEntered, event.JourneyEnded), func(e event.Event) bool { return e.Journey.ID != id })
	return list[len(list)-1]
}

// TestBreakdownIsMovedOn: from found to verified by clicking: each step once, with what is known, by an employee who is a pseudonym.
func TestBreakdownIsMovedOn(t *testing.T) {
	t.Parallel()
	o := newTown(t)
	page := "/breakdowns/" + o.pay
	address, token := o.form(page, "breakdown")
	confirm := []string{"form", "breakdown", "token", token, "move", watch.Confirmed, "owner", "payments", "note", hostile}
	for range 2 { // a double click
		if w := o.post(address, confirm...); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), page+"?done=") {
			t.Fatalf("it is answered with %d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
		}
	}
	step := o.last(o.pay)
	if step.Stage != watch.Confirmed || step.Actor != event.ActorEmployee || step.Breakdown.Owner != "payments" || step.Breakdown.Note != hostile {
		t.Errorf("the step is %+v, %+v", step, step.Breakdown)
	}
	if d := step.Breakdown; d.About != "touchpoint" || d.Name != "pay" || d.Severity != "high" || d.Customers != 148 || d.Excess < 140 || d.Since < 0.2 || d.Value == nil || len(d.Placed) == 0 {
		t.Errorf("the step does not say what is known: %+v", d)
	}
	acted := o.rec.Events(event.EmployeeActed)
	if len(acted) != 1 || acted[0].Assisted.Disposition != watch.Confirmed || acted[0].Journey.ID != o.pay || len(acted[0].Assisted.Legs) != 1 || len(acted[0].Assisted.Legs[0].Agent) != 32 {
		t.Errorf("who acted: %+v", acted)
	}
	o.load()
	if w := o.post(address, confirm...); w.Code != http.StatusSeeOther || o.count(event.EmployeeActed) != 1 {
		t.Errorf("a form that is sent again later is answered with %d, and there are %d moves", w.Code, o.count(event.EmployeeActed))
	}
	if w := o.post(address, "form", "breakdown", "token", token, "move", watch.Mended); w.Code != http.StatusConflict {
		t.Errorf("a form of an old state is answered with %d", w.Code)
	}

	_, body := o.get(page)
	checkPage(t, page, body)
	if moves := section(t, body, "moves"); !strings.Contains(moves, `<option value="new:improvement">`) || strings.Contains(moves, `value="confirmed"`) {
		t.Errorf("the next step is not the plan: %s", moves)
	}
	_, token = o.form(page, "breakdown")
	plan := []string{"form", "breakdown", "token", token, "move", watch.Planned, "plan", "new:improvement", "owner", "payments", "change", "ask the bank again"}
	for range 2 {
		if w := o.post(address, plan...); w.Code != http.StatusSeeOther {
			t.Fatalf("the plan is answered with %d: %s", w.Code, w.Body)
		}
	}
	step = o.last(o.pay)
	action := step.Breakdown.Action
	if step.Stage != watch.Planned || action.Name != "improvement" || action.ID == "" || step.Breakdown.Owner != "payments" {
		t.Errorf("the step is %s, %+v", step.Stage, step.Breakdown)
	}
	proposed := slices.DeleteFunc(o.rec.Events(event.JourneyStageEntered), func(e event.Event) bool { return e.Journey.ID != action.ID })
	if len(proposed) != 2 || proposed[0].Stage != feedback.Proposed || proposed[0].Action.Name != "ask the bank again" || proposed[0].Action.Owner != "payments" || proposed[1].Stage != feedback.Planned {
		t.Errorf("the action is %+v", proposed)
	}
	o.load()
	_, body = o.get(page)
	if got := words(section(t, body, "plan")); !strings.Contains(got, "Change ask the bank again Team payments Step planned proposed 27 Mar 2026, 15:03 planned 27 Mar 2026") || !strings.Contains(got, "Plan kept late") {
		t.Errorf("the plan is %s", got)
	}
	action = planAgain(t, o, address, action)
	for _, move := range []string{watch.Mended, watch.Verified} {
		_, token = o.form(page, "breakdown")
		if w := o.post(address, "form", "breakdown", "token", token, "move", move); w.Code != http.StatusSeeOther || o.last(o.pay).Stage != move {
			t.Errorf("%s is answered with %d", move, w.Code)
		}
		if d := o.last(o.pay).Breakdown; d.Action != action || d.Owner != "bank" {
			t.Errorf("%s: the step has lost the plan: %+v", move, d)
		}
		o.load()
	}
	if _, body = o.get("/"); strings.Contains(section(t, body, "breakdowns"), o.pay) {
		t.Error("what is verified waits for a person on Now")
	}
	for _, e := range o.rec.Events() {
		if strings.Contains(string(e.AppendJSON(nil)), clerk) {
			t.Errorf("%s names the employee", e.Kind)
		}
	}
}

// planAgain replaces the plan, twice by a double click, and returns the new action. A new name for a change that there is is refused.
func planAgain(t *testing.T, o *town, address string, was event.RunRef) event.RunRef {
	t.Helper()
	page := "/breakdowns/" + o.pay
	_, token := o.form(page, "breakdown")
	fields := []string{"form", "breakdown", "token", token, "move", watch.Planned, "owner", "bank", "change", "ask another bank", "plan"}
	_, body := o.get(page)
	if there := regexp.MustCompile(`value="(run:[^"]+)"`).FindStringSubmatch(section(t, body, "moves")); there == nil {
		t.Error("no change that there is is offered")
	} else if w := o.post(address, append(fields, there[1])...); w.Code != http.StatusBadRequest {
		t.Errorf("a name for a change that there is is answered with %d", w.Code)
	}
	steps := o.count(event.JourneyStageEntered)
	for range 2 {
		if w := o.post(address, append(fields, "new:improvement")...); w.Code != http.StatusSeeOther {
			t.Fatalf("the second plan is answered with %d: %s", w.Code, w.Body)
		}
	}
	step := o.last(o.pay)
	if step.Stage != watch.Planned || step.Breakdown.Action == was || step.Breakdown.Owner != "bank" || o.count(event.JourneyStageEntered) != steps+4 {
		t.Errorf("the step is %s, %+v, with %d stages", step.Stage, step.Breakdown, o.count(event.JourneyStageEntered)-steps)
	}
	o.load()
	_, body = o.get(page)
	if got := words(section(t, body, "plan")); !strings.Contains(got, "Change ask another bank Team bank Step planned") {
		t.Errorf("the plan is %s", got)
	}
	return step.Breakdown.Action
}

// TestBreakdownIsDismissed: with a reason, which is one of a bounded vocabulary; and nothing can be done about it then.
func TestBreakdownIsDismissed(t *testing.T) {
	t.Parallel()
	o := newTown(t)
	page := "/breakdowns/" + o.pay
	address, token := o.form(page, "breakdown")
	for _, reason := range []string{"", "_other", strings.Repeat("x", 65), "two\nlines", " "} {
		if w := o.post(address, "form", "breakdown", "token", token, "move", "dismissed", "cause", reason); w.Code != http.StatusBadRequest || o.count(event.JourneyEnded) != 2 {
			t.Errorf("the reason %q is answered with %d", reason, w.Code)
		}
	}
	var running sync.WaitGroup
	for range 10 {
		running.Go(func() {
			if w := o.post(address, "form", "breakdown", "token", token, "move", "dismissed", "cause", "intended", "note", "We sell less on credit."); w.Code != http.StatusSeeOther {
				t.Errorf("it is answered with %d: %s", w.Code, w.Body)
			}
		})
	}
	running.Wait()
	if e := o.last(o.pay); e.Breakdown.Customers != 148 {
		t.Errorf("the end does not say what it has cost: %+v", e.Breakdown)
	}
	if e := o.last(o.pay); e.Kind != event.JourneyEnded || e.Outcome != event.Cancelled || e.Cause != "intended" || o.count(event.EmployeeActed) != 1 {
		t.Errorf("the end is %+v, and there are %d moves", e, o.count(event.EmployeeActed))
	}
	if w := o.post(address, "form", "breakdown", "token", token, "move", watch.Confirmed); w.Code != http.StatusConflict {
		t.Errorf("a step after the end is answered with %d", w.Code)
	}
	o.load()
	_, body := o.get(page)
	if got := words(section(t, body, "glance")); !strings.Contains(got, "Dismissed: intended, on 27 March 2026") || strings.Contains(body, `value="breakdown"`) {
		t.Errorf("the page has %s", got)
	}
	if got := words(section(t, body, "story")); !strings.Contains(got, "Dismissed: intended. “We sell less on credit.”") {
		t.Errorf("the story has %s", got)
	}
	if _, list := o.get("/breakdowns"); strings.Contains(section(t, list, "open"), "“pay”") || !strings.Contains(section(t, list, "ended"), "“pay”") {
		t.Error("it is not among those that ended")
	}
}

// TestMovesOfBreakdownsThatAreRefused: nothing is recorded.
func TestMovesOfBreakdownsThatAreRefused(t *testing.T) {
	t.Parallel()
	o := newTown(t)
	own := o.viewer
	address, token := o.form("/breakdowns/"+o.pay, "breakdown")
	before := o.count()
	for _, c := range []struct {
		reason string
		viewer insight.Viewer
		status int
		fields []string
	}{
		{"no right to act", insight.Viewer{Rights: own.Rights &^ insight.Act}, 403, []string{"move", watch.Confirmed}},
		{"no right to see customers", insight.Viewer{Rights: own.Rights &^ insight.Customers}, 403, []string{"move", watch.Confirmed}},
		{"no right to see numbers", insight.Viewer{Rights: own.Rights &^ insight.Numbers}, 403, []string{"move", watch.Confirmed}},
		{"outside of the scope", insight.Viewer{Rights: own.Rights, Journeys: []string{"ticket"}}, 404, []string{"move", watch.Confirmed}},
		{"no such move", own, 409, []string{"move", "exploded"}},
		{"a move that is not next", own, 409, []string{"move", watch.Verified}},
		{"a token of another state", own, 409, []string{"move", watch.Confirmed, "token", strings.Repeat("0", 32)}},
		{"a plan without a change", own, 400, []string{"move", watch.Planned, "plan", "new:improvement"}},
		{"a plan of a kind that there is not", own, 400, []string{"move", watch.Planned, "plan", "new:order", "change", "x"}},
		{"a plan that is no action", own, 400, []string{"move", watch.Planned, "plan", "run:order/1-1"}},
		{"an action that there is not", own, 409, []string{"move", watch.Planned, "plan", "run:improvement/none"}},
		{"no plan", own, 400, []string{"move", watch.Planned}},
		{"a plan that is too long", own, 400, []string{"move", watch.Planned, "plan", "run:" + strings.Repeat("x", 1000)}},
		{"a new change outside of the scope", insight.Viewer{Rights: own.Rights, Journeys: []string{"order"}}, 400, []string{"move", watch.Planned, "plan", "new:improvement", "change", "x"}},
		{"a form of a follow-up", own, 409, []string{"form", "followup", "move", "told"}},
	} {
		o.viewer = c.viewer
		if w := o.post(address, append([]string{"form", "breakdown", "token", token}, c.fields...)...); w.Code != c.status {
			t.Errorf("%s: it is answered with %d, want %d: %s", c.reason, w.Code, c.status, words(w.Body.String()))
		}
	}
	o.viewer = own
	if w := o.post(strings.Replace(address, o.pay, "none", 1), "form", "breakdown", "token", token, "move", watch.Confirmed); w.Code != http.StatusNotFound {
		t.Errorf("a breakdown that there is not is answered with %d", w.Code)
	}
	for _, e := range o.rec.Events()[before:] {
		if e.Kind != event.EmployeeLooked && e.Kind != event.PromiseBroken { // time passes
			t.Errorf("%s was recorded", e.Kind)
		}
	}

	// An open action is a plan, also to a reader who chooses it later than another one.
	change.Propose(o.ctx, "A-9", feedback.Change("<b>two banks</b>"))
	o.load()
	_, body := o.get("/breakdowns/" + o.pay)
	if !strings.Contains(section(t, body, "moves"), html.UnescapeString(`<option value="run:improvement/A-9"><b>two banks</b> (improvement A-9, proposed)</option>`)) || strings.Contains(body, "<b>two") {
		t.Errorf("the action is not offered: %s", section(t, body, "moves"))
	}
	_, token = o.form("/breakdowns/"+o.pay, "breakdown")
	if w := o.post(address, "form", "breakdown", "token", token, "move", watch.Planned, "plan", "run:improvement/A-9", "owner", "bank"); w.Code != http.StatusSeeOther || o.last(o.pay).Breakdown.Action.ID != "A-9" {
		t.Errorf("the plan is answered with %d: %+v", w.Code, o.last(o.pay).Breakdown)
	}
}
