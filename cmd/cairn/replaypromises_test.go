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
)

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
func follow(bp *blueprint.Blueprint, p *blueprint.Promise, rows []aRow, end time.Time, into *fate) {
	patience, within := time.Duration(bp.Journeys[0].AbandonAfter), time.Duration(p.Within.Duration)
	fixed := slices.Contains(bp.Touchpoints[len(bp.Touchpoints)-1].Keeps, p.Name)
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
		case !open && broken && outcome == "completed" && (p.Until == "end" || p.Until == ""):
			into.lateAfter = append(into.lateAfter, at.Sub(made))
		case !open:
		case outcome == "completed" && (p.Until == "end" || p.Until == ""):
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
			open, broken, made, due, first, left = true, false, at, at.Add(within), at.Add(within), within
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
		if last.IsZero() && (p.From == "start" || p.From == "") {
			promise(r.at)
		}
		if s := stageOf(r.what); s != "" && s != stage { // a visit begins
			switch {
			case slices.Contains(p.Pause, s):
				left, stopped = due.Sub(r.at), true
			case stopped:
				stopped = false
				due = r.at.Add(left)
			}
			if stage = s; s == p.Until {
				keep(r.at)
			}
			if s == p.From {
				promise(r.at)
			}
		}
		if r.what == p.Until || r.what == "t-fix" && fixed {
			keep(r.at)
		}
		if r.what == p.From {
			promise(r.at)
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

func (o *fate) report(p *blueprint.Promise) report.Promise {
	r := report.Promise{
		Name: p.Name, Made: o.made, Kept: o.kept, Broken: o.broken, Withdrawn: o.withdrawn, Open: o.open, OpenPastDue: o.pastDue,
		Samples: o.kept + o.broken, UntilKept: quantiles(o.keptAfter), UntilBroken: quantiles(o.brokenAfter), KeptLate: quantiles(o.lateAfter),
	}
	if r.Samples > 0 {
		share := float64(o.kept) / float64(r.Samples)
		r.KeptShare = &share
	}
	if p.Target > 0 {
		target := float64(p.Target)
		r.Target = &target
		if r.KeptShare != nil {
			met := *r.KeptShare >= target
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
		j := &bp.Journeys[0]
		for i := range rapid.IntRange(1, 3).Draw(rt, "promises") {
			p := blueprint.Promise{
				Name:   fmt.Sprint("p", i),
				Within: blueprint.Within{Duration: draw(g, "within", blueprint.Duration(grid), blueprint.Duration(3*grid), blueprint.Duration(12*grid))},
				From:   draw(g, "from", "", "start", "one", "two", "t-call"), Until: draw(g, "until", "", "end", "one", "two", "t-answer"),
				Target: draw(g, "target", blueprint.Share(0), blueprint.Share(0.5), blueprint.Share(0.9), blueprint.Share(1)),
			}
			if pause := draw(g, "pause", "", "wait", "wait", "one"); pause != "" {
				p.Pause = []string{pause}
			}
			j.Promises = append(j.Promises, p)
			if fix := &bp.Touchpoints[len(bp.Touchpoints)-1]; draw(g, "fixed", true, false) {
				fix.Keeps = append(fix.Keeps, p.Name)
			}
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
		var want []report.Promise
		for i := range j.Promises {
			var all fate
			for _, run := range byRun(rows) {
				follow(bp, &j.Promises[i], run, end, &all)
			}
			want = append(want, all.report(&j.Promises[i]))
		}
		for _, players := range []int{1, 3} {
			got, err := playedBy(t, players, args)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Journeys[0].Promises, cmpopts.EquateApprox(0, 2e-9)); diff != "" {
				b, _ := os.ReadFile(file) //nolint:gosec // written by this test
				rt.Fatalf("%d players, patience %v, promises %+v, followed to %v (-model +replay):\n%s\n%s", players, patience, j.Promises, end, diff, b)
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
	for _, name := range []string{"t-call", "t-answer", "t-done", "t-lost", "t-off", "t-note", "t-fix"} {
		bp.Touchpoints = append(bp.Touchpoints, blueprint.Touchpoint{Name: name, Journey: "case", Ends: endsAs(name)})
	}
	return bp
}

// promiseRows draws the rows of a log, no two of one run at the same time, and writes them to a file.
func (g *generator) promiseRows() (rows []aRow, file string) {
	taken := map[string]bool{}
	for range rapid.IntRange(1, 60).Draw(g.t, "rows") {
		r := aRow{run: draw(g, "run", "1", "2", "3", "4", "5", "6"), at: g.at("when")}
		r.what = draw(g, "what", "t-one", "t-two", "t-wait", "t-one", "t-two", "t-wait", "t-call", "t-answer", "t-call", "t-answer", "t-fix", "t-done", "t-lost", "t-off")
		if key := r.run + r.at.String(); !taken[key] {
			taken[key] = true
			rows = append(rows, r)
		}
	}
	for run, of := range byRun(rows) { // a run begins, and nothing else happens at that moment
		first := slices.IndexFunc(rows, func(r aRow) bool { return r.run == run && r.at.Equal(of[0].at) })
		rows[first].what = "t-note"
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
