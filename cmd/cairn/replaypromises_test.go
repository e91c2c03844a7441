package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
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
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// promising returns the definitions of the blueprint, with more options for each journey.
func promising(bp *blueprint.Blueprint, more ...journey.Option) []event.Definition {
	journeys := map[string]*journey.Definition{}
	var defs []event.Definition
	for _, j := range bp.Journeys {
		var stages []string
		for _, s := range j.Stages {
			stages = append(stages, s.Name)
		}
		opts := []journey.Option{journey.Stages(stages...), journey.AbandonAfter(time.Duration(j.AbandonAfter))}
		journeys[j.Name] = journey.Define(j.Name, append(opts, more...)...)
		defs = append(defs, journeys[j.Name])
	}
	for _, p := range bp.Touchpoints {
		opts := []touchpoint.Option{touchpoint.In(journeys[p.Journey], p.Stage)}
		for _, o := range []event.Outcome{event.Completed, event.Failed, event.Cancelled} {
			if p.Ends == o.String() {
				opts = append(opts, touchpoint.Ends(o))
			}
		}
		defs = append(defs, touchpoint.Define(p.Name, opts...))
	}
	return defs
}

// aPromise is a promise in words that the model can read.
type aPromise struct {
	name         string
	within       time.Duration
	since, until string // stages, "start", "end", or touchpoints, which begin with "t-"
	pause        string // a stage, or ""
	target       float64
}

func (p *aPromise) option() journey.Option {
	opts := []journey.PromiseOption{journey.Since(p.since), journey.Until(p.until), journey.Target(p.target)}
	if strings.HasPrefix(p.since, "t-") {
		opts[0] = journey.SinceTouchpoint(p.since)
	}
	if strings.HasPrefix(p.until, "t-") {
		opts[1] = journey.UntilTouchpoint(p.until)
	}
	if p.pause != "" {
		opts = append(opts, journey.Pauses(p.pause))
	}
	return journey.Promise(p.name, p.within, opts...)
}

// aRow is one touchpoint of a run.
type aRow struct {
	run  string
	at   time.Time
	what string // "t-" and a stage, or another touchpoint
}

// stageOf returns the stage of a touchpoint, or "".
func stageOf(what string) string {
	if s := strings.TrimPrefix(what, "t-"); slices.Contains(promiseStages, s) {
		return s
	}
	return ""
}

// endsAs returns how a touchpoint ends its run, or "".
func endsAs(what string) string {
	return map[string]string{"t-done": "completed", "t-lost": "failed", "t-off": "cancelled"}[what]
}

var promiseStages = []string{"one", "two", "wait"}

// fate is what became of the promises of a journey, as the model sees it.
type fate struct {
	made, kept, broken, withdrawn, open, pastDue int64
	keptAfter, brokenAfter, lateAfter            []time.Duration
}

