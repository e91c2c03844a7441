package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
)

// grid is the unit of all times, so that many times meet the limits exactly.
const grid = 5 * time.Minute

// TestReplayModel compares every number in the reports of random logs and blueprints with a model that is
// simple enough to check by reading, for any period, number of files and number of players.
func TestReplayModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	count := 0
	rapid.Check(t, func(rt *rapid.T) {
		count++
		g := &generator{t: rt, dir: filepath.Join(dir, fmt.Sprint(count))}
		if err := os.Mkdir(g.dir, 0o700); err != nil {
			rt.Fatal(err)
		}
		g.blueprint()
		args := append([]string{"--blueprint", filepath.Join(g.dir, "blueprint.yaml"), "--map", "case=id,activity=what,time=when,outcome=how,channel=on"}, g.period()...)
		rows := g.files()
		args = append(args, g.names...)
		want := modelReport(g.bp, rows, g.from, g.until)
		want.Title, want.Blueprint, want.Files = report.Title, args[1], g.names
		for _, players := range []int{1, 3} {
			got, err := playedBy(t, players, args)
			if err != nil {
				rt.Fatal(err)
			}
			diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 2e-9), cmpopts.IgnoreFields(report.UnknownName{}, "Suggestion"))
			if diff != "" {
				for _, name := range append(g.names, args[1]) {
					b, _ := os.ReadFile(name) //nolint:gosec // written by this test
					rt.Logf("%s\n%s", name, b)
				}
				rt.Fatalf("%d players, %v (-model +replay):\n%s", players, args[2:], diff)
			}
		}
		if err := os.RemoveAll(g.dir); err != nil {
			rt.Fatal(err)
		}
	})
}

// playedBy returns the report in its JSON form.
func playedBy(t *testing.T, players int, args []string) (*report.Report, error) {
	t.Helper()
	s, code, done := parseReplay(&env{stdout: io.Discard, stderr: os.Stderr}, args)
	if done {
		return nil, fmt.Errorf("the exit code is %d", code)
	}
	s.players = players
	bp, err := yaml.Load(s.blueprint)
	if err != nil {
		return nil, err
	}
	rep, err := replayLog(t.Context(), s, bp, nil, newNotes(io.Discard, bp, false))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := rep.WriteJSON(&b); err != nil {
		return nil, err
	}
	read := &report.Report{}
	dec := json.NewDecoder(&b)
	dec.DisallowUnknownFields()
	return read, dec.Decode(read)
}

// generator draws a blueprint, a period and the files of a log.
type generator struct {
	t           *rapid.T
	dir         string
	bp          *blueprint.Blueprint
	zone        *time.Location
	from, until time.Time
	names       []string
	told        []retold // events with an ID
	ids         int64
}

// retold is an event that may occur again in the log, because delivery is at least once.
type retold struct {
	row  modelRow
	line string
}

func draw[T any](g *generator, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(g.t, label)
}

func (g *generator) blueprint() {
	bp := &blueprint.Blueprint{Version: 1, Channels: map[string]string{"Shop": "in_person"}}
	for _, name := range []string{"alpha", "beta"}[:draw(g, "journeys", 1, 2)] {
		j := blueprint.Journey{Name: name, AbandonAfter: draw(g, "patience", blueprint.Duration(0), blueprint.Duration(30*time.Minute), blueprint.Duration(2*time.Hour))}
		for _, stage := range []string{"one", "two", "three"}[:draw(g, "stages", 0, 1, 2, 3)] {
			j.Stages = append(j.Stages, blueprint.Stage{Name: stage, Expect: draw(g, "expect", blueprint.Duration(0), blueprint.Duration(grid), blueprint.Duration(time.Hour))})
		}
		bp.Journeys = append(bp.Journeys, j)
	}
	for i := range draw(g, "touchpoints", 1, 3, 6) {
		p := blueprint.Touchpoint{Name: fmt.Sprintf("t%d", i), Satisfied: draw(g, "target", blueprint.Duration(0), blueprint.Duration(time.Second))}
		if k := draw(g, "in", -1, 0, 0, len(bp.Journeys)-1); k >= 0 {
			j := &bp.Journeys[k]
			p.Journey = j.Name
			if n := len(j.Stages); n > 0 {
				p.Stage = draw(g, "stage", "", j.Stages[0].Name, j.Stages[n-1].Name)
			}
			p.Ends = draw(g, "ends", "", "", "completed", "failed", "cancelled")
		}
		bp.Touchpoints = append(bp.Touchpoints, p)
	}
	bp.Surveys = []blueprint.Survey{{Name: "easy", Scale: "ces"}}
	if draw(g, "asked", true, false) {
		bp.Surveys = append(bp.Surveys, blueprint.Survey{Name: "again", Scale: "nps"})
	}
	if err := yaml.Save(filepath.Join(g.dir, "blueprint.yaml"), bp); err != nil {
		g.t.Fatal(err)
	}
	g.bp = bp
}

