package blueprint

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// objectives knows what the objectives of a blueprint may name.
type objectives struct {
	*problems
	blueprint   *Blueprint
	journeys    map[string]*Journey
	touchpoints map[string]*Touchpoint
	surveys     map[string]*Survey
	queues      map[string]*Queue
	all         map[string]*Objective // declared ones, and those of the targets of promises
	maintenance []calendar.Maintenance
	stopped     bool // a problem says already that the maintenances leave no time
}

// validateObjectives notes the faults of the objectives, and of the targets of promises that stand for one. It returns the objectives by
// their names.
func (b *Blueprint) validateObjectives(p *problems) map[string]*Objective {
	v := objectives{
		problems: p, blueprint: b, journeys: byName(b.Journeys, journeyName), touchpoints: byName(b.Touchpoints, touchpointName),
		surveys: byName(b.Surveys, surveyName), queues: byName(b.Queues, queueName), all: byName(b.Objectives, objectiveName),
	}
	if len(b.Maintenance) <= slo.MaxExcepted { // more of them are a problem of their own
		v.maintenance = b.maintenances()
	}
	p.names("objectives", len(b.Objectives), func(i int) string { return b.Objectives[i].Name })
	implied := b.implied()
	if n := len(b.Objectives) + len(implied); n > slo.MaxObjectives {
		p.add("objectives", "has %d entries and there are %d targets of promises, and at most %d are allowed in all: remove some", len(b.Objectives), len(implied), slo.MaxObjectives)
		return v.all
	}
	for i := range implied {
		v.implied(&implied[i])
	}
	for i := range b.Objectives {
		v.validate(at("objectives", i), &b.Objectives[i])
	}
	return v.all
}

func byName[T any](list []T, name func(*T) string) map[string]*T {
	all := make(map[string]*T, len(list))
	for i := range list {
		if n := name(&list[i]); n != "" && all[n] == nil {
			all[n] = &list[i]
		}
	}
	return all
}

// implied notes that the target of a promise cannot stand for an objective.
func (v *objectives) implied(o *impliedObjective) {
	const remedy = "write an objective with a name of its own for this promise"
	switch {
	case !event.ValidName(o.Journey) || !event.ValidName(o.Promise): // problems of their own
	case len(o.Name) > event.MaxName:
		v.add(o.path, "stands for an objective of the name %.200q, which has %d bytes, more than %d: %s", o.Name, len(o.Name), event.MaxName, remedy)
	case v.all[o.Name] != nil:
		v.add(o.path, "stands for an objective of the name %.200q, which another one has: %s", o.Name, remedy)
	default:
		v.all[o.Name] = &o.Objective
	}
}

func (v *objectives) validate(path string, o *Objective) {
	before := len(v.found)
	v.references(path, o)
	v.words(path, o)
	if s := v.surveys[o.Survey]; s != nil && o.Survey != "" {
		v.answers(path+".good", &o.Good, s)
	}
	v.parts(path, o)
	if o.Target == 0 {
		v.add(path+".target", "the target is missing: write the share that is to be good, such as 95%%")
	}
	if o.Window.Zone != "" {
		v.add(path+".window", "has a zone of its own, %.80q: set the zone of the blueprint", o.Window.Zone)
	}
	value := v.blueprint.plainObjective(o)
	value.Maintenance = v.blueprint.maintenanceOf(&value, v.maintenance)
	var invalid *slo.Error
	if !errors.As(value.Validate(), &invalid) {
		return
	}
	for _, f := range invalid.Faults {
		switch {
		case f.Path == "name", strings.HasPrefix(f.Path, "maintenance["), f.Path == "good" && o.Queue != "" && v.queues[o.Queue] == nil, f.Path == "window" && value.Window.Zone != "": // problems of their own
		case f.Path == "maintenance":
			if !v.stopped {
				v.add("maintenance", "%s", f.Message)
			}
			v.stopped = true
		case f.Path == "":
			v.add(path, "%s", f.Message)
		case !v.reported(before, path+"."+f.Path):
			v.add(path+"."+f.Path, "%s", f.Message)
		}
	}
}

