package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// verdict is what became of a mutant.
type verdict int

const (
	killed      verdict = iota // a test failed
	hung                       // the tests did not end in time, which counts as killed
	survived                   // every test passed
	notCompiled                // not counted
	notTried                   // the time was up, or the unmutated tests failed
)

// runner compiles and runs the tests.
type runner struct {
	settings settings
	world    *world
	temp     string
	progress io.Writer
	suites   map[string]*suite // by import path
}

// suite is a package whose tests are run, and how the unmutated run went.
type suite struct {
	path  string
	dir   string
	args  []string
	took  time.Duration
	fault error
}

func newRunner(s settings, w *world, temp string, progress io.Writer) *runner {
	return &runner{settings: s, world: w, temp: temp, progress: progress, suites: map[string]*suite{}}
}

// try tries the plan's mutants in order.
func (r *runner) try(ctx context.Context, p plan) *report {
	rep := newReport(r.settings, r.world, p)
	for _, b := range p.batches {
		counted := 0
		for i := range b.mutants {
			if b.enough > 0 && counted >= b.enough {
				break
			}
			m := &b.mutants[i]
			start := time.Now()
			v, by, err := r.judge(ctx, m)
			if ctx.Err() != nil {
				rep.stopped = context.Cause(ctx)
				return rep
			}
			rep.add(m, v, by, err)
			if v != notCompiled && v != notTried {
				counted++
			}
			_, _ = fmt.Fprintf(r.progress, "%-12s %4.0f s  %s  %s\n", v, time.Since(start).Seconds(), m.key, strings.TrimPrefix(by, m.pkg.ImportPath))
		}
	}
	return rep
}

// judge runs the tests of one mutant, suite after suite, until one fails. It returns the suite that
// killed it.
func (r *runner) judge(ctx context.Context, m *mutation) (verdict, string, error) {
	overlay, err := r.overlay(m)
	if err != nil {
		return notTried, "", err
	}
	tests := m.pkg.tests
	if r.settings.own {
		tests = tests[:1]
	}
	for i, path := range tests {
		s := r.suite(ctx, path)
		if s.fault != nil {
			return notTried, path, s.fault
		}
		binary := filepath.Join(r.temp, "mutant.test")
		if err := r.compile(ctx, s, binary, "-overlay="+overlay); err != nil && i > 0 {
			return notTried, path, err // it compiled a moment ago
		} else if err != nil {
			return notCompiled, path, nil //nolint:nilerr // not an error: such a mutant is not counted
		}
		limit := max(r.settings.least, time.Duration(r.settings.factor)*s.took)
		late, failure := r.run(ctx, s, binary, limit)
		if late {
			return hung, path, nil
		}
		if failure != nil {
			return killed, path, nil //nolint:nilerr // a test that fails is what a mutant is for
		}
	}
	return survived, "", nil
}

// overlay writes the mutant and the file that tells the compiler about it.
func (r *runner) overlay(m *mutation) (string, error) {
	changed := filepath.Join(r.temp, "mutant.go")
	if err := os.WriteFile(changed, m.mutated(), 0o600); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {m.file: changed}})
	if err != nil {
		return "", err
	}
	file := filepath.Join(r.temp, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}

// suite returns a suite, which is run without a mutant the first time.
func (r *runner) suite(ctx context.Context, path string) *suite {
	if s := r.suites[path]; s != nil {
		return s
	}
	s := &suite{path: path}
	r.suites[path] = s
	s.fault = r.prepare(ctx, s)
	if s.fault != nil {
		s.fault = fmt.Errorf("the unmutated tests of %s: %w", path, s.fault)
	}
	return s
}

func (r *runner) prepare(ctx context.Context, s *suite) error {
	out, err := goOutput(ctx, "list", "-f", "{{.Dir}}", s.path)
	if err != nil {
		return err
	}
	s.dir = strings.TrimSpace(string(out))
	deps, err := goOutput(ctx, "list", "-deps", "-test", s.path)
	if err != nil {
		return err
	}
	s.args = []string{"-test.failfast", "-test.timeout=0", "-test.parallel=" + strconv.Itoa(max(4, r.settings.cpus))}
	if bytes.Contains(deps, []byte("pgregory.net/rapid\n")) {
		s.args = append(s.args, "-rapid.nofailfile")
	}
	binary := filepath.Join(r.temp, "original.test")
	if err := r.compile(ctx, s, binary); err != nil {
		return err
	}
	const patience = 15 * time.Minute
	start := time.Now()
	late, err := r.run(ctx, s, binary, patience)
	s.took = time.Since(start)
	if late {
		return fmt.Errorf("they did not end within %s", patience)
	}
	return err
}

// compile makes a suite's test binary. Vet is not run: a mutant may look odd.
func (r *runner) compile(ctx context.Context, s *suite, binary string, flags ...string) error {
	args := append([]string{"test", "-c", "-vet=off", "-p", strconv.Itoa(r.settings.cpus), "-o", binary}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, s.path)...)
	cmd.Dir = r.world.root
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(r.settings.cpus))
	ownGroup(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, tail(out))
	}
	if _, err := os.Stat(binary); err != nil {
		return errors.New("the package has no tests")
	}
	return nil
}

// run runs a test binary in its package's folder, and ends all that it started. It tells whether
// the time was up; the error is the tests' failure.
func (r *runner) run(ctx context.Context, s *suite, binary string, limit time.Duration) (bool, error) {
	scratch, err := os.MkdirTemp(r.temp, "t")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	name, args := bounded(binary, r.settings.memory, s.args)
	cmd := exec.CommandContext(timed, name, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "TMPDIR="+scratch, "GOMAXPROCS="+strconv.Itoa(r.settings.cpus), "PWD="+s.dir)
	cmd.WaitDelay = 5 * time.Second
	ownGroup(cmd)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	endGroup(cmd)
	if timed.Err() != nil && err != nil {
		return ctx.Err() == nil, timed.Err()
	}
	if err != nil {
		return false, fmt.Errorf("%w: %s", err, tail(out.Bytes()))
	}
	return false, nil
}

// tail is the last lines of an output.
func tail(out []byte) string {
	const most = 2000
	out = bytes.TrimSpace(out)
	if len(out) > most {
		out = out[len(out)-most:]
	}
	return string(out)
}
