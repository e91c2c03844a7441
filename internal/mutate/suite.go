package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// suite is a package whose tests run, and its recording.
type suite struct {
	path     string
	dir      string
	args     []string
	mutant   []string // additional arguments for a run with a mutant
	recorded *recording
	fault    error
}

// suite returns a suite. The first call runs it without a mutant, unless an earlier run of the command has
// recorded the same sources.
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
	src, err := readSources(ctx, s.path, s.dir)
	if err != nil {
		return err
	}
	s.args = []string{"-test.failfast", "-test.timeout=0", "-test.parallel=" + strconv.Itoa(max(4, r.settings.cpus))}
	if src.rapid {
		s.args = append(s.args, "-rapid.nofailfile")
		s.mutant = []string{"-rapid.shrinktime=100ms"} // any failure is enough, so shrinking may stop early
	}
	key, err := src.key(r.world.root, r.circumstances(ctx, s)...)
	if err != nil {
		return err
	}
	if s.recorded = r.cache.load(key); s.recorded != nil {
		return nil
	}
	if !mapsFiles || r.settings.total > 0 { // a sample over all packages has few mutants for each suite
		s.recorded, err = r.unprobed(ctx, s)
		return err
	}
	_, _ = fmt.Fprintf(r.progress, "recording the statements that the tests of %s run\n", s.path)
	if s.recorded, err = r.record(ctx, s, src); err != nil {
		return err
	}
	return r.cache.save(key, s.recorded)
}

// circumstances are the inputs of a recording besides the sources.
func (r *runner) circumstances(ctx context.Context, s *suite) []string {
	out, _ := goOutput(ctx, "env", "GOVERSION", "GOOS", "GOARCH", "GOFLAGS", "GOEXPERIMENT")
	is := []string{"recording 1", s.path, string(out), fmt.Sprint(s.args, r.settings.cpus, r.settings.memory)}
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "CAIRN_") {
			is = append(is, v)
		}
	}
	return is
}

// selecting returns the arguments that run the named tests. No name means all tests.
func (s *suite) selecting(tests []string) []string {
	if len(tests) == 0 {
		return slices.Clone(s.args)
	}
	return append(slices.Clone(s.args), "-test.run=^("+strings.Join(tests, "|")+")$")
}