// at draws a time within two days.
func (g *generator) at(label string) time.Time {
	return time.Date(2026, 1, 31, 20, 0, 0, 0, time.UTC).Add(grid * time.Duration(rapid.IntRange(0, 120).Draw(g.t, label)))
}

// period draws the flags of the period.
func (g *generator) period() (args []string) {
	name := draw(g, "zone", "UTC", "Europe/Amsterdam")
	zone, err := time.LoadLocation(name)
	if err != nil {
		g.t.Fatal(err)
	}
	g.zone, args = zone, []string{"--tz", name}
	const none, instant, day = 0, 1, 2
	switch draw(g, "from is", none, instant, day) {
	case instant:
		g.from = g.at("from")
		args = append(args, "--from", g.from.Format(time.RFC3339))
	case day:
		g.from = time.Date(2026, 2, 1, 0, 0, 0, 0, zone).UTC()
		args = append(args, "--from", "2026-02-01")
	}
	switch draw(g, "until is", none, instant, day) {
	case instant:
		if until := g.at("until"); !until.Before(g.from) {
			g.until = until
			args = append(args, "--until", g.until.In(zone).Format(time.DateTime))
		}
	case day:
		g.until = time.Date(2026, 2, 2, 0, 0, 0, -1, zone).UTC()
		args = append(args, "--until", "2026-02-01")
	}
	return args
}

// files draws the rows of one to three files and writes the files.
func (g *generator) files() (all []modelRow) {
	for i := range draw(g, "files", 1, 1, 2, 3) {
		csv := draw(g, "csv", true, false)
		name := filepath.Join(g.dir, fmt.Sprintf("%d.jsonl", i))
		var b strings.Builder
		if csv {
			name = filepath.Join(g.dir, fmt.Sprintf("%d.csv", i))
			b.WriteString("id,what,when,how,on\n")
		}
		at := g.at("first")
		sorted := draw(g, "sorted", true, false)
		for range rapid.IntRange(0, 60).Draw(g.t, "rows") {
			if at = at.Add(draw(g, "later", 0, 0, grid, grid, 3*grid, 6*grid)); !sorted {
				at = g.at("when")
			}
			r := modelRow{at: at, kind: event.TouchpointEnded, csv: csv, bad: rapid.IntRange(0, 20).Draw(g.t, "bad") == 0}
			if csv {
				b.WriteString(g.csvRow(&r))
			} else {
				b.WriteString(g.event(&r))
			}
			all = append(all, r)
		}
		if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
			g.t.Fatal(err)
		}
		g.names = append(g.names, name)
	}
	return all
}

func (g *generator) touch(r *modelRow) {
	r.touch = draw(g, "what", "t0", "t0", "t1", "t2", "t3", "t4", "t5", "typo")
	r.outcome = draw(g, "how", "ok", "ok", "ok", "degraded", "failed", "cancelled", "abandoned")
}

func (g *generator) csvRow(r *modelRow) string {
	g.touch(r)
	id := draw(g, "case", "1", "2", "3", "4", "5")
	d := (&model{bp: g.bp}).definition(r.touch)
	switch {
	case d != nil:
		r.journey = d.Journey
	case len(g.bp.Journeys) == 1:
		r.journey = g.bp.Journeys[0].Name
	}
	if r.journey != "" {
		r.id = id
	}
	on := draw(g, "on", "web", "Shop", "Fax")
	r.channel = map[string]string{"web": "web", "Shop": "in_person", "Fax": "other"}[on]
	if on == "Fax" && !r.bad {
		r.spelling = on
	}
	when, how := r.at.In(g.zone).Format(time.DateTime), r.outcome
	if r.bad {
		when = "soon"
	}
	if how == "ok" && draw(g, "said", true, false) {
		how = ""
	}
	return fmt.Sprintf("%s,%s,%s,%s,%s\n", id, r.touch, when, how, on)
}

