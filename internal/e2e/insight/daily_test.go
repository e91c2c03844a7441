//go:build unix

package insight_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// happenedSQL is what daily charts are about, each with its time, as the documentation of insight.About has it. Chosen are the runs of the question. A wait
// has a number of seconds with six decimals.
const happenedSQL = `WITH chosen AS (SELECT run.* FROM run WHERE base <= @at AND @runs),
	alone AS (SELECT coalesce(journey || ' ' || run, '') AS run, id FROM fact),
	theirs AS (SELECT journey || ' ' || run AS run FROM chosen),
	over AS (SELECT c.journey, c.run, c.who, c.ended, c.outcome, (SELECT min(f.cause) FROM fact f WHERE f.kind = 'journey.ended' AND f.run = c.run AND f.journey = c.journey AND f.at = c.ended) AS cause
		FROM chosen c WHERE c.ended <= @at),
	visit AS (SELECT s.journey, s.run, s.stage, s.at, c.who, CASE WHEN c.ended <= @at THEN c.ended END AS ended, c.outcome,
			lead(s.at) OVER (PARTITION BY s.journey, s.run ORDER BY s.at, s.arrival) AS next
		FROM step s JOIN chosen c ON c.run = s.run AND c.journey = s.journey WHERE s.at <= @at AND (c.ended IS NULL OR c.ended > @at OR s.at <= c.ended)),
	told AS (SELECT p.*, CASE WHEN @still THEN 1 ELSE 0 END AS still,
			CASE WHEN kept <= @at THEN 'kept' WHEN broken <= @at THEN 'broken' WHEN withdrawn <= @at THEN 'withdrawn' ELSE 'open' END AS how
		FROM promised p WHERE made <= @at AND EXISTS (SELECT 1 FROM chosen c WHERE c.run = p.run AND c.journey = p.journey)),
	happened AS (
		SELECT 'journey' AS about, journey, '' AS name, ended AS at, CASE WHEN outcome = 'completed' THEN 0 ELSE 1 END AS bad, who FROM over
		UNION ALL SELECT 'stage', journey, stage, coalesce(next, ended), CASE WHEN next IS NULL AND outcome <> 'completed' THEN 1 ELSE 0 END, who FROM visit WHERE next IS NOT NULL OR ended IS NOT NULL
		UNION ALL SELECT 'touchpoint', f.journey, f.name, f.at, CASE WHEN f.outcome = 'failed' THEN 1 ELSE 0 END, c.who FROM fact f JOIN chosen c ON c.run = f.run AND c.journey = f.journey
			WHERE f.kind = 'touchpoint.ended' AND f.at <= @at
		UNION ALL SELECT 'cause', o.journey, k.cause, o.ended, CASE WHEN o.cause = k.cause AND o.outcome <> 'completed' THEN 1 ELSE 0 END, o.who
			FROM over o JOIN (SELECT DISTINCT journey, cause FROM over WHERE cause IS NOT NULL AND outcome <> 'completed' AND ended >= @first AND ended < @last) k ON k.journey = o.journey
		UNION ALL SELECT 'queue', '', queue, came + CAST(round(wait_seconds * 1000000) AS bigint), CASE WHEN NOT answered AND leg_end = 'abandoned' THEN 1 ELSE 0 END, who
			FROM leg WHERE queue IS NOT NULL AND queued AND NOT bot AND NOT (NOT answered AND leg_end = 'abandoned' AND wait_seconds < 6) AND at <= @at
				AND EXISTS (SELECT 1 FROM alone a WHERE a.id = leg.id AND (a.run IN (SELECT run FROM theirs) OR a.run = '' AND @none))
		UNION ALL SELECT 'promise', journey, promise, CASE WHEN how = 'kept' THEN kept WHEN due <= @at AND still = 0 THEN due ELSE broken END, CASE WHEN how = 'kept' THEN 0 ELSE 1 END, who
			FROM told WHERE how IN ('kept', 'broken') OR how = 'open' AND still = 0 AND due <= @at
		UNION ALL SELECT 'survey', '', survey, at, CASE WHEN verdict = 'negative' THEN 1 ELSE 0 END, who FROM said WHERE kind = 'feedback.received' AND survey IS NOT NULL AND at <= @at
				AND EXISTS (SELECT 1 FROM alone a WHERE a.id = said.id AND (a.run IN (SELECT run FROM theirs) OR a.run = '' AND @none)))
	SELECT about, journey, name, (at - @first) / 86400000000 AS day, count(*) AS n, sum(bad) AS bad,
		(SELECT count(DISTINCT o.who) FROM happened o WHERE o.about = h.about AND o.journey = h.journey AND o.name = h.name AND o.at >= @first AND o.at < @last) AS customers
	FROM happened h WHERE at >= @first AND at < @last GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`

