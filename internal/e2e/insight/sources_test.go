//go:build unix

package insight_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/lines"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

var background = context.Background()

// whole reports whether the tests are to ask everything.
func whole() bool { return os.Getenv("CAIRN_WHOLE") != "" }

// output runs the command, and returns what it prints.
func output(t *testing.T, command string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command, args...)
	cmd.Env = append(os.Environ(), "COLUMNS=100")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, &stderr)
	}
	return out
}

// example returns the path of a file of the examples.
func example(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func readSQLite(t *testing.T, path string) *sqlarchive.Reader {
	t.Helper()
	r, err := sqlarchive.ReadSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// eventsOf returns the whole events of a source.
func eventsOf(t *testing.T, s insight.Source) (list []event.Event) {
	t.Helper()
	if err := s.Events(t.Context(), event.Query{}, func(e *event.Event) error {
		list = append(list, *e)
		return nil
	}); err != nil || len(list) == 0 {
		t.Fatal(len(list), err)
	}
	return list
}

// inPostgres starts a server, writes the events into an archive, and returns the server's URL and a reader.
func inPostgres(t *testing.T, events []event.Event) (url string, r *sqlarchive.Reader) {
	t.Helper()
	url = servers.StartPostgres(t, servers.PostgresSetting("fsync", "off")).URL()
	a, err := sqlarchive.OpenPostgres(url)
	if err != nil {
		t.Fatal(err)
	}
	export(t, a, events)
	if r, err = sqlarchive.ReadPostgres(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return url, r
}

func export(t *testing.T, a *sqlarchive.Archive, events []event.Event) {
	t.Helper()
	for batch := range slices.Chunk(events, 512) {
		if err := a.Export(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Shutdown(background); err != nil {
		t.Fatal(err)
	}
}

// inLines writes the events as JSON lines.
func inLines(t *testing.T, events []event.Event) (path string, s *lines.Source) {
	t.Helper()
	var text []byte
	for i := range events {
		text = append(events[i].AppendJSON(text), '\n')
	}
	path = filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := lines.New(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, s
}

// answers are the answers of all questions about what the source has.
func answers(t *testing.T, s insight.Source, b *blueprint.Blueprint, arguments ...any) map[string]string {
	t.Helper()
	list, err := answersOf(t.Context(), view(t, s, b), arguments...)
	if err != nil {
		t.Fatal(err)
	}
	for _, asked := range slices.Sorted(maps.Keys(list)) {
		if strings.HasPrefix(list[asked], "error: ") && !strings.Contains(list[asked], "there is none that this viewer may see") {
			t.Errorf("%s: %s", asked, list[asked])
		}
	}
	return list
}

func view(t *testing.T, s insight.Source, b *blueprint.Blueprint) *insight.View {
	t.Helper()
	table, err := insight.New(b, insight.WithAttributes("impact"))
	if err == nil {
		err = table.Load(t.Context(), s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return table.View(insight.Everything(), time.Time{})
}

// same compares the answers of a source with those of another one.
func same(t *testing.T, name string, want, got map[string]string) {
	t.Helper()
	for _, asked := range slices.Sorted(maps.Keys(want)) {
		if want[asked] != got[asked] {
			t.Errorf("%s: %s (-SQLite +%s):\n%s", asked, name, name, cmp.Diff(strings.Split(want[asked], ","), strings.Split(got[asked], ",")))
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s has %d answers, want %d", name, len(got), len(want))
	}
}

// doubled returns a copy of a log that has every seventh row twice, and how many rows of it have the text.
func doubled(t *testing.T, log, having string) (path string, rows int) {
	t.Helper()
	text, err := os.ReadFile(log) //nolint:gosec // a log of the examples
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	n := 0
	for row := range strings.Lines(string(text)) {
		b.WriteString(row)
		if n++; n%7 == 0 {
			b.WriteString(row)
		}
	}
	if rows = strings.Count(b.String(), having); rows <= strings.Count(string(text), having) {
		t.Fatalf("no row with %s is there twice", having)
	}
	path = filepath.Join(t.TempDir(), "doubled.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, rows
}

// TestSameAnswers: one log, which has some rows twice, has the same answers, byte for byte, as CSV, as JSON lines, and in both archives.
func TestSameAnswers(t *testing.T) {
	t.Parallel()
	cairn := build(t, "cmd/cairn")
	plan, archive := example(t, "tickets/blueprint.yaml"), filepath.Join(t.TempDir(), "archive.db")
	log, rows := doubled(t, example(t, "tickets/tickets.csv"), ";Create ticket;")
	output(t, cairn, "replay", "--archive", archive, plan, log)
	b, err := yaml.Load(plan)
	if err != nil {
		t.Fatal(err)
	}
	inSQLite := readSQLite(t, archive)
	events := eventsOf(t, inSQLite)
	for i := range events {
		if events[i].Kind == event.TouchpointEnded && events[i].Touchpoint == "created" {
			rows--
		}
	}
	if rows != 0 {
		t.Errorf("%d rows that the log has twice do not count twice, as docs/log.md says", rows)
	}
	url, postgres := inPostgres(t, events)
	file, jsonLines := inLines(t, events)

	arguments := questions(events)
	want := answers(t, inSQLite, b, arguments...)
	if want["Outcomes 0"] == "" || strings.Contains(want["Outcomes 0"], `"runs":0`) {
		t.Fatalf("nothing is asked: %s", want["Outcomes 0"])
	}
	same(t, "PostgreSQL", want, answers(t, postgres, b, arguments...))
	same(t, "JSON-lines", want, answers(t, jsonLines, b, arguments...))
	// A delivery that came twice has one ID, and counts once.
	_, twice := inLines(t, slices.Concat(events, events[len(events)/3:]))
	same(t, "doubled-JSON-lines", want, answers(t, twice, b, arguments...))

	asked := [][]string{
		{"outcomes"},
		{"promises", "--by", "team"},
		{"goes-with", "--bad", "broken:solved", "--journey", "solution"},
		{"reopened"},
		{"compare", "--by", "impact,team"},
		{"periods", "--from", "2026-03-09", "--until", "2026-03-15", "--compare", "previous"},
		{"time"},
		{"funnel"},
		{"paths"},
		{"worse", "--from", "2026-03-09", "--until", "2026-03-15", "--compare", "previous"},
		{"voice"},
		{"support"},
	}
	if !whole() {
		asked = asked[:3]
	}
	for _, question := range asked {
		ask := func(source string) string {
			return string(output(t, cairn, slices.Concat([]string{"ask"}, question, []string{"--json", plan, source})...))
		}
		want := ask(log)
		for name, source := range map[string]string{"SQLite": archive, "PostgreSQL": url, "JSON lines": file} {
			if diff := cmp.Diff(strings.Split(want, ","), strings.Split(ask(source), ",")); diff != "" {
				t.Errorf("cairn ask %s (-CSV +%s):\n%s", question, name, diff)
			}
		}
	}
}

// followUps are the first runs of follow-ups, which View.Matters is asked about, and a run that is none.
func followUps(events []event.Event) []event.RunRef {
	list := []event.RunRef{{Name: "none", ID: "none"}}
	for i := range events {
		e := &events[i]
		if e.FollowUp != nil && e.Kind == event.JourneyStarted && len(list) < 20 {
			list = append(list, e.Journey.Ref())
		}
	}
	return list
}

// questions are arguments for every question about the events.
func questions(events []event.Event) (arguments []any) {
	newest, oldest := events[len(events)-1].Time, events[0].Time
	middle := oldest.Add(newest.Sub(oldest) / 2)
	arguments = []any{
		insight.Which{},
		insight.Which{From: middle},
		insight.Which{Until: middle, By: insight.Ended},
		insight.Which{Where: []insight.Where{{Column: insight.Team, Values: []string{"red"}}}},
		insight.Team, insight.Outcome, insight.Column("impact"),
		insight.Completes(), insight.Fails(), insight.EndsAs(event.Cancelled), insight.Keeps("taken"), insight.Keeps("solved"),
		insight.NotCompleted(), insight.PromiseBroken("solved"), insight.WasReopened(), insight.TouchpointFailed(),
		newest.Add(48 * time.Hour),
		time.Time{},
		10,
		insight.RunsOf{},
		insight.RunsOf{Order: insight.Longest},
		insight.DailySettings{},
		insight.DailySettings{Days: 3, About: []insight.About{insight.AboutJourney, insight.AboutSurvey}, Zone: time.FixedZone("", -7*60*60)},
		followUps(events),
		[]time.Time{oldest, middle, newest}, // bounds of a trend
		[][]string(nil),
		[][]string{{"created", "taken", "resolved", "closed"}, {"asked", "worked-on", "answered"}}, // ways of a map
	}
	seen := map[event.RunRef]bool{}
	for i := range events {
		e := &events[i]
		run := e.Journey.Ref()
		if run.ID != "" && !seen[run] && len(seen) < 20 {
			seen[run] = true
			arguments = append(arguments, run)
		}
	}
	arguments = append(arguments, "0123456789abcdef0123456789abcdef") // a customer whom nobody knows
	for i := range events {
		if hash := events[i].Customer.Hash; hash != "" && len(seen) < 40 && !slices.Contains(arguments, any(hash)) {
			seen[event.RunRef{ID: hash}] = true
			arguments = append(arguments, hash)
		}
	}
	return arguments
}
