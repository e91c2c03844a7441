package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// ticketLog is a log as a ticket system of the Netherlands writes it. Two rows name another touchpoint, or none.
const ticketLog = "Nr;Step;At;Via;Team\n" +
	"1;Create ticket;30.06.2026 23:30;Mail;red\n" +
	"1;Resolve ticket;01.07.2026 09:00;Mail;red\n" +
	"1;Close ticket;02.07.2026 09:00;Mail;red\n" +
	"2;Create ticket;01.07.2026 10:00;web;bl\xfce\n" +
	"2;Sort;01.07.2026 10:05;web;blue\n" +
	"2;Resolve ticket;01.07.2026 12:00;web;blue\n"

const ticketBlueprint = `version: 1
journeys:
- {name: ticket}
- {name: resolution, promises: [{name: solved, within: 8h}]}
touchpoints:
- {name: created, journey: ticket}
- {name: resolved, journey: ticket}
- {name: Close ticket, journey: ticket, ends: completed}
- {name: begun, journey: resolution}
- {name: done, journey: resolution, ends: completed}
channels: {Mail: email}
`

const ticketSection = `log:
  columns: {case: Nr, activity: Step, time: At, channel: Via, group: Team}
  attributes: {team: Team}
  time_format: dmy
  zone: Europe/Amsterdam
  delimiter: ";"
  encoding: latin1
`

const ticketActivities = `  activities: {Create ticket: [created, begun], Resolve ticket: [resolved, done], Sort: []}
`

// folderOf writes files into a new folder and returns its path.
func folderOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLogSection: a log is read as the blueprint says. What the command line says wins, column by column.
func TestLogSection(t *testing.T) {
	t.Parallel()
	dir := folderOf(t, map[string]string{
		"log.csv": ticketLog, "tabs.csv": strings.NewReplacer(";", "\t", "\xfc", "ü", ".", "/", "Via", "Channel").Replace(ticketLog),
		"said.yaml": ticketBlueprint + ticketSection + ticketActivities, "unsaid.yaml": ticketBlueprint + "log:\n" + ticketActivities,
		"other.yaml": ticketBlueprint + strings.NewReplacer("dmy", "mdy", "Amsterdam", "London", ";", "|", "latin1", "utf-16", "Nr", "Via").Replace(ticketSection) + ticketActivities,
	})
	in := func(name string) string { return filepath.Join(dir, name) }
	play := func(args ...string) report.Report {
		r := replayed(t, append(args, "--allow", "unknown")...)
		r.Blueprint, r.Files = "", nil
		return r
	}
	flags := []string{"--map", "case=Nr,activity=Step,time=At,channel=Via,group=Team,attr.team=Team", "--time-format", "dmy", "--tz", "Europe/Amsterdam", "--delimiter", ";", "--encoding", "latin1"}
	want := play(append(flags, "--blueprint", in("unsaid.yaml"), in("log.csv"))...)
	if diff := cmp.Diff(want, play(in("said.yaml"), in("log.csv"))); diff != "" {
		t.Errorf("with the log of the blueprint the report differs (-flags +blueprint)\n%s", diff)
	}
	if diff := cmp.Diff(want, play(append([]string{in("other.yaml"), in("log.csv")}, flags...)...)); diff != "" {
		t.Errorf("flags do not override the log of the blueprint (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, play(in("said.yaml"), in("tabs.csv"), "--map", "channel=Channel", "--time-format", "auto", "--delimiter", "tab", "--encoding", "utf-8")); diff != "" {
		t.Errorf("a flag does not override its part alone (-want +got)\n%s", diff)
	}
	// The first ticket begins on 1 July in UTC+2, and on 30 June in its own zone.
	if r := play(in("said.yaml"), in("log.csv"), "--from", "2026-07-01"); r.Outside != 5 { // three rows, two of which are two touchpoints
		t.Errorf("%d events are before 1 July in Amsterdam, want 5", r.Outside)
	}
}

// TestLogActivities: an activity is a touchpoint of each journey that it is mapped to, once, and none if it is left out. What the row
// says of people counts once.
func TestLogActivities(t *testing.T) {
	t.Parallel()
	dir := folderOf(t, map[string]string{"log.csv": ticketLog, "said.yaml": ticketBlueprint + ticketSection + ticketActivities + "queues: [{name: red}, {name: blue}, {name: blüe}]\n"})
	r := replayed(t, filepath.Join(dir, "said.yaml"), filepath.Join(dir, "log.csv"))
	if r.Events != 9 || r.Unknown != 0 || r.Rejected != 0 || len(r.Journeys) != 2 {
		t.Fatalf("%d events, %d unknown, %d rejected, %d journeys; want 9, 0, 0 and 2", r.Events, r.Unknown, r.Rejected, len(r.Journeys))
	}
	for _, j := range r.Journeys {
		completed, kept := int64(1), int64(0)
		if j.Name == "resolution" {
			completed, kept = 2, 1 // the second within two hours, the first after 9.5
		}
		if j.Started != 2 || j.Ended.Completed != completed {
			t.Errorf("%s has %d runs and %d are completed, want 2 and %d", j.Name, j.Started, j.Ended.Completed, completed)
		}
		for _, p := range j.Promises {
			if p.Made != 2 || p.Kept != kept || p.Broken != 2-kept {
				t.Errorf("%s: %d made, %d kept, %d broken; want 2, %d, %d", p.Name, p.Made, p.Kept, p.Broken, kept, 2-kept)
			}
		}
	}
	var contacts int64
	for _, q := range r.People.Queues {
		contacts += q.Contacts
	}
	if contacts != 5 { // a row each, without the one that is left out
		t.Errorf("%d contacts are in queues, want 5: a row is one contact", contacts)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"replay", filepath.Join(dir, "said.yaml"), filepath.Join(dir, "log.csv"), "--strict"}, nil, &stdout, &stderr); code != exitOK {
		t.Errorf("with --strict the exit code is %d: %s", code, &stderr)
	}
	if !strings.Contains(stderr.String(), "leaves out: 1\n") {
		t.Errorf("the command does not say how many rows it left out: %s", &stderr)
	}
}

