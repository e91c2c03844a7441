package console

import (
	"cmp"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/feedback/score"
)

// breakdownPlanShown is the plan of a breakdown, with its promises.
type breakdownPlanShown struct {
	Facts    []fact
	Promises []promiseRow
	// Steps are those of the action.
	Steps []promiseRow
	Empty *empty
}

// breakdownPlan is what will mend it, and what is promised about it.
func (v *visit) breakdownPlan(b *aBreakdown) breakdownPlanShown {
	var s breakdownPlanShown
	for i := range b.Promises {
		s.Promises = append(s.Promises, v.breakdownPromise(b, &b.Promises[i]))
	}
	ref := b.Details.Action
	if ref.ID == "" {
		s.Empty = &empty{"There is no plan yet.", "A plan is a change that mends it, with the team that makes it."}
		if b.Details.Better {
			s.Empty = &empty{"An improvement needs no plan.", "It is news: it stands among the improvements for 28 days."}
		}
		return s
	}
	ref.Namespace = cmp.Or(ref.Namespace, b.Run.Namespace)
	says := fact{Name: "Change", Says: ref.Name + " " + ref.ID}
	a := v.action(ref)
	if a != nil {
		says.Says, says.Link = a.change, v.runLink(ref)
		s.Steps = a.steps
	}
	s.Facts = append(s.Facts, says)
	if owner := b.Details.Owner; owner != "" {
		s.Facts = append(s.Facts, fact{Name: "Team", Says: owner})
	}
	if a != nil {
		s.Facts = append(s.Facts, fact{Name: "Step", Says: a.state, Tone: a.tone})
	}
	return s
}

// breakdownPromise is a promise in a list.
func (v *visit) breakdownPromise(b *aBreakdown, p *insight.BreakdownPromise) promiseRow {
	r := promiseRow{Name: promisedWord(p.Name), State: "open", When: "due " + v.clock(p.Due)}
	switch {
	case !p.Kept.IsZero() && p.Broken:
		r.State, r.Tone, r.When = "kept late", "bad", v.clock(p.Kept)+", "+overdueFor(p.Kept.Sub(p.Due))+" late"
	case !p.Kept.IsZero():
		r.State, r.Tone, r.When = "kept", "good", v.clock(p.Kept)
	case p.Broken && b.Open():
		r.State, r.Tone, r.When = "overdue for "+overdueFor(v.at.Sub(p.Due)), "bad", "was due "+v.clock(p.Due)
	case p.Broken:
		r.State, r.Tone, r.When = "broken", "bad", "was due "+v.clock(p.Due)
	case !b.Open():
		r.State, r.When = "not needed", ""
	}
	return r
}

// anAction is an action, as its steps say.
type anAction struct {
	change, state, tone string
	steps               []promiseRow
	open                bool
}

// action reads an action; nil is one that the reader may not see.
func (v *visit) action(ref event.RunRef) *anAction {
	if !v.may(insight.Customers) {
		return nil
	}
	exact := *v
	exact.exact()
	run, err := direct(v.r.Context(), v, exact.runOf(ref))
	if err != nil {
		return nil // its steps are missing, and the rest is there
	}
	a := &anAction{change: ref.Name + " " + ref.ID, state: run.State, tone: stateTones[run.State], open: open(&run)}
	if a.open {
		a.state = run.Stage
	}
	for i := range run.Steps {
		e := &run.Steps[i].Event
		if e.Journey.Ref() != ref {
			continue
		}
		if d := e.Action; d != nil && d.Name != "" {
			a.change = d.Name
		}
		if e.Kind == event.JourneyStageEntered {
			a.steps = append(a.steps, promiseRow{Name: e.Stage, When: v.clock(e.Time)})
		}
	}
	return a
}

// breakdownCompared compares the share while it lasted with that since it was mended.
func (v *visit) breakdownCompared(b *aBreakdown) said {
	c := &b.chart
	since := breakdown.MendedAt(b.Breakdown)
	if !c.Before.OK() || !c.Since.OK() {
		return said{Empty: &empty{"There is nothing to compare yet.", "The first whole day after " + since.In(v.zone).Format("2 January") + " with events is compared with the days before."}}
	}
	d := score.Shares(c.Since, c.Before, score.DefaultConfidence)
	verdict := "That may be chance."
	switch {
	case d.High < 0:
		verdict = "It has helped: chance alone seldom makes so large a difference. Other things may have changed, too."
	case d.Low > 0:
		verdict = "It is worse than before the mending, by more than chance."
	}
	usual := ""
	if c.Known {
		usual = " Usual before it began: " + shareRange(c.before()) + "."
	}
	return said{Lines: []string{
		fmt.Sprintf("%s of %s while it lasted, and %s of %s since it was mended.%s", shareRange(c.Before), number.Count(c.Before.N), shareRange(c.Since), number.Count(c.Since.N), usual),
		fmt.Sprintf("The difference is %s, with 95%% confidence between %s and %s. %s", number.Points(d.Value), number.Points(d.Low), number.Points(d.High), verdict),
	}}
}

