package paths

import (
	"fmt"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/text"
)

// tooFew is the sentence of an answer that is not shown.
const tooFew = "The runs are of fewer than five customers, and are not shown."

// Sentence returns the answer in words, for people who do not know how it was counted. It is no format: a later version may say more.
func (t Time) Sentence() string {
	switch {
	case t.Few:
		return tooFew
	case t.Whole.Share.N == 0:
		return "No run has taken any time."
	}
	said := []string{fmt.Sprintf("%s took %s in all.", runs(t.Runs), number.SpellSeconds(t.Whole.Seconds))}
	if len(t.Stages) > 0 {
		most := t.Stages[0]
		line := fmt.Sprintf("%s of the time is in %s", portion(most.Time), strconv.Quote(most.Name))
		if most.Visit.N > 0 {
			line += fmt.Sprintf(", where half of the %s visits last %s or less", number.Count(most.Visit.N), number.Spell(most.Visit.Median))
		}
		said = append(said, line+".")
	}
	if t.Waits.Seconds > 0 {
		said = append(said, "Customers wait during "+portion(t.Waits)+" of the time.")
	}
	if t.Again.Seconds > 0 {
		said = append(said, fmt.Sprintf("Steps that are done again take %s of the time, in %s.", portion(t.Again), of(t.Repeats, "run")))
	}
	switch {
	case t.Open == 1:
		said = append(said, "1 of the runs has not ended, and counts with the time so far.")
	case t.Open > 1:
		said = append(said, number.Count(t.Open)+" of the runs have not ended, and count with the time so far.")
	}
	return strings.Join(said, " ")
}

// Sentence is like [Time.Sentence].
func (h Handovers) Sentence() string {
	switch {
	case h.Few:
		return tooFew
	case h.Runs == 0:
		return "No run was in a team's hands."
	case !h.Changed.OK():
		return "The runs that changed hands are of fewer than five customers, and are not shown."
	case h.Times == 0:
		return fmt.Sprintf("None of %s changed hands.", runs(h.Runs))
	}
	said := fmt.Sprintf("%s changed hands, %s in all.", of(h.Changed, "run"), times(h.Times))
	if h.Time.Seconds > 0 {
		said += fmt.Sprintf(" %s of the time passes between the last step of one team and the first step of the next one.", portion(h.Time))
	}
	return said + fmt.Sprintf(" %s went back to a team that had the run before.", of(h.Back, "handover"))
}

// Sentence is like [Time.Sentence].
func (p PingPong) Sentence() string {
	if !p.Runs.OK() {
		return "Fewer than five customers were sent back and forth, or no run was in a team's hands, so there is nothing to show."
	}
	said := of(p.Runs, "run") + " were sent back and forth between two teams."
	if len(p.Between) > 0 {
		most := p.Between[0]
		said += fmt.Sprintf(" Most of the time was lost between %s and %s: %s in %s.",
			strconv.Quote(most.Teams[0]), strconv.Quote(most.Teams[1]), number.SpellSeconds(most.Seconds), runs(most.Runs.Count))
	}
	return said
}

// Sentence is like [Time.Sentence].
func (f Funnel) Sentence() string {
	switch {
	case f.Few:
		return tooFew
	case f.Age.Age <= 0:
		return "Too few runs have come far enough to say how old a run has to be, so no run counts."
	case f.Runs == 0:
		return fmt.Sprintf("No run is %s old yet, so no run counts.", number.Spell(f.Age.Age))
	}
	said := []string{}
	if f.Completed.OK() {
		said = append(said, fmt.Sprintf("%s completed within %s.", of(f.Completed, "run"), number.Spell(f.Age.Age)))
	} else {
		said = append(said, fmt.Sprintf("%s had %s. Fewer than five customers completed, and are not shown.", runs(f.Runs), number.Spell(f.Age.Age)))
	}
	worst, early := FunnelStage{}, FunnelStage{}
	for i, s := range f.Stages {
		if s.Left.Count > worst.Left.Count {
			worst = s
		}
		if i+1 < len(f.Stages) && s.CompletedHere.Count > early.CompletedHere.Count {
			early = s
		}
	}
	if early.CompletedHere.Count > 0 {
		said = append(said, fmt.Sprintf("%s that came to %s completed without a later stage.", of(early.CompletedHere, "run"), strconv.Quote(early.Name)))
	}
	if worst.Left.Count > 0 {
		line := fmt.Sprintf("Most are lost at %s: %s that came to it", strconv.Quote(worst.Name), of(worst.Left, "run"))
		if len(worst.Lost) > 0 {
			line += ", with a value of " + money(worst.Lost)
		}
		said = append(said, line+".")
	}
	if f.Young > 0 {
		said = append(said, number.Count(f.Young)+" younger ones do not count yet.")
	}
	if !f.Settled {
		said = append(said, of(f.Open, "run")+" are still open, so more may come.")
	}
	return strings.Join(said, " ")
}

