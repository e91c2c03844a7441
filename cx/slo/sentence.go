package slo

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/internal/text"
)

// Sentence returns the promise in words, for people who do not know how an objective is written. One sentence has the promise. Up to three
// more say which events do not count, how many are enough, and when maintenance is:
//
//	95% of the runs of "checkout" end completed and within 3 minutes, over 28 days.
//	85% of the answers to "post-purchase" have a score of at least 4, over 28 days. Fewer than 50 answers are not enough to say.
//
// Names are as they are, in quotes. It is no format: a later version may say more. It is "" for an objective without a subject.
func (o *Objective) Sentence() string {
	var claim string
	switch o.Subject() {
	case OfJourney:
		claim = "of the runs of " + named(o.Journey) + " " + o.ends("end ")
	case OfPromise:
		claim = "of the promises " + named(o.Promise) + " of " + named(o.Journey) + " are kept in time"
	case OfTouchpoint:
		claim = "of the interactions at " + named(o.Touchpoint) + " " + o.interactions()
	case OfSurvey:
		claim = "of the answers to " + named(o.Survey) + " " + o.answers()
	case OfQueue:
		claim = "of the " + o.events() + " in the queue " + named(o.Queue) + " " + o.queue()
	case OfEffort:
		claim = "of the efforts about " + named(o.Effort) + " are resolved at the first contact"
		if o.Effort == AllEfforts {
			claim = "of all efforts are resolved at the first contact"
		}
	case OfObjectives:
		claim = "of what its parts count is good, by weight"
	default:
		return ""
	}
	said := text.Percent(o.Target) + " " + claim + ", " + o.Window.span()
	if len(o.Of) > 0 {
		said += ": " + o.parts()
	}
	said += "."
	if left := o.leftOut(); left != "" {
		said += " It leaves out " + left + "."
	}
	if o.MinEvents > 1 {
		said += fmt.Sprintf(" Fewer than %s %s are not enough to say.", grouped(int64(o.MinEvents)), o.events())
	}
	if names := o.maintenances(); len(names) > 0 {
		said += " Nothing counts during maintenance: " + text.List(names, "and") + "."
	}
	return said
}

// named puts a name in quotes, because many names are words.
func named(name string) string { return `"` + name + `"` }

// ends says which ends of a run are good.
func (o *Objective) ends(verb string) string {
	outcomes := verb + text.List(namesOf(o.GoodOutcomes()), "or")
	if o.Good.Within > 0 {
		return outcomes + " and within " + text.Spell(o.Good.Within)
	}
	return outcomes
}

// interactions says which interactions are good.
func (o *Objective) interactions() string {
	var all []string
	if len(o.Good.Zones) > 0 {
		all = append(all, "have the Apdex zone "+text.List(namesOf(o.Good.Zones), "or"))
	}
	if good := o.GoodOutcomes(); len(good) > 0 {
		all = append(all, "end "+text.List(namesOf(good), "or"))
	}
	if o.Good.Within > 0 {
		all = append(all, "take at most "+text.Spell(o.Good.Within))
	}
	return text.List(all, "and")
}

// answers says which answers are good.
func (o *Objective) answers() string {
	var all []string
	least, most := o.Good.ScoreAtLeast, o.Good.ScoreAtMost
	score := func(f *float64) string { return strconv.FormatFloat(*f, 'f', -1, 64) }
	switch {
	case least != nil && most != nil:
		all = append(all, "have a score from "+score(least)+" to "+score(most))
	case least != nil:
		all = append(all, "have a score of at least "+score(least))
	case most != nil:
		all = append(all, "have a score of at most "+score(most))
	}
	if len(o.Good.Verdicts) > 0 {
		all = append(all, "are "+text.List(namesOf(o.Good.Verdicts), "or"))
	}
	return text.List(all, "and")
}

// queue says which contacts in a queue are good.
func (o *Objective) queue() string {
	g := &o.Good
	switch {
	case g.FirstReplyWithin > 0 && g.OpenHours:
		return "get a first reply within " + text.Spell(g.FirstReplyWithin) + " of business hours"
	case g.FirstReplyWithin > 0:
		return "get a first reply within " + text.Spell(g.FirstReplyWithin)
	case g.WaitWithin > 0:
		return "are answered within " + text.Spell(g.WaitWithin) + ", without the customers who leave earlier"
	}
	answered := "are answered within " + text.Spell(g.ServiceLevel.Within)
	switch g.ServiceLevel.Variant {
	case assist.Ignored:
		return answered + ", without the customers who leave earlier"
	case assist.Positive:
		return answered + ", or left by the customer in this time"
	default:
		return answered + ", and not left by the customer"
	}
}

// parts names the parts of a composite with their weights.
func (o *Objective) parts() string {
	all := make([]string, len(o.Of))
	for i, p := range o.Of {
		all[i] = named(p.Objective) + " (weight " + strconv.FormatFloat(p.Weight, 'f', -1, 64) + ")"
	}
	return text.List(all, "and")
}

// leftOut says which events do not count.
func (o *Objective) leftOut() string {
	var all []string
	add := func(what string, values []string) {
		if len(values) > 1 {
			what += "s"
		}
		if len(values) > 0 {
			all = append(all, what+" "+text.List(values, "and"))
		}
	}
	e := &o.Except
	add("what is done by the actor", namesOf(e.Actors))
	add("the channel", namesOf(e.Channels))
	add("the segment", e.Segments)
	add("the outcome", namesOf(e.Outcomes))
	add("the cause", e.Causes)
	return text.List(all, "and")
}

func (o *Objective) events() string {
	switch o.Subject() {
	case OfJourney:
		return "runs"
	case OfPromise:
		return "promises"
	case OfTouchpoint:
		return "interactions"
	case OfQueue:
		if o.Good.FirstReplyWithin > 0 {
			return "threads"
		}
		return "contacts"
	case OfEffort:
		return "efforts"
	default:
		return "answers"
	}
}

func (o *Objective) maintenances() []string {
	names := make([]string, len(o.Maintenance))
	for i := range o.Maintenance {
		names[i] = named(o.Maintenance[i].Name)
	}
	return names
}

// span names the window: "over 28 days", "in each calendar month of Europe/London".
func (w Window) span() string {
	switch name, calendar := strings.CutPrefix(w.Period.String(), "calendar-"); {
	case calendar:
		return "in each calendar " + name + " of " + cmp.Or(w.Zone, "UTC")
	case w.Days == 1:
		return "over a day"
	default:
		return "over " + strconv.Itoa(w.Days) + " days"
	}
}

// namesOf returns the names of the values.
func namesOf[T fmt.Stringer](values []T) []string {
	names := make([]string, 0, len(values))
	for _, v := range values {
		names = append(names, v.String())
	}
	return names
}
