// Command testrun runs "go test" with its own arguments and ends with the skipped tests and the reasons, which "go
// test" does not print.
//
//	go run ./internal/testrun ./...   the tests of the core
//	go run ./internal/testrun work    the tests of every module
//
// Its exit code is 0 if all tests passed or were skipped.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "testrun:", err)
	}
	os.Exit(code)
}

// run runs the tests and returns the exit code, which is 1 if there is an error.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	t := newTotals(stdout)
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...) //nolint:gosec // the developer's own arguments
	cmd.Stdout, cmd.Stderr = t, stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return 1, fmt.Errorf("running go test: %w", err)
	}
	t.print()
	return cmd.ProcessState.ExitCode(), nil // it has the result
}

// line is a line of "go test -json": see "go doc test2json".
type line struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// totals reads the output of "go test -json" that is written to it, and keeps the results of the tests. It prints a
// line for each package, and the output of failed tests.
type totals struct {
	w              io.Writer
	rest           []byte // the beginning of the next line
	passed, failed int
	skipped        []string
	said           map[string]*bytes.Buffer // the output of each running test and package
}

func newTotals(w io.Writer) *totals { return &totals{w: w, said: map[string]*bytes.Buffer{}} }

// Write implements [io.Writer].
func (t *totals) Write(b []byte) (int, error) {
	lines := bytes.SplitAfter(append(t.rest, b...), []byte("\n"))
	last := len(lines) - 1
	for _, text := range lines[:last] {
		var l line
		if json.Unmarshal(text, &l) == nil {
			t.take(&l)
		} else {
			_, _ = t.w.Write(text) // the compiler's own message
		}
	}
	t.rest = bytes.Clone(lines[last])
	return len(b), nil
}

func (t *totals) take(l *line) {
	key := l.Package + " " + l.Test
	switch l.Action {
	case "output":
		if t.said[key] == nil {
			t.said[key] = &bytes.Buffer{}
		}
		_, _ = t.said[key].WriteString(l.Output)
		return
	case "build-output":
		_, _ = io.WriteString(t.w, l.Output)
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	said := t.said[key]
	delete(t.said, key)
	if said == nil {
		said = &bytes.Buffer{}
	}
	if l.Test == "" {
		t.endPackage(l, said)
		return
	}
	switch l.Action {
	case "pass":
		t.passed++
	case "skip":
		t.skipped = append(t.skipped, fmt.Sprintf("%s %s: %s", l.Package, l.Test, reason(said.String())))
	case "fail":
		t.failed++
		_, _ = t.w.Write(said.Bytes())
	}
}

func (t *totals) endPackage(l *line, said *bytes.Buffer) {
	if l.Action == "fail" {
		_, _ = t.w.Write(said.Bytes())
		for _, key := range slices.Sorted(maps.Keys(t.said)) { // tests that a panic or the timeout ended
			if strings.HasPrefix(key, l.Package+" ") {
				t.failed++
				_, _ = t.w.Write(t.said[key].Bytes())
			}
		}
	}
	if l.Action != "skip" { // a package that skips has no tests
		_, _ = fmt.Fprintf(t.w, "%-4s  %6.1f s  %s\n", l.Action, l.Elapsed, l.Package)
	}
}

// reason returns the message of a skipped test, without the lines of the go tool.
func reason(said string) string {
	var words []string
	for text := range strings.SplitSeq(said, "\n") {
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "=== ") || strings.HasPrefix(text, "--- ") {
			continue
		}
		words = append(words, text)
	}
	if len(words) == 0 {
		return "the test gave no reason"
	}
	return strings.Join(words, " ")
}

// print prints the skipped tests and the totals.
func (t *totals) print() {
	if len(t.skipped) > 0 {
		slices.Sort(t.skipped)
		_, _ = io.WriteString(t.w, "\nskipped:\n")
		for _, s := range t.skipped {
			_, _ = fmt.Fprintln(t.w, " ", s)
		}
	}
	_, _ = fmt.Fprintf(t.w, "\n%d passed, %d failed, %d skipped\n", t.passed, t.failed, len(t.skipped))
}
