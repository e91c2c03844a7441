package report

import (
	"fmt"
	"strconv"

	"cairncx.dev/cairn/cx/insight/number"
)

// headline says the report in a sentence: whether promises are kept, and whether that is better or worse than before, by more than chance.
func (r *Report) headline() string {
	if r.Now.IsZero() || r.Foot.Rows == 0 {
		return "There are no runs yet, so there is nothing to report."
	}
	var shown, short, without int
	for i := range r.Promises {
		switch r.Promises[i].Verdict {
		case Missed, MissedMaybe:
			short++
			shown++
		case Met, MetMaybe:
			shown++
		case NoTarget:
			without++
		case NotKnown, NothingIsDue:
		}
	}
	if shown+without == 0 {
		return r.headlineWithout()
	}
	p := &r.Promises[0]
	said := fmt.Sprintf("%s was kept in %s of %s", p.title(), number.Share(p.kept().Value), number.Of(p.kept().N, "case", "cases"))
	if p.Target > 0 {
		said += " (target " + targetOf(p.Target) + ")"
	}
	said += ", " + r.trendWord(p) + "."
	switch {
	case p.Verdict == NoTarget:
		return said
	case short > 0:
		word := "below target, though not by more than chance"
		if p.Verdict == Missed {
			word = "below target"
		}
		if shown == 1 {
			return sentenceCase(word) + ": " + said
		}
		return sentenceCase(fmt.Sprintf("%d of %d promises %s %s: %s", short, shown, isOrAre(short), word, said))
	case shown == 1:
		return "On target: " + said
	case shown == 2:
		return "Both promises are on target. The closer one: " + said
	default:
		return fmt.Sprintf("All %d promises are on target. The closest one: %s", shown, said)
	}
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// trendWord says how a promise changed, without numbers.
func (r *Report) trendWord(p *Promise) string {
	switch {
	case r.Before.IsZero():
		return "and broken in " + number.Count(p.broken())
	case p.Change == nil:
		return "with nothing to compare in " + r.Kind.before()
	case !p.Change.Differs:
		return "no clear change from " + r.Kind.before()
	case p.Change.Difference.Value > 0:
		return "better than " + r.Kind.before() + " by more than chance"
	default:
		return "worse than " + r.Kind.before() + " by more than chance"
	}
}

// headlineWithout is the headline where no promise has numbers.
func (r *Report) headlineWithout() string {
	for i := range r.Journeys {
		j := &r.Journeys[i]
		if j.Ended.Runs == 0 || j.Ended.Hidden {
			continue
		}
		said := fmt.Sprintf("%s of %s of %s were completed", number.Share(j.Ended.Completed.Value), number.Of(j.Ended.Completed.N, "run", "runs"), quote(j.Name))
		switch {
		case j.Completed == nil:
			return said + "."
		case !j.Completed.Differs:
			return said + ": no clear change from " + r.Kind.before() + "."
		case j.Completed.Difference.Value > 0:
			return said + ": better than " + r.Kind.before() + " by more than chance."
		default:
			return said + ": worse than " + r.Kind.before() + " by more than chance."
		}
	}
	var began int64
	for i := range r.Journeys {
		began += r.Journeys[i].Began
	}
	switch {
	case began > 0:
		return "In this " + r.Kind.String() + " " + number.Of(began, "run", "runs") + " began, and none ended."
	case r.hidden():
		return "Fewer than " + strconv.Itoa(minGroup) + " customers were there in this " + r.Kind.String() + ", whose numbers are not shown."
	default:
		return "Nothing began and nothing ended in this " + r.Kind.String() + "."
	}
}

// hidden reports whether something is not shown because it is of few customers.
func (r *Report) hidden() bool {
	for i := range r.Journeys {
		if r.Journeys[i].Hidden || r.Journeys[i].Open.Hidden {
			return true
		}
	}
	return r.Few
}
