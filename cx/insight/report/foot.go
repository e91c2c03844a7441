package report

import (
	"fmt"
	"math"

	"cairncx.dev/cairn/cx/insight/number"
)

var nan = math.NaN()

// Heading is the name of the line's section for readers.
func (l Line) Heading() string {
	switch l.Section {
	case SectionPromises:
		return "Promises"
	case SectionTrend:
		return "Trend"
	case SectionFlow:
		return "Came and ended"
	case SectionBacklog:
		return "Late and open"
	case SectionOpen:
		return "Open"
	case SectionTime:
		return "Time"
	case SectionGroups:
		return "Groups"
	case SectionReopened:
		return "Taken up again"
	case SectionVoice:
		return "Customers say"
	case SectionSupport:
		return "Contacts"
	case SectionGoesWith:
		return "Mend first"
	case SectionMended:
		return "Mended"
	default:
		return sentenceCase(string(l.Section))
	}
}

// Subject is the subject of a mail with the report, and the title of its page, in one line without characters that break one.
func (r *Report) Subject() string { return r.ReportTitle() + ", " + r.when() }

// ReportTitle is the title, safe to show.
func (r *Report) ReportTitle() string { return label(r.Title) }

// rests says what the numbers rest on.
func (r *Report) rests() (list []string) {
	f := &r.Foot
	list = append(list, r.restsOn())
	if o := &r.Others; o.Journeys > 0 {
		list = append(list, sentence(number.Of(int64(o.Journeys), "journey is", "journeys are")+" not in the blueprint, beside the "+number.Count(mostOthers)+
			" largest of these, and not shown: with "+number.Of(o.Runs, "run", "runs")))
	}
	if f.Partial {
		list = append(list, "The period had not ended: promises that fall due later are not counted, and runs may still end.")
	}
	if f.Young > 0 {
		list = append(list, sentence(number.Of(f.Young, "promise that falls due in the period has", "promises that fall due in the period have")+" not had the time to be kept or broken, and do not count"))
	}
	if f.Withdrawn > 0 {
		list = append(list, sentence(number.Of(f.Withdrawn, "promise was", "promises were")+" withdrawn, and count as neither kept nor broken"))
	}
	if f.Unknown > 0 {
		list = append(list, sentence("it is not known when or how "+number.Of(f.Unknown, "run", "runs")+" ended, which are in no share"))
	}
	if n := f.Outside + f.Coarse; n > 0 {
		list = append(list, sentence(number.Of(n, "event was", "events were")+" outside of the time that the table keeps, or lack a part"))
	}
	if !f.Held.IsZero() {
		list = append(list, fmt.Sprintf("A transaction in flight at the source has held later events back since %s.", f.Held.In(r.At.Location()).Format("2 January 15:04 MST")))
	}
	return append(list, fmt.Sprintf("Groups of fewer than %d customers are not shown, nor is what probes did.", minGroup))
}

// word is a term of the page and what it means.
type word struct{ Term, Means string }

// words are the terms that the page uses.
func (r *Report) words() []word {
	list := []word{
		{"run", "one customer's way through a journey, such as one ticket or one order"},
	}
	if len(r.Promises) > 0 {
		list = append(list, word{"promise", "what the blueprint says a customer gets, and in what time. It belongs to the period in which it falls due"})
	}
	return append(list,
		word{"95% interval", "the range in which the share of all customers probably lies. The fewer customers, the wider it is"},
		word{"more than chance", "of all differences that are called so, about 1 in 20 at most is due to chance: the more differences were looked at, the clearer each has to be"},
		word{"association", "two things go together. One need not be the cause of the other"},
	)
}
