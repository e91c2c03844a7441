package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo/backtest"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

const pastMap = "case=order,activity=step,time=at,outcome=how"

// TestBacktest compares the output and the exit code of the commands backtest and suggest with testdata/backtest/NAME.golden. The log has
// an outage of two hours on its second day, and a slow burn on its fourth.
func TestBacktest(t *testing.T) {
	t.Parallel()
	shop := []string{"backtest", "-b", "testdata/backtest/shop.yaml", "--map", pastMap, "testdata/backtest/shop.csv"}
	days := []string{"suggest", "-b=testdata/backtest/days.yaml", "--map", pastMap, "testdata/backtest/shop.csv"}
	hints := []string{"suggest", "-b=testdata/backtest/hints.yaml"}
	for _, tt := range []struct {
		name, reason, stdin string
		args                []string
		code                int
	}{
		{"table", "for an SRE", "", shop, exitOK},
		{"json", "for scripts, and alerts that fired before the period and go on after it", "", append(shop, "--json", "--from", "2026-03-03T13:00Z", "--until", "2026-03-03T13:59Z"), exitOK},
		{"zone", "times and days of a zone, and a coarse step", "", append(shop, "--tz", "America/New_York", "--step", "20m", "--from", "2026-03-03", "--until", "2026-03-03"), exitOK},
		{"short-window", "a window that is shorter than the step", "", append([]string{"backtest", "-b", "testdata/backtest/days.yaml", "--from", "2026-03-04T12:00Z", "--until", "2026-03-04T12:30Z"}, shop[3:]...), exitOK},
		{"step-too-long", "an alert looks at less than a step", "", append([]string{"backtest", "-b", "testdata/backtest/days.yaml", "--step", "15m"}, shop[3:]...), exitFault},
		{"step", "a step that does not divide an hour", "", append(shop, "--step", "7m"), exitFault},
		{"later", "a period after the log", "", append(shop, "--from", "2027-03-03"), exitFault},
		{"no-objectives", "a blueprint without objectives", "", []string{"backtest", "-b", "testdata/replay/shop.yaml", "--map", shopMap, "testdata/replay/shop.csv"}, exitFault},
		{"doubt", "rows that cannot be read", "order,step,at,how\n1,submit-payment,2026-03-02T10:00Z,ok\n2,submit-payment,soon,ok\n", append(shop[:5:5], "--time-format", "iso8601", "-"), exitDoubt},
		{"usage", "one error reports all faults of the command line", "", []string{"backtest", "--from", "soon"}, exitUsage},
		{"help", "the user asks for help", "", []string{"backtest", "-h"}, exitOK},
		{"suggest", "for a product lead", "", days, exitOK},
		{"suggest-json", "for scripts, and a period that ends before the log does", "", append(days, "--json", "--until", "2026-03-04"), exitOK},
		{"suggest-hints", "what is all good or all bad by a mistake of the files", "order,step,at\n1,submit-payment,2026-03-02T10:00Z\n2,submit-payment,2026-03-06T10:00Z\n", append(hints[:2:2], "--map", "case=order,activity=step,time=at", "-"), exitOK},
		{"suggest-hinted", "the log has a column for the outcome", "order,step,at,how\n1,submit-payment,2026-03-02T10:00Z,ok\n2,submit-payment,2026-03-06T10:00Z,ok\n", append(hints[:2:2], "--map", pastMap, "-", "--json"), exitOK},
		{"suggest-help", "the user asks for help", "", []string{"suggest", "-h"}, exitOK},
		{"suggest-usage", "a blueprint and a log are required", "", []string{"suggest"}, exitUsage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), tt.args, strings.NewReader(tt.stdin), &stdout, &stderr); code != tt.code {
				t.Errorf("the exit code is %d, want %d: %s", code, tt.code, tt.reason)
			}
			golden(t, "backtest/"+tt.name, fmt.Sprintf("$ cairn %s\n%s--- stderr\n%s--- exit code %d\n", strings.Join(tt.args, " "), &stdout, &stderr, tt.code))
		})
	}
}

