package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// together has the mutants of one package that are compiled at once.
type together struct {
	r        *runner
	pkg      *pkg
	check    *checker // nil if only the compiler can decide
	folder   string
	overlay  string
	active   string            // the file that names the active mutant
	numbers  map[string]int    // by key
	binaries map[string]string // by suite; empty if it did not compile
	sound    map[string]bool   // by suite and tests: true if they pass while no mutant is active
}

// together combines the mutants of a package that a batch will try first.
func (r *runner) together(ctx context.Context, p *pkg, b *batch) *together {
	if r.combined != nil && r.combined.pkg == p {
		return r.combined
	}
	if r.combined != nil {
		_ = os.RemoveAll(r.combined.folder)
	}
	t := &together{r: r, pkg: p, numbers: map[string]int{}, binaries: map[string]string{}, sound: map[string]bool{}}
	r.combined = t
	check, err := newChecker(ctx, p)
	if err != nil {
		_, _ = fmt.Fprintf(r.progress, "the mutants of %s are compiled one by one: %v\n", p.ImportPath, err)
		return t
	}
	t.check = check
	if r.settings.total > 0 {
		return t // a sample over all packages has few mutants of each
	}
	if err := t.write(b); err != nil {
		_, _ = fmt.Fprintf(r.progress, "the mutants of %s are compiled one by one: %v\n", p.ImportPath, err)
		clear(t.numbers)
	}
	return t
}

// write writes the package with the mutants in it.
func (t *together) write(b *batch) error {
	var err error
	if t.folder, err = os.MkdirTemp(t.r.temp, "together"); err != nil {
		return err
	}
	t.active = filepath.Join(t.folder, "active")
	over := newOverlay(t.folder)
	for file, mutants := range t.number(b) {
		text, left, err := combine(file, mutants)
		if err != nil {
			return err
		}
		for n, m := range mutants {
			if !slices.Contains(left, n) {
				t.numbers[m.key] = n
			}
		}
		if err := over.put(file, text); err != nil {
			return err
		}
	}
	if err := over.put(filepath.Join(t.pkg.Dir, probeFile), fmt.Appendf(nil, activeText, t.pkg.Name, t.active)); err != nil {
		return err
	}
	t.overlay, err = over.write()
	return err
}

// number gives numbers, by file, to the mutants that compile and will be tried. It checks only slightly more than
// enough; the rest, if needed, is compiled one by one.
func (t *together) number(b *batch) map[string]map[int]*mutation {
	first := b.mutants
	if n := b.enough + b.enough/4; b.enough > 0 && n < len(first) {
		first = first[:n]
	}
	files := map[string]map[int]*mutation{}
	for i := range first {
		m := &first[i]
		if !t.check.compiles(m) {
			continue
		}
		if files[m.file] == nil {
			files[m.file] = map[int]*mutation{}
		}
		files[m.file][i+1] = m
	}
	return files
}

// compiles reports whether a mutant compiles.
func (t *together) compiles(ctx context.Context, m *mutation) bool {
	if t.check != nil {
		return t.check.compiles(m)
	}
	overlay, err := t.r.overlay(m)
	return err == nil && t.r.command(ctx, "build", "-o", os.DevNull, "-overlay="+overlay, m.pkg.ImportPath) == nil
}

// judge runs groups of tests of a suite against a mutant. It returns false if the mutant has to be compiled by
// itself.
func (t *together) judge(ctx context.Context, s *suite, m *mutation, groups []group) (verdict, bool) {
	n := t.numbers[m.key]
	if n == 0 {
		return notTried, false
	}
	binary, compiled := t.binaries[s.path]
	if !compiled {
		binary = filepath.Join(t.folder, strconv.Itoa(len(t.binaries))+".test")
		if err := t.r.compile(ctx, s, binary, "-overlay="+t.overlay); err != nil {
			_, _ = fmt.Fprintf(t.r.progress, "the mutants of %s are compiled one by one: %v\n", t.pkg.ImportPath, err)
			binary = ""
		}
		t.binaries[s.path] = binary
	}
	if binary == "" || t.activate(n) != nil {
		return notTried, false
	}
	v, by := t.r.face(ctx, s, binary, groups)
	if v == survived || ctx.Err() != nil {
		return v, true
	}
	return v, t.passes(ctx, s, binary, by)
}

func (t *together) activate(n int) error {
	return os.WriteFile(t.active, []byte(strconv.Itoa(n)), 0o600)
}

// passes reports whether the failed tests pass while no mutant is active. A test that counts allocations, for
// example, may notice the switches.
func (t *together) passes(ctx context.Context, s *suite, binary string, failed group) bool {
	key := s.path + " " + strings.Join(failed.tests, " ")
	if sound, known := t.sound[key]; known {
		return sound
	}
	if t.activate(0) != nil {
		return false
	}
	v, _ := t.r.face(ctx, s, binary, []group{failed})
	t.sound[key] = v == survived
	return t.sound[key]
}

// failure matches the line that names a failed test. Lines of subtests are indented and do not match.
var failure = regexp.MustCompile(`(?m)^--- FAIL: (\S+) \(`)

// culprits narrows a group to the tests that failed according to the output.
func (g group) culprits(output string) group {
	var names []string
	for _, match := range failure.FindAllStringSubmatch(output, -1) {
		names = append(names, match[1])
	}
	if len(names) > 0 {
		g.tests = names
	}
	return g
}
