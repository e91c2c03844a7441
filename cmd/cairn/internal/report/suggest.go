package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/ratchet"
)

// SuggestTitle is the title of the suggestions of targets.
const SuggestTitle = "Higher targets"

// WriteSuggestions writes the suggestions as plain text for people. The width is that of [Report.WriteText].
func WriteSuggestions(w io.Writer, list []ratchet.Suggestion, head PastHead, width int) error {
	if width == 0 {
		width = DefaultWidth
	}
	width = max(width, minWidth)
	zone := head.Location
	if zone == nil {
		zone = time.UTC
	}
	var b strings.Builder
	heading(&b, SuggestTitle, width)
	higher := 0
	for i := range list {
		if list[i].Next != nil {
			higher++
		}
	}
	switch higher {
	case 0:
		sentence(&b, width, "No target can be higher for certain.")
	case 1:
		sentence(&b, width, "One target can be higher. You decide: a higher target leaves less room for changes, and pages sooner.")
	default:
		sentence(&b, width, fmt.Sprintf("%d targets can be higher. You decide: a higher target leaves less room for changes, and pages sooner.", higher))
	}
	b.WriteByte('\n')
	head.hints(&b, width)
	for i := range list {
		writeSuggestion(&b, &list[i], zone, width)
	}
	if _, err := io.WriteString(w, strings.TrimSuffix(b.String(), "\n")); err != nil {
		return fmt.Errorf("writing the suggestions: %w", err)
	}
	return nil
}

func writeSuggestion(b *strings.Builder, s *ratchet.Suggestion, zone *time.Location, width int) {
	heading(b, s.Name, width)
	sentence(b, width, because(s))
	if s.Next != nil {
		b.WriteByte('\n')
		where := "objective " + clean(s.Name)
		if s.Promise != "" && s.Name == s.Journey+"-"+s.Promise {
			where += ", or promise " + clean(s.Promise) + " of the journey " + clean(s.Journey)
		}
		sentence(b, width, "In the blueprint, "+where+":")
		fmt.Fprintf(b, "%s  target: %s    # was %s\n", indent, s.Text, target(s.Target))
	}
	b.WriteByte('\n')
	if s.Last == nil {
		return
	}
	t := table{columns: []column{{head: "Window"}, {head: "good", right: true}, {head: "of", right: true}, {head: "share", right: true}, {head: "at least", right: true}}}
	for _, w := range []*ratchet.Window{s.Before, s.Last} {
		lower := ""
		if w.Total() > 0 {
			lower = digits(w.Lower)
		}
		t.add(w.From.In(zone).Format(time.DateOnly)+" to "+w.Until.In(zone).Format(time.DateOnly), grouped(w.Good), grouped(w.Total()),
			share(w.Good, w.Total()), lower)
	}
	t.write(b, width)
}

// digits writes a lower limit, rounded down to a hundredth of a percent.
func digits(lower float64) string {
	const hundredths = 10_000
	return strconv.FormatFloat(float64(int64(lower*hundredths))/(hundredths/100), 'f', 2, 64) + "%"
}

// because says why there is a suggestion or none.
func because(s *ratchet.Suggestion) string {
	promised := target(s.Target)
	switch s.Why {
	case ratchet.Better:
		return fmt.Sprintf("%s is promised. Both of the last two windows were better, with 95%% certainty, and also better than %s.", promised, s.Text)
	case ratchet.NotBetter:
		return promised + " is promised. It is not certain that both of the last two windows were better."
	case ratchet.NoStep:
		return promised + " is promised. Both of the last two windows were better, but by less than a step."
	case ratchet.TooShort:
		return promised + " is promised. The log does not have two full windows: read a longer log, or set a shorter window, such as 7d."
	case ratchet.TooFew:
		return promised + " is promised. One of the last two windows has too few events to say."
	default:
		return promised + " is promised. It is made of other objectives: its target follows from theirs."
	}
}
