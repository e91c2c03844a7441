package insight

import (
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/contrast"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/slo"
)

// Bad says which runs are bad, for [View.GoesWith] and [View.GotWorse]. The zero value is [NotCompleted].
type Bad struct {
	what    badKind
	outcome event.Outcome
	name    string // the name of the promise, the objective, the touchpoint, the stage, the cause or the survey
}

type badKind uint8

const (
	badNotCompleted badKind = iota
	badEnd
	badPromise
	badObjective
	badReopened
	badAnswer
	badTouchpoint
	badAt
	badStage
	badCause
	badSurvey
)

// NotCompleted are runs that were not completed: they failed, were cancelled, fell silent, or are still open at the age at which most have ended.
func NotCompleted() Bad { return Bad{} }

// EndedAs are runs with this end: event.Failed, Cancelled, or Abandoned, which is a silent run.
func EndedAs(o event.Outcome) Bad { return Bad{what: badEnd, outcome: o} }

// PromiseBroken are runs in which a promise of this name was broken, of those in which one is due by now and was kept or broken: see [Standing].
func PromiseBroken(promise string) Bad { return Bad{what: badPromise, name: promise} }

// ObjectiveMissed are runs that are bad for the objective of the blueprint with this name. The objective is one on a promise, on the end of a journey, or on
// the outcome of a touchpoint. The table does not have what the others count.
func ObjectiveMissed(objective string) Bad { return Bad{what: badObjective, name: objective} }

// WasReopened are runs that had a touchpoint after they had ended, of those that were completed, failed or cancelled.
func WasReopened() Bad { return Bad{what: badReopened} }

// AnsweredNegative are runs whose customer's last answer was negative, of those with an answer.
func AnsweredNegative() Bad { return Bad{what: badAnswer} }

// AnsweredNegativeTo are runs whose customer's last answer to the survey of this name was negative, of those with an answer to it.
func AnsweredNegativeTo(survey string) Bad { return Bad{what: badSurvey, name: survey} }

// TouchpointFailed are runs in which a touchpoint failed.
func TouchpointFailed() Bad { return Bad{what: badTouchpoint} }

// FailedAt are runs in which the touchpoint of this name failed, of those that had it.
func FailedAt(touchpoint string) Bad { return Bad{what: badAt, name: touchpoint} }

// EndedIn are runs that ended in the stage of this name without being completed, of those that came to it.
func EndedIn(stage string) Bad { return Bad{what: badStage, name: stage} }

// EndedFor are runs that ended for the cause, and were not completed.
func EndedFor(cause string) Bad { return Bad{what: badCause, name: cause} }

// String says which runs are bad, such as "runs that were not completed".
func (b Bad) String() string {
	words := b.Words()
	return words.Runs + " that " + words.Did
}

// MarshalText returns what String does.
func (b Bad) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// Words are what a sentence calls the runs: see [contrast.Finding.Sentence].
func (b Bad) Words() contrast.Words {
	w := contrast.Words{Runs: "runs"}
	switch b.what {
	case badNotCompleted:
		w.Did, w.Good = "were not completed", "completed"
	case badEnd:
		w.Did, w.Good = EndsAs(b.outcome).predicate(), "that did not"
		if b.outcome == event.Cancelled {
			w.Good = "that were not"
		}
	case badPromise:
		w.Did, w.Good = fmt.Sprintf("broke the promise %q", b.name), "in time"
	case badObjective:
		w.Did, w.Good = fmt.Sprintf("missed the objective %q", b.name), "that met it"
	case badReopened:
		w.Did, w.Good = "were reopened", "that stayed closed"
	case badAnswer:
		w.Runs, w.Did, w.Good = "runs with an answer", "had a negative one", "without a negative answer"
	case badSurvey:
		w.Runs, w.Did, w.Good = fmt.Sprintf("runs with an answer to the survey %q", b.name), "had a negative one", "without a negative answer to it"
	case badTouchpoint:
		w.Did, w.Good = "had a touchpoint that failed", "without a failure"
	case badAt:
		w.Runs, w.Did, w.Good = fmt.Sprintf("runs with the touchpoint %q", b.name), "had it fail", "without a failure of it"
	case badStage:
		w.Runs, w.Did, w.Good = fmt.Sprintf("runs that came to the stage %q", b.name), "ended in it without being completed", "that did not"
	case badCause:
		w.Did, w.Good = fmt.Sprintf("ended for the cause %q", b.name), "that did not"
	}
	return w
}

