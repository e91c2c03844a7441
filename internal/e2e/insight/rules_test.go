//go:build unix

package insight_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
)

// prove holds the JSON of a report against the archive that it was made from. By are the columns by which it tells groups apart.
func prove(t *testing.T, d dialect, where string, b *blueprint.Blueprint, text []byte, by ...string) *proof {
	t.Helper()
	p := &proof{t: t, dialect: d, blueprint: b, by: by, proved: map[string]bool{}, all: map[string]int{}}
	if err := json.Unmarshal(text, &p.root); err != nil {
		t.Fatal(err)
	}
	p.facts = map[string]string{"at": p.micros("at"), "friday": p.micros("friday")}
	p.db = openFacts(t, d, where, p.facts["at"])
	p.journeys()
	p.promises()
	p.backlog()
	p.groups()
	p.slow()
	p.reopened()
	p.voice()
	p.support()
	p.goesWith()
	p.foot()
	p.shares()
	for _, path := range p.unproved() {
		t.Errorf("nothing proves %s: write a statement of SQL for it, or say how it follows from other numbers", path)
	}
	t.Logf("%d numbers are proved", len(p.proved))
	return p
}

// micros returns the time at the path in microseconds, for a statement.
func (p *proof) micros(path string) string {
	at, err := time.Parse(time.RFC3339, p.text(path))
	if err != nil {
		return "NULL"
	}
	return strconv.FormatInt(at.UnixMicro(), 10)
}

// period returns the arguments of a statement about a period of the report.
func (p *proof) period(path string) []string {
	return []string{"from", p.micros(join(path, "from")), "until", p.micros(join(path, "until"))}
}

// zero proves that all numbers below a path are 0.
func (p *proof) zero(path, why string) {
	leaves(path, p.at(path), func(path string) { p.is(path, 0, why) })
}

// who is how many customers the rows have that meet a condition.
func who(condition string) string { return "count(DISTINCT CASE WHEN " + condition + " THEN who END)" }

// count is how many rows of a statement meet a condition.
func count(condition string) string {
	return "coalesce(sum(CASE WHEN " + condition + " THEN 1 ELSE 0 END), 0)"
}

// times are the columns of insight.Times, of the durations v in microseconds of the rows of a table: percentiles by the nearest rank.
func times(table, prefix string) string {
	rank := func(at string) string {
		return "coalesce((SELECT max(v) * 1000 FROM (SELECT v, row_number() OVER (ORDER BY v) AS r, count(*) OVER () AS n FROM " + table + " AS x WHERE v IS NOT NULL) AS y WHERE r = " + at + "), 0)"
	}
	return `(SELECT count(v) FROM ` + table + `) AS "` + prefix + `n", ` + rank("(n + 1) / 2") + ` AS "` + prefix + `median_ns", ` + rank("(9 * n + 9) / 10") + ` AS "` + prefix + `p90_ns"`
}

// The runs of a question: those of a journey that began, or ended, in the period.
const (
	begun = "base >= @from AND base < @until"
	ended = "ended >= @from AND ended < @until AND ended <= @at"
	ever  = "1 = 1"
)

const inRun = "f.run = s.run AND f.journey = s.journey"

// outcomesOf is insight.Outcomes of the runs that meet a condition.
func outcomesOf(which string) string {
	return `WITH s AS (SELECT run.*, CASE WHEN ended <= @at THEN outcome ELSE 'open' END AS state FROM run WHERE journey = @journey AND base <= @at AND ` + which + `),
		took AS (SELECT ended - base AS v FROM s WHERE state = 'completed')
		SELECT (SELECT count(*) FROM run) AS rows, count(DISTINCT who) AS customers, count(*) AS runs, 0 AS unknown,
			` + count("state = 'completed'") + ` AS "completed.count", count(*) AS "completed.n", ` + count("state = 'failed'") + ` AS "failed.count", count(*) AS "failed.n",
			` + count("state = 'cancelled'") + ` AS "cancelled.count", count(*) AS "cancelled.n", ` + count("state = 'abandoned'") + ` AS "silent.count", count(*) AS "silent.n",
			` + count("state = 'open'") + ` AS "open.count", count(*) AS "open.n",
			` + count("state = 'abandoned' AND EXISTS (SELECT 1 FROM fact f WHERE f.kind = 'touchpoint.ended' AND f.at > s.ended AND f.at <= @at AND "+inRun+")") + ` AS "came_back.count", ` + who("state = 'abandoned'") + ` AS "~came_back", ` + who("state = 'completed'") + ` AS "~took",
			` + count("state = 'abandoned'") + ` AS "came_back.n", coalesce(max(CASE WHEN state = 'open' THEN @at - base END), 0) * 1000 AS oldest_ns, ` + times("took", "took.") + ` FROM s`
}

