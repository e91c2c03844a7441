package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/draft"
	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cmd/cairn/internal/routes"
)

// moduleSettings holds the values of the flags of init that are for Go packages.
type moduleSettings struct {
	lines   bool
	tags    string
	timeout time.Duration
}

func (m *moduleSettings) flags(flags *flag.FlagSet) {
	flags.BoolVar(&m.lines, "lines", false, "for Go packages: print the lines to add to the code in the place of the draft")
	flags.StringVar(&m.tags, "tags", "", "for Go packages: build `TAGS`, separated by commas")
	flags.DurationVar(&m.timeout, "timeout", 5*time.Minute, "for Go packages: the longest `TIME` that reading them may take")
}

// moduleFlags are the flags that init has for Go packages.
var moduleFlags = []string{"lines", "tags", "timeout"}

// arePackages reports whether the arguments are Go packages. An error says what is wrong with the command line.
func arePackages(u *usage, args []string) (bool, error) {
	var packages, logs []string
	for _, a := range args {
		if isPackage(a) {
			packages = append(packages, a)
		} else {
			logs = append(logs, a)
		}
	}
	var other []string
	u.Visit(func(f *flag.Flag) {
		if slices.Contains(moduleFlags, f.Name) != (len(packages) > 0) && f.Name != "journey" {
			other = append(other, "--"+f.Name)
		}
	})
	switch {
	case len(packages) > 0 && len(logs) > 0:
		return false, fmt.Errorf("%.80q is a Go package and %.80q is none: run cairn init once for each", packages[0], logs[0])
	case len(other) > 0 && len(packages) > 0:
		return false, fmt.Errorf("%s is for logs, and %.80q is a Go package: remove the flag", other[0], packages[0])
	case len(other) > 0:
		return false, fmt.Errorf("%s is for Go packages: name them, such as ./..., or remove the flag", other[0])
	}
	return len(packages) > 0, nil
}

// isPackage reports whether the argument is a Go package or a pattern of packages, and not a log: a pattern with ..., or a folder with
// Go files or a go.mod.
func isPackage(arg string) bool {
	if arg == eventlog.Stdin || isURL(arg) {
		return false
	}
	if strings.HasSuffix(arg, "...") {
		return true
	}
	if info, err := os.Stat(arg); err != nil || !info.IsDir() {
		return false
	}
	for _, pattern := range []string{"go.mod", "*.go"} {
		if list, err := filepath.Glob(filepath.Join(globEscaped(arg), pattern)); err == nil && len(list) > 0 {
			return true
		}
	}
	return false
}

// globEscaped escapes what package filepath takes for a pattern.
func globEscaped(name string) string {
	if filepath.Separator == '\\' {
		return name // it has no escapes there
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// initializeModule writes a draft from Go packages, or the lines to add to them, and returns the exit code.
func initializeModule(ctx context.Context, c *env, s *initSettings) int {
	if s.module.timeout <= 0 {
		_, _ = fmt.Fprintln(c.stderr, "cairn init: --timeout is a time above 0, such as 5m")
		return exitUsage
	}
	ctx, cancel := context.WithTimeout(ctx, s.module.timeout)
	defer cancel()
	found, err := readModule(ctx, s)
	if err == nil && len(found.Routers)+len(found.Services) == 0 {
		tellGaps(c, found)
		err = fmt.Errorf("no route was found in %s: cairn init knows net/http, chi v5, echo, gin, gRPC and Connect", count(found.Packages, "package"))
	}
	var text []byte
	var m *draft.Module
	if err == nil {
		m = draft.NewModule(found, s.name)
		if s.module.lines {
			text = []byte(legibly(string(m.Lines())))
		} else {
			text, err = m.Write(s.again())
		}
	}
	if err == nil {
		_, err = c.stdout.Write(text)
	}
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn init:", err)
		return exitFault
	}
	if !s.module.lines {
		_, _ = fmt.Fprintf(c.stderr, "cairn init: %s of %s and %s, in %s. The lines to add to the code: %s\n", count(m.Touchpoints(), "touchpoint"),
			count(len(found.Routers), "router"), count(len(found.Services), "service"), count(found.Packages, "package"), s.again())
	}
	if len(found.Gaps) > 0 {
		tellGaps(c, found)
		return exitDoubt
	}
	return exitOK
}

// again returns the command that prints the lines to add.
func (s *initSettings) again() string {
	words := []string{"cairn init --lines"}
	if s.name != "" {
		words = append(words, "--journey", shellWord(s.name))
	}
	if s.module.tags != "" {
		words = append(words, "--tags", shellWord(s.module.tags))
	}
	for _, f := range s.files {
		words = append(words, shellWord(f))
	}
	return strings.Join(words, " ")
}

// readModule reads the packages. A folder is looked up where it is, so that it may be in another module than the current one.
func readModule(ctx context.Context, s *initSettings) (*routes.Found, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what is wrong
	}
	cfg := routes.Config{From: here, Tags: s.module.tags}
	patterns := make([]string, 0, len(s.files))
	for _, arg := range s.files {
		base, rest, all := strings.Cut(arg, "...")
		if filepath.IsAbs(arg) || arg == "." || arg == ".." || strings.HasPrefix(arg, "./") || strings.HasPrefix(arg, "../") || !all {
			folder, err := filepath.Abs(base)
			if err != nil {
				return nil, err //nolint:wrapcheck // it says what is wrong
			}
			info, err := os.Stat(folder)
			switch {
			case err != nil:
				return nil, err //nolint:wrapcheck // it names the folder
			case !info.IsDir():
				return nil, fmt.Errorf("%s is not a folder", base) //nolint:err113 // a message for the user
			}
			if cfg.Dir == "" {
				cfg.Dir = folder
			}
			if arg = folder; all {
				arg = filepath.Join(folder, "...") + rest
			}
		}
		patterns = append(patterns, arg)
	}
	found, err := routes.Find(ctx, cfg, patterns...)
	if errors.Is(err, context.Canceled) {
		return nil, errors.New("interrupted")
	}
	return found, err
}

// tellGaps lists what could not be read or followed.
func tellGaps(c *env, found *routes.Found) {
	for i, g := range found.Gaps {
		if i == told {
			_, _ = fmt.Fprintf(c.stderr, "and %d others, which are in the draft\n", len(found.Gaps)-told)
			break
		}
		_, _ = fmt.Fprintf(c.stderr, "%s: %s\n", g.Place, g.Text)
	}
}
