// Command testrun runs "go test" with its own arguments and ends with the skipped tests and the reasons, which "go
// test" does not print.
//
//	go run ./internal/testrun ./...   the tests of the core
//	go run ./internal/testrun work    the tests of every module
//
// Its exit code is 0 if all tests passed or were skipped.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
		code = max(code, 1)
	}
	os.Exit(code)
}

// run runs the tests and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...) //nolint:gosec // the developer's own arguments
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return 1, fmt.Errorf("starting go test: %w", err)
	}
	var t totals
	err = t.read(out, stdout)
	_ = cmd.Wait() // the exit code has the result
	t.print(stdout)
	return cmd.ProcessState.ExitCode(), err
}

// line is a line of "go test -json": see "go doc test2json".
type line struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

// totals are the results of the tests.
type totals struct {
	passed, failed int
	skipped        []string
	said           map[string]*bytes.Buffer // the output of each running test and package
}

// read reads the output of "go test -json". It prints a line for each package, and the output of failed tests.
func (t *totals) read(from io.Reader, w io.Writer) error {
	t.said = map[string]*bytes.Buffer{}
	lines := bufio.NewReader(from)
	for {
		text, err := lines.ReadBytes('\n')
		if len(text) > 0 {
			var l line
			if json.Unmarshal(text, &l) == nil {
				t.take(&l, w)
			} else {
				_, _ = w.Write(text) // the compiler's own message
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the output of go test: %w", err)
		}
	}
}

func (t *totals) take(l *line, w io.Writer) {
	key := l.Package + " " + l.Test
	if l.Output != "" && l.Action != "output" && l.Action != "build-output" {
		return
	}
	switch l.Action {
	case "output":
		if t.said[key] == nil {
			t.said[key] = &bytes.Buffer{}
		}
		_, _ = t.said[key].WriteString(l.Output)
		return
	case "build-output":
		_, _ = io.WriteString(w, l.Output)
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
		t.endPackage(l, said, w)
		return
	}
	switch l.Action {
	case "pass":
		t.passed++
	case "skip":
		t.skipped = append(t.skipped, fmt.Sprintf("%s %s: %s", l.Package, l.Test, reason(said.String())))
	case "fail":
		t.failed++
		_, _ = w.Write(said.Bytes())
	}
}

func (t *totals) endPackage(l *line, said *bytes.Buffer, w io.Writer) {
	if l.Action == "fail" {
		_, _ = w.Write(said.Bytes())
		for key, rest := range t.said { // tests that a panic or the timeout ended
			if strings.HasPrefix(key, l.Package+" ") {
				t.failed++
				_, _ = w.Write(rest.Bytes())
				delete(t.said, key)
			}
		}
	}
	if l.Action != "skip" { // a package that skips has no tests
		_, _ = fmt.Fprintf(w, "%-4s  %6.1f s  %s\n", l.Action, l.Elapsed, l.Package)
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
func (t *totals) print(w io.Writer) {
	if len(t.skipped) > 0 {
		slices.Sort(t.skipped)
		_, _ = io.WriteString(w, "\nskipped:\n")
		for _, s := range t.skipped {
			_, _ = fmt.Fprintln(w, " ", s)
		}
	}
	_, _ = fmt.Fprintf(w, "\n%d passed, %d failed, %d skipped\n", t.passed, t.failed, len(t.skipped))
}