// dailyProof holds the daily series of an archive against SQL.
type dailyProof struct {
	*proof

	table *insight.Table
	at    time.Time
	days  int
	kinds map[string]int // how many charts of each kind were equal
}

// proveDaily returns the proof of an archive, as of the moment.
func proveDaily(t *testing.T, d dialect, where string, s insight.Source, b *blueprint.Blueprint, at time.Time, days int) *dailyProof {
	t.Helper()
	p := &dailyProof{proof: &proof{t: t, dialect: d}, at: at, days: days, kinds: map[string]int{}}
	p.facts = map[string]string{"at": strconv.FormatInt(at.UnixMicro(), 10)}
	p.db = openFacts(t, d, where, p.facts["at"])
	p.blueprint = p.vocabulary(b)
	var err error
	if p.table, err = insight.New(p.blueprint, insight.WithAttributes("impact")); err == nil {
		err = p.table.Load(t.Context(), s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// vocabulary returns the blueprint with all names that the archive has, but for the touchpoint that is the last by its name: it has no chart.
func (p *dailyProof) vocabulary(of *blueprint.Blueprint) *blueprint.Blueprint {
	b := *of
	names := func(statement string) (list []string) {
		_, rows := p.query("SELECT DISTINCT n FROM (" + statement + ") AS x WHERE n IS NOT NULL ORDER BY n")
		for _, row := range rows {
			list = append(list, row["n"].(string))
		}
		return list
	}
	b.Journeys = slices.Clone(b.Journeys)
	for _, name := range names("SELECT journey AS n FROM run") {
		i := slices.IndexFunc(b.Journeys, func(j blueprint.Journey) bool { return j.Name == name })
		if i < 0 {
			i, b.Journeys = len(b.Journeys), append(b.Journeys, blueprint.Journey{Name: name})
		}
		j := &b.Journeys[i]
		for _, stage := range names("SELECT stage AS n FROM step WHERE journey = " + quoted(name)) {
			if !slices.ContainsFunc(j.Stages, func(s blueprint.Stage) bool { return s.Name == stage }) {
				j.Stages = append(slices.Clip(j.Stages), blueprint.Stage{Name: stage})
			}
		}
		for _, promise := range names("SELECT promise AS n FROM promised WHERE journey = " + quoted(name)) {
			if !slices.ContainsFunc(j.Promises, func(p blueprint.Promise) bool { return p.Name == promise }) {
				j.ByHand = append(slices.Clip(j.ByHand), promise)
			}
		}
	}
	b.Touchpoints, b.Queues, b.Surveys = nil, nil, nil
	touchpoints := names("SELECT name AS n FROM fact WHERE kind = 'touchpoint.ended' AND run IS NOT NULL")
	for _, name := range touchpoints[:len(touchpoints)-1] {
		b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{Name: name})
	}
	for _, name := range names("SELECT queue AS n FROM leg") {
		b.Queues = append(b.Queues, blueprint.Queue{Name: name})
	}
	for _, name := range names("SELECT survey AS n FROM said") {
		b.Surveys = append(b.Surveys, blueprint.Survey{Name: name})
	}
	b.RootCauses = names("SELECT cause AS n FROM fact WHERE kind = 'journey.ended'")
	return &b
}

// still is that the clock of a promise stands still, as a condition of SQL.
func (p *dailyProof) still() string {
	condition := "1 = 0"
	for _, j := range p.blueprint.Journeys {
		for _, of := range j.Promises {
			if stages := p.pausesOf(j.Name, of.Name); len(of.Pause) > 0 {
				condition += " OR p.journey = " + quoted(j.Name) + " AND p.promise = " + quoted(of.Name) + " AND (SELECT t.stage FROM step t WHERE t.run = p.run AND t.journey = p.journey " +
					"AND t.at <= @at ORDER BY t.at DESC, t.arrival DESC LIMIT 1) IN (" + stages + ")"
			}
		}
	}
	return strings.ReplaceAll(condition, "@at", p.facts["at"])
}

// charts proves all charts of a question. Runs is its condition on runs, as SQL, and none that on what belongs to no run.
func (p *dailyProof) charts(name string, zone *time.Location, w insight.Which, runs, none string) {
	p.t.Helper()
	got, err := p.table.View(insight.Everything(), p.at).Daily(p.t.Context(), w, insight.DailySettings{Days: p.days, Zone: zone})
	if err != nil {
		p.t.Fatal(err)
	}
	y, m, day := p.at.In(zone).Date()
	first, last := time.Date(y, m, day-p.days, 0, 0, 0, 0, zone), time.Date(y, m, day, 0, 0, 0, 0, zone)
	_, rows := p.query(happenedSQL, "first", strconv.FormatInt(first.UnixMicro(), 10), "last", strconv.FormatInt(last.UnixMicro(), 10), "still", p.still(), "runs", runs, "none", none)
	text := func(of any) string {
		s, _ := of.(string)
		return s
	}
	want, have := map[string]string{}, map[string]string{}
	small := map[string]bool{}
	missing := 0
	for _, row := range rows {
		key := fmt.Sprintf("%s %s %s", text(row["journey"]), text(row["about"]), text(row["name"]))
		switch {
		case text(row["about"]) == "touchpoint" && !slices.ContainsFunc(p.blueprint.Touchpoints, func(t blueprint.Touchpoint) bool { return t.Name == row["name"] }):
			missing++
		case few(row["customers"].(float64)):
			small[key] = true
		default:
			want[key] += fmt.Sprintf(" %v: %v/%v", row["day"], row["bad"], row["n"])
		}
	}
	for i := range got.Charts {
		c := &got.Charts[i]
		key := fmt.Sprintf("%s %s %s", c.Journey, c.About, c.Name)
		for n, day := range c.Series.Days {
			if day.N > 0 || day.Bad > 0 {
				have[key] += fmt.Sprintf(" %d: %d/%d", n, day.Bad, day.N)
			}
		}
		p.kinds[string(c.About)]++
	}
	if diff := cmp.Diff(want, have); diff != "" {
		p.t.Errorf("%s (-SQL +insight):\n%s", name, diff)
	}
	if got.Small != len(small) {
		p.t.Errorf("%s: %d charts are of few customers, want %d: %v", name, got.Small, len(small), small)
	}
	if len(want) == 0 {
		p.t.Errorf("%s: there are no charts", name)
	}
	p.t.Logf("%s: %d charts, %d of few customers, %d days of a name that is not in the blueprint", name, len(want), len(small), missing)
}

// series proves the charts of an archive in two zones, of all runs, of those of a journey, and of those with a value in a column: the most common one. What
// belongs to no run has a value in the column of segments alone.
func (p *dailyProof) series(journey string, column insight.Column) {
	p.t.Helper()
	_, values := p.query(`SELECT ` + string(column) + ` AS v FROM run WHERE ` + string(column) + ` <> '' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`)
	if len(values) == 0 {
		p.t.Fatalf("no run has a value in the column %s", column)
	}
	value := fmt.Sprint(values[0]["v"])
	kathmandu := time.FixedZone("+05:45", (5*60+45)*60)
	for _, zone := range []*time.Location{time.UTC, kathmandu} {
		p.charts("all in "+zone.String(), zone, insight.Which{}, ever, ever)
	}
	p.charts("of the journey "+journey, kathmandu, insight.Which{Journey: journey}, "journey = "+quoted(journey), "1 = 0")
	none := "1 = 0"
	if column == insight.Segment {
		none = "EXISTS (SELECT 1 FROM fact f WHERE f.id = a.id AND f.segment = " + quoted(value) + ")"
	}
	p.charts("with "+value, time.UTC, insight.Which{Where: []insight.Where{{Column: column, Values: []string{value}}}}, string(column)+" = "+quoted(value), none)
}

// wants fails if there was no chart of one of the kinds.
func (p *dailyProof) wants(kinds ...insight.About) {
	for _, about := range kinds {
		if p.kinds[string(about)] == 0 {
			p.t.Errorf("no chart is about a %s", about)
		}
	}
}

// lastOf returns noon of the day after the last event, on which all days of the archive are over.
func lastOf(events []event.Event) time.Time {
	y, m, d := events[len(events)-1].Time.UTC().Date()
	return time.Date(y, m, d+1, 12, 0, 0, 0, time.UTC)
}
