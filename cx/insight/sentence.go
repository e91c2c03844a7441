package insight

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// share writes a share with its count, n and interval: "82.1% (92 of 112, 74.0% to 88.1%)".
func share(s score.Share) string {
	if !s.OK() {
		return "none of 0"
	}
	return fmt.Sprintf("%s (%s of %s, %s)", percent(s.Value), number.Count(s.Count), number.Count(s.N), within(s.Interval))
}

// thereWere says how many things there were: "There were 1,434 runs".
func thereWere(n int64, one, many string) string {
	if n == 1 {
		return "There was " + number.Of(n, one, many)
	}
	return "There were " + number.Of(n, one, many)
}

// within writes the interval of a share.
func within(i stats.Interval) string { return number.Range(percent(i.Low), percent(i.High)) }

// are writes a count as the beginning of what is said of them.
func are(n int64) string { return number.Of(n, "is", "are") }

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
	if !o.Completed.OK() {
		return fmt.Sprintf("%s. It is known of fewer than %d customers' how they stand.", thereWere(o.Runs, "run", "runs"), smallgroup.Min)
	}
	said := fmt.Sprintf("%s, of which %s were completed", thereWere(o.Runs, "run", "runs"), share(o.Completed))
	if o.Took.N > 0 {
		said += fmt.Sprintf(", half of them within %s and nine in ten within %s", spell(o.Took.Median), spell(o.Took.P90))
	}
	said += "."
	if o.Failed.Count > 0 {
		said += fmt.Sprintf(" %s failed.", share(o.Failed))
	}
	if o.Silent.Count > 0 {
		said += fmt.Sprintf(" %s fell silent", share(o.Silent))
		if o.CameBack.OK() {
			said += fmt.Sprintf(", and %s of those came back", share(o.CameBack))
		}
		said += "."
	}
	if o.Open.Count > 0 {
		said += fmt.Sprintf(" %s open, the oldest for %s.", are(o.Open.Count), spell(o.Oldest))
	}
	if o.Unknown > 0 {
		said += fmt.Sprintf(" How %s more ended is not known.", number.Count(o.Unknown))
	}
	return said
}

// Sentence says what was reopened, in words.
func (r *Reopening) Sentence() string {
	what := "had something after their end"
	of := "runs of " + strconv.Quote(r.Journey) + " that ended"
	if r.Promise != "" {
		of = fmt.Sprintf("runs in which the promise %q was kept", r.Promise)
	}
	if r.Hidden {
		return few()
	}
	if !r.OK() {
		return "There were no " + of + "."
	}
	said := fmt.Sprintf("%s of the %s %s", share(r.Share), of, what)
	if r.Promise != "" {
		said = fmt.Sprintf("After the promise %q was kept, %s of the runs went on", r.Promise, share(r.Share))
	}
	if r.Cost.N > 0 {
		said += fmt.Sprintf(": half of them for %s or longer, %s in all", spell(r.Cost.Median), number.SpellSeconds(r.Total))
	}
	return said + "."
}

// percent writes a share.
func percent(v float64) string { return number.Share(v) }

// spell writes a time in words.
func spell(d time.Duration) string { return number.Spell(d) }

// interval writes the ends of a difference in points.
func interval(i stats.Interval) string {
	return number.Range(strings.TrimSuffix(number.Points(i.Low), " points"), number.Points(i.High))
}
