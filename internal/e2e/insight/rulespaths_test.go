//go:build unix

package insight_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// steps are what the runs of a journey came to that ended in the period, with the time spent in each until the next one, or until the end.
const steps = `WITH s AS (SELECT * FROM run WHERE journey = @journey AND ` + ended + `),
	x AS (SELECT t.run, t.stage, t.at, s.ended, lead(t.at) OVER (PARTITION BY t.run ORDER BY t.at, t.arrival) AS next,
		row_number() OVER (PARTITION BY t.run, t.stage ORDER BY t.at, t.arrival) AS visit FROM step t JOIN s ON s.run = t.run AND s.journey = t.journey WHERE t.at <= @at)
	SELECT run, stage, visit, at, CASE WHEN ended <= at THEN 0 WHEN next < ended THEN next - at ELSE ended - at END AS spent FROM x ORDER BY run, at`

// touched is steps with touchpoints in place of stages, for a journey without stages.
var touched = strings.NewReplacer("t.stage", "t.name AS stage", "PARTITION BY t.run, t.stage", "PARTITION BY t.run, t.name", "FROM step t", "FROM fact t",
	"WHERE t.at <= @at", "WHERE t.at <= @at AND t.kind = 'touchpoint.ended'").Replace(strings.Replace(steps, "t.run, t.stage, t.at", "t.run, t.name AS stage, t.at", 1))

// portion proves paths.Portion. It is nothing if fewer than five customers have some of it.
func (p *proof) portion(path string, runs []map[string]any, of map[string]float64) {
	people, x, t := map[any]bool{}, make([]float64, len(runs)), make([]float64, len(runs))
	var whole, sum float64
	for i, run := range runs {
		x[i], t[i] = of[fmt.Sprint(run["run"])]/1e6, run["lasted"].(float64)/1e6
		whole, sum = whole+t[i], sum+x[i]
		if x[i] != 0 {
			people[run["who"]] = true
		}
	}
	if whole == 0 || len(people) > 0 && len(people) < 5 {
		p.zero(path, "fewer than five customers have some of it")
		return
	}
	value, in := ratio(x, t)
	p.is(join(path, "seconds"), sum, "the sum of the rows")
	p.is(join(path, "share.value"), value, "the part of the whole")
	p.is(join(path, "share.low"), in.low, "Cochran")
	p.is(join(path, "share.high"), in.high, "Cochran")
	p.is(join(path, "share.n"), float64(len(runs)), "the runs")
}

// time proves where the time of a journey went.
func (p *proof) time(journey string, args ...string) {
	p.waited(join(journey, "waited"), args...)
	path := join(journey, "time")
	if p.at(path) == nil {
		return
	}
	_, runs := p.query(`SELECT run, who, ended - base AS lasted, base FROM run WHERE journey = @journey AND `+ended, args...)
	_, rows := p.query(steps, args...)
	if len(rows) == 0 {
		_, rows = p.query(touched, args...)
	}
	who := map[string]any{}
	before, whole, waits, again := map[string]float64{}, map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, run := range runs {
		name := fmt.Sprint(run["run"])
		who[name], whole[name] = run["who"], run["lasted"].(float64)
		before[name] = whole[name]
	}
	first := map[string]bool{}
	base := map[string]float64{}
	for _, run := range runs {
		base[fmt.Sprint(run["run"])] = run["base"].(float64)
	}
	stages := map[string]*stay{}
	repeaters := map[any]bool{}
	repeats := map[string]bool{}
	for _, row := range rows {
		run, spent, name := fmt.Sprint(row["run"]), row["spent"].(float64), fmt.Sprint(row["stage"])
		if !first[run] {
			first[run], before[run] = true, min(whole[run], row["at"].(float64)-base[run])
		}
		if stages[name] == nil {
			stages[name] = &stay{time: map[string]float64{}, again: map[string]float64{}, who: map[any]bool{}}
		}
		stages[name].add(run, who[run], spent, row["visit"].(float64) > 1)
		if p.pauses(p.text(join(journey, "name")), name) {
			waits[run] += spent
		}
		if row["visit"].(float64) > 1 {
			again[run] += spent
			repeaters[who[run]], repeats[run] = true, true
		}
	}
	p.is(join(path, "runs"), float64(len(runs)), "SQL")
	p.is(join(path, "open"), 0, "all have ended")
	for member, of := range map[string]map[string]float64{"whole": whole, "before": before, "waits": waits, "again": again} {
		p.portion(join(path, member), runs, of)
	}
	if n := len(repeaters); n > 0 && n < 5 {
		p.zero(join(path, "repeats"), "fewer than five customers")
	} else {
		p.is(join(path, "repeats.count"), float64(len(repeats)), "SQL")
		p.is(join(path, "repeats.n"), float64(len(runs)), "SQL")
	}
	p.stages(path, runs, stages)
}

