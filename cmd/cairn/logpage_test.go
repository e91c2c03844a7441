package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/logcheck"
)

// shell runs a command of a page in a folder whose files it names, and returns what it prints and the exit code.
func shell(t *testing.T, dir, line string) (text string, code int) {
	t.Helper()
	line, into, redirected := strings.Cut(line, " > ")
	args := strings.Fields(line)[1:]
	for i, a := range args {
		if _, err := os.Stat(filepath.Join(dir, a)); err == nil {
			args[i] = filepath.Join(dir, a)
		}
	}
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, nil, &stdout, &stderr)
	if redirected {
		if err := os.WriteFile(filepath.Join(dir, into), stdout.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		stdout.Reset()
	}
	return stdout.String() + stderr.String(), code
}

// edit replaces a text of a file that occurs once.
func edit(t *testing.T, file, text, by string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), text); n != 1 {
		t.Fatalf("%s has %q %d times, want once:\n%s", file, text, n, data)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(data), text, by, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// copyTickets returns a folder with the log and the blueprint of examples/tickets, under the names that the pages use.
func copyTickets(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, from := range map[string]string{"tickets.csv": ticketsFolder + "tickets.csv", "tickets.yaml": ticketsFolder + "blueprint.yaml"} {
		data, err := os.ReadFile(from) //nolint:gosec // a file of the repository
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLogPage: the commands of docs/log.md, one after the other, print what the page shows.
func TestLogPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/log.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := copyTickets(t)
	data, err := os.ReadFile(filepath.Join(dir, "tickets.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, data[bytes.Index(data, []byte("version: ")):]) {
		t.Error("the page does not show examples/tickets/blueprint.yaml")
	}
	t.Setenv("COLUMNS", "80")
	codes := []int{exitOK, exitDoubt, exitOK, exitOK}
	blocks := slices.DeleteFunc(blocksOf(page), func(b []string) bool { return strings.Contains(b[1], permitsName) })
	if len(blocks) != len(codes) {
		t.Fatalf("the page has %d commands, want %d", len(blocks), len(codes))
	}
	for i, b := range blocks {
		text, code := shell(t, dir, b[1])
		text = strings.ReplaceAll(text, dir+"/", "")
		if code != codes[i] {
			t.Errorf("%s: the exit code is %d, want %d", b[1], code, codes[i])
		}
		shows(t, b, text)
		if i == 0 {
			draft, err := os.ReadFile(filepath.Join(dir, "blueprint.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			shown := regexp.MustCompile("(?s)```yaml\n(log:.*?)```").FindSubmatch(page)
			if shown == nil || !bytes.HasSuffix(draft, shown[1]) {
				t.Errorf("the draft does not end as the page shows:\n%s", draft)
			}
			edit(t, filepath.Join(dir, "blueprint.yaml"), "{name: Resolve ticket, journey: tickets}", "{name: Resolve ticket, journey: tickets, ends: completed}")
		}
	}
}

// blocksOf returns the commands of a page, each with what the page shows of its answer.
func blocksOf(page []byte) [][]string {
	return regexp.MustCompile("(?s)```\n\\$ (cairn [^\n]*)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
}

// shows fails the test if the command does not print the parts that the page shows, which have … between them.
func shows(t *testing.T, block []string, text string) {
	t.Helper()
	rest := text
	for part := range strings.SplitSeq(block[2], "…\n") {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Errorf("%s prints\n%s\nand the page shows\n%s", block[1], text, part)
			break
		}
		rest = after
	}
}

// permitsName is what docs/log.md calls the permit log.
const permitsName = "permit-requests.csv"

// TestLogPagePermits: what docs/log.md shows of a log without a clean end.
func TestLogPagePermits(t *testing.T) {
	log, err := filepath.Abs(permitLog(t))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/log.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	promised, err := os.ReadFile("../../examples/permits/blueprint.yaml")
	if err := errors.Join(err, os.Symlink(log, filepath.Join(dir, permitsName)), os.WriteFile(filepath.Join(dir, "permits.yaml"), promised, 0o600)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if text, code := shell(t, ".", "cairn init "+permitsName+" > draft.yaml"); code != exitOK {
		t.Fatal(text)
	}
	edit(t, "draft.yaml", "{name: T10 Determine necessity to stop indication, journey: permit-requests}", "{name: T10 Determine necessity to stop indication, journey: permit-requests, ends: completed}")
	t.Setenv("COLUMNS", "80")
	codes := map[string]int{"cairn check draft.yaml " + permitsName: exitDoubt}
	blocks := slices.DeleteFunc(blocksOf(page), func(b []string) bool { return !strings.Contains(b[1], permitsName) })
	if len(blocks) != 3 {
		t.Errorf("the page has %d commands, want 3", len(blocks))
	}
	for _, b := range blocks {
		text, code := shell(t, ".", b[1])
		if code != codes[b[1]] {
			t.Errorf("%s: the exit code is %d, want %d", b[1], code, codes[b[1]])
		}
		shows(t, b, text)
	}
	// The numbers of the text, counted apart: what comes after the first T10 and the first T05 of a request.
	count := func(end, then string) (ended, goOn, with int) {
		for _, steps := range permitSteps(t, log) {
			if at := slices.Index(steps, end); at >= 0 {
				ended++
				if rest := steps[at+1:]; len(rest) > 0 {
					goOn++
					if slices.Contains(rest, then) {
						with++
					}
				}
			}
		}
		return ended, goOn, with
	}
	if ended, goOn, letters := count("T10", "T05"); ended != 1283 || goOn != 455 || letters != 407 {
		t.Errorf("%d requests have T10, %d go on, %d of them with T05", ended, goOn, letters)
	}
	if ended, goOn, _ := count("T05", ""); ended != 1300 || goOn != 900 {
		t.Errorf("%d requests have T05, and %d go on", ended, goOn)
	}
}

// permitSteps returns the first three bytes of each activity of the permit log, by case, in the order of time.
func permitSteps(t *testing.T, file string) map[string][]string {
	t.Helper()
	f, err := os.Open(file) //nolint:gosec // the file that the tester names
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(f).ReadAll()
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	type step struct {
		at   time.Time
		name string
	}
	of := map[string][]step{}
	for _, r := range rows[1:] {
		at, err := time.Parse("2006-01-02 15:04:05.999999-07:00", r[2])
		if err != nil {
			t.Fatal(err)
		}
		of[r[0]] = append(of[r[0]], step{at, r[1][:3]})
	}
	all := map[string][]string{}
	for id, list := range of {
		slices.SortStableFunc(list, func(a, b step) int { return a.at.Compare(b.at) })
		for _, s := range list {
			all[id] = append(all[id], s.name)
		}
	}
	return all
}

// plainRow is a row of a log as this test reads it, apart from Cairn's code.
type plainRow struct {
	id, activity string
	at           time.Time
	line         int
}

// plainRows reads a log without quotes, and returns the rows of each case in the order of time.
func plainRows(t *testing.T, file, comma, layout string) (rows []plainRow, cases map[string][]plainRow) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cases = map[string][]plainRow{}
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n")[1:] {
		f := strings.Split(strings.TrimSuffix(line, "\r"), comma)
		at, err := time.Parse(layout, f[2])
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, plainRow{f[0], f[1], at, i + 2})
	}
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b plainRow) int { return a.at.Compare(b.at) })
	for _, r := range sorted {
		cases[r.id] = append(cases[r.id], r)
	}
	return rows, cases
}

// after counts the cases with the activity, and those with a row later than its first one, and returns the line of the earliest such row.
func after(cases map[string][]plainRow, activity string) (ended, on int64, line int) {
	var first plainRow
	for _, rows := range cases {
		i := slices.IndexFunc(rows, func(r plainRow) bool { return r.activity == activity })
		if i < 0 {
			continue
		}
		ended++
		k := slices.IndexFunc(rows, func(r plainRow) bool { return r.at.After(rows[i].at) })
		if k < 0 {
			continue
		}
		on++
		if r := rows[k]; first.line == 0 || r.at.Before(first.at) || r.at.Equal(first.at) && r.line < first.line {
			first = r
		}
	}
	return ended, on, first.line
}

// checked runs cairn check and returns its findings by kind.
func checked(t *testing.T, dir string, args ...string) (map[logcheck.Kind]logcheck.Finding, int) {
	t.Helper()
	text, code := shell(t, dir, "cairn check --json "+strings.Join(args, " "))
	var r struct {
		Rows, Cases int64
		Findings    []logcheck.Finding
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&r); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	all := map[logcheck.Kind]logcheck.Finding{}
	for _, f := range r.Findings {
		all[f.Kind] = f
	}
	return all, code
}

// TestFromALog goes with logs through init, an edit, check and replay, as a product lead does. What check and the report count is what this
// test counts in the file.
func TestFromALog(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                string
		file                func(*testing.T) string
		comma, layout, args string
		ends                string // the activity that is to end the journey
		cases, activities   int
	}{
		{"tickets", func(*testing.T) string { return "../../examples/tickets/tickets.csv" }, ";", "02.01.2006 15:04", "--tz Europe/Amsterdam ", "Close ticket", 120, 7},
		{"permits", permitLog, ",", "2006-01-02 15:04:05.999999-07:00", "", "T10 Determine necessity to stop indication", 1434, 27}, // the counts are those of ORACLES
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := c.file(t)
			rows, cases := plainRows(t, file, c.comma, c.layout)
			dir := t.TempDir()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "log.csv"), data, 0o600); err != nil {
				t.Fatal(err)
			}
			if text, code := shell(t, dir, "cairn init "+c.args+"--journey case log.csv > blueprint.yaml"); code != exitOK {
				t.Fatal(text)
			}
			found, code := checked(t, dir, "blueprint.yaml", "log.csv")
			if f := found[logcheck.NoEnd]; code != exitDoubt || f.N != int64(c.cases) || f.Of != int64(c.cases) || found[logcheck.Unknown].N > 0 || found[logcheck.Unused].N > 0 {
				t.Errorf("of the draft check says %+v, with the exit code %d; want %d runs that nothing ends, and no unknown name", found, code, c.cases)
			}
			edit(t, filepath.Join(dir, "blueprint.yaml"), "{name: "+c.ends+", journey: case}", "{name: "+c.ends+", journey: case, ends: completed}")
			ended, on, line := after(cases, c.ends)
			found, _ = checked(t, dir, "blueprint.yaml", "log.csv", "--allow", "0%")
			if f := found[logcheck.GoesOn]; f.N != on || f.Of != ended || on > 0 && f.Where.Line != line {
				t.Errorf("%+v: want %d of %d runs that go on, first on line %d", f, on, ended, line)
			}
			if found[logcheck.NoEnd].N != 0 || found[logcheck.Duplicates].N != twins(rows) {
				t.Errorf("%+v: want %d rows twice, and an end", found, twins(rows))
			}
			r := replayed(t, filepath.Join(dir, "blueprint.yaml"), filepath.Join(dir, "log.csv"))
			if j := r.Journeys[0]; len(cases) != c.cases || j.Started != int64(c.cases) || j.Ended.Completed != ended || r.Events != int64(len(rows)) || len(j.Touchpoints) != c.activities {
				t.Errorf("%d runs, %d completed, %d events, %d touchpoints; want %d, %d, %d, %d", j.Started, j.Ended.Completed, r.Events, len(j.Touchpoints), c.cases, ended, len(rows), c.activities)
			}
		})
	}
}

