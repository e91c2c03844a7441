package main

import (
	"cmp"
	"slices"
	"time"
)

// set is a set of statements, one bit for each.
type set []byte

func (s set) has(i int) bool { return i/8 < len(s) && s[i/8]&(1<<(i%8)) != 0 }

// recording is what the tests of a suite did without a mutant.
type recording struct {
	Files map[string]int // by path below the root: the index of the file's first statement
	Ran   set            // what all tests together ran; nil where it is not known
	Took  time.Duration  // all tests together
	Tests []recorded     // none where the tests could not be told apart
	// Broken says that the probes made the run of all tests together fail, so that a test that also
	// fails by itself may run more than is known.
	Broken bool
}

// recorded is what one test did in a process of its own. What init, TestMain and the package's
// variables run is part of it.
type recorded struct {
	Name   string
	Took   time.Duration
	Ran    set
	Failed bool // the test needs the others
}

// group is tests that run in one process.
type group struct {
	tests []string      // empty is all tests of the suite
	took  time.Duration // without a mutant
}

// The tests that see a statement run in up to three processes, since most mutants are killed by the
// quickest: those that need a second together, those that need ten, and the rest.
var bounds = []time.Duration{time.Second, 10 * time.Second}

// choose returns the tests to run for a mutant of one statement of a file, the quickest first. No
// group at all means that no test runs the statement.
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
	together := r.Ran.has(i) // the statement may need all tests together
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
	last := -1 // the index of the last group's bound
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
