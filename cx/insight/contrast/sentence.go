package contrast

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
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
	fmt.Fprintf(&b, "%s %s %s in %s (n %s, %s)", words.Runs, heldBy(f.Held), words.Did, number.Share(f.Inside.Value), number.Count(f.Inside.N), interval(f.Inside))
	others := "the others"
	if f.Causal {
		others = "the other arms"
	}
	if f.Method == DifferenceOfDifferences {
		fmt.Fprintf(&b, ", after %s (n %s, %s) before, while %s went from %s (n %s, %s) to %s (n %s, %s)",
			number.Share(f.InsideBefore.Value), number.Count(f.InsideBefore.N), interval(f.InsideBefore), others,
			number.Share(f.OutsideBefore.Value), number.Count(f.OutsideBefore.N), interval(f.OutsideBefore),
			number.Share(f.Outside.Value), number.Count(f.Outside.N), interval(f.Outside))
	} else {
		fmt.Fprintf(&b, " against %s of %s (n %s, %s)", number.Share(f.Outside.Value), others, number.Count(f.Outside.N), interval(f.Outside))
	}
	as := "with the share of the others"
	if f.Method == DifferenceOfDifferences {
		as = "if they had changed as the others did"
	}
	fmt.Fprintf(&b, ": %s more than %s (%s).", whole(f.Excess.Value), as, between(f.Excess, whole))
	if f.New {
		b.WriteString(" They are new: hardly any ran before.")
	}
	if f.Customers < f.Inside.Count {
		fmt.Fprintf(&b, " The %s %s that %s are those of %s customers.", number.Count(f.Inside.Count), words.Runs, words.Did, number.Count(f.Customers))
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
		return fmt.Sprintf(" Split by %s, the sign turns: among %s with the same %s these did not do worse (common odds ratio %.2f, %s)."+
			" The difference comes from how they are distributed over %s.",
			label(t.Column), words.Runs, label(t.Column), t.Odds.Value, oddsInterval(t.Odds), label(t.Column))
	}
	gain := fmt.Sprintf(" If these %s did as well as the others: %s %s (%s), %s (%s).", words.Runs,
		"+"+whole(f.Excess.Value), words.Good, between(f.Excess, whole), "+"+oneDecimal(f.Points.Value)+" points", between(f.Points, oneDecimal))
	if f.Causal {
		return gain + " The arms were assigned by chance: this is an effect of the arm."
	}
	return gain + " This is association, not proof."
}

// oddsInterval writes the interval of an odds ratio, which may have no end.
func oddsInterval(q score.Estimate) string {
	if q.High >= math.MaxFloat64 {
		return fmt.Sprintf("%.2f or more", q.Low)
	}
	return fmt.Sprintf("%.2f to %.2f", q.Low, q.High)
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

func interval(s score.Share) string {
	return number.Share(s.Low) + " to " + number.Share(s.High)
}

func between(q score.Estimate, write func(float64) string) string {
	return write(q.Low) + " to " + write(q.High)
}

func whole(v float64) string { return number.Count(int64(math.Round(v))) }

func oneDecimal(v float64) string { return number.Decimal(v, 1) }

// sentenceCase makes the first letter a capital.
func sentenceCase(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