// agesOf are how many of the open runs are of an age.
func agesOf(which string) string {
	return `WITH s AS (SELECT @at - base AS age, who FROM run WHERE journey = @journey AND base <= @at AND (ended IS NULL OR ended > @at) AND ` + which + `), ` + agesIn
}

const agesIn = `day AS (SELECT 0 AS a, 1 AS b UNION ALL SELECT 1, 7 UNION ALL SELECT 7, 30 UNION ALL SELECT 30, 90 UNION ALL SELECT 90, 1000000)
	SELECT CASE a WHEN 0 THEN 0 ELSE a END * 86400000000000 AS key, a * 86400000000000 AS from_ns, CASE WHEN b < 1000 THEN b * 86400000000000 ELSE 0 END AS until_ns,
		(SELECT count(*) FROM s WHERE age >= a * 86400000000 AND age < b * 86400000000) AS count, (SELECT count(*) FROM s) AS n,
		(SELECT count(DISTINCT who) FROM s) AS customers FROM day`

func (p *proof) outcomes(path, which string, args ...string) {
	if p.number(join(path, "rows")) == 0 {
		p.zero(path, "there is no such period")
		return
	}
	p.row(path, outcomesOf(which), args...)
	p.ages(join(path, "ages"), p.yes(join(path, "hidden")), agesOf(which), args...)
}

// ages proves how many are of an age, of which there is nothing if fewer than five customers have some.
func (p *proof) ages(path string, hidden bool, statement string, args ...string) {
	if _, rows := p.query(statement, args...); hidden || few(rows[0]["customers"].(float64)) {
		if list, _ := p.at(path).([]any); len(list) > 0 {
			p.fail("%s is shown of %v customers", path, rows[0]["customers"])
		}
		return
	}
	p.rows(path, "from_ns", false, statement, args...)
}

func (p *proof) journeys() {
	p.each("journeys", func(path string) {
		journey := []string{"journey", quoted(p.text(join(path, "name")))}
		now, before := append(p.period("period"), journey...), append(p.period("before"), journey...)
		for member, period := range map[string][]string{"began": now, "began_before": before} {
			_, rows := p.query(`SELECT count(DISTINCT who) AS customers, count(*) AS n FROM run WHERE journey = @journey AND base <= @at AND `+begun, period...)
			n, _ := rows[0]["customers"].(float64)
			p.object(path, []string{member}, map[string]any{member: rows[0]["n"]}, few(n))
		}
		p.outcomes(join(path, "ended"), ended, now...)
		p.outcomes(join(path, "ended_before"), ended, before...)
		p.outcomes(join(path, "open"), ever, journey...)
		p.change(join(path, "completed_change"), join(path, "ended.completed"), join(path, "ended_before.completed"), &p.changes)
		p.each(join(path, "trend"), func(point string) {
			p.point(point, `SELECT count(DISTINCT who) AS customers, count(*) AS n, `+count("outcome = 'completed'")+` AS count FROM run WHERE journey = @journey AND `+ended, journey...)
		})
		p.time(path, now...)
	})
}

