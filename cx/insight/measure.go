package insight

import (
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
)

// Measure is the share that a comparison is about. The zero value is [Completes].
type Measure struct {
	what    measured
	outcome event.Outcome
	promise string
	verdict event.Verdict
}

type measured uint8

const (
	measuresEnd measured = iota
	measuresPromise
	measuresFailure
	measuresVerdict
)

// Completes is the share of the runs that are completed.
func Completes() Measure { return Measure{outcome: event.Completed} }

// EndsAs is the share of the runs with this end: event.Completed, Failed, Cancelled or Abandoned, which is a silent run.
func EndsAs(o event.Outcome) Measure { return Measure{outcome: o} }

// Keeps is the share of the promises of this name that are kept, in those that are due by now and were kept or broken: see [Standing].
func Keeps(promise string) Measure { return Measure{what: measuresPromise, promise: promise} }

// Fails is the share of the runs in which a touchpoint failed.
func Fails() Measure { return Measure{what: measuresFailure} }

// Says is the share of the runs whose customer's last answer had this verdict, in those with an answer.
func Says(v event.Verdict) Measure { return Measure{what: measuresVerdict, verdict: v} }

// String says what the share is of, such as "runs that were completed".
func (m Measure) String() string { return m.subject() + " that " + m.predicate() }

func (m Measure) subject() string {
	switch m.what {
	case measuresPromise:
		return fmt.Sprintf("promises %q", m.promise)
	case measuresVerdict:
		return "answers"
	default:
		return "runs"
	}
}

func (m Measure) predicate() string {
	switch {
	case m.what == measuresPromise:
		return "were kept"
	case m.what == measuresFailure:
		return "had a touchpoint that failed"
	case m.what == measuresVerdict:
		return "were " + m.verdict.String()
	case m.end() == event.Abandoned:
		return "fell silent"
	case m.end() == event.Failed:
		return "failed"
	default:
		return "were " + m.end().String()
	}
}

// share writes the share in words: `83.3% of 6 runs were completed (43.6% to 97.0%)`.
func (m Measure) share(s score.Share) string {
	return fmt.Sprintf("%s of %s %s %s (%s)", percent(s.Value), number.Count(s.N), m.subject(), m.predicate(), within(s.Interval))
}

// MarshalText returns what String does.
func (m Measure) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

func (m Measure) end() event.Outcome {
	if m.outcome == 0 {
		return event.Completed
	}
	return m.outcome
}

// ages reports whether the share grows with the age of a run, so that only runs of one age are comparable.
func (m Measure) ages() bool { return m.what == measuresEnd || m.what == measuresFailure }

// trial is one run, or one promise, of which the measure holds or not.
type trial struct {
	// age is how long ago the run began. hit is the time from then until the measure held, and -1 if it does not. over is the time until the run
	// ended, and -1 if it is open.
	age, hit, over int64
	// young marks a promise that is not due yet.
	young bool
}

// trials calls f with the trials of the run: one, or one for each promise.
func (m Measure) trials(p *pick, c *cases.Chunk, row int, list *[]promise, f func(trial)) {
	if m.what != measuresPromise {
		if t, ok := m.trial(p, c, row); ok {
			f(t)
		}
		return
	}
	*list = p.promises((*list)[:0], c, row)
	for i := range *list {
		if t, ok := m.promised(p, &(*list)[i]); ok {
			f(t)
		}
	}
}

// trial returns the trial of the run, and false if the measure is not about it.
func (m Measure) trial(p *pick, c *cases.Chunk, row int) (t trial, ok bool) {
	t = trial{age: p.at - c.Base[row], hit: -1, over: -1}
	if m.what == measuresVerdict {
		v := event.Verdict(at(c.Verdict, row)) //nolint:gosec // it is one
		if v == m.verdict {
			t.hit = 0
		}
		return t, v != 0
	}
	s, ended := p.stands(c, row)
	if ended != 0 {
		t.over = ended - c.Base[row]
	}
	switch {
	case m.what == measuresFailure:
		t.hit = p.firstFailure(c, row)
	case s == ends[m.end()]:
		t.hit = t.over
	}
	return t, s != unknown
}

// promised returns the trial of a promise, and false if the measure is not about it.
func (m Measure) promised(p *pick, made *promise) (t trial, ok bool) {
	if made.made == 0 || p.t.Names.Text(uint32(made.name)) != m.promise || made.kept == 0 && made.broken == 0 && made.withdrawn != 0 {
		return t, false
	}
	t.hit, t.over, t.young = -1, -1, !made.mature(p.at)
	if made.kept != 0 {
		t.hit = 0
	}
	return t, true
}

// firstFailure returns the time until the first touchpoint of the run that failed, and -1 without one.
func (p *pick) firstFailure(c *cases.Chunk, row int) int64 {
	if c.Failures[row] == 0 {
		return -1
	}
	codes := p.t.Codes()
	for _, w := range c.Words(row) {
		if code := &codes[cases.CodeOf(w)]; code.Kind == cases.Touched && code.Outcome == event.Failed {
			if at := c.At(row, w); at <= p.at {
				return at - c.Base[row]
			}
		}
	}
	return -1
}