// twins counts the rows that repeat an earlier one.
func twins(rows []plainRow) (n int64) {
	slices.SortFunc(rows, func(a, b plainRow) int {
		return cmp.Or(strings.Compare(a.id, b.id), strings.Compare(a.activity, b.activity), a.at.Compare(b.at))
	})
	for i := range rows[1:] {
		if a, b := rows[i], rows[i+1]; a.id == b.id && a.activity == b.activity && a.at.Equal(b.at) {
			n++
		}
	}
	return n
}

// TestCheckCommand: the exit codes and the messages of check.
func TestCheckCommand(t *testing.T) {
	t.Parallel()
	dir := folderOf(t, map[string]string{
		"bp.yaml": ticketBlueprint + ticketSection + ticketActivities, "log.csv": ticketLog, "empty.csv": "Nr;Step;At;Via;Team\n",
		"bad.csv": ticketLog + "3;Create ticket;soon;web;red\n3;Crate ticket;02.07.2026 10:00;Fax\x1b[31m;red\n", "not.yaml": "version: 2\n",
		"events.jsonl": `{"v":1,"kind":"journey.started","time":"2026-04-17T09:00:00Z","journey":{"name":"ticket","id":"1"}}` + "\n" +
			`{"v":1,"kind":"journey.ended","time":"2026-04-17T10:00:00Z","journey":{"name":"ticket","id":"1"},"outcome":"completed"}` + "\n" +
			`{"v":1,"kind":"touchpoint.ended","time":"2026-04-17T11:00:00Z","touchpoint":"resolved","outcome":"ok","journey":{"name":"ticket","id":"1"}}` + "\n",
	})
	for _, c := range []struct {
		name, reason, line string
		code               int
		says               []string
	}{
		{"fits", "the silent runs may be open", "cairn check bp.yaml log.csv", exitOK, []string{"The log fits the blueprint.", "note  rows that log.activities leaves out (left_out): 1 of 6 rows (16.7%)"}},
		{"does not", "a row cannot be read, and one is a typing mistake", "cairn check bp.yaml bad.csv", exitDoubt, []string{
			"bad.csv:8: skipped: ", "FAIL  rows that cannot be read (rejected): 1 of 8 rows (12.5%)", `- "Crate ticket" 1: did you mean "Create ticket"?`, `- "Fax\x1b[31m"`, "set --allow rejected,unknown",
		}},
		{"allowed", "in any number", "cairn check bp.yaml bad.csv --allow unknown,rejected", exitOK, []string{"let   rows that cannot be read", "let   activities that are no touchpoints"}},
		{"a percentage", "a seventh of the rows", "cairn check bp.yaml bad.csv --allow 15%", exitOK, []string{"few   rows that cannot be read"}},
		{"too low a percentage", "it is not the default", "cairn check bp.yaml bad.csv --allow 14%,rejected", exitDoubt, []string{"above 14%", "set --allow rejected,unknown"}},
		{"no such kind", "with the one that was meant", "cairn check bp.yaml log.csv --allow goeson", exitUsage, []string{`did you mean "goes_on"?`}},
		{"two percentages", "which one", "cairn check bp.yaml log.csv --allow 1%,2%", exitUsage, []string{"two percentages"}},
		{"events", "Cairn's own", "cairn check bp.yaml events.jsonl", exitDoubt, []string{`- "journey.ended" 1 of 1`, "events.jsonl:3"}},
		{"empty", "nothing to say", "cairn check bp.yaml empty.csv", exitFault, []string{"the log is empty"}},
		{"no blueprint", "its version is unknown", "cairn check not.yaml log.csv", exitFault, []string{"not.yaml:1:10: version"}},
		{"no log", "name one", "cairn check bp.yaml", exitUsage, []string{"no log is named"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, code := shell(t, dir, c.line)
			if code != c.code {
				t.Errorf("the exit code is %d, want %d: %s\n%s", code, c.code, c.reason, text)
			}
			for _, says := range c.says {
				if !strings.Contains(strings.ReplaceAll(text, "\n        ", " "), says) {
					t.Errorf("it prints\n%s\nwant %q: %s", text, says, c.reason)
				}
			}
			if strings.Contains(text, "\x1b") {
				t.Errorf("what a terminal obeys is printed: %q", text)
			}
		})
	}
}
