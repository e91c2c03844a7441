package main

import (
	"cmp"
	"slices"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
)

// modelRow is the content of one row of a log, in any format.
type modelRow struct {
	bad      bool   // the row cannot be read
	event    string // the event's ID, or ""
	kind     event.Kind
	at       time.Time
	took     time.Duration
	journey  string // the journey, or ""
	id       string
	started  time.Time
	stage    string
	touch    string
	channel  string
	outcome  string
	cause    string
	errType  string
	survey   string
	scale    string
	score    int
	mood     string
	causes   []string // the causes that a response names
	probe    bool
	csv      bool
	spelling string // the spelling of the channel, if it differs from the name
}

// modelRun is the state of one run in the model.
type modelRun struct {
	began          bool
	start, last    time.Time
	stage          string
	entered        time.Time
	seen           map[string]bool
	over           bool
	overAt         time.Time
	outcome        string
	probe          bool
	back, finished bool
	visits         []string
	tries          []modelTry
}

// model computes a report in the simplest way. It follows the rules of cmd/cairn/README.md and of the journeys,
// and uses nothing of Cairn except the blueprint's values and the types of the report.
type model struct {
	bp   *blueprint.Blueprint
	rep  report.Report
	runs map[[2]string]*modelRun
	keys [][2]string // the runs in the order of their first row
	js   map[string]*report.Journey
	took map[string][]float64 // by journey and outcome, or journey and stage
	said map[string][]int     // the answers, by survey and scale
	free report.Journey
	// strange means that the log has a journey that is not in the blueprint.
	strange bool
}

func modelReport(bp *blueprint.Blueprint, rows []modelRow, from, until time.Time) *report.Report {
	m := &model{bp: bp, runs: map[[2]string]*modelRun{}, js: map[string]*report.Journey{}, took: map[string][]float64{}, said: map[string][]int{}}
	m.promise()
	good := slices.DeleteFunc(slices.Clone(rows), func(r modelRow) bool { return r.bad })
	slices.SortStableFunc(good, func(a, b modelRow) int { return a.at.Compare(b.at) })
	began := map[[2]string]time.Time{} // the time of the first row that names the run
	all, heard := slices.Clone(good), map[string]bool{}
	good = slices.DeleteFunc(good, func(r modelRow) bool {
		twice := r.event != "" && heard[r.event]
		heard[r.event] = true
		if twice {
			m.rep.Again++
		}
		return twice
	})
	for _, r := range good {
		key := [2]string{r.journey, r.id}
		if _, there := began[key]; r.journey != "" && !there {
			began[key] = r.at
			if !r.started.IsZero() {
				began[key] = r.started
			}
		}
	}
	m.rep.Rejected = int64(len(rows) - len(all))
	m.rep.UnknownNames, m.rep.UnknownChannels = []report.UnknownName{}, []string{}
	for _, r := range good {
		start := r.at
		if r.journey != "" {
			start = began[[2]string{r.journey, r.id}]
		}
		m.pass(r.at)
		if r.spelling != "" && !slices.Contains(m.rep.UnknownChannels, r.spelling) {
			m.rep.UnknownChannels = append(m.rep.UnknownChannels, r.spelling)
		}
		if !from.IsZero() && start.Before(from) || !until.IsZero() && start.After(until) {
			m.rep.Outside++
			continue
		}
		m.play(r)
	}
	p := &m.rep.Period
	if len(all) > 0 {
		end := all[len(all)-1].at
		p.LogFirst, p.LogLast = &all[0].at, &all[len(all)-1].at
		if until.After(end) {
			end = until
		}
		p.Followed = &end
		m.pass(end)
	}
	if !from.IsZero() {
		p.From = &from
	}
	if !until.IsZero() {
		p.Until = &until
	}
	return m.finish()
}

// promise fills the report with the content of the blueprint.
func (m *model) promise() {
	for _, j := range m.bp.Journeys {
		r := m.journey(j.Name)
		for _, s := range j.Stages {
			st := report.Stage{Name: s.Name}
			if s.Expect > 0 {
				expect := time.Duration(s.Expect).Seconds()
				st.Expect = &expect
			}
			r.Stages = append(r.Stages, st)
		}
	}
	m.free = report.Journey{Touchpoints: []report.Touchpoint{}, Failures: []report.Failure{}}
	for _, t := range m.bp.Touchpoints {
		m.touchpoint(t.Journey, t.Name)
	}
	m.rep.Surveys, m.rep.Asked = []report.Survey{}, []score.Quarter{}
	for _, s := range m.bp.Surveys {
		m.rep.Surveys = append(m.rep.Surveys, report.Survey{Name: s.Name, Scale: s.Scale, Causes: []report.NamedCause{}})
	}
}

func (m *model) journey(name string) *report.Journey {
	if name == "" {
		return &m.free
	}
	if m.js[name] == nil {
		m.js[name] = &report.Journey{Name: name, Stages: []report.Stage{}, Touchpoints: []report.Touchpoint{}, Failures: []report.Failure{}, Causes: []report.EndCause{}, Promises: []report.Promise{}, Friction: report.Friction{Kinds: modelKinds()}}
	}
	return m.js[name]
}

