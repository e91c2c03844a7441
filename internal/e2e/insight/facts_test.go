//go:build unix

package insight_test

import (
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
)

// dialect is what two databases write differently.
type dialect struct{ driver, micros, attribute, list, member string }

// An archive in SQLite has times as texts with six decimals, and lists as texts of JSON.
var (
	sqlite = dialect{
		driver: "sqlite", micros: "(unixepoch(substr($1, 1, 19)) * 1000000 + CAST(substr($1, 21, 6) AS INTEGER))",
		attribute: "json_extract(event, '$.attributes.$1')", list: "json_each($1)", member: "$1.value",
	}
	postgres = dialect{
		driver: "pgx", micros: "(extract(epoch FROM $1) * 1000000)::bigint",
		attribute: "(event::json->'attributes'->>'$1')", list: "json_array_elements_text(CAST($1 AS json))", member: "$1",
	}
)

// write replaces micros(x), attribute(x) and list(x) in a statement by what the database has for them.
func (d *dialect) write(statement string) string {
	for name, form := range map[string]string{"micros": d.micros, "attribute": d.attribute, "list": d.list, "member": d.member} {
		for {
			before, rest, ok := strings.Cut(statement, name+"(")
			if !ok {
				break
			}
			argument, after, _ := strings.Cut(rest, ")")
			statement = before + strings.ReplaceAll(form, "$1", argument) + after
		}
	}
	return statement
}

// The facts: what the archive has, with times in microseconds, in the words of its documentation. A run begins when an event says that it began, else with its first
// event. It ended as its first end says. Its customer is the one that its events name, and a run without one has a customer of its own. A run has the channels of
// its touchpoints, and the team that handled the last one of them; of a segment, a version, an intent and an attribute of events it has the first one.
var facts = []string{
	`CREATE TEMP TABLE fact AS SELECT arrival, id, kind, namespace, journey, run, stage, visit, touchpoint AS name, channel, actor, outcome, cause, customer, segment, late,
		micros(time) AS at, attribute(team) AS team, attribute(impact) AS impact, attribute(weekday) AS weekday,
			(SELECT t.version FROM transitions t WHERE t.id = events.id) AS version, (SELECT t.intent FROM touchpoints t WHERE t.id = events.id) AS intent,
			(SELECT l.queue FROM legs l WHERE l.touchpoint_id = events.id AND l.queue IS NOT NULL ORDER BY l.number DESC LIMIT 1) AS queue
		FROM events`,
	`CREATE INDEX fact_run ON fact (journey, run, at)`,
	`CREATE TEMP TABLE run AS SELECT journey, run, min(began) AS base, max(customer) AS customer, coalesce(max(customer), run) AS who,
			CAST(NULL AS bigint) AS ended, CAST('' AS text) AS outcome, CAST('' AS text) AS channel, CAST('' AS text) AS team,
			CAST('' AS text) AS impact, CAST('' AS text) AS weekday, CAST('' AS text) AS actor, CAST('' AS text) AS segment, CAST('' AS text) AS version, CAST('' AS text) AS intent,
			CAST('' AS text) AS queue, CAST('' AS text) AS failures
		FROM (SELECT journey, run, at AS began, customer FROM fact WHERE run IS NOT NULL
			UNION ALL SELECT journey, run, micros(started), customer FROM transitions WHERE run IS NOT NULL AND started IS NOT NULL) AS e GROUP BY journey, run`,
	`CREATE UNIQUE INDEX run_run ON run (journey, run)`,
	`UPDATE run SET ended = (SELECT min(at) FROM fact f WHERE f.kind = 'journey.ended' AND f.run = run.run AND f.journey = run.journey)`,
	`UPDATE run SET outcome = (SELECT min(outcome) FROM fact f WHERE f.kind = 'journey.ended' AND f.run = run.run AND f.journey = run.journey AND f.at = run.ended)
		WHERE ended IS NOT NULL`,
	`UPDATE run SET team = coalesce((SELECT team FROM fact f WHERE f.kind = 'touchpoint.ended' AND f.run = run.run AND f.journey = run.journey AND f.team IS NOT NULL
			ORDER BY at DESC, arrival DESC LIMIT 1), ''),
		impact = ` + first("impact") + `, weekday = ` + first("weekday") + `, segment = ` + first("segment") + `,
		version = ` + first("version") + `, intent = ` + first("intent") + `, channel = ` + channels() + `, actor = ` + actors() + `,
		queue = coalesce((SELECT f.queue FROM fact f WHERE f.run = run.run AND f.journey = run.journey AND f.queue IS NOT NULL ORDER BY at DESC, arrival DESC LIMIT 1), ''),
		failures = (SELECT CASE WHEN count(*) > 2 THEN '3 or more' ELSE CAST(count(*) AS text) END FROM fact f WHERE f.run = run.run AND f.journey = run.journey
			AND f.kind = 'touchpoint.ended' AND f.outcome = 'failed')`,
	`CREATE TEMP TABLE promised AS SELECT p.journey, p.run, p.promise, p.number, micros(p.made) AS made, micros(p.due) AS due,
			CAST(NULL AS bigint) AS kept, CAST(NULL AS bigint) AS broken, CAST(NULL AS bigint) AS withdrawn, CAST(NULL AS bigint) AS afterwards, r.who, r.channel, r.team, r.impact, r.base
		FROM promises p JOIN run r ON r.run = p.run AND r.journey = p.journey WHERE p.made IS NOT NULL`,
	settle("kept", "kept", "AND NOT o.late"), settle("broken", "broken", ""), settle("withdrawn", "withdrawn", ""), settle("afterwards", "kept", "AND o.late"),
	// An open promise is due when it was said to be when it was made. An event that settles it says to when a pause has moved that.
	`UPDATE promised SET due = coalesce((SELECT min(micros(o.due)) FROM others o WHERE o.kind = 'promise.made' AND o.run = promised.run AND o.journey = promised.journey
		AND o.promise = promised.promise AND o.number = promised.number), due)
		WHERE coalesce(kept, broken, withdrawn) IS NULL OR (kept IS NULL OR kept > @at) AND (broken IS NULL OR broken > @at) AND (withdrawn IS NULL OR withdrawn > @at)`,
	`CREATE INDEX promised_due ON promised (journey, promise, due)`,
	`CREATE INDEX promised_run ON promised (run, journey)`,
	`CREATE TEMP TABLE step AS SELECT f.journey, f.run, f.stage, f.at, f.arrival FROM fact f WHERE f.kind = 'journey.stage.entered' AND f.run IS NOT NULL`,
	`CREATE TEMP TABLE said AS SELECT f.*, micros(f.time) AS at, coalesce(f.customer, CAST(f.id AS text)) AS who, coalesce(f.survey_version, '') AS version,
			coalesce(f.sentiment, CASE WHEN f.kind = 'feedback.received' THEN f.verdict WHEN f.nature = 'complaint' THEN 'negative' WHEN f.nature = 'compliment' THEN 'positive'
				WHEN f.stars >= 4 THEN 'positive' WHEN f.stars >= 3 THEN 'neutral' WHEN f.stars > 0 THEN 'negative' END) AS mood
		FROM feedback f`,
	`CREATE TEMP TABLE leg AS SELECT l.*, micros(l.started) AS came, micros(l.time) AS at, t.id, t.customer, coalesce(t.customer, CAST(t.id AS text)) AS who
		FROM legs l JOIN touchpoints t ON t.id = l.touchpoint_id`,
}

