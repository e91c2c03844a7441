package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// verdict is the result of a mutant.
type verdict int

const (
	killed      verdict = iota // a test failed
	hung                       // the tests did not end in time, which counts as killed
	survived                   // every test passed
	notCovered                 // no test runs the statement; counts as a survivor
	notCompiled                // not counted
	notTried                   // the time limit was reached, or the unmutated tests failed
)

// runner compiles and runs the tests.
type runner struct {
	settings settings
	world    *world
	temp     string
	progress io.Writer
	suites   map[string]*suite // by import path
	cache    cache
	combined *together // the package whose mutants are tried
}

func newRunner(s settings, w *world, temp string, progress io.Writer) *runner {
	return &runner{settings: s, world: w, temp: temp, progress: progress, suites: map[string]*suite{}, cache: cache{s.cache}}
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
			v, by, err := r.judge(ctx, m, &b)
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

// judge runs the tests of one mutant, suite after suite, until one fails. It returns the suite that killed the
// mutant.
func (r *runner) judge(ctx context.Context, m *mutation, b *batch) (verdict, string, error) {
	list, err := statements(m.file, m.source)
	if err != nil {
		return notTried, "", err
	}
	t := r.together(ctx, m.pkg, b)
	if !t.compiles(ctx, m) {
		return notCompiled, "", nil
	}
	tests := m.pkg.tests
	if r.settings.own {
		tests = tests[:1]
	}
	covered := false
	for _, path := range tests {
		s := r.suite(ctx, path)
		if s.fault != nil {
			return notTried, path, s.fault
		}
		groups := s.recorded.choose(below(r.world.root, m.file), innermost(list, m.start))
		if len(groups) == 0 {
			continue
		}
		covered = true
		v, ok := t.judge(ctx, s, m, groups)
		if !ok {
			v, err = r.alone(ctx, s, m, groups)
		}
		if v != survived {
			return v, path, err
		}
	}
	if !covered {
		return notCovered, "", nil
	}
	return survived, "", nil
}

// alone compiles one mutant by itself and runs groups of tests.
func (r *runner) alone(ctx context.Context, s *suite, m *mutation, groups []group) (verdict, error) {
	overlay, err := r.overlay(m)
	if err != nil {
		return notTried, err
	}
	binary := filepath.Join(r.temp, "mutant.test")
	if err := r.compile(ctx, s, binary, "-overlay="+overlay); err != nil {
		return notTried, err // an error is a fault of the machine, because the package compiled before
	}
	v, _ := r.face(ctx, s, binary, groups)
	return v, nil
}

// face runs groups of tests against a compiled mutant until one fails, and returns that one.
func (r *runner) face(ctx context.Context, s *suite, binary string, groups []group) (verdict, group) {
	for _, g := range groups {
		limit := max(r.settings.least, time.Duration(r.settings.factor)*g.took)
		var out bytes.Buffer
		late, failure := r.run(ctx, s, binary, limit, append(s.selecting(g.tests), s.mutant...), &out)
		if late {
			return hung, g
		}
		if failure != nil {
			return killed, g.culprits(out.String())
		}
	}
	return survived, group{}
}

// overlay writes the mutant and the overlay file for the compiler.
func (r *runner) overlay(m *mutation) (string, error) {
	over := newOverlay(r.temp)
	if err := over.put(m.file, m.mutated()); err != nil {
		return "", err
	}
	return over.write()
}

// compile makes a suite's test binary. It does not run vet, because a mutant may look odd, and leaves out the
// tables for debuggers.
func (r *runner) compile(ctx context.Context, s *suite, binary string, flags ...string) error {
	args := append([]string{"test", "-c", "-vet=off", "-ldflags=-w", "-o", binary}, flags...)
	if err := r.command(ctx, append(args, s.path)...); err != nil {
		return err
	}
	if _, err := os.Stat(binary); err != nil {
		return errors.New("the package has no tests")
	}
	return nil
}

// command runs the go command in the root.
func (r *runner) command(ctx context.Context, args ...string) error {
	args = slices.Insert(args, 1, "-p="+strconv.Itoa(r.settings.cpus))
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = r.world.root
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(r.settings.cpus))
	ownGroup(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, tail(out))
	}
	return nil
}

// run runs a test binary in its package's folder and ends all processes that it started. It reports whether the
// time was exceeded. The error is the tests' failure. The tests' output goes to stdout, if that is given.
func (r *runner) run(ctx context.Context, s *suite, binary string, limit time.Duration, args []string, stdout io.Writer) (bool, error) {
	scratch, err := passable(r.temp, "t")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	name, args := bounded(binary, r.settings.memory, args)
	cmd := exec.CommandContext(timed, name, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "TMPDIR="+scratch, "GOMAXPROCS="+strconv.Itoa(r.settings.cpus), "PWD="+s.dir, probeEnv+"="+filepath.Join(filepath.Dir(binary), "hits"))
	cmd.WaitDelay = 5 * time.Second
	ownGroup(cmd)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if stdout != nil {
		cmd.Stdout = stdout
	}
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

// passable makes a temporary folder that every user can enter, though not list. A test of root starts PostgreSQL as
// another user, below TMPDIR.
func passable(dir, name string) (string, error) {
	made, err := os.MkdirTemp(dir, name)
	if err != nil {
		return "", err
	}
	return made, os.Chmod(made, 0o711)
}

// tail returns the last lines of an output.
func tail(out []byte) string {
	const most = 2000
	out = bytes.TrimSpace(out)
	if len(out) > most {
		out = out[len(out)-most:]
	}
	return string(out)
}