// stay is what the runs spent in a stage.
type stay struct {
	time, again map[string]float64
	visits      []float64
	who         map[any]bool
}

func (s *stay) add(run string, who any, spent float64, again bool) {
	s.time[run] += spent
	s.visits = append(s.visits, spent)
	s.who[who] = true
	if again {
		s.again[run] += spent
	}
}

func (p *proof) stages(path string, runs []map[string]any, stages map[string]*stay) {
	crowds := map[string]float64{}
	for name, s := range stages {
		crowds[name] = float64(len(s.who))
	}
	hidden := concealed(crowds)
	var times float64
	for name := range hidden {
		times += float64(len(stages[name].visits))
	}
	p.is(join(path, "hidden.groups"), float64(len(hidden)), "the stages of few customers")
	p.is(join(path, "hidden.times"), times, "the visits to the stages of few customers")
	shown := 0
	p.each(join(path, "stages"), func(path string) {
		s := stages[p.text(join(path, "name"))]
		if s == nil || hidden[p.text(join(path, "name"))] {
			p.fail("%s: %q is not to be shown", path, p.text(join(path, "name")))
			return
		}
		shown++
		p.is(join(path, "runs.count"), float64(len(s.time)), "SQL")
		p.is(join(path, "runs.n"), float64(len(runs)), "SQL")
		p.is(join(path, "visits"), float64(len(s.visits)), "SQL")
		p.portion(join(path, "time"), runs, s.time)
		p.portion(join(path, "again"), runs, s.again)
		slices.Sort(s.visits)
		n := len(s.visits)
		p.is(join(path, "visit.n"), float64(n), "SQL")
		p.is(join(path, "visit.median_ns"), s.visits[(n+1)/2-1]*1000, "the nearest rank")
		p.is(join(path, "visit.p90_ns"), s.visits[(9*n+9)/10-1]*1000, "the nearest rank")
	})
	if want := len(stages) - len(hidden); shown != want {
		p.fail("%s has %d stages, want %d", path, shown, want)
	}
}

// pauses reports whether the clock of a promise of the journey stops in the stage.
func (p *proof) pauses(journey, stage string) bool {
	for _, j := range p.blueprint.Journeys {
		for _, of := range j.Promises {
			if j.Name == journey && slices.Contains(of.Pause, stage) {
				return true
			}
		}
	}
	return false
}

// waited proves insight.Waiting. A contact's wait counts in whole milliseconds.
func (p *proof) waited(path string, args ...string) {
	p.t.Helper()
	_, rows := p.query(`WITH s AS (SELECT * FROM run WHERE journey = @journey AND `+ended+`)
		SELECT s.run, s.who, (SELECT count(*) FROM s) AS n, t.id, sum(l.wait_seconds) AS wait FROM s JOIN touchpoints t ON t.run = s.run AND t.journey = s.journey
		JOIN legs l ON l.touchpoint_id = t.id GROUP BY s.run, s.who, t.id`, args...)
	each, people := map[any]float64{}, map[any]bool{}
	n := 0.0
	for _, row := range rows {
		if ms := math.Floor(row["wait"].(float64)*1000 + 1e-6); ms > 0 {
			each[row["run"]] += ms
			people[row["who"]] = true
		}
		n = row["n"].(float64)
	}
	if len(people) < 5 {
		p.zero(path, "fewer than five customers waited")
		return
	}
	list := slices.Sorted(maps.Values(each))
	total := 0.0
	for _, ms := range list {
		total += ms
	}
	m := len(list)
	p.is(join(path, "runs.count"), float64(m), "SQL")
	p.is(join(path, "runs.n"), n, "SQL")
	p.is(join(path, "total_seconds"), total/1e3, "SQL")
	p.is(join(path, "each.n"), float64(m), "SQL")
	p.is(join(path, "each.median_ns"), list[(m+1)/2-1]*1e6, "the nearest rank")
	p.is(join(path, "each.p90_ns"), list[(9*m+9)/10-1]*1e6, "the nearest rank")
}