// standingOf is insight.Standing of the promises that meet a condition.
func standingOf(which string) string {
	return `WITH told AS (SELECT promised.*, CASE WHEN (SELECT t.stage FROM step t WHERE t.run = promised.run AND t.journey = promised.journey AND t.at <= @at
				ORDER BY t.at DESC, t.arrival DESC LIMIT 1) IN (@pauses) THEN 1 ELSE 0 END AS still, CASE WHEN kept <= @at THEN 'kept' WHEN broken <= @at THEN 'broken' WHEN withdrawn <= @at THEN 'withdrawn' ELSE 'open' END AS how
			FROM promised WHERE journey = @journey AND promise = @promise AND made <= @at AND base <= @at AND ` + which + `),
		s AS (SELECT told.*, CASE WHEN how = 'open' AND still = 0 AND due <= @at THEN 'broken' ELSE how END AS state,
				CASE WHEN afterwards <= @at OR (SELECT r.ended FROM run r WHERE r.run = told.run AND r.journey = told.journey) <= @at THEN 1 ELSE 0 END AS over FROM told),
		took AS (SELECT kept - made AS v FROM s WHERE state = 'kept')
		SELECT count(DISTINCT who) AS customers, count(*) AS made, ` + count("state = 'kept'") + ` AS "kept.count", ` + count("state IN ('kept', 'broken')") + ` AS "kept.n",
			` + count("state = 'broken'") + ` AS broken, ` + count("state = 'withdrawn'") + ` AS withdrawn, ` + count("state = 'open'") + ` AS open,
			` + count("state = 'open' AND still = 1") + ` AS stopped,
			` + count("state = 'broken' AND over = 0") + ` AS overdue, ` + count("state = 'open' AND still = 0 AND due > @at AND due <= @horizon") + ` AS breaking,
			` + count("state = 'kept' AND due <= @at") + ` AS "matured.count", ` + count("state IN ('kept', 'broken') AND due <= @at") + ` AS "matured.n",
			` + who("state IN ('kept', 'broken')") + ` AS "~kept", ` + who("state IN ('kept', 'broken') AND due <= @at") + ` AS "~matured", ` + who("state = 'kept'") + ` AS "~took",
			` + count("due > @at OR due IS NULL OR state = 'open' AND still = 1") + ` AS too_young, ` + times("took", "took.") + ` FROM s`
}

const due = "due >= @from AND due < @until"

func (p *proof) promises() {
	p.each("promises", func(path string) {
		about := []string{"journey", quoted(p.text(join(path, "journey"))), "promise", quoted(p.text(join(path, "name"))), "horizon", p.facts["at"], "pauses", p.pausesOf(p.text(join(path, "journey")), p.text(join(path, "name")))}
		for member, period := range map[string]string{"now": "period", "before": "before", "year_ago": "year_ago"} {
			if p.at(period) == nil {
				p.zero(join(path, member), "there is no such period")
				continue
			}
			p.row(join(path, member), standingOf(due), append(p.period(period), about...)...)
		}
		_, rows := p.query(standingOf(ever), about...)
		_, toFriday := p.query(standingOf(ever), append(slices.Clone(about), "horizon", p.facts["friday"])...)
		p.is(join(path, "open"), rows[0]["open"].(float64), "SQL")
		p.is(join(path, "stopped"), rows[0]["stopped"].(float64), "SQL")
		p.is(join(path, "overdue"), rows[0]["overdue"].(float64), "SQL")
		p.is(join(path, "breaking"), toFriday[0]["breaking"].(float64), "SQL")
		p.is(join(path, "target"), p.target(p.text(join(path, "journey")), p.text(join(path, "name"))), "the blueprint")
		p.change(join(path, "change"), join(path, "now.matured"), join(path, "before.matured"), &p.changes)
		p.change(join(path, "change_year"), join(path, "now.matured"), join(path, "year_ago.matured"), &p.changes)
		p.each(join(path, "trend"), func(point string) {
			p.point(point, `SELECT `+who(matured)+` AS customers, `+count(matured)+` AS n, `+count("kept <= @at AND due <= @at")+` AS count FROM promised
				WHERE journey = @journey AND promise = @promise AND made <= @at AND `+due, about...)
		})
	})
}

// pausesOf are the stages in which the clock of a promise stops, as a list of SQL.
func (p *proof) pausesOf(journey, promise string) string {
	list := []string{"''"}
	for _, j := range p.blueprint.Journeys {
		for _, of := range j.Promises {
			if j.Name == journey && of.Name == promise {
				for _, stage := range of.Pause {
					list = append(list, quoted(stage))
				}
			}
		}
	}
	return strings.Join(list, ", ")
}

