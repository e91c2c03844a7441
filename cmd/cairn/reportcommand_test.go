package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/exporters/sqlarchive"
)

const ticketsFolder = "../../examples/tickets/"

// reported runs cairn report.
func reported(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"report"}, args...), nil, &out, &errs)
	return out.String(), errs.String(), code
}

// TestReport compares what the command prints with testdata/report/NAME.golden.
func TestReport(t *testing.T) {
	t.Setenv("COLUMNS", "100")
	for _, c := range []struct{ name, args string }{
		{"last", ""},
		{"week", "--week 2026-W11 --by team,impact"},
		{"month", "--month 2026-03 --journey solution --compare none"},
		{"markdown", "--from 2026-03-09 --until 2026-03-15 --by impact --markdown -"},
		{"where", "--week 2026-W11 --where team=red --period day"},
		{"few", "--from 2026-03-02 --until 2026-03-02 --where team=red"},
	} {
		stdout, stderr, code := reported(t, append(strings.Fields(c.args), ticketsFolder+"blueprint.yaml", ticketsFolder+"tickets.csv")...)
		golden(t, filepath.Join("report", c.name), fmt.Sprintf("$ cairn report %s\n%s--- stderr\n%s--- exit code %d\n", c.args, stdout, stderr, code))
	}
}

// TestReportFiles: each form is in the file that the command line names, and a date of --until is the last day that counts.
func TestReportFiles(t *testing.T) {
	t.Parallel()
	in := func(name string) string { return filepath.Join(t.TempDir(), name) }
	html, markdown, csv, mail := in("a.html"), in("a.md"), in("a.csv"), in("m.html")
	args := []string{"--html", html, "--markdown", markdown, "--csv", csv, "--mail", mail, ticketsFolder + "blueprint.yaml", ticketsFolder + "tickets.csv"}
	stdout, stderr, code := reported(t, append([]string{"--from", "2026-03-09", "--until", "2026-03-15"}, args...)...)
	if code != exitOK || len(strings.Split(strings.TrimSpace(stdout), "\n")) > 15 {
		t.Fatalf("exit code %d, %q, %q", code, stdout, stderr)
	}
	first := map[string]string{}
	for name, want := range map[string]string{html: "<!DOCTYPE html>", markdown: "# Customer report", csv: "section,", mail: "<!DOCTYPE html>"} {
		text, err := os.ReadFile(name)
		if err != nil || !strings.HasPrefix(string(text), want) || !strings.Contains(string(text), "solved") {
			t.Errorf("%s: %.80q, %v", name, text, err)
		}
		first[name] = string(text)
	}
	if _, stderr, code = reported(t, append([]string{"--week", "2026-W11"}, args...)...); code != exitOK {
		t.Fatalf("exit code %d, %q", code, stderr)
	}
	for name, want := range first {
		if text, err := os.ReadFile(name); err != nil || string(text) != want {
			t.Errorf("%s of the week differs from that of its first to its last day: %v", name, err)
		}
	}
}

// TestReportFaults: a wrong command line is told with what to do.
func TestReportFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"--from 2026-03-09", exitUsage, "set --from and --until"},
		{"--compare yesterday", exitUsage, "write previous or none"},
		{"--period fortnight", exitUsage, "write day, week, month, quarter or year"},
		{"--html - --csv -", exitUsage, "give all but one of them a file"},
		{"--trend 1", exitUsage, "want 2 to 60"},
		{"--by teem", exitFault, `did you mean "team"?`},
		{"--journey tikcet", exitFault, `did you mean "ticket"?`},
		{"--html /nowhere/at/all.html", exitFault, "/nowhere/at/all.html"},
	} {
		_, stderr, code := reported(t, append(strings.Fields(c.args), ticketsFolder+"blueprint.yaml", ticketsFolder+"tickets.csv")...)
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit code %d, %q: want %d and %q", c.args, code, stderr, c.code, c.want)
		}
	}
}

// TestReportFromEverySource: a log, the archive of its replay and the archive's events as JSON lines give the same bytes.
func TestReportFromEverySource(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	log := []string{ticketsFolder + "blueprint.yaml", ticketsFolder + "tickets.csv"}
	replayed(t, append(log, "--archive", in("archive.db"))...)
	lines, err := os.Create(in("events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sqlarchive.DumpSQLite(t.Context(), in("archive.db"), lines), lines.Close()); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"--html", "--markdown", "--csv", "--mail", "--json"} {
		want := ""
		for i, source := range [][]string{log, {ticketsFolder + "blueprint.yaml", in("archive.db")}, {ticketsFolder + "blueprint.yaml", in("events.jsonl")}} {
			args := append([]string{"--week", "2026-W11", "--by", "team,impact", form}, source...)
			if form != "--json" {
				args = append([]string{"--week", "2026-W11", "--by", "team,impact", form, "-"}, source...)
			}
			stdout, stderr, code := reported(t, args...)
			if i == 0 {
				want = stdout
			}
			if code != exitOK || stdout != want || len(stdout) < 1000 {
				t.Errorf("%s of source %d: exit code %d, %d bytes, want %d: %q", form, i, code, len(stdout), len(want), stderr)
			}
		}
	}
}
