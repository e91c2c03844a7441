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

// settings are what the command line says.
type settings struct {
	seed     uint64
	each     int           // mutants of each package; 0 is all
	total    int           // mutants over all packages, instead of each
	timeout  time.Duration // of the whole; 0 is none
	factor   int           // a mutant may take this many times the unmutated run
	least    time.Duration // and always this long
	cpus     int
	memory   int // MiB of address space that a test may have; 0 is any
	json     string
	cache    string // the folder of recordings; "" keeps none
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

// run is main without the process. It returns 0 when every chosen mutant was tried, whether or not
// it survived; 1 when something could not be run; 2 on a wrong command line.
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
		_, _ = fmt.Fprintln(stderr, "usage: mutate [flags] [packages]\nThe packages default to work, which is all of the workspace.")
		flags.PrintDefaults()
	}
	flags.Uint64Var(&s.seed, "seed", 1, "the `number` that the sample follows from")
	flags.IntVar(&s.each, "n", 20, "the `number` of mutants of each package; 0 is all")
	flags.IntVar(&s.total, "total", 0, "the `number` of mutants over all packages, instead of -n")
	flags.DurationVar(&s.timeout, "timeout", 0, "stop after this `time` and report what was tried; 0 is never")
	flags.IntVar(&s.factor, "factor", 6, "a mutant hangs when it takes this many `times` as long as the unmutated tests")
	flags.DurationVar(&s.least, "least", 15*time.Second, "a mutant never hangs before this `time`")
	flags.IntVar(&s.cpus, "p", 2, "the `number` of processors to use")
	flags.IntVar(&s.memory, "memory", 12<<10, "the `MiB` of address space that a test may use, on Unix; 0 is any")
	flags.StringVar(&s.json, "json", "", "write the report as JSON to this `file`")
	flags.StringVar(&s.cache, "cache", recordings(), "keep what the tests run in this `folder`; empty keeps nothing")
	flags.BoolVar(&s.list, "list", false, "print the mutants and run nothing")
	flags.StringVar(&s.match, "match", "", "only mutants whose key contains this `text`")
	flags.BoolVar(&s.own, "own", false, "run a package's own tests only, which is quicker and scores lower")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	s.patterns = flags.Args()
	if s.each < 0 || s.total < 0 || s.factor < 1 || s.cpus < 1 || s.memory < 0 || s.timeout < 0 || s.least < 0 {
		err := errors.New("mutate: a number on the command line is too small; see -help")
		_, _ = fmt.Fprintln(stderr, err)
		return s, err
	}
	return s, nil
}

// recordings is the folder in the user's cache, or none if the user has no cache.
func recordings() string {
	folder, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "cairn", "mutate")
}

// mutate does what the settings say and prints the report.
func mutate(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	temp, err := os.MkdirTemp("", "mutate")
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
