package insight

import (
	"fmt"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
	"cairncx.dev/cairn/internal/text"
)

// share writes a share with its count, n and interval: "82.1% (92 of 112, 74.0% to 88.1%)".
func share(s score.Share) string {
	if !s.OK() {
		return "none of 0"
	}
	return fmt.Sprintf("%s (%d of %d, %s)", percent(s.Value), s.Count, s.N, s.Range())
}

// percent writes a share with one digit.
func percent(v float64) string {
	s := strconv.FormatFloat(100*v, 'f', 1, 64)
	return s + "%"
}

func are(n int64) string {
	if n == 1 {
		return "1 is"
	}
	return strconv.FormatInt(n, 10) + " are"
}

// spell writes a time to two units, because readers want no seconds of a month.
func spell(d time.Duration) string {
	switch {
	case d >= day:
		return text.Spell(d.Round(time.Hour))
	case d >= time.Hour:
		return text.Spell(d.Round(time.Minute))
	case d >= time.Second:
		return text.Spell(d.Round(time.Second))
	default:
		return text.Spell(d.Round(time.Millisecond))
	}
}

// few is what an answer says that is hidden.
func few() string {
	return "The question is about fewer than " + strconv.Itoa(smallgroup.Min) + " customers, whose numbers are not shown."
}

// Sentence says how many runs there were, how they ended and how fast, in words.
func (o *Outcomes) Sentence() string {
	if o.Hidden {
		return few()
	}
	if o.Runs == 0 {
		return "There were no runs."
	}
	said := fmt.Sprintf("Of %d runs, %s were completed", o.Runs, share(o.Completed))
	if o.Took.N > 0 {
		said += fmt.Sprintf(", half of them within %s and nine in ten within %s", spell(o.Took.Median), spell(o.Took.P90))
	}
	said += "."
	if o.Failed.Count > 0 {
		said += fmt.Sprintf(" %s failed.", share(o.Failed))
	}
	if o.Silent.Count > 0 {
		said += fmt.Sprintf(" %s fell silent, and %s of those came back.", share(o.Silent), share(o.CameBack))
	}
	if o.Open.Count > 0 {
		said += fmt.Sprintf(" %s open, the oldest since %s.", are(o.Open.Count), spell(o.Oldest))
	}
	if o.Unknown > 0 {
		said += fmt.Sprintf(" How %d more ended is not known.", o.Unknown)
	}
	return said
}

// Sentence says what was reopened, in words.
func (r *Reopening) Sentence() string {
	what := "had something after their end"
	of := "runs that ended"
	if r.Promise != "" {
		what = fmt.Sprintf("went on after the promise %q was kept", r.Promise)
		of = "runs in which it was kept"
	}
	if r.Hidden {
		return few()
	}
	if !r.OK() {
		return "There were no " + of + "."
	}
	said := fmt.Sprintf("%s of the %s %s", share(r.Share), of, what)
	if r.Cost.N > 0 {
		said += fmt.Sprintf(": half of them for %s or longer, %s in all", spell(r.Cost.Median), spell(r.Total))
	}
	return said + "."
}

// interval writes the ends of a difference in points.
func interval(i stats.Interval) string {
	return fmt.Sprintf("%+.1f to %+.1f points", 100*i.Low, 100*i.High)
}
