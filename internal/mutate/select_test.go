package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSelection: the command runs the tests that execute a mutant's statement, also through child processes. A
// mutant that no test executes survives without a test.
func TestSelection(t *testing.T) {
	fixture(t)
	trace := filepath.Join(t.TempDir(), "trace")
	t.Setenv("FIXTURE_TRACE", trace)
	cached := t.TempDir()
	out, got := called(t, "chosen", "-n", "0", "-p", "1", "-cache", cached, "./chosen")
	if len(got.Survivors) != 1 || got.Survivors[0].Covered ||
		got.Survivors[0].Key != "chosen/chosen.go Unseen logic: a || b => (a && b)" {
		t.Errorf("the survivors are %+v, want the mutant of Unseen, not covered", got.Survivors)
	}
	if got.Killed != got.Tried-1 || got.Killed < 8 || got.Hung != 0 {
		t.Errorf("%+v, want all but one killed by a test\n%s", got, out)
	}
	if !strings.Contains(out, " survived (not covered)\n") || !strings.Contains(out, "SURVIVED (not covered) ") {
		t.Errorf("the report does not say that no test runs the mutant:\n%s", out)
	}

	const together = "TestChild TestDependsLittle TestDependsOnOthers TestLeft TestLimit"
	for _, tc := range []struct{ reason, match, ran string }{
		{"one test of several executes the statement", " Left ", "TestLeft"},
		{"a child process executes the statement and is killed", " Deep ", "TestChild"},
		{"no test executes the statement", " Unseen ", ""},
		{"a test that fails by itself runs with all others", " Depends ", together},
		{"the statement runs only if all tests run in one process", " drop: again = true", "TestCalledOnce TestCalledTwice " + together},
	} {
		if err := os.WriteFile(trace, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := called(t, "chosen", "-n", "1", "-p", "1", "-cache", cached, "-match", tc.match, "./chosen")
		text, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		ran := strings.Fields(string(text)) // a failed test runs again without the mutant
		slices.Sort(ran)
		if got := strings.Join(slices.Compact(ran), " "); got != tc.ran {
			t.Errorf("%s: the tests that ran are %q, want %q", tc.reason, got, tc.ran)
		}
		if strings.Contains(out, "recording") {
			t.Errorf("%s: the second run of the same sources recorded again:\n%s", tc.reason, out)
		}
	}
}

// TestScrubbed: a test that the probes break runs for every mutant in its suite.
func TestScrubbed(t *testing.T) {
	fixture(t)
	out, got := called(t, "scrubbed", "-n", "0", "-p", "1", "./scrubbed")
	if got.Killed != 1 || got.Tried != 1 {
		t.Errorf("%+v, want the one mutant killed\n%s", got, out)
	}
}

// TestChoose: the quickest test runs first, in few processes.
func TestChoose(t *testing.T) {
	const a, b, c, d = 0, 1, 2, 3 // statements
	ran := func(list ...int) set {
		s := make(set, 1)
		for _, i := range list {
			s[i/8] |= 1 << (i % 8)
		}
		return s
	}
	r := &recording{
		Files: map[string]int{"before.go": 0, "x.go": 1},
		Took:  40 * time.Second,
		Ran:   ran(1+a, 1+b, 1+c),
		Tests: []recorded{
			{Name: "TestSlow", Took: 30 * time.Second, Ran: ran(1 + a)},
			{Name: "TestQuick", Took: 300 * time.Millisecond, Ran: ran(1 + a)},
			{Name: "TestOther", Took: time.Millisecond, Ran: ran(0)},
			{Name: "TestQuicker", Took: 200 * time.Millisecond, Ran: ran(1+a, 1+c)},
			{Name: "TestMiddle", Took: 2 * time.Second, Ran: ran(1 + a)},
			{Name: "TestFails", Took: time.Second, Ran: ran(1 + c), Failed: true},
		},
	}
	sound := &recording{Files: r.Files, Took: r.Took, Ran: r.Ran, Tests: r.Tests[:5]}
	for _, tc := range []struct {
		reason    string
		recording *recording
		file      string
		statement int
		want      string
	}{
		{"groups by time, then all tests for the one that fails alone", r, "x.go", a, "TestQuicker TestQuick, TestMiddle, TestSlow, all"},
		{"run together only", r, "x.go", b, "all"},
		{"a test that fails alone executes it", r, "x.go", c, "TestQuicker, all"},
		{"every test passes by itself", sound, "x.go", a, "TestQuicker TestQuick, TestMiddle, TestSlow"},
		{"every test passes by itself, and none runs it but all together", sound, "x.go", b, "all"},
		{"no test executes it", r, "x.go", d, "none"},
		{"an unknown statement", r, "x.go", -1, "all"},
		{"a file that the suite does not contain", r, "y.go", a, "none"},
		{"a test that the probes break", &recording{Files: r.Files, Ran: r.Ran, Tests: r.Tests, Broken: true}, "x.go", d, "all"},
		{"tests that the probes break and that did not run one by one", &recording{Files: r.Files, Ran: r.Ran, Broken: true}, "x.go", d, "all"},
		{"nothing was recorded", &recording{}, "x.go", a, "all"},
		{"the tests did not run one by one", &recording{Files: r.Files, Ran: r.Ran}, "x.go", a, "all"},
		{"the tests did not run one by one and do not execute it", &recording{Files: r.Files, Ran: r.Ran}, "x.go", d, "none"},
	} {
		var got []string
		for _, g := range tc.recording.choose(tc.file, tc.statement) {
			if len(g.tests) == 0 {
				g.tests = []string{"all"}
			}
			got = append(got, strings.Join(g.tests, " "))
		}
		if len(got) == 0 {
			got = []string{"none"}
		}
		if s := strings.Join(got, ", "); s != tc.want {
			t.Errorf("%s: %s, want %s", tc.reason, s, tc.want)
		}
	}
	if g := r.choose("x.go", a); g[0].took != 500*time.Millisecond || g[2].took != 30*time.Second {
		t.Errorf("the groups take %v and %v, want 500ms and 30s", g[0].took, g[2].took)
	}
}

// TestInnermost: each place of a function belongs to the innermost statement that can have a probe.
func TestInnermost(t *testing.T) {
	const text = `package x
func f(n int, c chan int) int {
	defer func() { n = 1 }()
outer:
	for i := 0; i < 3; i++ {
		switch {
		case n > 5: continue outer
		case n > 6: { n = 2; fallthrough2() }
		default:
		}
		select { case v := <-c: n = v; default: }
		if n > 7 { return 4 } else if n > 8 { n = 6 }
	}
	return n
}
type t int
func (t) g() { h() }
var v = func() int { return 9 }
`
	list, err := statements("x.go", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"func() { n": "defer", "n = 1": "n = 1", "i < 3": "outer:", "i++": "outer:", "n > 5": "switch", "continue": "continue outer",
		"n = 2": "n = 2", "fallthrough2": "fallthrough2", "v := <-c": "select", "n = v": "n = v", "n > 7": "if n > 7",
		"return 4": "return 4", "n > 8": "if n > 7", "n = 6": "n = 6", "return n": "return n", "h()": "h()",
	} {
		i := innermost(list, strings.Index(text, at))
		if i < 0 || !strings.HasPrefix(text[list[i].start:], want) {
			t.Errorf("%q belongs to statement %d, want the one that begins with %q", at, i, want)
		}
	}
	for _, at := range []string{"f(n int", "type t", "return 9"} {
		if i := innermost(list, strings.Index(text, at)); i >= 0 {
			t.Errorf("%q belongs to %q, want no statement", at, text[list[i].start:list[i].end])
		}
	}
}