// TestBacktestArchive: an archive gives the same report as the log whose events it has.
func TestBacktestArchive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "archive.db")
	archive, err := sqlarchive.OpenSQLite(path, sqlarchive.WithoutFsync())
	if err != nil {
		t.Fatal(err)
	}
	s := &replaySettings{
		blueprint: "testdata/backtest/shop.yaml", files: []string{"testdata/backtest/shop.csv"}, players: 1,
		also: []event.Processor{&into{t: t, archive: archive}},
	}
	if s.columns, err = parseColumns(pastMap); err != nil {
		t.Fatal(err)
	}
	s.memory = eventlog.DefaultMemory
	bp, err := yaml.Load(s.blueprint)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := replayLog(t.Context(), s, bp, nil, newNotes(os.Stderr, bp, false)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	say := func(log ...string) string {
		var stdout, stderr bytes.Buffer
		args := append([]string{"backtest", "-b", s.blueprint, "--from", "2026-03-03T12:00Z", "--until", "2026-03-03T15:00Z", "--map", pastMap}, log...)
		if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitOK {
			t.Fatalf("exit code %d: %s", code, &stderr)
		}
		return strings.ReplaceAll(stdout.String(), log[0], "LOG")
	}
	if diff := cmp.Diff(say(s.files[0]), say(path)); diff != "" {
		t.Errorf("the archive's report differs (-log +archive):\n%s", diff)
	}
	for _, args := range [][]string{{path, path}, {path, "-"}} {
		var stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"replay", "-b", s.blueprint}, args...), strings.NewReader(""), &bytes.Buffer{}, &stderr); code != exitFault ||
			!strings.Contains(stderr.String(), "only one stream") {
			t.Errorf("%q: exit code %d: %s", args, code, &stderr)
		}
	}
}

// into exports every event to an archive.
type into struct {
	t       *testing.T
	archive *sqlarchive.Archive
}

func (i *into) Process(ctx context.Context, e *event.Event) {
	if err := i.archive.Export(ctx, []event.Event{*e}); err != nil {
		i.t.Error(err)
	}
}

func (*into) Shutdown(context.Context) error { return nil }

// TestBacktestCountsAsTheClient: what the backtest counts is what a client that replays the same log counts for its objectives.
func TestBacktestCountsAsTheClient(t *testing.T) {
	t.Parallel()
	bp, err := yaml.Load("testdata/replay/service.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i := range bp.Touchpoints {
		name := bp.Touchpoints[i].Name
		bp.Objectives = append(bp.Objectives, blueprint.Objective{Name: "at-" + name, Touchpoint: name, Target: 0.9})
	}
	score := 3
	for i := range bp.Surveys {
		name := bp.Surveys[i].Name
		bp.Objectives = append(bp.Objectives, blueprint.Objective{Name: "said-" + name, Survey: name, Target: 0.9, Good: blueprint.Good{ScoreAtLeast: &score}})
	}
	bp.Objectives = append(bp.Objectives, blueprint.Objective{Name: "completes", Journey: "checkout", Target: 0.9, Good: blueprint.Good{Within: blueprint.Duration(3 * time.Minute)}})
	counts := backtest.NewCounts(bp.AllObjectives()) // with one for the promise that has a target
	s := &replaySettings{
		blueprint: "testdata/replay/service.yaml", files: []string{"testdata/replay/service.jsonl"}, players: 1,
		also: []event.Processor{counts}, memory: eventlog.DefaultMemory,
	}
	n := newNotes(os.Stderr, bp, false)
	p, err := newPlayers(t.Context(), s, bp, n)
	if err != nil {
		t.Fatal(err)
	}
	log, err := eventlog.Open(t.Context(), eventlog.Config{Activities: touchpointNames(bp), Channel: n.channel, Bad: n.bad, Memory: s.memory}, s.files, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.play(t.Context(), func() {}, log); err != nil {
		t.Fatal(err)
	}
	var good, bad int
	for _, status := range p.list[0].client.Objectives() {
		got := counts.Between(status.Name, status.From, status.Now.Add(time.Hour)) // the last interaction ends later
		if got != status.Counts {
			t.Errorf("%s: %+v, the client counts %+v", status.Name, got, status.Counts)
		}
		good, bad = good+min(int(got.Good), 1), bad+min(int(got.Bad), 1)
	}
	if good < 6 || bad < 4 {
		t.Errorf("%d objectives have good events and %d have bad ones: it shows too little", good, bad)
	}
	if err := p.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}