// judge says whether runs are bad.
type judge struct {
	// kind says which columns follow from a bad run: see leftOut.
	kind badKind
	// ages reports whether the share grows with the age of a run, so that only runs of one age are comparable. An inverse judge finds the runs bad that it
	// does not hit.
	ages, inverse bool
	// among reports whether the question is about the runs that came to something alone, so that chance has not made the selection.
	among bool
	// trial returns the trial of a run, and false if the question is not about it.
	trial func(p *pick, c *cases.Chunk, row int) (trial, bool)
}

// judge returns the judge of bad runs.
func (v *View) judge(b Bad) (judge, error) {
	of := func(kind badKind, m Measure, inverse bool) judge {
		return judge{kind: kind, ages: m.ages(), inverse: inverse, trial: m.trial}
	}
	if (b.what == badAt || b.what == badStage || b.what == badCause || b.what == badSurvey) && b.name == "" {
		return judge{}, fmt.Errorf("%w: what is bad has no name: give that of one in the blueprint", ErrWhich)
	}
	switch b.what {
	case badNotCompleted:
		return of(b.what, Completes(), true), nil
	case badEnd:
		if !slices.Contains([]event.Outcome{event.Failed, event.Cancelled, event.Abandoned}, b.outcome) {
			return judge{}, fmt.Errorf("%w: the end %q is not a bad one: give event.Failed, Cancelled or Abandoned", ErrWhich, b.outcome)
		}
		return of(b.what, EndsAs(b.outcome), false), nil
	case badPromise:
		if b.name == "" {
			return judge{}, fmt.Errorf("%w: the promise has no name: give that of a promise in the blueprint", ErrWhich)
		}
		return judge{kind: b.what, trial: brokenIn("", b.name)}, nil
	case badObjective:
		return v.judgeObjective(b.name)
	case badReopened:
		return judge{kind: b.what, ages: true, trial: reopens}, nil
	case badAnswer:
		return of(b.what, Says(event.Negative), false), nil
	case badSurvey:
		return judge{kind: badAnswer, among: true, trial: answers(b.name)}, nil
	case badAt:
		return judge{kind: badTouchpoint, ages: true, among: true, trial: failsAt(b.name)}, nil
	case badStage:
		return judge{kind: badNotCompleted, ages: true, among: true, trial: endsIn(b.name)}, nil
	case badCause:
		return judge{kind: badNotCompleted, ages: true, trial: endsFor(b.name)}, nil
	default:
		return of(badTouchpoint, Fails(), false), nil
	}
}

// brokenIn returns the trial of the promises of a name, of the journey or of any one for "": a run is hit if one of them was broken, and young if those that are
// not due are all that it has.
func brokenIn(journey, name string) func(*pick, *cases.Chunk, int) (trial, bool) {
	m := Keeps(name)
	return func(p *pick, c *cases.Chunk, row int) (t trial, ok bool) {
		t = trial{age: p.at - c.Base[row], hit: -1, over: -1}
		if journey != "" && p.t.Journeys[c.Journey[row]].Name != journey {
			return t, false
		}
		var room [4]promise
		t.young = true
		for _, made := range p.promises(room[:0], c, row) {
			one, counts := m.promised(p, &made)
			if !counts {
				continue
			}
			ok = true
			if one.young {
				continue
			}
			t.young = false
			if one.hit < 0 {
				t.hit = 0
			}
		}
		return t, ok
	}
}

// reopens is the trial of a run that ended: its clock begins at the end.
func reopens(p *pick, c *cases.Chunk, row int) (t trial, ok bool) {
	ended := c.Ended[row]
	if ended == 0 || ended > p.at || event.Outcome(c.Outcome[row]) == event.Abandoned {
		return t, false
	}
	t = trial{age: p.at - ended, hit: -1, over: -1}
	if first, again := p.after(c, row, ended); again {
		t.hit = c.At(row, c.Words(row)[first]) - ended
		t.over = t.hit
	}
	return t, true
}

