package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func (v verdict) String() string {
	return [...]string{"killed", "hung", "SURVIVED", "SURVIVED (not covered)", "not compiled", "not tried"}[v]
}

// score is the report of one package.
type score struct {
	Package     string     `json:"package"`
	Killed      int        `json:"killed"` // includes the mutants that hung
	Hung        int        `json:"hung"`
	Tried       int        `json:"tried"`
	NotCompiled int        `json:"not_compiled"`
	Equivalent  int        `json:"equivalent"` // declared in equivalents.txt, and left out
	Survivors   []survivor `json:"survivors"`
}

type survivor struct {
	Place   string `json:"place"`
	Key     string `json:"key"`
	Diff    string `json:"diff"`
	Covered bool   `json:"covered"` // a test runs the statement
}

type report struct {
	seed     uint64
	scores   []*score
	byFolder map[string]*score
	untested []string
	faults   []error
	told     map[string]bool
	stopped  error
}

func newReport(s settings, w *world, p plan) *report {
	r := &report{seed: s.seed, byFolder: map[string]*score{}, told: map[string]bool{}}
	for _, pk := range w.packages {
		if len(pk.tests) == 0 {
			r.untested = append(r.untested, pk.rel)
			continue
		}
		sc := &score{Package: pk.rel, Equivalent: p.equivalent[pk.rel], Survivors: []survivor{}}
		r.scores = append(r.scores, sc)
		r.byFolder[pk.rel] = sc
	}
	return r
}

func (r *report) add(m *mutation, v verdict, _ string, err error) {
	sc := r.byFolder[m.pkg.rel]
	switch v {
	case killed:
		sc.Killed++
		sc.Tried++
	case hung:
		sc.Killed++
		sc.Hung++
		sc.Tried++
	case survived, notCovered:
		sc.Tried++
		sc.Survivors = append(sc.Survivors, survivor{Place: m.place(), Key: m.key, Diff: m.diff(), Covered: v == survived})
	case notCompiled:
		sc.NotCompiled++
	case notTried:
		if err != nil && !r.told[err.Error()] {
			r.told[err.Error()] = true
			r.faults = append(r.faults, err)
		}
	}
}

// fault joins the errors of the steps that could not run.
func (r *report) fault() error { return errors.Join(r.faults...) }

func (r *report) print(w io.Writer) {
	var b strings.Builder
	killed, tried := 0, 0
	for _, sc := range r.scores {
		for _, s := range sc.Survivors {
			covered := ""
			if !s.Covered {
				covered = " (not covered)"
			}
			fmt.Fprintf(&b, "%s survived%s\n  %s\n%s\n", s.Place, covered, s.Key, s.Diff)
		}
		killed, tried = killed+sc.Killed, tried+sc.Tried
	}
	for _, sc := range r.scores {
		if sc.Tried+sc.NotCompiled+sc.Equivalent > 0 {
			fmt.Fprintf(&b, "%4s  %d of %d killed (%d hung, %d not compiled, %d equivalent)  %s\n",
				percent(sc.Killed, sc.Tried), sc.Killed, sc.Tried, sc.Hung, sc.NotCompiled, sc.Equivalent, sc.Package)
		}
	}
	fmt.Fprintf(&b, "%4s  %d of %d killed  all, seed %d\n", percent(killed, tried), killed, tried, r.seed)
	if len(r.untested) > 0 {
		slices.Sort(r.untested)
		fmt.Fprintf(&b, "without tests of their own or a suite: %s\n", strings.Join(r.untested, ", "))
	}
	switch {
	case errors.Is(r.stopped, context.DeadlineExceeded):
		b.WriteString("the time limit was reached: the remaining mutants were not tried\n")
	case r.stopped != nil:
		b.WriteString("interrupted: the remaining mutants were not tried\n")
	}
	_, _ = io.WriteString(w, b.String())
}

func percent(killed, tried int) string {
	if tried == 0 {
		return "-"
	}
	return fmt.Sprintf("%d%%", 100*killed/tried)
}

// write writes the report as JSON.
func (r *report) write(file string) error {
	text, err := json.MarshalIndent(struct {
		Seed     uint64   `json:"seed"`
		Complete bool     `json:"complete"`
		Packages []*score `json:"packages"`
		Untested []string `json:"untested"`
	}{r.seed, r.stopped == nil && len(r.faults) == 0, r.scores, r.untested}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}
