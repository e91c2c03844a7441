package console

import (
	"cmp"
	"fmt"
	"slices"
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

// action reads an action; nil is one that the reader may not see. The run that a step of a breakdown names is read only if it is a kind of action: it is read without the reader's
// scope, which would else not keep runs of customers back.
func (v *visit) action(ref event.RunRef) *anAction {
	if !v.may(insight.Customers) || v.c.does.actions[ref.Name] == nil {
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
		v.lastSteps(b, add)
		if !b.Open() {
			how, tone, _ := v.endOf(b.Breakdown, b.all)
			add(b.Ended, "Ended: "+how, "", tone)
		}
		return list
	}
	told := storyTeller{trend: b.chart.trend()}
	for i := range b.run.Steps {
		e := &b.run.Steps[i].Event
		if e.Journey.Ref() != b.Run {
			continue
		}
		says, tone := told.step(e)
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

// lastSteps adds the last time of each step.
func (*visit) lastSteps(b *aBreakdown, add func(at time.Time, says, where, tone string)) {
	type last struct {
		at         time.Time
		says, tone string
	}
	first := watch.Found
	if b.Details.Better {
		first = watch.Improved
	}
	list := []last{{b.Opened, stepWords[first], ""}}
	for _, step := range []struct {
		at   time.Time
		name string
	}{{b.Confirmed, watch.Confirmed}, {b.Planned, watch.Planned}, {b.Mended, watch.Mended}, {b.Verified, watch.Verified}} {
		list = append(list, last{step.at, stepWords[step.name], ""})
	}
	if b.Found.After(b.Opened) {
		told := storyTeller{b.chart.trend(), *b.Breakdown}
		list = append(list, last{b.Found, told.again(), "bad"})
	}
	slices.SortStableFunc(list, func(x, y last) int { return x.at.Compare(y.at) })
	for _, l := range list {
		add(l.at, l.says, "", l.tone)
	}
}

// storyTeller says the steps of a breakdown in words, in their order.
type storyTeller struct {
	trend *breakdown.Trend
	// was is what the steps before have said.
	was insight.Breakdown
}

// step says a step; "" is one that says nothing to a reader.
func (s *storyTeller) step(e *event.Event) (says, tone string) {
	d := e.Breakdown
	if d == nil {
		d = &event.Breakdown{}
	}
	switch e.Kind {
	case event.JourneyStageEntered:
		says = stepWords[e.Stage]
		switch e.Stage {
		case watch.Found:
			again := !s.was.Found.IsZero()
			if s.was.Found = e.Time; again {
				says, tone = s.again(), "bad"
			}
			says += shareWords(d)
		case watch.Mended:
			s.was.Mended = e.Time
		case watch.Confirmed, watch.Planned:
			if !s.was.Mended.Before(s.was.Found) { // a step back
				s.was.Mended, s.was.Verified = time.Time{}, time.Time{}
			}
			if e.Stage == watch.Planned && d.Action.ID != "" {
				says += ", by " + d.Action.Name + " " + d.Action.ID
			}
		case watch.Verified:
			s.was.Verified, tone = e.Time, "good"
		case watch.Improved:
			s.was.Details.Better = true
		}
	case event.JourneyEnded:
		says, tone = s.end(e)
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

// again says why it was found once more.
func (s *storyTeller) again() string {
	if breakdown.NotHelped(&s.was, s.trend) {
		return "The mending has not helped: the charts still show it"
	}
	return "It has returned: the charts show it again"
}

func (s *storyTeller) end(e *event.Event) (says, tone string) {
	switch {
	case e.Outcome != event.Completed:
		return "Dismissed: " + known(e.Cause), ""
	case e.Cause != watch.Subsided && s.was.Details.Better:
		return "Closed: it has stayed better for 28 days", "good"
	case e.Cause != watch.Subsided:
		return "Closed: it has held", "good"
	case s.was.Details.Better:
		return "Closed: the charts do not show it any more", ""
	default:
		return "Closed: the charts have not shown it for 28 days, and nothing has mended it", ""
	}
}

// shareWords are the shares of a step.
func shareWords(d *event.Breakdown) string {
	if d.Before == 0 && d.Since == 0 {
		return ""
	}
	return ", " + number.Share(d.Before) + " before and " + number.Share(d.Since) + " since"
}
