package insight_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/contrast"
)

// department has the applicants of a department in 1973 (Bickel, Hammel, O'Connell 1975; R's UCBAdmissions).
type department struct {
	name                             string
	men, rejectedMen, women, refused int // admitted men, rejected men, admitted women, rejected women
}

func berkeley() []department {
	return []department{
		{"A", 512, 313, 89, 19}, {"B", 353, 207, 17, 8}, {"C", 120, 205, 202, 391}, {"D", 138, 279, 131, 244}, {"E", 53, 138, 94, 299}, {"F", 22, 351, 24, 317},
	}
}

// applications are the runs of the applicants, of whom those that were rejected have failed.
func applications() (lives []life) {
	for _, d := range berkeley() {
		for _, g := range []struct {
			n       int
			sex     string
			outcome event.Outcome
		}{{d.men, "male", event.Completed}, {d.rejectedMen, "male", event.Failed}, {d.women, "female", event.Completed}, {d.refused, "female", event.Failed}} {
			for range g.n {
				l := ticket(len(lives), 0)
				l.id, l.segment, l.impact = strconv.Itoa(len(lives)), g.sex, d.name
				l.ended, l.outcome = 1, g.outcome
				lives = append(lives, l)
			}
		}
	}
	return lives
}

// TestBerkeley: the hardest department goes first with a rejection. Being a woman goes with it, too, and the sign turns by department: the common odds ratio of
// the departments that are left is below 1.
func TestBerkeley(t *testing.T) {
	t.Parallel()
	g, err := loaded(t, applications()).View(insight.Everything(), at(2)).GoesWith(t.Context(), insight.Which{}, insight.EndedAs(event.Failed))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range g.Answer.Findings {
		names = append(names, held(f))
	}
	// See the test of package contrast, where the department is a column.
	const want = "impact=F, segment=female, impact=E, impact=C, impact=D, segment=male"
	if got := strings.Join(names, ", "); got != want {
		t.Fatalf("found %s, want %s", got, want)
	}
	if w := g.Answer.Whole; w.N != 4526 || w.Count != 2771 || g.TooYoung != 0 || g.AtAge != 0 {
		t.Errorf("%d of %d were rejected, want 2771 of 4526, %d are too young", w.Count, w.N, g.TooYoung)
	}
	var above, below float64 // Mantel and Haenszel 1959: Σad/n over Σbc/n, of the departments that are left
	for _, d := range berkeley()[:5] {
		n := float64(d.men + d.rejectedMen + d.women + d.refused)
		above += float64(d.refused*d.men) / n
		below += float64(d.women*d.rejectedMen) / n
	}
	turns := g.Answer.Findings[1].Turns
	if turns == nil || turns.Column != "impact" || turns.Odds.Value >= 1 || math.Abs(turns.Odds.Value-above/below) > 1e-12 {
		t.Errorf("the sign turns: %+v, want a common odds ratio of %v by impact", turns, above/below)
	}
	said := g.Answer.Findings[1].Sentence(g.Bad.Words())
	for _, want := range []string{"Split by impact, the sign turns", "Apart from the runs above, runs of segment female failed in"} {
		if !strings.Contains(said, want) {
			t.Errorf("the sentence does not say %q: %s", want, said)
		}
	}
}

// held returns what a finding is about, as column=value.
func held(f contrast.Finding) string {
	parts := make([]string, len(f.Held))
	for i, h := range f.Held {
		parts[i] = h.Column + "=" + h.Value
	}
	return strings.Join(parts, " ")
}