// TestLogZone: a zone that the blueprint's log says is not a guess, of which the user would have to be told.
func TestLogZone(t *testing.T) {
	t.Parallel()
	hours := strings.Replace(ticketBlueprint, "within: 8h", "within: 8h, hours: office", 1) + "hours: {office: {zone: Europe/London, open: {daily: 09:00-17:00}}}\n"
	dir := folderOf(t, map[string]string{
		"log.csv": ticketLog, "said.yaml": hours + strings.Replace(ticketSection, "Europe/Amsterdam", "UTC", 1) + ticketActivities,
		"unsaid.yaml": hours + strings.Replace(ticketSection, "  zone: Europe/Amsterdam\n", "", 1) + ticketActivities,
	})
	for name, told := range map[string]bool{"said.yaml": false, "unsaid.yaml": true} {
		text, code := shell(t, dir, "cairn replay "+name+" log.csv")
		if code != exitOK || strings.Contains(text, "are read as UTC") != told {
			t.Errorf("%s: the exit code is %d, and that times are read as UTC is told: want %v\n%s", name, code, told, text)
		}
	}
}

// TestLogFaults: what only the reader of a log can check is reported with the key of the blueprint.
func TestLogFaults(t *testing.T) {
	t.Parallel()
	dir := folderOf(t, map[string]string{
		"log.csv": ticketLog, "form.yaml": ticketBlueprint + "log: {time_format: \"%Q\", encoding: klingon}\n", "none.yaml": ticketBlueprint, "zone.yaml": ticketBlueprint + "log: {zone: UTC}\n",
		"miss.yaml": ticketBlueprint + strings.Replace(ticketSection, "Via", "Vai", 1) + ticketActivities, "only.txt": ticketBlueprint,
		"aim.yaml":  ticketBlueprint + ticketSection + ticketActivities + "objectives: [{name: solved, journey: resolution, promise: solved, target: 50%, window: 1d}]\n",
		"part.yaml": ticketBlueprint + ticketSection + "  activities: {Create ticket: created}\n",
	})
	for _, c := range []struct {
		name, reason string
		args         []string
		code         int
		says         string
	}{
		{"suggest", "it reads what the blueprint says", []string{"suggest", "aim.yaml", "log.csv"}, exitOK, ""},
		{"replay", "the form cannot be read", []string{"replay", "form.yaml", "log.csv"}, exitFault, "form.yaml: log.time_format: "},
		{"validate", "the same", []string{"validate", "form.yaml"}, exitFault, "form.yaml: log.encoding: "},
		{"backtest", "the same", []string{"backtest", "form.yaml", "log.csv"}, exitFault, "log.encoding: "},
		{"no log", "neither says the columns", []string{"replay", "none.yaml", "log.csv"}, exitFault, "or write them under log.columns in the blueprint"},
		{"zone alone", "it says no columns", []string{"replay", "zone.yaml", "log.csv"}, exitFault, "set --map"},
		{"a column alone", "the blueprint has no others", []string{"replay", "zone.yaml", "log.csv", "--map", "case=Nr"}, exitUsage, "activity=COLUMN is missing"},
		{"no such column", "the header has another name", []string{"replay", "miss.yaml", "log.csv"}, exitFault, `did you mean "Via"?`},
		{"no blueprint", "the first argument is a log", []string{"replay", "log.csv"}, exitUsage, "the blueprint is missing"},
		{"another ending", "a blueprint with another name needs the flag", []string{"replay", "only.txt", "log.csv"}, exitUsage, "the blueprint is missing"},
		{"strict", "the second row has an unknown activity", []string{"replay", "part.yaml", "log.csv", "--strict"}, exitFault, `log.csv:3: the blueprint has no touchpoint "Resolve ticket"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			args := []string{c.args[0]}
			for _, a := range c.args[1:] {
				if strings.Contains(a, ".") {
					a = filepath.Join(dir, a)
				}
				args = append(args, a)
			}
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), args, nil, &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.says) {
				t.Errorf("the exit code is %d and the error %s\nwant %d and %q: %s", code, &stderr, c.code, c.says, c.reason)
			}
		})
	}
}
