package blueprint

import (
	"cmp"
	"encoding"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// DefaultWindow is the length of the window of an [Objective] that states none, in days.
const DefaultWindow = 28

// Objective promises that a share of what customers experience is good. It is about one thing: a Journey, a Promise of a journey, a
// Touchpoint, a Survey, a Queue, the Effort about an intent, or other objectives (Of). See [slo.Objective].
type Objective struct {
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	// Owner is the team that is told. "" is the owner of the journey, touchpoint, survey or queue. Runbook is the address of the page that says
	// what to do.
	Owner   string `json:"owner,omitempty"   yaml:"owner,omitempty"`
	Runbook string `json:"runbook,omitempty" yaml:"runbook,omitempty"`
	// Journey is the journey whose ends count, or a follow-up, which is a journey. With Promise, the ends of that promise count instead: those
	// of a follow-up are [feedback.PromiseAcknowledged], [feedback.PromiseAnswered] and [feedback.PromiseUpdated]. Of breakdowns only the promises
	// count, "confirmed", "planned" and "mended": a breakdown that is dismissed is no failure.
	Journey string `json:"journey,omitempty" yaml:"journey,omitempty"`
	Promise string `json:"promise,omitempty" yaml:"promise,omitempty"`
	// Touchpoint is the touchpoint whose interactions count, and Survey the survey whose answers count.
	Touchpoint string `json:"touchpoint,omitempty" yaml:"touchpoint,omitempty"`
	Survey     string `json:"survey,omitempty"     yaml:"survey,omitempty"`
	// Queue is the queue whose contacts count, and Effort the intent whose efforts count, or [slo.AllEfforts].
	Queue  string `json:"queue,omitempty"  yaml:"queue,omitempty"`
	Effort string `json:"effort,omitempty" yaml:"effort,omitempty"`
	// Of makes the objective a composite of others, which have the same window.
	Of []Part `json:"of,omitempty" yaml:"of,omitempty"`
	// Good says which events are good. The zero value is the default of what the objective is about: see [slo.Criteria].
	Good Good `json:"good,omitzero" yaml:"good,omitzero"`
	// Except says which events do not count.
	Except Except `json:"except,omitzero" yaml:"except,omitzero"`
	// Target is the share that is to be good, less than the whole.
	Target Share `json:"target" yaml:"target"`
	// Window is the time over which the share is taken, without a zone: that of a window of the calendar is [Blueprint.Zone]. The zero value is
	// [DefaultWindow] days.
	Window slo.Window `json:"window,omitzero" yaml:"window,omitzero"`
	// MinEvents is the number of events below which there is not enough to say.
	MinEvents int `json:"min_events,omitempty" yaml:"min_events,omitempty"`
	// By names the properties by which the count is split: see [slo.Dimensions].
	By []string `json:"by,omitempty" yaml:"by,omitempty"`
}

// Part is one objective of a composite.
type Part struct {
	Objective string `json:"objective" yaml:"objective"`
	// Weight is [slo.MinWeight] to [slo.MaxWeight]; 0 stands for 1.
	Weight float64 `json:"weight,omitempty" yaml:"weight,omitempty"`
}

// Good says which events of an [Objective] are good: those that meet all that is set. See [slo.Criteria].
type Good struct {
	// Outcome has outcomes of a run or of a touchpoint, by their names.
	Outcome []string `json:"outcome,omitempty" yaml:"outcome,omitempty"`
	// Within is the longest that the run or the touchpoint may have taken.
	Within Duration `json:"within,omitempty" yaml:"within,omitempty"`
	// Apdex has zones of a touchpoint with a target: "satisfied", "tolerating", "frustrated".
	Apdex []string `json:"apdex,omitempty" yaml:"apdex,omitempty"`
	// ScoreAtLeast is the lowest score of an answer, and ScoreAtMost the highest one; nil asks for nothing.
	ScoreAtLeast *int `json:"score_at_least,omitempty" yaml:"score_at_least,omitempty"`
	ScoreAtMost  *int `json:"score_at_most,omitempty"  yaml:"score_at_most,omitempty"`
	// Verdict has verdicts on an answer: see [Verdicts].
	Verdict []string `json:"verdict,omitempty" yaml:"verdict,omitempty"`
	// ServiceLevel asks for that of the queue: see [Queue.ServiceLevel].
	ServiceLevel bool `json:"service_level,omitempty" yaml:"service_level,omitempty"`
	// WaitWithin is the longest that a customer may have waited in the queue for an answer. FirstReplyWithin is the longest that one may have
	// waited for the first reply to a message, in the hours of the queue, if it has any.
	WaitWithin       Duration `json:"wait_within,omitempty"        yaml:"wait_within,omitempty"`
	FirstReplyWithin Duration `json:"first_reply_within,omitempty" yaml:"first_reply_within,omitempty"`
}

// Except says which events of an [Objective] do not count: those that one of the lists has. See [slo.Except].
type Except struct {
	Actor   []string `json:"actor,omitempty"   yaml:"actor,omitempty"`
	Channel []string `json:"channel,omitempty" yaml:"channel,omitempty"`
	Segment []string `json:"segment,omitempty" yaml:"segment,omitempty"`
	Outcome []string `json:"outcome,omitempty" yaml:"outcome,omitempty"`
	Cause   []string `json:"cause,omitempty"   yaml:"cause,omitempty"`
}

func objectiveName(o *Objective) string { return o.Name }

// AllObjectives returns the objectives of the blueprint for cx.WithObjectives and the generators of rules, in their order: those that it
// declares, and then one for each promise with a target of less than 100% that none of them is about. The latter has the name
// JOURNEY-PROMISE, the window of [DefaultWindow] days and the owner of the journey. Each call makes new values.
func (b *Blueprint) AllObjectives() []slo.Objective {
	if b == nil {
		return nil
	}
	var all []slo.Objective
	for i := range b.Objectives {
		all = append(all, b.objective(&b.Objectives[i]))
	}
	for _, o := range b.implied() {
		all = append(all, b.objective(&o.Objective))
	}
	maintenance := b.maintenances()
	for i := range all {
		all[i].Maintenance = b.maintenanceOf(&all[i], maintenance)
	}
	return all
}

// impliedObjective is the objective that the target of a promise stands for, with the path of the target.
type impliedObjective struct {
	Objective
	path string
}

// implied returns the objectives that the targets of promises stand for.
func (b *Blueprint) implied() (all []impliedObjective) {
	declared := make(map[[2]string]bool, len(b.Objectives))
	for i := range b.Objectives {
		declared[[2]string{b.Objectives[i].Journey, b.Objectives[i].Promise}] = true
	}
	for i := range b.Journeys {
		j := &b.Journeys[i]
		for k := range j.Promises {
			p := &j.Promises[k]
			if p.Target > 0 && p.Target < 1 && !declared[[2]string{j.Name, p.Name}] {
				o := Objective{Name: j.Name + "-" + p.Name, Description: p.Description, Journey: j.Name, Promise: p.Name, Target: p.Target}
				all = append(all, impliedObjective{o, at(at("journeys", i)+".promises", k) + ".target"})
			}
		}
	}
	return all
}

// objective returns the value of the objective with its defaults, without maintenance.
func (b *Blueprint) objective(o *Objective) slo.Objective {
	value := b.plainObjective(o)
	owner := ""
	switch {
	case o.Journey != "":
		if j := find(b.Journeys, o.Journey, journeyName); j != nil {
			owner = j.Owner
		} else if f := find(b.FollowUps, o.Journey, followUpName); f != nil {
			owner = f.Owner
		} else if o.Journey == b.BreakdownsName() {
			owner = b.Breakdowns.Owner
		}
	case o.Touchpoint != "":
		if t := find(b.Touchpoints, o.Touchpoint, touchpointName); t != nil {
			owner = t.Owner
		}
	case o.Survey != "":
		if s := find(b.Surveys, o.Survey, surveyName); s != nil {
			owner = s.Owner
		}
	case o.Queue != "":
		if q := find(b.Queues, o.Queue, queueName); q != nil {
			owner = q.Owner
		}
	}
	value.Owner = cmp.Or(o.Owner, owner)
	return value
}

// plainObjective returns the value of the objective with no more than what it says itself. Words that are unknown are left out.
func (b *Blueprint) plainObjective(o *Objective) slo.Objective {
	value := slo.Objective{
		Name: o.Name, Description: o.Description, Owner: o.Owner, Runbook: o.Runbook,
		Journey: o.Journey, Promise: o.Promise, Touchpoint: o.Touchpoint, Survey: o.Survey, Queue: o.Queue, Effort: o.Effort,
		Target: float64(o.Target), Window: o.Window, MinEvents: o.MinEvents,
		Good: slo.Criteria{
			Outcomes: values[event.Outcome](o.Good.Outcome), Within: time.Duration(o.Good.Within), Zones: values[event.Zone](o.Good.Apdex),
			ScoreAtLeast: score(o.Good.ScoreAtLeast), ScoreAtMost: score(o.Good.ScoreAtMost),
			WaitWithin: time.Duration(o.Good.WaitWithin), FirstReplyWithin: time.Duration(o.Good.FirstReplyWithin),
		},
		Except: slo.Except{
			Actors: values[event.Actor](o.Except.Actor), Channels: values[event.Channel](o.Except.Channel), Segments: o.Except.Segment,
			Outcomes: values[event.Outcome](o.Except.Outcome), Causes: o.Except.Cause,
		},
		By: values[slo.Dimension](o.By),
	}
	if q := find(b.Queues, o.Queue, queueName); q != nil && o.Queue != "" {
		if o.Good.ServiceLevel {
			value.Good.ServiceLevel = q.ServiceLevel.level()
		}
		value.Good.OpenHours = o.Good.FirstReplyWithin > 0 && q.Hours != ""
	}
	for _, p := range o.Of {
		value.Of = append(value.Of, slo.Part{Objective: p.Objective, Weight: cmp.Or(p.Weight, 1)})
	}
	for _, word := range o.Good.Verdict {
		if v, ok := verdictOf(word); ok {
			value.Good.Verdicts = append(value.Good.Verdicts, v)
		}
	}
	if value.Window == (slo.Window{}) {
		value.Window.Days = DefaultWindow
	}
	if value.Window.Period != 0 {
		value.Window.Zone = b.Zone
	}
	return value
}

func score(n *int) *float64 {
	if n == nil {
		return nil
	}
	v := float64(*n)
	return &v
}

// values returns the values with these names, and leaves out what is none.
func values[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](names []string,
) (list []T) {
	for _, name := range names {
		var v T
		if name != "" && P(&v).UnmarshalText([]byte(name)) == nil {
			list = append(list, v)
		}
	}
	return list
}

// verdictOf returns the verdict with that name, on any scale.
func verdictOf(word string) (event.Verdict, bool) {
	switch word {
	case "promoter":
		return event.Positive, true
	case "passive":
		return event.Neutral, true
	case "detractor":
		return event.Negative, true
	}
	var v event.Verdict
	err := v.UnmarshalText([]byte(word))
	return v, err == nil && v != 0
}

// Verdicts returns the names of the verdicts that answers on a scale can have: "positive", "neutral" and "negative". NPS has its own words
// besides, "promoter", "passive" and "detractor", and thumbs are never neutral. For "" it returns the names on any scale, and for an
// unknown scale none.
func Verdicts(scale string) []string {
	if scale == "" {
		return append(names[event.Verdict](int(event.Negative)+1), npsVerdicts()...)
	}
	var s event.Scale
	if s.UnmarshalText([]byte(scale)) != nil {
		return nil
	}
	var list []string
	for v := event.Positive; v <= event.Negative; v++ {
		for answer := s.Min(); answer <= s.Max(); answer++ {
			if meant, _ := s.Verdict(answer); meant == v {
				list = append(list, v.String())
				break
			}
		}
	}
	if s == event.NPS {
		list = append(list, npsVerdicts()...)
	}
	return list
}

func npsVerdicts() []string { return []string{"promoter", "passive", "detractor"} }

// Actors returns the names of the actors.
func Actors() []string {
	return append([]string{event.ActorCustomer.String()}, names[event.Actor](int(event.ActorSynthetic)+1)...)
}

// Zones returns the names of the Apdex zones.
func Zones() []string { return names[event.Zone](int(event.Frustrated) + 1) }

// Outcomes returns the names of all outcomes, of runs and of touchpoints.
func Outcomes() []string { return names[event.Outcome](int(event.Completed) + 1) }

// Dimensions returns the names of the properties by which an objective is split: see [slo.Dimensions].
func Dimensions() []string {
	list := make([]string, 0, len(slo.Dimensions()))
	for _, d := range slo.Dimensions() {
		list = append(list, d.String())
	}
	return list
}