// stepWords are the steps of a breakdown in words.
var stepWords = map[string]string{
	watch.Found: "The charts show it", watch.Confirmed: "Confirmed: it is a breakdown", watch.Planned: "Planned", watch.Mended: "Mended: customers experience the change",
	watch.Verified: "Verified: the change helps", watch.Improved: "The charts show that it is better",
}

// breakdownStory is what was done about it, the last first.
func (v *visit) breakdownStory(b *aBreakdown) (list []storyStep) {
	day := ""
	add := func(at time.Time, says, where, tone string) {
		if at.IsZero() {
			return
		}
		s := storyStep{Time: at.In(v.zone).Format("15:04"), Stamp: at.UTC().Format(time.RFC3339), Said: says, Where: where, Tone: tone}
		if d := at.In(v.zone).Format("Monday, 2 January 2006"); d != day {
			s.Day, day = d, d
		}
		list = append(list, s)
	}
	if b.run == nil { // the answer has the last time of each step alone
		for _, step := range []struct {
			at   time.Time
			name string
		}{{b.Found, watch.Found}, {b.Confirmed, watch.Confirmed}, {b.Planned, watch.Planned}, {b.Mended, watch.Mended}, {b.Verified, watch.Verified}} {
			add(step.at, stepWords[step.name], "", "")
		}
		if !b.Open() {
			how, tone, _ := v.endOf(b.Breakdown, b.all)
			add(b.Ended, "Ended: "+how, "", tone)
		}
		return list
	}
	times := 0
	for i := range b.run.Steps {
		e := &b.run.Steps[i].Event
		if e.Journey.Ref() != b.Run {
			continue
		}
		says, tone := breakdownStep(e, &times)
		where := ""
		if e.Breakdown != nil && e.Breakdown.Owner != "" && says != "" && e.Kind != event.PromiseBroken {
			where = e.Breakdown.Owner
		}
		if says != "" {
			add(e.Time, says, where, tone)
		}
	}
	return list
}

// breakdownStep says a step in words; "" is one that says nothing to a reader. Times is how often it was found.
func breakdownStep(e *event.Event, times *int) (says, tone string) {
	d := e.Breakdown
	if d == nil {
		d = &event.Breakdown{}
	}
	switch e.Kind {
	case event.JourneyStageEntered:
		says = stepWords[e.Stage]
		switch e.Stage {
		case watch.Found:
			if *times++; *times > 1 {
				says, tone = "It has returned: the charts show it again", "bad"
			}
			says += shareWords(d)
		case watch.Planned:
			if d.Action.ID != "" {
				says += ", by " + d.Action.Name + " " + d.Action.ID
			}
		case watch.Verified:
			tone = "good"
		}
	case event.JourneyEnded:
		if e.Outcome == event.Completed {
			says, tone = "Closed: it has held", "good"
		} else {
			says = "Dismissed: " + known(e.Cause)
		}
	case event.PromiseBroken:
		if e.Promise != nil {
			says, tone = promisedWord(e.Promise.Name)+": the promise is broken", "bad"
		}
		return says, tone
	default:
		return "", ""
	}
	if d.Note != "" {
		says += ". “" + d.Note + "”"
	}
	return says, tone
}

// shareWords are the shares of a step.
func shareWords(d *event.Breakdown) string {
	if d.Before == 0 && d.Since == 0 {
		return ""
	}
	return ", " + number.Share(d.Before) + " before and " + number.Share(d.Since) + " since"
}

// sentenceOf is the short sentence about a breakdown.
func sentenceOf(f *breakdown.Found) string {
	moved := "rose"
	if f.Better {
		moved = "fell"
	}
	return fmt.Sprintf("The share of %s "+moved+" from %s to %s since %s.", quoted(breakdown.Counted(f.Subject)), number.Share(f.Before.Value), number.Share(f.Since.Value), f.Began.Format("2 January"))
}