// judgeObjective returns the judge of the objective's bad runs.
func (v *View) judgeObjective(name string) (judge, error) {
	at := slices.IndexFunc(v.table.objectives, func(o slo.Objective) bool { return o.Name == name && v.seesSubject(&o) })
	if at < 0 {
		var names []string
		for i := range v.table.objectives {
			if o := &v.table.objectives[i]; v.seesSubject(o) {
				names = append(names, o.Name)
			}
		}
		hint := "write the name of one in the blueprint"
		if near := blueprint.Suggest(name, names); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return judge{}, fmt.Errorf("%w: there is no objective %.64q that this viewer may see: %s", ErrWhich, name, hint)
	}
	o := &v.table.objectives[at]
	if lacks := lacking(o); lacks != "" {
		return judge{}, fmt.Errorf("%w: the objective %q has %s, which the table does not have: ask for a promise, an end or a touchpoint instead", ErrWhich, name, lacks)
	}
	switch {
	case o.Promise != "":
		return judge{kind: badPromise, trial: brokenIn(o.Journey, o.Promise)}, nil
	case o.Journey != "":
		return judge{kind: badNotCompleted, ages: true, trial: endsOf(o)}, nil
	default:
		return judge{kind: badTouchpoint, ages: true, trial: touchesOf(o)}, nil
	}
}

// seesSubject reports whether the viewer may see what the objective is about.
func (v *View) seesSubject(o *slo.Objective) bool { return o.Journey == "" || v.sees(o.Journey) }

// lacking returns what of the objective the columns do not have, "" for nothing.
func lacking(o *slo.Objective) string {
	switch {
	case o.Journey == "" && o.Touchpoint == "":
		return "a " + strings.ReplaceAll(fmt.Sprint(o.Subject()), "_", " ") + " as its subject"
	case len(o.Maintenance) > 0:
		return "a maintenance"
	case len(o.Except.Actors)+len(o.Except.Channels)+len(o.Except.Causes)+len(o.Except.Segments)+len(o.Except.Outcomes) > 0:
		return "exceptions"
	case o.Touchpoint != "" && (o.Good.Within > 0 || len(o.Good.Zones) > 0):
		return "a bound on the time of a touchpoint"
	}
	return ""
}

// endsOf returns the trial of an objective on the ends of a journey: a run is hit when it ends otherwise, or takes too long.
func endsOf(o *slo.Objective) func(*pick, *cases.Chunk, int) (trial, bool) {
	within := o.Good.Within.Microseconds()
	good := o.GoodOutcomes()
	return func(p *pick, c *cases.Chunk, row int) (t trial, ok bool) {
		s := p.state(c, row)
		if p.t.Journeys[c.Journey[row]].Name != o.Journey || s == unknown || within > 0 && c.Flags[row]&cases.Begun == 0 {
			return t, false
		}
		t = trial{age: p.at - c.Base[row], hit: -1, over: -1}
		took := t.age
		if ended := p.ended(c, row); ended != 0 {
			took = ended - c.Base[row]
			t.over = took
			if !slices.ContainsFunc(good, func(g event.Outcome) bool { return ends[g&7] == s }) {
				t.hit = took
			}
		}
		if within > 0 && took > within && (t.hit < 0 || t.hit > within) {
			t.hit = within + 1
		}
		return t, true
	}
}

// touchesOf returns the trial of an objective on a touchpoint: a run that has it is hit when one of them is not good.
func touchesOf(o *slo.Objective) func(*pick, *cases.Chunk, int) (trial, bool) {
	good := o.GoodOutcomes()
	return touches(o.Touchpoint, func(outcome event.Outcome) bool { return slices.Contains(good, outcome) })
}

// touches returns the trial of the runs that have a touchpoint: a run is hit when one of its interactions there is not good.
func touches(touchpoint string, good func(event.Outcome) bool) func(*pick, *cases.Chunk, int) (trial, bool) {
	return func(p *pick, c *cases.Chunk, row int) (t trial, ok bool) {
		t = trial{age: p.at - c.Base[row], hit: -1, over: -1}
		codes := p.t.Codes()
		for _, w := range c.Words(row) {
			code := &codes[cases.CodeOf(w)]
			if code.Kind != cases.Touched || p.t.Names.Text(uint32(code.Name)) != touchpoint || c.At(row, w) > p.at {
				continue
			}
			ok = true
			if t.hit < 0 && !good(code.Outcome) {
				t.hit = c.At(row, w) - c.Base[row]
			}
		}
		if ended := p.ended(c, row); ended != 0 {
			t.over = ended - c.Base[row]
		}
		return t, ok
	}
}
