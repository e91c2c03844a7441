package contrast

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairncx.dev/cairn/internal/text"
)

// Words are what a sentence calls the runs, what the bad ones did, and what they would be. All are phrases in the middle of
// a sentence. The zero value has the defaults.
type Words struct {
	Runs string // default: "runs"
	Did  string // default: "ended badly"
	Good string // default: "that ended well"
}

func (w Words) withDefaults() Words {
	for _, word := range []struct {
		text  *string
		other string
	}{{&w.Runs, "runs"}, {&w.Did, "ended badly"}, {&w.Good, "that ended well"}} {
		if *word.text == "" {
			*word.text = word.other
		}
	}
	return w
}

// Sentence says the finding in words: its shares with n and interval, the excess, the gain, and what it does not say. It is
// plain text: a page escapes it. Values are cut after 80 bytes, and lose characters that people do not see.
func (f *Finding) Sentence(words Words) string {
	words = words.withDefaults()
	var b strings.Builder
	if f.Aside > 0 {
		fmt.Fprintf(&b, "Apart from the %s above, ", words.Runs)
	}
	fmt.Fprintf(&b, "%s %s %s in %s (n %s, %s)", words.Runs, heldBy(f.Held), words.Did, percent(f.Inside.Share), count(f.Inside.Runs), interval(f.Inside))
	others := "the others"
	if f.Causal {
		others = "the other arms"
	}
	if f.Method == DifferenceOfDifferences {
		fmt.Fprintf(&b, ", after %s (n %s, %s) before, while %s went from %s (n %s, %s) to %s (n %s, %s)",
			percent(f.InsideBefore.Share), count(f.InsideBefore.Runs), interval(f.InsideBefore), others,
			percent(f.OutsideBefore.Share), count(f.OutsideBefore.Runs), interval(f.OutsideBefore),
			percent(f.Outside.Share), count(f.Outside.Runs), interval(f.Outside))
	} else {
		fmt.Fprintf(&b, " against %s of %s (n %s, %s)", percent(f.Outside.Share), others, count(f.Outside.Runs), interval(f.Outside))
	}
	fmt.Fprintf(&b, ": %s more than their share (%s).", whole(f.Excess.Value), between(f.Excess, whole))
	if f.New {
		b.WriteString(" They are new: hardly any ran before.")
	}
	if f.Customers < f.Inside.Bad {
		fmt.Fprintf(&b, " All %s are those of %s customers.", count(f.Inside.Bad), count(f.Customers))
	}
	if len(f.Same) > 0 {
		fmt.Fprintf(&b, " Nearly the same %s are those %s.", words.Runs, heldEach(f.Same))
	}
	b.WriteString(f.conclusion(words))
	return sentenceCase(b.String())
}

// conclusion says what the finding is good for, and what not.
func (f *Finding) conclusion(words Words) string {
	if t := f.Turns; t != nil {
		return fmt.Sprintf(" Split by %s, the sign turns: among %s with the same %s these did not do worse (common odds ratio %.2f, %.2f to %.2f)."+
			" The difference comes from how they are distributed over %s.",
			label(t.Column), words.Runs, label(t.Column), t.Odds.Value, t.Odds.Interval.Low, t.Odds.Interval.High, label(t.Column))
	}
	gain := fmt.Sprintf(" If those did as well as the others: %s %s (%s), %s (%s).",
		"+"+whole(f.Excess.Value), words.Good, between(f.Excess, whole), "+"+oneDecimal(f.Points.Value)+" points", between(f.Points, oneDecimal))
	if f.Causal {
		return gain + " The arms were assigned by chance: this is an effect of the arm."
	}
	return gain + " This is association, not proof."
}

// heldBy returns "of team Payments with channel phone".
func heldBy(held []Held) string {
	parts := make([]string, len(held))
	for i, h := range held {
		phrase := h.phrase
		if phrase == "" {
			phrase = "with " + label(h.Column)
		}
		value := label(h.Value)
		if value == "" {
			value = "(empty)"
		}
		parts[i] = phrase + " " + value
	}
	return strings.Join(parts, " ")
}

// heldEach returns "with queue payments, and those with site Bonn".
func heldEach(held []Held) string {
	parts := make([]string, len(held))
	for i := range held {
		parts[i] = heldBy(held[i : i+1])
	}
	return strings.Join(parts, ", and those ")
}

// longest is how many bytes of a name or value a sentence has.
const longest = 80

// label returns a text from outside, safe to show.
func label(s string) string {
	s, _ = text.Label(s, longest)
	return s
}

func interval(s Share) string { return percent(s.Interval.Low) + " to " + percent(s.Interval.High) }

func between(q Quantity, write func(float64) string) string {
	return write(q.Interval.Low) + " to " + write(q.Interval.High)
}

// percent returns a share with one decimal. It never rounds to 0 or 100% a share that is neither.
func percent(share float64) string {
	written := strconv.FormatFloat(100*share, 'f', 1, 64)
	switch {
	case share > 0 && written == "0.0":
		return "under 0.1%"
	case share < 1 && written == "100.0":
		return "over 99.9%"
	}
	return strings.TrimSuffix(written, ".0") + "%"
}

// count returns a number with its digits in groups of three.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(digits) - 3; i > start; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func whole(v float64) string { return count(int64(math.Round(v))) }

func oneDecimal(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// sentenceCase makes the first letter a capital.
func sentenceCase(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