// matured is that a promise was kept or broken, and is due.
const matured = "due <= @at AND (kept <= @at OR broken <= @at)"

// point proves the share of a period of a trend, which is nothing if it is that of fewer than five customers.
func (p *proof) point(path, statement string, args ...string) {
	_, rows := p.query(statement, append(p.period(path), args...)...)
	n, _ := rows[0]["customers"].(float64)
	p.object(join(path, "share"), []string{"count", "n"}, map[string]any{"count": rows[0]["count"], "n": rows[0]["n"]}, few(n))
}

// target returns the target of a promise in the blueprint: its own, else that of an objective on it.
func (p *proof) target(journey, promise string) float64 {
	for _, j := range p.blueprint.Journeys {
		for _, of := range j.Promises {
			if j.Name == journey && of.Name == promise && of.Target > 0 {
				return float64(of.Target)
			}
		}
	}
	for _, o := range p.blueprint.Objectives {
		if o.Journey == journey && o.Promise == promise {
			return float64(o.Target)
		}
	}
	return 0
}

// change proves the difference of two shares. A change is nothing if one of the two is not known.
func (p *proof) change(path, now, before string, all *[]string) {
	a, m, b, n := p.number(join(now, "count")), p.number(join(now, "n")), p.number(join(before, "count")), p.number(join(before, "n"))
	if m == 0 || n == 0 {
		if p.at(path) != nil {
			p.fail("%s: there is nothing to compare", path)
		}
		return
	}
	p.difference(join(path, "difference"), now, before)
	p.is(join(path, "p"), chance(a, m, b, n), "chi-square, or Fisher's exact test")
	*all = append(*all, path)
}

// difference proves score.Difference of two shares.
func (p *proof) difference(path, now, before string) {
	a, m, b, n := p.number(join(now, "count")), p.number(join(now, "n")), p.number(join(before, "count")), p.number(join(before, "n"))
	if m == 0 || n == 0 {
		p.zero(path, "there is nothing to compare")
		return
	}
	in := newcombe(a, m, b, n)
	p.is(join(path, "value"), a/m-b/n, "the difference of the shares")
	p.is(join(path, "low"), in.low, "Newcombe")
	p.is(join(path, "high"), in.high, "Newcombe")
	p.is(join(path, "n"), m, "the n of now")
	p.is(join(path, "n_before"), n, "the n before")
}

// adjusted proves the adjustment of the probabilities of a list of changes.
func (p *proof) adjusted(list []string) {
	probabilities := make([]float64, len(list))
	for i, path := range list {
		probabilities[i] = p.number(join(path, "p"))
	}
	for i, q := range stepUp(probabilities) {
		p.is(join(list[i], "adjusted"), q, "Benjamini and Hochberg")
		if got := p.yes(join(list[i], "differs")); got != (q <= 0.05) {
			p.fail("%s.differs is %v at %v", list[i], got, q)
		}
	}
}

func (p *proof) groups() {
	var changes []string
	p.each("groups", func(path string) {
		column := p.text(join(path, "column"))
		about := append(p.period("period"), "journey", quoted(p.text(join(path, "journey"))), "promise", quoted(p.text(join(path, "promise"))))
		statement := `SELECT coalesce(` + column + `, '') AS key, count(DISTINCT who) AS customers, ` + count(matured) + ` AS "kept.n",
			` + count("due <= @at AND kept <= @at") + ` AS "kept.count",
			` + who(matured) + ` AS "~kept" FROM promised WHERE journey = @journey AND promise = @promise AND made <= @at AND ` + due + ` GROUP BY 1`
		p.rows(join(path, "groups"), "value", true, statement, about...)
		_, whole := p.query(`SELECT `+count(matured)+` AS n, `+count("due <= @at AND kept <= @at")+` AS count
			FROM promised WHERE journey = @journey AND promise = @promise AND made <= @at AND `+due, about...)
		p.each(join(path, "groups"), func(group string) {
			if p.yes(join(group, "hidden")) {
				p.zero(group, "it is hidden")
				return
			}
			p.is(join(group, "others.count"), whole[0]["count"].(float64)-p.number(join(group, "kept.count")), "all less the group")
			p.is(join(group, "others.n"), whole[0]["n"].(float64)-p.number(join(group, "kept.n")), "all less the group")
			if p.number(join(group, "kept.n")) == 0 || p.number(join(group, "others.n")) == 0 {
				for _, member := range []string{"difference", "p", "adjusted", "excess"} {
					p.zero(join(group, member), "there is nothing to compare")
				}
				return
			}
			p.change(group, join(group, "kept"), join(group, "others"), &changes)
			p.is(join(group, "excess"), -p.number(join(group, "kept.n"))*p.number(join(group, "difference.value")), "-n times the difference")
		})
	})
	p.adjusted(changes)
}