func (m *model) promised(name string) *blueprint.Journey {
	for i := range m.bp.Journeys {
		if m.bp.Journeys[i].Name == name {
			return &m.bp.Journeys[i]
		}
	}
	return &blueprint.Journey{}
}

func (m *model) definition(touch string) *blueprint.Touchpoint {
	for i := range m.bp.Touchpoints {
		if m.bp.Touchpoints[i].Name == touch {
			return &m.bp.Touchpoints[i]
		}
	}
	return nil
}

func (m *model) stage(j *report.Journey, name string) *report.Stage {
	for i := range j.Stages {
		if j.Stages[i].Name == name {
			return &j.Stages[i]
		}
	}
	j.Stages = append(j.Stages, report.Stage{Name: name})
	return &j.Stages[len(j.Stages)-1]
}

func (m *model) where(j *report.Journey, stage string) *report.Where {
	if stage == "" {
		return &j.NoStage
	}
	return &m.stage(j, stage).Where
}

func (m *model) touchpoint(journey, name string) *report.Touchpoint {
	j := m.journey(journey)
	for i := range j.Touchpoints {
		if j.Touchpoints[i].Name == name {
			return &j.Touchpoints[i]
		}
	}
	t := report.Touchpoint{Name: name, Channels: map[string]int64{}}
	if d := m.definition(name); d != nil && d.Satisfied > 0 {
		t.Apdex = &report.Apdex{Target: time.Duration(d.Satisfied).Seconds()}
	}
	j.Touchpoints = append(j.Touchpoints, t)
	return &j.Touchpoints[len(j.Touchpoints)-1]
}

// known returns the name under which the journey is counted.
func (m *model) known(journey string) string {
	if journey != "" && m.promised(journey).Name == "" {
		return event.Other
	}
	return journey
}

// pass ends the runs that are abandoned at now. An event at that time comes too late to save them.
func (m *model) pass(now time.Time) {
	for _, key := range m.keys {
		r, patience := m.runs[key], time.Duration(m.promised(key[0]).AbandonAfter)
		if !r.over && patience > 0 && now.Sub(r.last) >= patience {
			m.end(key, r, r.last.Add(patience), "abandoned", "")
		}
	}
}

func (m *model) run(row *modelRow) *modelRun {
	key := [2]string{row.journey, row.id}
	r := m.runs[key]
	if r == nil {
		r = &modelRun{seen: map[string]bool{}, probe: row.probe}
		m.runs[key] = r
		m.keys = append(m.keys, key)
	}
	return r
}

// play counts one row.
func (m *model) play(row modelRow) {
	if row.kind == event.FeedbackReceived && row.score > 10 { // outside every scale
		m.rep.Rejected++
		return
	}
	key := [2]string{row.journey, row.id}
	m.rep.Events++
	if m.rep.Period.First == nil {
		m.rep.Period.First = &row.at
	}
	m.rep.Period.Last = &row.at
	m.strangers(&row)
	if row.journey == "" {
		m.meet(&row, nil)
		return
	}
	m.strange = m.strange || !row.probe && m.known(row.journey) == event.Other
	r := m.run(&row)
	switch row.kind {
	case event.JourneyEnded:
		if !r.over {
			m.end(key, r, row.at, row.outcome, row.cause, row.started)
		}
	case event.JourneyStageEntered:
		m.live(key, r, &row)
		if !r.over {
			m.enter(key, r, row.stage, row.at)
		}
	case event.JourneyStarted:
		m.live(key, r, &row)
	default:
		m.live(key, r, &row)
		d := m.definition(row.touch)
		mine := row.kind == event.TouchpointEnded && d != nil && d.Journey == row.journey
		if mine && d.Stage != "" && !r.over {
			m.enter(key, r, d.Stage, row.at)
		}
		m.try(&row, r)
		m.meet(&row, r)
		if mine && d.Ends != "" && !r.over && (row.outcome == "ok" || row.outcome == "degraded") {
			m.end(key, r, row.at.Add(row.took), d.Ends, row.cause)
		}
	}
}

// live records a sign of life, and starts the run if it has not started.
func (m *model) live(key [2]string, r *modelRun, row *modelRow) {
	if r.over {
		return
	}
	if !r.began {
		r.began, r.start = true, row.at
		if !r.probe {
			m.journey(m.known(key[0])).Started++
		}
	}
	if until := row.at.Add(row.took); until.After(r.last) {
		r.last = until
	}
}

func (m *model) enter(key [2]string, r *modelRun, stage string, at time.Time) {
	j := m.journey(m.known(key[0]))
	known := slices.ContainsFunc(m.promised(key[0]).Stages, func(s blueprint.Stage) bool { return s.Name == stage })
	if !known {
		stage = event.Other
	}
	if stage == r.stage {
		return
	}
	m.leave(j, r, at)
	r.stage, r.entered = stage, at
	r.visits = append(r.visits, stage)
	if !r.probe {
		s := m.stage(j, stage)
		s.Visits++
		if !r.seen[stage] {
			s.Entered++
		}
	}
	r.seen[stage] = true
}

