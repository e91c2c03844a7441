package redact_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"cairncx.dev/cairn/feedback/redact"
	"cairncx.dev/cairn/feedback/redact/phones"
)

var update = flag.Bool("update", false, "write testdata/generated.txt and the table of README.md")

// label is what a person marked in a text.
type label struct {
	kind       redact.Kind
	start, end int
}

type sample struct {
	line   string
	text   string
	labels []label
}

// corpus reads the texts of testdata: a language and a text on each line, with ⟦kind|…⟧ around what is to be found and ⏎ for a
// line break.
func corpus(t testing.TB) []sample {
	t.Helper()
	var all []sample
	for _, name := range []string{"testdata/hand.txt", "testdata/generated.txt"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			all = append(all, parse(t, strings.TrimSuffix(line, "\n")))
		}
	}
	return all
}

func parse(t testing.TB, line string) sample {
	t.Helper()
	_, marked, ok := strings.Cut(line, "\t")
	if !ok {
		t.Fatalf("%q has no language", line)
	}
	kinds := map[string]redact.Kind{}
	for _, k := range redact.Kinds() {
		kinds[k.String()] = k
	}
	s := sample{line: line}
	for rest := strings.ReplaceAll(marked, "⏎", "\n"); ; {
		before, after, found := strings.Cut(rest, "⟦")
		s.text += before
		if !found {
			return s
		}
		inside, behind, closed := strings.Cut(after, "⟧")
		word, value, split := strings.Cut(inside, "|")
		if !closed || !split || kinds[word] == 0 {
			t.Fatalf("%q has a label that is none", line)
		}
		s.labels = append(s.labels, label{kinds[word], len(s.text), len(s.text) + len(value)})
		s.text += value
		rest = behind
	}
}

// tally counts what was found of one kind.
type tally struct{ labels, found, findings, right int }

func (c tally) recall() float64    { return float64(c.found) / float64(max(1, c.labels)) }
func (c tally) precision() float64 { return float64(c.right) / float64(max(1, c.findings)) }

// count compares findings with labels. A label is found if a finding of its kind covers it. A finding is right if it lies in a label
// of its kind, or covers one.
func count(t testing.TB, all []sample, find func(string) []redact.Finding) map[redact.Kind]tally {
	t.Helper()
	out := map[redact.Kind]tally{}
	for _, s := range all {
		findings := find(s.text)
		for _, l := range s.labels {
			c := out[l.kind]
			c.labels++
			found := false
			for _, f := range findings {
				found = found || f.Kind == l.kind && f.Start <= l.start && f.End >= strictEnd(l)
			}
			if found {
				c.found++
			} else {
				t.Logf("missed %v in %s: %v", l.kind, s.line, findings)
			}
			out[l.kind] = c
		}
		for _, f := range findings {
			c := out[f.Kind]
			c.findings++
			right := false
			for _, l := range s.labels {
				right = right || f.Kind == l.kind && f.Start < l.end && f.End > l.start
			}
			if right {
				c.right++
			} else {
				t.Logf("wrong: %v %q in %s", f.Kind, s.text[f.Start:f.End], s.line)
			}
			out[f.Kind] = c
		}
	}
	return out
}

// strictEnd is where a finding has to reach. The @ of credentials may stay.
func strictEnd(l label) int {
	if l.kind == redact.Credentials {
		return l.end - 1
	}
	return l.end
}

// floors are the least recall and precision of each kind on the corpus.
var floors = map[redact.Kind]struct{ recall, precision float64 }{
	redact.Email:       {0.95, 0.98},
	redact.Phone:       {0.95, 0.95},
	redact.Card:        {0.98, 0.98},
	redact.IBAN:        {0.98, 0.98},
	redact.NationalID:  {0.90, 0.95},
	redact.Secret:      {0.90, 0.95},
	redact.Credentials: {0.98, 0.98},
	redact.Handle:      {0.98, 0.60},
}

// TestCorpus prints recall and precision on the corpus, as the README shows them, and compares them with the floors.
func TestCorpus(t *testing.T) {
	if *update {
		if err := os.WriteFile("testdata/generated.txt", []byte(makeCorpus()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := corpus(t)
	if len(all) != 500 {
		t.Errorf("the corpus has %d texts, want 500", len(all))
	}
	if b, _ := os.ReadFile("testdata/generated.txt"); string(b) != makeCorpus() {
		t.Error("testdata/generated.txt is not what makeCorpus makes: go test -run Corpus -update")
	}
	plans, err := phones.New("US", "GB", "DE", "FR", "SE")
	if err != nil {
		t.Fatal(err)
	}
	full, err := redact.New(redact.WithPhones(plans), redact.WithHandles())
	if err != nil {
		t.Fatal(err)
	}
	cheap, err := redact.New(redact.WithHandles())
	if err != nil {
		t.Fatal(err)
	}
	got := count(t, all, full.Find)
	var table strings.Builder
	table.WriteString("| kind | in the texts | found: recall | found and right: precision |\n| --- | --- | --- | --- |\n")
	for _, k := range redact.Kinds() {
		c := got[k]
		fmt.Fprintf(&table, "| %s | %d | %.1f %% | %.1f %% |\n", k, c.labels, 100*c.recall(), 100*c.precision())
		if floor := floors[k]; c.labels == 0 || c.recall() < floor.recall || c.precision() < floor.precision {
			t.Errorf("%v: recall %.3f, precision %.3f of %d: want at least %v", k, c.recall(), c.precision(), c.labels, floor)
		}
	}
	c := count(t, all, cheap.Find)[redact.Phone]
	fmt.Fprintf(&table, "| phone, without numbering plans | %d | %.1f %% | %.1f %% |\n", c.labels, 100*c.recall(), 100*c.precision())
	t.Logf("\n%s", table.String())
	inReadme(t, "corpus", table.String())
}

// inReadme compares the table with that of the README between its marks, or writes it there.
func inReadme(t *testing.T, name, table string) {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	inside, after, closed := strings.Cut(rest, end)
	switch {
	case !ok || !closed:
		t.Fatalf("README.md has no %q and %q", begin, end)
	case inside == table:
	case !*update:
		t.Errorf("README.md has another table: go test -update. It is now:\n%s", table)
	default:
		if err := os.WriteFile("README.md", []byte(before+begin+table+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