// follow follows the promise through the rows of one run, in their order, to the end of the log.
func (p *aPromise) follow(rows []aRow, patience time.Duration, end time.Time, into *fate) {
	var (
		open, broken, over, stopped bool
		made, due, first, last      time.Time
		left                        time.Duration // on the clock, while it has stopped
		stage                       string
	)
	breaks := func(at time.Time, timed bool) {
		open, broken = false, true
		into.broken++
		if timed {
			into.brokenAfter = append(into.brokenAfter, at.Sub(made))
		}
	}
	finish := func(at time.Time, outcome string) { // the run ends
		over = true
		switch {
		case !open:
		case outcome == "completed" && p.until == "end":
			into.kept++
			into.keptAfter = append(into.keptAfter, at.Sub(made))
		case outcome == "completed", outcome == "cancelled":
			into.withdrawn++
		default:
			into.broken++
		}
		open = false
	}
	pass := func(now time.Time) { // the time until now is over
		silent := last.Add(patience)
		abandoned := patience > 0 && !last.IsZero() && !now.Before(silent)
		if until := silent; open && !stopped && due.Before(now) && (!abandoned || due.Before(until)) {
			breaks(due, true)
		}
		if abandoned && !over {
			finish(silent, "abandoned")
		}
	}
	promise := func(at time.Time) {
		if !open {
			open, broken, made, due, first, left = true, false, at, at.Add(p.within), at.Add(p.within), p.within
			into.made++
		}
	}
	keep := func(at time.Time) {
		switch {
		case open:
			open = false
			into.kept++
			into.keptAfter = append(into.keptAfter, at.Sub(made))
		case broken:
			broken = false
			into.lateAfter = append(into.lateAfter, at.Sub(made))
		}
	}
	for _, r := range rows {
		if pass(r.at); over {
			return
		}
		if last.IsZero() && p.since == "start" {
			promise(r.at)
		}
		if s := stageOf(r.what); s != "" && s != stage { // a visit begins
			switch {
			case s == p.pause:
				left, stopped = due.Sub(r.at), true
			case stopped:
				stopped = false
				due = r.at.Add(left)
			}
			if stage = s; s == p.until {
				keep(r.at)
			}
			if s == p.since {
				promise(r.at)
			}
		}
		if r.what == p.since {
			promise(r.at)
		}
		if r.what == p.until {
			keep(r.at)
		}
		if last = r.at; endsAs(r.what) != "" {
			finish(r.at, endsAs(r.what))
			return
		}
	}
	if pass(end); open {
		into.open++
		if first.Before(end) {
			into.pastDue++
		}
	}
}

// quantiles returns the report's form of the durations: by the nearest rank, as its page says.
func quantiles(all []time.Duration) report.PromiseDuration {
	if len(all) == 0 {
		return report.PromiseDuration{}
	}
	slices.Sort(all)
	rank := func(share float64) float64 { return all[int(math.Ceil(share*float64(len(all))))-1].Seconds() }
	sum := 0.0
	for _, d := range all {
		sum += d.Seconds()
	}
	return report.PromiseDuration{
		Duration: report.Duration{Count: int64(len(all)), Mean: sum / float64(len(all)), P50: rank(.5), P90: rank(.9), Max: all[len(all)-1].Seconds()},
		P99:      rank(.99),
	}
}

func (o *fate) report(p *aPromise) report.Promise {
	r := report.Promise{
		Name: p.name, Made: o.made, Kept: o.kept, Broken: o.broken, Withdrawn: o.withdrawn, Open: o.open, OpenPastDue: o.pastDue,
		Samples: o.kept + o.broken, UntilKept: quantiles(o.keptAfter), UntilBroken: quantiles(o.brokenAfter), KeptLate: quantiles(o.lateAfter),
	}
	if r.Samples > 0 {
		share := float64(o.kept) / float64(r.Samples)
		r.KeptShare = &share
	}
	if p.target > 0 {
		r.Target = &p.target
		if r.KeptShare != nil {
			met := *r.KeptShare >= p.target
			r.TargetMet = &met
		}
	}
	return r
}

