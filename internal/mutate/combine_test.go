package main

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// verdicts returns each mutant's line of the progress, without the time.
func verdicts(t *testing.T, args ...string) (lines []string, stderr string) {
	t.Helper()
	var out, progress bytes.Buffer
	if code := run(t.Context(), append([]string{"-cache", "", "-p", "1"}, args...), &out, &progress); code != 0 {
		t.Fatalf("the exit code is %d, want 0\n%s", code, &progress)
	}
	for _, m := range regexp.MustCompile(`(?m)^(.*?) +\d+ s  (.*)$`).FindAllStringSubmatch(progress.String(), -1) {
		lines = append(lines, m[1]+"  "+strings.TrimSpace(m[2]))
	}
	slices.Sort(lines)
	return lines, progress.String()
}

// TestTogether: mutants that are compiled together get the same verdicts as mutants that are compiled one by one.
// With -total each mutant is compiled by itself.
func TestTogether(t *testing.T) {
	fixture(t)
	got, progress := verdicts(t, "-n", "0", "./shapes")
	want, _ := verdicts(t, "-total", "10", "./shapes")
	for _, line := range want {
		// Without a recording the command does not know which mutants no test runs.
		notCovered := strings.Replace(line, "SURVIVED  ", "SURVIVED (not covered)  ", 1)
		if !slices.Contains(got, line) && !slices.Contains(got, notCovered) {
			t.Errorf("a verdict of the separate run is missing in the combined one: %s", line)
		}
	}
	if len(want) < 10 || len(got) <= len(want) {
		t.Errorf("%d mutants one by one and %d together, want at least 10 each", len(want), len(got))
	}
	if strings.Contains(progress, "one by one") {
		t.Errorf("the mutants were not compiled together:\n%s", progress)
	}
	for _, some := range []string{"killed  ", "not compiled  "} {
		if !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, some) }) {
			t.Errorf("no mutant was %s, so the test compares nothing", some)
		}
	}
}

// TestCombined: every mutant of the fixture compiles together with the others, except those whose function depends
// on its stack frame.
func TestCombined(t *testing.T) {
	fixture(t)
	w, err := load(t.Context(), []string{"./shapes"})
	if err != nil {
		t.Fatal(err)
	}
	check, err := newChecker(t.Context(), w.packages[0])
	if err != nil {
		t.Fatal(err)
	}
	mutants := map[int]*mutation{}
	var alone []int
	for i := range w.packages[0].sites {
		m := &w.packages[0].sites[i]
		if !check.compiles(m) {
			continue
		}
		mutants[i+1] = m
		if strings.Contains(m.key, " recovers ") {
			alone = append(alone, i+1)
		}
	}
	file := w.packages[0].sites[0].file
	text, left, err := combine(file, mutants)
	if err != nil {
		t.Fatal(err)
	}
	if len(alone) == 0 || !slices.Equal(left, alone) {
		t.Errorf("combine left out %v, want those of recovers: %v", left, alone)
	}
	for n, m := range mutants {
		if copied := bytes.Contains(text, []byte("mutant"+strconv.Itoa(n)+functionOf(m))); copied == slices.Contains(left, n) {
			t.Errorf("the copy of %s is missing or unexpected", m.key)
		}
	}
	// The lines of the original keep their numbers, whatever combine inserts into them.
	before := strings.Split(string(mutants[alone[0]].source), "\n")
	after := strings.Split(string(text), "\n")
	for i, line := range before {
		if !strings.HasPrefix(line, "func ") && after[i] != line {
			t.Fatalf("line %d is %q, want %q", i+1, after[i], line)
		}
	}
}

// functionOf returns the name of a mutant's function, without its receiver.
func functionOf(m *mutation) string {
	name := strings.Fields(m.key)[1]
	return name[strings.LastIndex(name, ".")+1:]
}