// leastSlow is the number of completed runs from which a group is named as slow.
const leastSlow = 30

func (p *proof) slow() {
	wanted := map[string]bool{}
	p.each("journeys", func(path string) {
		if p.number(join(path, "ended.took.n")) < leastSlow {
			return
		}
		journey := p.text(join(path, "name"))
		for _, column := range p.by {
			_, rows := p.query(`SELECT `+column+` AS key FROM run WHERE journey = @journey AND outcome = 'completed' AND `+ended+` GROUP BY 1 HAVING count(*) >= 30`,
				append(p.period("period"), "journey", quoted(journey))...)
			for _, row := range rows {
				if len(rows) > 1 {
					wanted[fmt.Sprint(column, " ", journey, " ", row["key"])] = true
				}
			}
		}
	})
	p.each("slow", func(path string) {
		column, journey, value := p.text(join(path, "column")), p.text(join(path, "journey")), p.text(join(path, "value"))
		about := append(p.period("period"), "journey", quoted(journey), "value", quoted(value))
		p.row(join(path, "took"), `WITH t AS (SELECT ended - base AS v FROM run WHERE journey = @journey AND outcome = 'completed' AND `+column+` = @value AND `+ended+`)
			SELECT `+times("t", ""), about...)
		p.row(join(path, "all"), `WITH t AS (SELECT ended - base AS v FROM run WHERE journey = @journey AND outcome = 'completed' AND `+ended+`) SELECT `+times("t", ""), about...)
		name := fmt.Sprint(column, " ", journey, " ", value)
		if !wanted[name] {
			p.fail("%s: %s is no large group", path, name)
		}
		delete(wanted, name)
	})
	for name := range wanted {
		p.fail("slow has no %s", name)
	}
}

// reopenedRuns are the runs that ended in the period, with what was before and after.
const reopenedRuns = `WITH s AS (SELECT * FROM run WHERE journey = @journey AND outcome IN ('completed', 'failed', 'cancelled') AND ` + ended + `),
	a AS (SELECT s.*, (SELECT max(f.at) FROM fact f WHERE f.kind = 'touchpoint.ended' AND f.at > s.ended AND f.at <= @at AND ` + inRun + `) AS last,
		coalesce((SELECT f.name FROM fact f WHERE f.kind = 'touchpoint.ended' AND f.at <= s.ended AND ` + inRun + ` ORDER BY f.at DESC, f.arrival DESC LIMIT 1), '') AS before,
		coalesce((SELECT f.name FROM fact f WHERE f.kind = 'touchpoint.ended' AND f.at > s.ended AND f.at <= @at AND ` + inRun + ` ORDER BY f.at, f.arrival LIMIT 1), '') AS after FROM s),
	cost AS (SELECT last - ended AS v, who FROM a WHERE last IS NOT NULL)`

// moment returns the moment at which the period is looked at: that of the report, and for the period before as long after its end.
func (p *proof) moment(period string) string {
	of := func(path string) int64 {
		n, _ := strconv.ParseInt(p.micros(path), 10, 64)
		return n
	}
	return strconv.FormatInt(of(join(period, "until"))+of("at")-of("period.until"), 10)
}

func (p *proof) reopened() {
	p.each("reopened", func(path string) {
		p.reopenedOf(path, p.text(join(path, "journey")))
		if p.at("before") != nil {
			p.change(join(path, "change"), join(path, "now"), join(path, "before"), &p.changes)
		}
	})
}

