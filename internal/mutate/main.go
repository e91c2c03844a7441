package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// settings are the values of the command line.
type settings struct {
	seed     uint64
	each     int           // mutants of each package; 0 means all
	total    int           // mutants over all packages, instead of each; 0 means no such bound
	timeout  time.Duration // time limit of the whole run; 0 means none
	factor   int           // a mutant may take this many times as long as the unmutated run
	least    time.Duration // the minimum of that limit
	cpus     int
	memory   int // MiB of address space that a test may use; 0 means no bound
	json     string
	cache    string // the folder of recordings; "" means none
	list     bool
	match    string
	own      bool
	patterns []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process. It returns 0 if it tried every chosen mutant, regardless of the verdicts; 1 if
// a step failed; 2 on a wrong command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if s.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.timeout)
		defer cancel()
	}
	if err := mutate(ctx, s, stdout, stderr); err != nil {
		_, _ = fmt.Fprintf(stderr, "mutate: %v\n", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = fmt.Fprintln(stderr, "usage: mutate [flags] [packages]\nThe packages default to work, the whole workspace.")
		flags.PrintDefaults()
	}
	flags.Uint64Var(&s.seed, "seed", 1, "the `number` that decides the sample")
	flags.IntVar(&s.each, "n", 20, "the `number` of mutants of each package; 0 means all")
	flags.IntVar(&s.total, "total", 0, "the `number` of mutants over all packages, instead of -n")
	flags.DurationVar(&s.timeout, "timeout", 0, "stop after this `time` and report the tried mutants; 0 means no limit")
	flags.IntVar(&s.factor, "factor", 6, "a mutant hangs if its tests take this many `times` as long as without it")
	flags.DurationVar(&s.least, "least", 15*time.Second, "a mutant does not count as hanging before this `time`")
	flags.IntVar(&s.cpus, "p", 2, "the `number` of processors to use")
	flags.IntVar(&s.memory, "memory", 12<<10, "the `MiB` of address space that a test may use, on Unix; 0 means no bound")
	flags.StringVar(&s.json, "json", "", "write the report as JSON to this `file`")
	flags.StringVar(&s.cache, "cache", recordings(), "keep the recordings of suites in this `folder`; empty keeps none")
	flags.BoolVar(&s.list, "list", false, "print the mutants and run nothing")
	flags.StringVar(&s.match, "match", "", "try only mutants whose key contains this `text`")
	flags.BoolVar(&s.own, "own", false, "run a package's own tests only, which is faster and gives a lower score")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	s.patterns = flags.Args()
	if s.each < 0 || s.total < 0 || s.factor < 1 || s.cpus < 1 || s.memory < 0 || s.timeout < 0 || s.least < 0 {
		err := errors.New("mutate: a number on the command line is too small: see -help")
		_, _ = fmt.Fprintln(stderr, err)
		return s, err
	}
	return s, nil
}

// recordings returns the folder in the user's cache, or "" if the user has no cache.
func recordings() string {
	folder, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "cairn", "mutate")
}

// mutate runs with the settings and prints the report.
func mutate(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	temp, err := passable("", "mutate")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	world, err := load(ctx, s.patterns)
	if err != nil {
		return err
	}
	plan, err := world.plan(s)
	if err != nil {
		return err
	}
	if s.list {
		return plan.print(stdout)
	}
	r := newRunner(s, world, temp, stderr)
	rep := r.try(ctx, plan)
	rep.print(stdout)
	if s.json != "" {
		if err := rep.write(filepath.Clean(s.json)); err != nil {
			return err
		}
	}
	return rep.fault()
}