// Sentence is like [Time.Sentence].
func (f Follows) Sentence() string {
	switch {
	case f.Few:
		return tooFew
	case !f.Covered.OK():
		return "No run has a step."
	case f.Variants == 0:
		return "Each path is that of few customers, so that there is no map."
	}
	said := fmt.Sprintf("The map shows %s, which took %s.", of(f.Covered, "run"), plural(f.Variants, "path"))
	if len(f.Pairs) > 0 {
		most := f.Pairs[0]
		said += fmt.Sprintf(" %s follows %s most often: %s, half of them within %s.",
			strconv.Quote(most.To), strconv.Quote(most.From), times(most.Times), number.Spell(most.Time.Median))
	}
	return said + hidden(f.HiddenPairs, "pair")
}

// Sentence is like [Time.Sentence].
func (v Variants) Sentence() string {
	switch {
	case v.Few:
		return tooFew
	case v.Runs == 0:
		return "No run has a step."
	}
	said := fmt.Sprintf("%s took %s.", runs(v.Runs), plural(v.Distinct, "path"))
	if len(v.Shown) > 0 {
		most := v.Shown[0]
		said += fmt.Sprintf(" %s took the most frequent one", of(most.Share, "run"))
		if most.Time.N > 0 {
			said += fmt.Sprintf(", and half of those that have ended took %s or less", number.Spell(most.Time.Median))
		}
		said += ": " + path(most.Steps) + "."
	}
	return said + hidden(v.Hidden, "path")
}

// Sentence is like [Time.Sentence].
func (l Loops) Sentence() string {
	if !l.Runs.OK() {
		return "Fewer than five customers did a step again, or no run has a step, so there is nothing to show."
	}
	said := of(l.Runs, "run") + " do a step again."
	if len(l.Loops) > 0 {
		most, way := l.Loops[0], path(l.Loops[0].Steps)
		if most.Long {
			way = "the long way from " + strconv.Quote(most.Steps[0]) + " back to it"
		}
		said += fmt.Sprintf(" The loop that takes the most time is %s: %s, half of them within %s.", way, times(most.Times), number.Spell(most.Round.Median))
	}
	return said + hidden(l.Hidden, "way back")
}

// Sentence is like [Time.Sentence].
func (d Detours) Sentence() string {
	switch {
	case d.Runs == 0:
		return "No run that is old enough has completed."
	case len(d.Beside.Steps) == 0:
		return "Too few customers took the path that others would be compared with."
	case len(d.Detours) == 0:
		return fmt.Sprintf("None of %s is slower than the usual one by more than chance.", plural(d.Tested, "path"))
	}
	most := d.Detours[0]
	said := fmt.Sprintf("The most costly detour is %s: %s customers, %s longer at the median (%s to %s) than the usual path.",
		path(most.Steps), number.Count(most.Customers), number.Spell(most.Extra), number.Spell(most.Low), number.Spell(most.High))
	switch {
	case len(most.Added)+len(most.Missing) == 0:
		said += " It has the same steps in another order."
	case len(most.Missing) == 0:
		said += " It adds " + list(most.Added) + "."
	case len(most.Added) == 0:
		said += " It leaves out " + list(most.Missing) + "."
	default:
		said += " It adds " + list(most.Added) + ", and leaves out " + list(most.Missing) + "."
	}
	return said + " This is a difference between runs on different paths, and no proof that the path is its cause."
}

// hidden says what is not shown.
func hidden(h Hidden, noun string) string {
	if h.Groups == 0 {
		return ""
	}
	return fmt.Sprintf(" %s of few customers, and what would give them away, are not shown.", plural(h.Groups, noun))
}

// of returns a share in words: "713 of 1,434 runs (49.7%, 47.1% to 52.3%)".
func of(s score.Share, noun string) string {
	return fmt.Sprintf("%s of %s (%s, %s)", number.Count(s.Count), plural(s.N, noun), number.Share(s.Value), s.Range())
}

// portion returns a part of the time in words: "41.2% (38.0% to 44.5%)".
func portion(p Portion) string { return number.Share(p.Share.Value) + " (" + p.Share.Range() + ")" }

// path returns the steps in words. The middle of a long path is left out.
func path(steps []string) string {
	const most, ends = 8, 3
	quoted := make([]string, len(steps))
	for i, name := range steps {
		quoted[i] = strconv.Quote(name) // names come from outside
	}
	if len(quoted) > most {
		left := plural(int64(len(quoted)-2*ends), "step")
		quoted = append(append(quoted[:ends:ends], left), quoted[len(quoted)-ends:]...)
	}
	return strings.Join(quoted, " → ")
}

// money returns amounts in words.
func money(all []event.Money) string {
	words := make([]string, len(all))
	for i, m := range all {
		words[i] = text.Money(m.Amount, strings.Trim(strconv.Quote(m.Currency), `"`))
	}
	return text.List(words, "and")
}

// list returns names in words.
func list(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return text.List(quoted, "and")
}

func runs(n int64) string { return plural(n, "run") }

func times(n int64) string { return plural(n, "time") }

// plural returns the number with its noun: "1 run", "1,434 runs".
func plural(n int64, noun string) string {
	if noun == "way back" {
		return number.Of(n, noun, "ways back")
	}
	return number.Of(n, noun, noun+"s")
}

// difference writes the difference of two shares, with its interval and the counts that both rest on.
func difference(d score.Difference) string {
	low := strings.TrimSuffix(number.Points(d.Low), " points")
	return fmt.Sprintf("%s (%s), n = %s and %s", number.Points(d.Value), number.Range(low, number.Points(d.High)), number.Count(d.N), number.Count(d.Before))
}