func (p *proof) reopenedOf(of, journey string) {
	for member, period := range map[string]string{"now": "period", "before": "before"} {
		path := join(of, member)
		if p.at(path) == nil {
			continue
		}
		if p.at(period) == nil {
			p.zero(path, "there is no such period")
			continue
		}
		about := append(p.period(period), "at", p.moment(period), "journey", quoted(journey))
		_, again := p.query(reopenedRuns+` SELECT count(DISTINCT who) AS customers FROM cost`, about...)
		p.row(path, reopenedRuns+` SELECT count(DISTINCT who) AS customers, count(*) AS n, count(last) AS count FROM a`, about...)
		if n, _ := again[0]["customers"].(float64); n < 5 || p.yes(join(path, "hidden")) {
			for _, rest := range []string{"cost", "total_seconds", "before", "with"} {
				p.zero(join(path, rest), "fewer than five customers were reopened")
				if list, _ := p.at(join(path, rest)).([]any); len(list) > 0 {
					p.fail("%s.%s is shown of %v customers", path, rest, n)
				}
			}
			continue
		}
		p.row(path, reopenedRuns+` SELECT coalesce(sum(v), 0) / 1e6 AS total_seconds, `+times("cost", "cost.")+` FROM cost`, about...)
		for list, column := range map[string]string{"before": "before", "with": "after"} {
			p.named(join(path, list), reopenedRuns+` SELECT `+column+` AS key, count(DISTINCT who) AS customers, count(*) AS count, (SELECT count(*) FROM cost) AS n
				FROM a WHERE last IS NOT NULL GROUP BY 1`, about...)
		}
	}
}

// named proves a list of names with shares, in which those that are hidden are one without a name.
func (p *proof) named(path, statement string, args ...string) {
	_, rows := p.query(statement, args...)
	groups := map[string]float64{}
	for _, row := range rows {
		groups[fmt.Sprint(row["key"])], _ = row["customers"].(float64)
	}
	hidden := concealed(groups)
	wanted, rest := map[string]map[string]any{}, map[string]any{"count": 0.0}
	for _, row := range rows {
		if name := fmt.Sprint(row["key"]); !hidden[name] {
			wanted[name] = row
			continue
		}
		rest["count"], rest["n"] = rest["count"].(float64)+row["count"].(float64), row["n"]
	}
	p.each(path, func(path string) {
		row, ok := wanted[p.text(join(path, "name"))]
		if p.yes(join(path, "hidden")) {
			row, ok = rest, rest["count"] != 0.0
		}
		if !ok {
			p.fail("%s: SQL has no %q", path, p.text(join(path, "name")))
			return
		}
		delete(wanted, p.text(join(path, "name")))
		p.object(path, []string{"count", "n"}, map[string]any{"count": row["count"], "n": row["n"]}, false)
	})
	for name := range wanted {
		p.fail("%s has no %q", path, name)
	}
}

// taken are the events of which a table has columns: those of a run that move it, that are touchpoints or promises, or that say something.
const taken = "run IS NOT NULL AND kind NOT LIKE 'survey.%' AND kind NOT LIKE 'contact.%'"

func (p *proof) foot() {
	p.adjusted(p.changes)
	p.row("foot", `SELECT (SELECT count(*) FROM run) AS rows, (SELECT count(*) FROM fact WHERE `+taken+`) AS events,
		(SELECT count(*) FROM fact WHERE NOT (`+taken+`)) AS unused, (SELECT count(*) - count(DISTINCT id) FROM fact) AS repeated, 0 AS outside, 0 AS coarse`)
	var young, withdrawn, unknown float64
	p.each("promises", func(path string) {
		young, withdrawn = young+p.number(join(path, "now.too_young")), withdrawn+p.number(join(path, "now.withdrawn"))
	})
	p.each("journeys", func(path string) { unknown += p.number(join(path, "ended.unknown")) })
	p.is("foot.young", young, "the sum of the promises")
	p.is("foot.withdrawn", withdrawn, "the sum of the promises")
	p.is("foot.unknown", unknown, "the sum of the journeys")
	p.is("trend", 12, "the default")
}
