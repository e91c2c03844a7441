package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// patience bounds how long unmutated tests may take.
const patience = 15 * time.Minute

// record runs a suite without a mutant: all tests together, then each by itself.
func (r *runner) record(ctx context.Context, s *suite, src *sources) (*recording, error) {
	folder, err := os.MkdirTemp(r.temp, "probes")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	p, err := probe(r.world.root, folder, src.packages)
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(folder, "probed.test")
	if err := r.compile(ctx, s, binary, "-overlay="+p.overlay); err != nil {
		return nil, err
	}
	took, failure := r.patiently(ctx, s, binary, nil)
	if failure != nil {
		// The probes may be the cause, because they cost a little: a test that counts allocations notices them.
		whole, err := r.unprobed(ctx, s)
		if err != nil {
			return nil, err
		}
		took = whole.Took
	}
	rec := &recording{Files: p.files, Took: took, Broken: failure != nil}
	if rec.Ran, err = p.read(); err != nil {
		return nil, err
	}
	rec.Tests, err = r.apart(ctx, s, binary, p, took)
	if rec.Broken && err == nil {
		rec.complete()
	}
	return rec, err
}

// complete adds the statements of each test to those of the run of all tests, which a failure may have stopped
// early.
func (r *recording) complete() {
	for _, t := range r.Tests {
		for i, b := range t.Ran {
			r.Ran[i] |= b
		}
	}
}

// unprobed runs a suite without probes.
func (r *runner) unprobed(ctx context.Context, s *suite) (*recording, error) {
	binary := filepath.Join(r.temp, "original.test")
	if err := r.compile(ctx, s, binary); err != nil {
		return nil, err
	}
	took, err := r.patiently(ctx, s, binary, nil)
	return &recording{Took: took}, err
}

// apart runs each test by itself. It returns none if starting the tests takes too long to be worth it.
func (r *runner) apart(ctx context.Context, s *suite, binary string, p *probes, whole time.Duration) ([]recorded, error) {
	names, start, err := r.names(ctx, s, binary)
	if err != nil || time.Duration(len(names))*start > 2*whole+time.Minute {
		return nil, err
	}
	var tests []recorded
	for _, name := range names {
		if err := p.clear(); err != nil {
			return nil, err
		}
		took, err := r.patiently(ctx, s, binary, []string{name})
		if err != nil { // retry once, because a test may fail by chance
			took, err = r.patiently(ctx, s, binary, []string{name})
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		t := recorded{Name: name, Took: took, Failed: err != nil}
		if t.Failed {
			_, _ = fmt.Fprintf(r.progress, "%s fails by itself: %v\n", name, err)
		}
		if t.Ran, err = p.read(); err != nil {
			return nil, err
		}
		tests = append(tests, t)
	}
	return tests, nil
}

// testName matches a line of -test.list that names a test of a plain run.
var testName = regexp.MustCompile(`(?m)^(?:Test|Example|Fuzz)[\p{L}\p{N}_]*$`)

// names lists the tests of a binary and returns the time that it took.
func (r *runner) names(ctx context.Context, s *suite, binary string) ([]string, time.Duration, error) {
	var out bytes.Buffer
	start := time.Now()
	late, err := r.run(ctx, s, binary, patience, []string{"-test.list=."}, &out)
	if late {
		err = fmt.Errorf("listing the tests took longer than %s", patience)
	}
	return testName.FindAllString(out.String(), -1), time.Since(start), err
}

// patiently runs unmutated tests to the end, even if one fails. No name means all tests.
func (r *runner) patiently(ctx context.Context, s *suite, binary string, tests []string) (time.Duration, error) {
	start := time.Now()
	late, err := r.run(ctx, s, binary, patience, append(s.selecting(tests), "-test.failfast=false"), nil)
	if late {
		err = fmt.Errorf("the tests did not end within %s", patience)
	}
	return time.Since(start), err
}
