package report

import (
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/contrast"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/text"
)

// longest is how many bytes of a name a sentence has.
const longest = 60

// label returns a name from outside, safe to show as text: a page escapes it.
func label(s string) string {
	s, _ = text.Label(s, longest)
	if s == "" {
		return "(not known)"
	}
	return s
}

// quote returns a name from outside in a sentence.
func quote(s string) string { return "“" + label(s) + "”" }

// columnName returns the name of a column in a sentence.
func columnName(c insight.Column) string { return label(string(c)) }

// interval returns the ends of a share.
func interval(s score.Share) string {
	return number.Range(number.Share(s.Low), number.Share(s.High))
}

// kept returns "85.0% of 113 (77.3% to 90.4%)".
func share(s score.Share) string {
	if !s.OK() {
		return number.None
	}
	return fmt.Sprintf("%s of %s (%s)", number.Share(s.Value), number.Count(s.N), interval(s))
}

// before returns "the week before".
func (k Kind) before() string { return "the " + k.String() + " before" }

// against says how a share changed, in a clause: "no clear change from the week before (86.1%)".
func (c *Change) against(before score.Share, what string) string {
	switch {
	case c == nil:
		return "nothing to compare with in " + what
	case !c.Differs:
		return fmt.Sprintf("no clear change from %s (%s of %s)", what, number.Share(before.Value), number.Count(before.N))
	default:
		return fmt.Sprintf("%s on %s (%s of %s), more than chance explains (%s)", number.Points(c.Difference.Value), what,
			number.Share(before.Value), number.Count(before.N), points(c.Difference))
	}
}

// points returns the interval of a difference.
func points(d score.Difference) string {
	return number.Range(strings.TrimSuffix(number.Points(d.Low), " points"), number.Points(d.High))
}

// moment returns a time of the report: "Friday 25 May".
func (r *Report) friday() string { return r.Friday.AddDate(0, 0, -1).Format("Friday 2 January") }

// made returns when the report is of: "27 March 2026 16:52 CET".
func (r *Report) made() string { return r.At.Format("2 January 2006 15:04 MST") }

// in reports whether the time is in the period.
func (r *Report) in(t time.Time) bool {
	return !t.IsZero() && !t.Before(r.Now.From) && t.Before(r.Now.Until)
}

// title returns the promise in words: `“solved” within 1 business day`.
func (p *Promise) title() string {
	if p.Within == "" {
		return quote(p.Name)
	}
	return quote(p.Name) + " within " + p.Within
}

// beside says what the kept share is beside its target, in a clause.
func (p *Promise) beside() string {
	target := number.Share(p.Target)
	target = strings.Replace(target, ".0%", "%", 1)
	switch p.Verdict {
	case Met:
		return "above the target of " + target
	case MetMaybe:
		return "above the target of " + target + ", but not by more than chance"
	case MissedMaybe:
		return "below the target of " + target + ", but not by more than chance"
	case Missed:
		return "below the target of " + target
	default:
		return "without a target"
	}
}

// spell writes a time in words to two units.
func spell(d time.Duration) string { return number.Duration(d) }

// sentence makes a clause a sentence.
func sentence(clause string) string {
	if clause == "" {
		return ""
	}
	r := []rune(clause)
	return strings.ToUpper(string(r[0])) + string(r[1:]) + "."
}

// heldOf names the values of a finding: "team “north” with channel “phone”".
func heldOf(held []contrast.Held) string {
	parts := make([]string, len(held))
	for i := range held {
		parts[i] = label(held[i].Column) + " " + quote(held[i].Value)
	}
	return strings.Join(parts, " with ")
}