// TestReplayPromiseModel compares what a report says of promises with a calculation of its own, for random logs and promises, any
// order of the rows and any number of players.
func TestReplayPromiseModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	count := 0
	rapid.Check(t, func(rt *rapid.T) {
		count++
		g := &generator{t: rt, dir: filepath.Join(dir, fmt.Sprint(count))}
		if err := os.Mkdir(g.dir, 0o700); err != nil {
			rt.Fatal(err)
		}
		patience := draw(g, "patience", 0, 2*time.Hour, 6*time.Hour)
		bp := promiseBlueprint(patience)
		var promises []*aPromise
		var opts []journey.Option
		for i := range rapid.IntRange(1, 3).Draw(rt, "promises") {
			p := &aPromise{
				name: fmt.Sprint("p", i), within: draw(g, "within", grid, 3*grid, 12*grid),
				since:  draw(g, "since", "start", "start", "one", "two", "t-call"),
				until:  draw(g, "until", "end", "end", "one", "two", "t-answer"),
				pause:  draw(g, "pause", "", "wait", "wait", "one"),
				target: draw(g, "target", 0, 0.5, 0.9, 1),
			}
			promises, opts = append(promises, p), append(opts, p.option())
		}
		rows, file := g.promiseRows()
		args := []string{"--blueprint", filepath.Join(g.dir, "blueprint.yaml"), "--map", "case=id,activity=what,time=when", file}
		if err := yaml.Save(args[1], bp); err != nil {
			rt.Fatal(err)
		}
		end := slices.MaxFunc(rows, func(a, b aRow) int { return a.at.Compare(b.at) }).at
		if draw(g, "followed", true, false) {
			until := end.Add(draw(g, "longer", grid, 20*grid, 200*grid))
			args, end = append(args, "--until", until.Format(time.RFC3339)), until
		}
		want := make([]report.Promise, 0, len(promises))
		for _, p := range promises {
			var all fate
			for _, run := range byRun(rows) {
				p.follow(run, patience, end, &all)
			}
			want = append(want, all.report(p))
		}
		for _, players := range []int{1, 3} {
			got, err := playedBy(t, players, args, func(bp *blueprint.Blueprint) []event.Definition { return promising(bp, opts...) })
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Journeys[0].Promises, cmpopts.EquateApprox(0, 2e-9)); diff != "" {
				b, _ := os.ReadFile(file) //nolint:gosec // written by this test
				rt.Fatalf("%d players, patience %v, promises %+v, followed to %v (-model +replay):\n%s\n%s", players, patience, opts, end, diff, b)
			}
		}
		if err := os.RemoveAll(g.dir); err != nil {
			rt.Fatal(err)
		}
	})
}

func promiseBlueprint(patience time.Duration) *blueprint.Blueprint {
	bp := &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "case", AbandonAfter: blueprint.Duration(patience)}}}
	for _, s := range promiseStages {
		bp.Journeys[0].Stages = append(bp.Journeys[0].Stages, blueprint.Stage{Name: s})
		bp.Touchpoints = append(bp.Touchpoints, blueprint.Touchpoint{Name: "t-" + s, Journey: "case", Stage: s})
	}
	for _, name := range []string{"t-call", "t-answer", "t-done", "t-lost", "t-off"} {
		bp.Touchpoints = append(bp.Touchpoints, blueprint.Touchpoint{Name: name, Journey: "case", Ends: endsAs(name)})
	}
	return bp
}

// promiseRows draws the rows of a log, no two of one run at the same time, and writes them to a file.
func (g *generator) promiseRows() (rows []aRow, file string) {
	taken := map[string]bool{}
	for range rapid.IntRange(1, 60).Draw(g.t, "rows") {
		r := aRow{run: draw(g, "run", "1", "2", "3", "4", "5", "6"), at: g.at("when")}
		r.what = draw(g, "what", "t-one", "t-two", "t-wait", "t-one", "t-two", "t-wait", "t-call", "t-answer", "t-call", "t-answer", "t-done", "t-lost", "t-off")
		if key := r.run + r.at.String(); !taken[key] {
			taken[key] = true
			rows = append(rows, r)
		}
	}
	if draw(g, "sorted", true, false) {
		slices.SortStableFunc(rows, func(a, b aRow) int { return a.at.Compare(b.at) })
	}
	var b strings.Builder
	b.WriteString("id,what,when\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%s,%s,%s\n", r.run, r.what, r.at.Format(time.RFC3339))
	}
	file = filepath.Join(g.dir, "log.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		g.t.Fatal(err)
	}
	return rows, file
}

// byRun returns the rows of each run in the order of their times.
func byRun(rows []aRow) (runs map[string][]aRow) {
	runs = map[string][]aRow{}
	for _, r := range rows {
		runs[r.run] = append(runs[r.run], r)
	}
	for _, of := range runs {
		slices.SortFunc(of, func(a, b aRow) int { return a.at.Compare(b.at) })
	}
	return runs
}