// reported reports whether a problem since that one is about the path, a part of it, or what it is a part of.
func (p *problems) reported(since int, path string) bool {
	within := func(part, whole string) bool {
		rest, ok := strings.CutPrefix(part, whole)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	return slices.ContainsFunc(p.found[since:], func(f Problem) bool { return within(f.Path, path) || within(path, f.Path) })
}

// references notes names that the blueprint does not have, and what cannot be promised about the things that they name.
func (v *objectives) references(path string, o *Objective) {
	b := v.blueprint
	if o.Journey != "" {
		v.journey(path, o)
	}
	if t := v.touchpoints[o.Touchpoint]; o.Touchpoint != "" && t == nil {
		known := namesOf(b.Touchpoints, touchpointName)
		v.unknown(path+".touchpoint", o.Touchpoint, known, "there is no touchpoint %.80q%s", o.Touchpoint, allOf("the touchpoints are", known))
	} else if t != nil && len(o.Good.Apdex) > 0 && t.Satisfied == 0 {
		v.add(path+".good.apdex", "the touchpoint %.80q has no Apdex target, so no interaction has a zone: add satisfied to the touchpoint", o.Touchpoint)
	}
	v.contacts(path, o)
	if o.Survey != "" && v.surveys[o.Survey] == nil {
		known := namesOf(b.Surveys, surveyName)
		v.unknown(path+".survey", o.Survey, known, "there is no survey %.80q%s", o.Survey, allOf("the surveys are", known))
	}
}

// journey notes that there is no such journey, which may be that of a follow-up or of breakdowns, or that it does not have the promise.
func (v *objectives) journey(path string, o *Objective) {
	b := v.blueprint
	j, f := v.journeys[o.Journey], find(b.FollowUps, o.Journey, followUpName)
	var promises []string
	var remedy string
	switch {
	case j != nil:
		promises, remedy = namesOf(j.Promises, func(p *Promise) string { return p.Name }), ": add it under promises of the journey"
	case f != nil:
		promises, remedy = f.promises(), ": add acknowledge, answer or update to the follow-up"
	case o.Journey == b.BreakdownsName():
		promises, remedy = b.Breakdowns.promises(), ": add confirm, plan or mend to the breakdowns"
	default:
		known := append(namesOf(b.Journeys, journeyName), namesOf(b.FollowUps, followUpName)...)
		if name := b.BreakdownsName(); name != "" {
			known = append(known, name)
		}
		v.unknown(path+".journey", o.Journey, known, "there is no journey %.80q%s", o.Journey, allOf("the journeys are", known))
		return
	}
	switch {
	case o.Promise == "" && j == nil && f == nil:
		v.add(path+".journey", "%.80q are the breakdowns, and one that is dismissed is no failure: name one of their promises%s", o.Journey, allOf("they have", promises))
	case o.Promise == "" && len(promises) == 0 && f != nil:
		v.add(path+".journey", "the follow-up %.80q promises nothing, so one that stays open would never count: add acknowledge or answer to it", o.Journey)
	case o.Promise == "" && len(promises) == 0 && j.AbandonAfter == 0:
		v.add(path+".journey", "the journey %.80q has neither abandon_after nor a promise, so a customer who leaves would never count: add abandon_after to the journey", o.Journey)
	case o.Promise != "" && !slices.Contains(promises, o.Promise):
		if len(promises) > 0 {
			remedy = ""
		}
		v.unknown(path+".promise", o.Promise, promises, "the journey %.80q has no promise %.80q%s%s", o.Journey, o.Promise, allOf("it has", promises), remedy)
	}
}

// contacts notes names of queues and intents that the blueprint does not have, and a service level that the queue does not promise.
func (v *objectives) contacts(path string, o *Objective) {
	b := v.blueprint
	q := v.queues[o.Queue]
	switch {
	case o.Queue == "":
		if o.Good.ServiceLevel {
			v.add(path+".good.service_level", "only a queue has it: remove it")
		}
	case q == nil:
		known := namesOf(b.Queues, queueName)
		v.unknown(path+".queue", o.Queue, known, "there is no queue %.80q%s", o.Queue, allOf("the queues are", known))
	case o.Good.ServiceLevel && q.ServiceLevel == (ServiceLevel{}):
		v.add(path+".good.service_level", "the queue %.80q has no service level: add service_level with within to the queue", o.Queue)
	}
	if o.Effort != "" && o.Effort != slo.AllEfforts && !slices.Contains(b.Intents, o.Effort) {
		v.unknown(path+".effort", o.Effort, b.Intents, "there is no intent %.80q%s: use one of intents, or %s", o.Effort, allOf("the intents are", b.Intents), slo.AllEfforts)
	}
}

// namesOf returns the names of the list that are not empty.
func namesOf[T any](list []T, name func(*T) string) []string {
	all := make([]string, 0, len(list))
	for i := range list {
		if n := name(&list[i]); n != "" {
			all = append(all, n)
		}
	}
	return all
}

// words notes words that no vocabulary has.
func (v *objectives) words(path string, o *Objective) {
	value := v.blueprint.plainObjective(o)
	outcome, outcomes := "outcome of a "+value.Subject().String(), slo.OutcomesOf(value.Subject())
	if len(outcomes) == 0 { // a promise or an answer has none, which is another problem
		outcome, outcomes = "outcome", Outcomes()
	}
	for _, l := range []struct {
		key, what   string
		list, known []string
	}{
		{"good.outcome", outcome, o.Good.Outcome, outcomes},
		{"good.apdex", "Apdex zone", o.Good.Apdex, Zones()},
		{"except.actor", "actor", o.Except.Actor, Actors()},
		{"except.channel", "channel", o.Except.Channel, Channels()},
		{"except.outcome", outcome, o.Except.Outcome, outcomes},
		{"by", "property to split by", o.By, Dimensions()},
	} {
		for i, word := range l.list {
			if !slices.Contains(l.known, word) {
				v.unknown(at(path+"."+l.key, i), word, l.known, "there is no %s %.80q: use %s", l.what, word, oneOf(l.known))
			}
		}
	}
	if o.Survey == "" || v.surveys[o.Survey] == nil {
		for i, word := range o.Good.Verdict {
			if _, ok := verdictOf(word); !ok {
				v.unknown(at(path+".good.verdict", i), word, Verdicts(""), "there is no verdict %.80q: use %s", word, oneOf(Verdicts("")))
			}
		}
	}
}

// answers notes criteria that no answer to the survey meets, or every one.
func (v *objectives) answers(path string, g *Good, s *Survey) {
	verdicts := Verdicts(s.Scale)
	if s.Scale == "" || len(verdicts) == 0 {
		return // the faulty scale is a problem of the survey
	}
	for i, word := range g.Verdict {
		if !slices.Contains(verdicts, word) {
			v.unknown(at(path+".verdict", i), word, verdicts, "the survey %.80q has the scale %s, which has no verdict %.80q: use %s", s.Name, s.Scale, word, oneOf(verdicts))
		}
	}
	var scale event.Scale
	_ = scale.UnmarshalText([]byte(s.Scale)) // it has verdicts, so it is known
	for _, bound := range []struct {
		key   string
		score *int
	}{{"score_at_least", g.ScoreAtLeast}, {"score_at_most", g.ScoreAtMost}} {
		if bound.score != nil && (*bound.score < scale.Min() || *bound.score > scale.Max()) {
			v.add(path+"."+bound.key, "is %d, and the survey %.80q has the scale %s, from %d to %d: write one of these", *bound.score, s.Name, s.Scale, scale.Min(), scale.Max())
		}
	}
	if len(g.Verdict) == 0 && (g.ScoreAtLeast != nil || g.ScoreAtMost != nil) &&
		(g.ScoreAtLeast == nil || *g.ScoreAtLeast == scale.Min()) && (g.ScoreAtMost == nil || *g.ScoreAtMost == scale.Max()) {
		v.add(path, "every answer on the scale %s is good, so no answer could be bad: write a narrower bound", s.Scale)
	}
}

// parts notes parts of a composite that cannot be added up.
func (v *objectives) parts(path string, o *Objective) {
	window := v.blueprint.plainObjective(o).Window
	for i, p := range o.Of {
		where := at(path+".of", i) + ".objective"
		switch part := v.all[p.Objective]; {
		case p.Objective == "" || p.Objective == o.Name: // faults of the objective alone
		case part == nil:
			known := slices.DeleteFunc(slices.Sorted(maps.Keys(v.all)), func(name string) bool { return name == o.Name })
			v.unknown(where, p.Objective, known, "there is no objective %.80q%s", p.Objective, allOf("the objectives are", known))
		case len(part.Of) > 0:
			v.add(where, "%.80q is a composite itself: name its parts", p.Objective)
		default:
			if other := v.blueprint.plainObjective(part).Window; other != window {
				v.add(where, "%.80q has the window %v and not %v: give both the same, because shares of different days cannot be added", p.Objective, other, window)
			}
		}
	}
}
