//go:build unix

package insight_test

import (
	"fmt"
)

// lateOf are the runs of a promise by a column: how many made it, how many of these are open, and how many of these are late, because the promise is broken or due and
// its clock goes, and it was neither withdrawn nor kept since.
func lateOf(column string) string {
	return `WITH s AS (SELECT promised.run, promised.who, ` + column + ` AS col, CASE WHEN r.ended IS NULL OR r.ended > @at THEN 1 ELSE 0 END AS open,
				CASE WHEN (kept IS NULL OR kept > @at) AND (withdrawn IS NULL OR withdrawn > @at)
						AND NOT EXISTS (SELECT 1 FROM others o WHERE o.kind = 'promise.kept' AND o.late AND o.run = promised.run AND o.journey = promised.journey
							AND o.promise = promised.promise AND coalesce(o.number, 0) = promised.number AND micros(o.time) <= @at)
						AND (broken <= @at OR due <= @at AND coalesce((SELECT t.stage FROM step t WHERE t.run = promised.run AND t.journey = promised.journey AND t.at <= @at
							ORDER BY t.at DESC, t.arrival DESC LIMIT 1), '') NOT IN (@pauses))
					THEN @at - coalesce(due, broken) END AS since
			FROM promised JOIN run r ON r.run = promised.run AND r.journey = promised.journey
			WHERE promised.journey = @journey AND promise = @promise AND made <= @at AND promised.base <= @at),
		one AS (SELECT run, max(who) AS who, max(col) AS col, max(open) AS open, max(CASE WHEN open = 1 THEN since END) AS since FROM s GROUP BY run)
		SELECT col AS key, count(DISTINCT who) AS customers, count(*) AS made, sum(open) AS open, count(since) AS late, coalesce(max(since), 0) * 1000 AS longest_overdue_ns
			FROM one GROUP BY col`
}

// backlog proves which open runs are late, of every promise.
func (p *proof) backlog() {
	listed := map[string]bool{}
	p.each("backlog", func(path string) {
		journey, promise := p.text(join(path, "journey")), p.text(join(path, "promise"))
		listed[journey+" "+promise] = true
		about := []string{"journey", quoted(journey), "promise", quoted(promise), "pauses", p.pausesOf(journey, promise)}
		p.row(path, lateOf("''"), about...)
		p.each(join(path, "by"), func(by string) { p.lateGroups(by, about) })
		if list, _ := p.at(join(path, "by")).([]any); p.number(join(path, "late")) == 0 && len(list) > 0 {
			p.fail("%s has groups, and no late run", path)
		}
	})
	_, promises := p.query(`SELECT journey, promise FROM promised GROUP BY journey, promise`)
	for _, row := range promises {
		journey, promise := fmt.Sprint(row["journey"]), fmt.Sprint(row["promise"])
		_, all := p.query(lateOf("''"), "journey", quoted(journey), "promise", quoted(promise), "pauses", p.pausesOf(journey, promise))
		if len(all) == 0 {
			continue
		}
		open, _ := all[0]["open"].(float64)
		if n, _ := all[0]["customers"].(float64); (open > 0 && !few(n)) != listed[journey+" "+promise] {
			p.fail("the backlog has %s of %s: %v, and %v runs of %v customers are open", promise, journey, listed[journey+" "+promise], open, n)
		}
	}
}

// lateGroups proves the groups of a column. A group without an open run is left out, unless it is hidden.
func (p *proof) lateGroups(by string, about []string) {
	columns, list := p.query(lateOf("coalesce(promised."+p.text(join(by, "column"))+", '')"), about...)
	groups, rows := map[string]float64{}, map[string]map[string]any{}
	for _, row := range list {
		name := fmt.Sprint(row["key"])
		groups[name], _ = row["customers"].(float64)
		rows[name] = row
	}
	hidden := concealed(groups)
	p.each(join(by, "groups"), func(path string) {
		name := p.text(join(path, "value"))
		row, ok := rows[name]
		if !ok {
			p.fail("%s: SQL has no %q", path, name)
			return
		}
		delete(rows, name)
		p.object(path, columns, row, hidden[name])
	})
	for name, row := range rows {
		if open, _ := row["open"].(float64); open > 0 || hidden[name] {
			p.fail("%s has no %q", by, name)
		}
	}
}
