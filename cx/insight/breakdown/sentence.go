package breakdown

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// date is how a day is written.
const date = "2 January 2006"

// Name says what a chart is about, in words: `the stage "payment" of "order"`.
func Name(s Subject) string { return NameWith(s, strconv.Quote) }

// NameWith is [Name] with names that the function quotes.
func NameWith(s Subject, quote func(string) string) string {
	switch {
	case s.About == insight.AboutJourney:
		return "the journey " + quote(s.Journey)
	case s.Journey == "":
		return fmt.Sprintf("the %s %s", s.About, quote(s.Name))
	default:
		return fmt.Sprintf("the %s %s of %s", s.About, quote(s.Name), quote(s.Journey))
	}
}

// Counted says in words what the share of a chart counts, such as `runs of "order" that were not completed`.
func Counted(s Subject) string {
	switch s.About {
	case insight.AboutJourney:
		return fmt.Sprintf("runs of %q that were not completed", s.Journey)
	case insight.AboutStage:
		return fmt.Sprintf("visits to the stage %q of %q in which the run ended without being completed", s.Name, s.Journey)
	case insight.AboutTouchpoint:
		return fmt.Sprintf("interactions at the touchpoint %q of %q that failed", s.Name, s.Journey)
	case insight.AboutCause:
		return fmt.Sprintf("runs of %q that ended for the cause %q", s.Journey, s.Name)
	case insight.AboutQueue:
		return fmt.Sprintf("contacts in the queue %q that customers gave up", s.Name)
	case insight.AboutPromise:
		return fmt.Sprintf("promises %q of %q that were broken", s.Name, s.Journey)
	case insight.AboutSurvey:
		return fmt.Sprintf("answers to the survey %q that are negative", s.Name)
	default:
		return "bad events"
	}
}

// moved says what changed, and by how much.
func (f *Found) moved() string {
	moved := "rose"
	if f.Better {
		moved = "fell"
	}
	return fmt.Sprintf("The share of %s %s from %s to %s", Counted(f.Subject), moved, number.Share(f.Before.Value), number.Share(f.Since.Value))
}

// Short says what changed, since when, and by how much, in one sentence with the day alone.
func (f *Found) Short() string { return f.moved() + " since " + f.Began.Format("2 January") + "." }

// Sentence says what changed, since when, and by how much.
func (f *Found) Sentence() string { return f.sentence("since " + f.Began.Format(date)) }

// PastSentence is [Found.Sentence] of what is over: it lasted from the day it began to the last one.
func (f *Found) PastSentence() string {
	if !f.AnyDay() {
		return f.sentence("on " + f.Began.Format(date))
	}
	return f.sentence("from " + f.Began.Format(date) + " to " + f.Last.Format(date))
}

func (f *Found) sentence(when string) string {
	of := f.moved()
	if f.Drift {
		return of + ". It has been changing for weeks, and did not begin on a day."
	}
	more := "more"
	if f.PerDay < 0 {
		more = "fewer"
	}
	said := []string{fmt.Sprintf("%s %s: %s %s a day than usual.", of, when, number.Decimal(math.Abs(f.PerDay), 1), more)}
	for i := range f.Coincides {
		said = append(said, coincides(&f.Coincides[i]))
	}
	if len(f.Also) > 0 {
		names := make([]string, len(f.Also))
		for i, s := range f.Also {
			names[i] = Name(s)
		}
		said = append(said, fmt.Sprintf("The same shows in %s.", strings.Join(names, ", ")))
	}
	return strings.Join(said, " ")
}

func coincides(c *insight.DailyChange) string {
	day := c.Day.Format(date)
	switch c.Kind {
	case insight.MaintenanceChange:
		return fmt.Sprintf("The maintenance %q took place on %s.", c.Name, day)
	case insight.VersionChange:
		return fmt.Sprintf("The version %q of %q has most of the runs since %s.", c.Name, c.Journey, day)
	default:
		return fmt.Sprintf("The %s %q began on %s.", c.Kind, c.Name, day)
	}
}
