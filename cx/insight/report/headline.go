package report

import (
	"cmp"
	"fmt"
	"strconv"

	"cairncx.dev/cairn/cx/insight/number"
)

// headline says the report in a sentence, after one about breakdowns whose promises are broken.
func (r *Report) headline() string {
	var first *Breakdown
	n := 0
	for i := range r.Breakdowns {
		if b := &r.Breakdowns[i]; b.Overdue() != nil {
			if n++; first == nil {
				first = b
			}
		}
	}
	said := r.headlineOfRuns()
	if first == nil {
		return said
	}
	p := first.Overdue()
	overdue := fmt.Sprintf("%s was to be %s by %s", aboutBreakdown(first.Subject), label(p.Name), p.Due.In(r.At.Location()).Format("2 January"))
	if n == 1 {
		return "A breakdown is overdue: " + overdue + ". " + said
	}
	return fmt.Sprintf("%s breakdowns are overdue: %s, for one. %s", number.Count(int64(n)), overdue, said)
}

// headlineOfRuns says in a sentence of at most two facts: whether promises are kept, and how many open runs are late. What is more than chance, and how that was
// before, the cards and lines say.
func (r *Report) headlineOfRuns() string {
	if said := r.headlineOfContacts(); r.Foot.Rows == 0 && said != "" {
		return said
	}
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
	late := r.lateSaid(p)
	if late != "" {
		late = ", and " + late
	}
	kept := number.Share(p.kept().Value)
	switch {
	case shown == 0:
		return fmt.Sprintf("%s was kept in %s of %s%s.", p.title(), kept, number.Of(p.kept().N, "case", "cases"), late)
	case short > 0 && late == "" && shown > 1:
		return fmt.Sprintf("%s below target: %s was kept in %s of cases, and the target is %s.", missing(short, shown), p.title(), kept, targetOf(p.Target))
	case short > 0:
		return fmt.Sprintf("%s was kept in %s of cases, below the target of %s%s.", p.title(), kept, targetOf(p.Target), late)
	case shown == 1:
		return fmt.Sprintf("%s is on target: it was kept in %s of cases%s.", p.title(), kept, late)
	case shown == 2: //nolint:mnd // both
		return "Both promises are on target" + cmp.Or(late, fmt.Sprintf(": %s, the closer one, was kept in %s of cases", p.title(), kept)) + "."
	default:
		return fmt.Sprintf("All %d promises are on target", shown) + cmp.Or(late, fmt.Sprintf(": %s, the closest one, was kept in %s of cases", p.title(), kept)) + "."
	}
}

// headlineOfContacts is the headline where the source has contacts with people or answers alone, and "" without them.
func (r *Report) headlineOfContacts() string {
	switch lines := r.voiceLines(); {
	case r.Support != nil:
		said := "People answered " + number.Count(int64(r.Support.Contacts.Answered)) + " of " + number.Of(int64(r.Support.Contacts.All), "contact", "contacts")
		if l := r.Support.All.Level; l.OK() {
			said += ", and met the service level in " + number.Share(l.Value)
		}
		return said + "."
	case len(lines) > 0:
		return lines[0].clauses[0] + "."
	default:
		return ""
	}
}

// missing says how many promises are not on target: "both promises are".
func missing(short, shown int) string {
	switch {
	case short < shown:
		return fmt.Sprintf("%d of %d promises %s", short, shown, isOrAre(short))
	case shown == 2: //nolint:mnd // both
		return "Both promises are"
	default:
		return fmt.Sprintf("All %d promises are", shown)
	}
}

// lateSaid says how many open runs are late, and "" if none is. The sentence is about the promise p.
func (r *Report) lateSaid(p *Promise) string {
	if len(r.Backlog) == 0 || r.Backlog[0].Late == 0 {
		return ""
	}
	b := &r.Backlog[0] // the worst one: a run can be late with several promises
	if p != nil && p.Name == b.Promise && p.Journey == b.Journey {
		return fmt.Sprintf("%s %s late", number.Of(b.Late, "open run", "open runs"), isOrAre(int(b.Late)))
	}
	return fmt.Sprintf("%s of %s %s late with %s", number.Of(b.Late, "open run", "open runs"), quote(b.Journey), isOrAre(int(b.Late)), quote(b.Promise))
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// headlineWithout is the headline where no promise has numbers.
func (r *Report) headlineWithout() string {
	for i := range r.Journeys {
		j := &r.Journeys[i]
		if j.Ended.Runs == 0 || j.Ended.Hidden {
			continue
		}
		said := fmt.Sprintf("%s of %s of %s were completed", number.Share(j.Ended.Completed.Value), number.Of(j.Ended.Completed.N, "run", "runs"), quote(j.Name))
		if late := r.lateSaid(nil); late != "" {
			return said + ", and " + late + "."
		}
		if n := j.Open.Open.Count; n > 0 {
			said += fmt.Sprintf(", and %s %s open", number.Count(n), isOrAre(int(n)))
		}
		return said + "."
	}
	var began int64
	for i := range r.Journeys {
		began += r.Journeys[i].Began
	}
	switch late := r.lateSaid(nil); {
	case began > 0 && late != "":
		return number.Of(began, "run", "runs") + " began, none ended, and " + late + "."
	case late != "":
		return "Nothing began and nothing ended, and " + late + "."
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
