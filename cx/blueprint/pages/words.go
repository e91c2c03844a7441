package pages

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/internal/text"
)

// promise says when the promise is made, and what keeps it until when.
func promise(p *blueprint.Promise, stages map[string]bool) string {
	moment := func(name, usual, when, stage, touchpoint string) string {
		switch {
		case name == "" || name == usual:
			return when
		case stages[name]:
			return stage + plain(name)
		default:
			return touchpoint + plain(name)
		}
	}
	said := "From " + moment(p.From, "start", "the start of the journey", "the moment the customer enters ", "the end of the touchpoint ") +
		" until " + moment(p.Until, "end", "the journey is completed", "the customer enters ", "the end of the touchpoint ") +
		", " + within(p) + "."
	if len(p.Pause) > 0 {
		pauses := make([]string, len(p.Pause))
		for i, s := range p.Pause {
			pauses[i] = plain(s)
		}
		said += " The time stands still while the customer is in " + text.List(pauses, "or") + "."
	}
	return said
}

// within names the time that a promise has.
func within(p *blueprint.Promise) string {
	hours := plain(p.Hours)
	switch {
	case p.Within.Days == 1:
		return "by the close of the next business day (" + hours + ")"
	case p.Within.Days > 1:
		return "by the close of the " + ordinal(p.Within.Days) + " business day after it (" + hours + ")"
	case hours != "":
		return "within " + text.SpellHours(time.Duration(p.Within.Duration)) + " of opening time (" + hours + ")"
	default:
		return "within " + text.Spell(time.Duration(p.Within.Duration))
	}
}

func ordinal(n int) string {
	const ten, hundred = 10, 100
	suffix := "th"
	if teen := n % hundred / ten; teen != 1 {
		switch n % ten {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

// claim is the promise of an objective in words. Maintenance has a section of its own.
func claim(o *slo.Objective) string {
	without := *o
	without.Maintenance = nil
	return without.Sentence()
}

// budget says how many events may be bad, of a round number that makes that a whole number. It is "" where there is no such number.
func budget(o *slo.Objective) string {
	noun := map[slo.Subject]string{slo.OfJourney: "runs", slo.OfPromise: "promises", slo.OfTouchpoint: "interactions", slo.OfSurvey: "answers", slo.OfQueue: "contacts", slo.OfEffort: "efforts"}[o.Subject()]
	if noun == "" {
		return ""
	}
	target, ok := new(big.Rat).SetString(strconv.FormatFloat(o.Target, 'g', -1, 64))
	if !ok {
		return ""
	}
	const hundred, most = 100, 1_000_000
	for n := int64(hundred); n <= most; n *= 10 {
		bad := new(big.Rat).Mul(new(big.Rat).Sub(big.NewRat(1, 1), target), big.NewRat(n, 1))
		if bad.IsInt() {
			return fmt.Sprintf("%s of every %s %s may miss this.", grouped(bad.Num().Int64()), grouped(n), noun)
		}
	}
	return ""
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// days writes the days of an opening: "Monday to Friday".
func days(on string) string {
	names := map[string]string{
		"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday", "daily": "every day",
	}
	first, last, span := strings.Cut(strings.ToLower(on), "-")
	switch {
	case names[first] == "" || span && names[last] == "":
		return plain(on)
	case span:
		return names[first] + " to " + names[last]
	default:
		return names[first]
	}
}

// openings writes the openings of a day: "09:00 to 12:00 and 13:00 to 16:00".
func openings(list []string) string {
	all := make([]string, len(list))
	for i, o := range list {
		from, until, span := strings.Cut(o, "-")
		switch {
		case span:
			all[i] = plain(from) + " to " + plain(until)
		case o == "24h":
			all[i] = "all day"
		default:
			all[i] = plain(o)
		}
	}
	return text.List(all, "and")
}