// settle finds when a promise was kept, broken or withdrawn. What was kept after the end of its run, or after it had been broken, was not kept, but afterwards.
func settle(column, how, condition string) string {
	return `UPDATE promised SET ` + column + ` = (SELECT min(micros(o.time)) FROM others o WHERE o.kind = 'promise.` + how + `' AND o.run = promised.run AND o.journey = promised.journey
		AND o.promise = promised.promise AND coalesce(o.number, 0) = promised.number ` + condition + `)`
}

// first is the first value of an attribute of the events of a run.
func first(attribute string) string {
	return `coalesce((SELECT ` + attribute + ` FROM fact f WHERE f.run = run.run AND f.journey = run.journey AND f.` + attribute + ` IS NOT NULL ORDER BY at, arrival LIMIT 1), '')`
}

// channels and actors name those of the touchpoints of a run, in the order in which package event has them.
func channels() string {
	return set("channel", "web", "mobile", "email", "chat", "phone", "ivr", "social", "in_person", "kiosk", "post", "api", "other")
}

func actors() string { return set("actor", "customer", "employee", "delegate", "bot", "synthetic") }

func set(column string, of ...string) string {
	var parts []string
	for _, value := range of {
		parts = append(parts, `CASE WHEN EXISTS (SELECT 1 FROM fact f WHERE f.kind = 'touchpoint.ended' AND f.run = run.run AND f.journey = run.journey AND f.`+column+` = '`+
			value+`') THEN ', `+value+`' ELSE '' END`)
	}
	return "substr(" + strings.Join(parts, " || ") + ", 3)"
}

// openFacts opens an archive, and makes the facts as they are at the moment of a report. All statements have one connection, because the facts are temporary.
func openFacts(t *testing.T, d dialect, where, at string) *sql.DB {
	t.Helper()
	db, err := sql.Open(d.driver, where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	for _, statement := range facts {
		statement = d.write(strings.ReplaceAll(statement, "@at", at))
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
	}
	return db
}
