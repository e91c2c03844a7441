package main

import (
	"cmp"
	"slices"
	"time"
)

// set is a set of statements, one bit for each.
type set []byte

func (s set) has(i int) bool { return i/8 < len(s) && s[i/8]&(1<<(i%8)) != 0 }

// recording has the statements and times of a suite's tests without a mutant.
type recording struct {
	Files map[string]int // by path below the root: the index of the file's first statement
	Ran   set            // the statements that all tests together ran; nil if unknown
	Took  time.Duration  // the time of all tests together
	Tests []recorded     // empty if the tests could not run one by one
	// Broken says that the probes made the run of all tests together fail. A test that also fails by itself may
	// then run more statements than the recording has.
	Broken bool
}

// recorded has the statements of one test in a process of its own, including those of init, TestMain and the
// package's variables.
type recorded struct {
	Name   string
	Took   time.Duration
	Ran    set
	Failed bool // the test fails without the others
}

// group is a set of tests that run in one process.
type group struct {
	tests []string      // empty means all tests of the suite
	took  time.Duration // their time without a mutant
}

// The tests of a statement run in up to three processes, because the quickest tests kill most mutants: those that
// take a second together, those that take ten, and the rest.
var bounds = []time.Duration{time.Second, 10 * time.Second}

// choose returns the tests to run for a mutant of one statement of a file, the quickest first. It returns no group
// if no test runs the statement.
func (r *recording) choose(file string, statement int) []group {
	all := group{took: r.Took}
	first, known := r.Files[file]
	if r.Ran == nil || r.Broken && len(r.Tests) == 0 || statement < 0 {
		return []group{all}
	}
	if !known {
		return nil // the suite does not contain the file
	}
	i := first + statement
	var see []recorded
	together := r.Ran.has(i) // the statement may run only if all tests run together
	dependent := false
	for _, t := range r.Tests {
		switch {
		case t.Failed:
			dependent = dependent || r.Broken || r.Ran.has(i) || t.Ran.has(i)
		case t.Ran.has(i):
			see = append(see, t)
			together = false
		}
	}
	groups := split(see)
	if together || dependent {
		groups = append(groups, all)
	}
	return groups
}

// split puts tests into groups, the quickest first.
func split(tests []recorded) []group {
	slices.SortFunc(tests, func(a, b recorded) int {
		return cmp.Or(cmp.Compare(a.Took, b.Took), cmp.Compare(a.Name, b.Name))
	})
	var groups []group
	var sum time.Duration
	last := -1 // the index of the last group's time bound
	for _, t := range tests {
		sum += t.Took
		at := 0
		for at < len(bounds) && sum > bounds[at] {
			at++
		}
		if at != last {
			groups = append(groups, group{})
			last = at
		}
		g := &groups[len(groups)-1]
		g.tests = append(g.tests, t.Name)
		g.took += t.Took
	}
	return groups
}