func (g *generator) event(r *modelRow) string {
	if r.bad {
		return "{\"v\":1\n"
	}
	if len(g.told) > 0 && rapid.IntRange(0, 9).Draw(g.t, "again") == 0 {
		again := rapid.SampledFrom(g.told).Draw(g.t, "told")
		*r = again.row
		return again.line
	}
	e := map[string]any{"v": 1, "channel": "mobile"}
	if draw(g, "with an ID", true, false) {
		g.ids++
		r.event = fmt.Sprintf("019d9b4f-ea00-7000-8000-%012x", g.ids*7919)
		e["id"] = r.event
	}
	r.channel = "mobile"
	if rapid.IntRange(0, 5).Draw(g.t, "in a journey") > 0 {
		r.journey, r.id = draw(g, "journey", "alpha", "alpha", "alpha", "beta", "unheard-of"), draw(g, "id", "1", "2", "3", "4", "5")
	}
	if r.journey != "" && rapid.IntRange(0, 9).Draw(g.t, "probe") == 0 {
		r.id, r.probe = "probe-"+r.id, true
		e["actor"] = "synthetic"
	}
	touched := rapid.IntRange(0, 2).Draw(g.t, "touchpoint") > 0
	switch {
	case touched:
		g.touch(r)
		e["touchpoint"], e["outcome"] = r.touch, r.outcome
		r.took = draw(g, "took", 0, 0, 500*time.Millisecond, time.Second, 4*time.Second, 7*time.Minute+time.Second)
		r.cause, r.errType = draw(g, "cause", "", "card"), draw(g, "error", "", "timeout")
		e["cause"], e["error_type"], e["duration_seconds"] = r.cause, r.errType, r.took.Seconds()
	case r.journey != "" && draw(g, "transition", true, false):
		g.transition(r, e)
	default:
		g.feedback(r, e)
	}
	e["kind"], e["time"] = string(r.kind), r.at.Format(time.RFC3339)
	if r.journey != "" {
		j := map[string]any{"name": r.journey, "id": r.id}
		if !r.started.IsZero() {
			j["started"] = r.started.Format(time.RFC3339)
		}
		e["journey"] = j
	}
	b, err := json.Marshal(e)
	if err != nil {
		g.t.Fatal(err)
	}
	line := string(b) + "\n"
	if r.event != "" {
		g.told = append(g.told, retold{*r, line})
	}
	return line
}

func (g *generator) transition(r *modelRow, e map[string]any) {
	switch r.kind = draw(g, "moves", event.JourneyStarted, event.JourneyStageEntered, event.JourneyEnded); r.kind {
	case event.JourneyStageEntered:
		r.stage = draw(g, "enters", "one", "two", "nowhere")
		e["stage"] = r.stage
	case event.JourneyEnded:
		r.outcome = draw(g, "end", "completed", "failed", "cancelled", "abandoned")
		r.cause = draw(g, "why", "", "stock", "price")
		e["outcome"], e["cause"] = r.outcome, r.cause
		if draw(g, "older", true, false) { // the run began before the log, which has no other event of it
			r.id = fmt.Sprintf("old-%d", rapid.Int().Draw(g.t, "unique"))
			r.started = r.at.Add(-draw(g, "before", grid, 20*grid, 100*grid))
		}
	default: // the run starts
	}
}

func (g *generator) feedback(r *modelRow, e map[string]any) {
	f := map[string]any{"survey": "", "score": 0}
	r.kind = draw(g, "says", event.FeedbackReceived, event.FeedbackReceived, event.SurveyRequested, event.FeedbackMentioned)
	if r.kind == event.FeedbackMentioned {
		r.mood = draw(g, "mood", "positive", "neutral", "negative")
		f["sentiment"] = r.mood
	} else {
		r.survey = draw(g, "survey", "easy", "again", "nps", "mystery")
		r.scale = map[string]string{"easy": "ces", "again": "nps", "nps": "nps", "mystery": "csat"}[r.survey]
		f["survey"], f["scale"] = r.survey, r.scale
	}
	if r.kind == event.FeedbackReceived {
		r.score = rapid.IntRange(1, map[string]int{"ces": 7, "nps": 10, "csat": 5}[r.scale]).Draw(g.t, "score")
		if r.journey == "" && rapid.IntRange(0, 9).Draw(g.t, "off the scale") == 0 {
			r.score = 11
		}
		f["score"] = r.score
		r.causes = draw(g, "named", nil, []string{"price"}, []string{"price", "waiting"})
		f["causes"] = r.causes
	}
	e["feedback"] = f
}
