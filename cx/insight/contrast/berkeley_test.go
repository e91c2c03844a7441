package contrast_test

import (
	"math"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight/contrast"
)

// builder makes an input row by row.
type builder struct {
	in    contrast.Input
	codes []map[string]uint32
	bad   []bool
	now   []bool
}

func newBuilder(columns ...string) *builder {
	b := &builder{}
	for _, name := range columns {
		b.in.Columns = append(b.in.Columns, contrast.Column{Name: name, Codes: []uint32{}})
		b.codes = append(b.codes, map[string]uint32{})
	}
	return b
}

// add adds n runs with these values.
func (b *builder) add(n int, bad, now bool, values ...string) {
	for range n {
		b.bad, b.now = append(b.bad, bad), append(b.now, now)
		for i, value := range values {
			c := &b.in.Columns[i]
			code, known := b.codes[i][value]
			if !known {
				code = uint32(len(c.Values))
				b.codes[i][value] = code
				c.Values = append(c.Values, value)
				c.Unknown = append(c.Unknown, value == "?")
			}
			c.Codes = append(c.Codes, code)
		}
		b.in.Runs++
	}
}

// input returns what was added; changes says whether now is compared with before.
func (b *builder) input(changes bool) contrast.Input {
	b.in.Bad = contrast.NewBits(b.in.Runs)
	now := contrast.NewBits(b.in.Runs)
	for i := range b.in.Runs {
		if b.bad[i] {
			b.in.Bad.Set(i)
		}
		if b.now[i] {
			now.Set(i)
		}
	}
	if changes {
		b.in.Now = now
	}
	return b.in
}

func find(t *testing.T, in contrast.Input, options contrast.Options) contrast.Answer {
	t.Helper()
	answer, err := contrast.Find(t.Context(), in, options)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// name returns what a finding holds, as column=value.
func name(f contrast.Finding) string {
	parts := make([]string, len(f.Held))
	for i, h := range f.Held {
		parts[i] = h.Column + "=" + h.Value
	}
	return strings.Join(parts, " ")
}

func names(answer contrast.Answer) string {
	parts := make([]string, len(answer.Findings))
	for i, f := range answer.Findings {
		parts[i] = name(f)
	}
	return strings.Join(parts, ", ")
}

// berkeley has the applicants of 1973 (Bickel, Hammel, O'Connell 1975; R's UCBAdmissions). A rejection is bad.
func berkeley() *builder {
	b := newBuilder("sex", "department")
	for _, d := range []struct {
		department                 string
		admitted, rejected, fa, fr int
	}{
		{"A", 512, 313, 89, 19},
		{"B", 353, 207, 17, 8},
		{"C", 120, 205, 202, 391},
		{"D", 138, 279, 131, 244},
		{"E", 53, 138, 94, 299},
		{"F", 22, 351, 24, 317},
	} {
		b.add(d.admitted, false, true, "male", d.department)
		b.add(d.rejected, true, true, "male", d.department)
		b.add(d.fa, false, true, "female", d.department)
		b.add(d.fr, true, true, "female", d.department)
	}
	return b
}

// TestBerkeley: more of the women were rejected, and within the departments they were not. The common odds ratio of
// rejection, women against men, is that of admission, men against women: 0.9047 (0.7719 to 1.0603), with p 0.2169 (R's
// mantelhaen.test without correction). The shares are 69.6% and 55.5%.
func TestBerkeley(t *testing.T) {
	t.Parallel()
	words := contrast.Words{Runs: "applicants", Did: "were rejected", Good: "admitted"}
	answer := find(t, berkeley().input(false), contrast.Options{MinShare: 0.25}) // the departments hold fewer
	if names(answer) != "sex=female" {
		t.Fatalf("found %s", names(answer))
	}
	f := answer.Findings[0]
	if f.Turns == nil || f.Turns.Column != "department" {
		t.Fatalf("the sign does not turn: %+v", f)
	}
	for _, c := range []struct {
		what           string
		got, want, off float64
	}{
		{"odds", f.Turns.Odds.Value, 0.9046968, 5e-8},
		{"low", f.Turns.Odds.Interval.Low, 0.7719074, 5e-8},
		{"high", f.Turns.Odds.Interval.High, 1.0603298, 5e-8},
		{"p", f.Turns.P, 0.2169, 5e-5},
		{"women rejected", f.Inside.Value, 1278. / 1835, 1e-12},
		{"men rejected", f.Outside.Value, 1493. / 2691, 1e-12},
		{"women of departments that rejected fewer of them", float64(f.Turns.Better), 108 + 25 + 375 + 341, 0},
		{"women of departments that rejected more of them", float64(f.Turns.Worse), 593 + 393, 0},
	} {
		if math.Abs(c.got-c.want) > c.off {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
	const want = "Applicants with sex female were rejected in 69.6% (n 1,835, 67.5% to 71.7%) against 55.5% of the others (n 2,691, 53.6% to 57.3%): " +
		"260 more than with the share of the others (208 to 311). Split by department, the sign turns: among applicants with the same department these did not do " +
		"worse (common odds ratio 0.90, 0.77 to 1.06). The difference comes from how they are distributed over department."
	if got := f.Sentence(words); got != want {
		t.Errorf("the sentence is\n%s\nwant\n%s", got, want)
	}
}

// TestBerkeleyDepartments: the hardest department comes first. The sign of the others turns without its applicants too, and
// theirs stay for the departments that explain them.
func TestBerkeleyDepartments(t *testing.T) {
	t.Parallel()
	answer := find(t, berkeley().input(false), contrast.Options{})
	const want = "department=F, sex=female, department=E, department=C, department=D, sex=male"
	if names(answer) != want {
		t.Errorf("found %s, want %s", names(answer), want)
	}
	for _, f := range answer.Findings {
		if turns := f.Turns != nil; turns != (name(f) == "sex=female") {
			t.Errorf("%s turns: %v", name(f), turns)
		}
	}
	if f := answer.Findings[2]; f.Aside != 714 || f.Inside.N != 584 || f.Outside.N != 4526-714-584 {
		t.Errorf("the applicants of F are not aside, or those of the women are: %+v", f)
	}
}