// leave counts a visit that is over, and whether it stalled.
func (m *model) leave(j *report.Journey, r *modelRun, at time.Time) {
	if r.stage == "" || r.probe {
		return
	}
	key := j.Name + "/" + r.stage
	m.took[key] = append(m.took[key], at.Sub(r.entered).Seconds())
	m.stall(j, r, at)
}

func (m *model) stall(j *report.Journey, r *modelRun, at time.Time) {
	if s := m.stage(j, r.stage); s.Expect != nil && at.Sub(r.entered).Seconds() >= *s.Expect {
		s.Stalled++
	}
}

func ended(e *report.Ended, outcome string) *int64 {
	return map[string]*int64{"completed": &e.Completed, "failed": &e.Failed, "cancelled": &e.Cancelled, "abandoned": &e.Abandoned}[outcome]
}

func (m *model) end(key [2]string, r *modelRun, at time.Time, outcome, cause string, started ...time.Time) {
	j := m.journey(m.known(key[0]))
	m.leave(j, r, at)
	r.over, r.outcome, r.overAt = true, outcome, at
	if r.probe {
		return
	}
	*ended(&j.Ended, outcome)++
	*ended(&m.where(j, r.stage).Ended, outcome)++
	if cause != "" {
		i := slices.IndexFunc(j.Causes, func(c report.EndCause) bool { return c.Outcome == outcome && c.Cause == cause })
		if i < 0 {
			i = len(j.Causes)
			j.Causes = append(j.Causes, report.EndCause{Outcome: outcome, Cause: cause})
		}
		j.Causes[i].Count++
	}
	start := r.start
	if !r.began && len(started) > 0 {
		start = started[0]
	}
	if !r.began {
		j.StartedBefore++
	}
	if r.began {
		r.friction(&j.Friction)
	}
	if !start.IsZero() {
		m.took[j.Name+":"+outcome] = append(m.took[j.Name+":"+outcome], at.Sub(start).Seconds())
	}
}

// meet counts a touchpoint or an answer of a customer. r is the run, or nil.
func (m *model) meet(row *modelRow, r *modelRun) {
	if row.probe {
		return
	}
	switch row.kind {
	case event.TouchpointEnded:
		m.touch(row)
	case event.SurveyRequested:
		m.survey(row).Requested++
		m.ask(row.at)
		return
	case event.FeedbackReceived:
		m.answer(row)
	default:
		m.rep.Mentions.Count++
		mood := map[string]*int64{"positive": &m.rep.Mentions.Positive, "neutral": &m.rep.Mentions.Neutral, "negative": &m.rep.Mentions.Negative}[row.mood]
		*mood++
	}
	if r == nil || !r.over || row.at.Equal(r.overAt) && r.outcome != "abandoned" {
		return
	}
	m.rep.Late++
	j := m.journey(m.known(row.journey))
	a := map[string]*report.AfterEnd{
		"completed": &j.AfterEnd.Completed, "failed": &j.AfterEnd.Failed, "cancelled": &j.AfterEnd.Cancelled, "abandoned": &j.AfterEnd.Abandoned,
	}[r.outcome]
	a.Events++
	if row.kind != event.TouchpointEnded {
		a.Feedback++
	}
	if !r.back {
		r.back = true
		a.Runs++
	}
	d := m.definition(row.touch)
	if d != nil && d.Journey == row.journey && d.Ends == "completed" && !r.finished && (row.outcome == "ok" || row.outcome == "degraded") {
		r.finished = true
		a.Completed++
	}
}

func (m *model) touch(row *modelRow) {
	name, d := row.touch, m.definition(row.touch)
	if d == nil {
		name = event.Other
	}
	t := m.touchpoint(m.known(row.journey), name)
	t.Count++
	t.Channels[cmp.Or(row.channel, "other")]++
	o := &t.Outcomes
	*map[string]*int64{"ok": &o.OK, "degraded": &o.Degraded, "failed": &o.Failed, "cancelled": &o.Cancelled, "abandoned": &o.Abandoned}[row.outcome]++
	if a := t.Apdex; a != nil {
		// Apdex Technical Specification: F is 4T, and an error is frustrated.
		switch seconds := row.took.Seconds(); {
		case row.outcome == "cancelled" || row.outcome == "abandoned":
		case row.outcome == "failed":
			a.Frustrated++
		case row.took == 0:
			a.Unmeasured++
		case seconds <= a.Target:
			a.Satisfied++
		case seconds <= 4*a.Target:
			a.Tolerating++
		default:
			a.Frustrated++
		}
		if row.took > 0 && row.outcome != "cancelled" && row.outcome != "abandoned" {
			measured := 1.0
			a.Score = &measured // finish computes the score
		}
	}
	if row.outcome == "failed" {
		j := m.journey(m.known(row.journey))
		for i := range j.Failures {
			if f := &j.Failures[i]; f.Touchpoint == name && f.Cause == row.cause && f.ErrorType == row.errType {
				f.Count++
				return
			}
		}
		j.Failures = append(j.Failures, report.Failure{Touchpoint: name, Cause: row.cause, ErrorType: row.errType, Count: 1})
	}
}
