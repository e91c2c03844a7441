//go:build unix

package insight_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback/score"
)

// rows asks PostgreSQL, and returns each row as one text.
func rows(t *testing.T, url, query string) (list []string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(background) }()
	found, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		values, err := found.Values()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprint(values...))
	}
	if err := found.Err(); err != nil || len(list) == 0 {
		t.Fatalf("%d rows, %v:\n%s", len(list), err, query)
	}
	return list
}

// The questions as SQL, written from the documentation of the tables. Times are microseconds. A percentile is percentile_disc, which is the nearest rank.
const (
	outcomesSQL = `SELECT journey, ' ', count(*)::text, ' ', count(*) FILTER (WHERE outcome = 'completed')::text, ' ', count(*) FILTER (WHERE outcome = 'failed')::text, ' ',
			count(*) FILTER (WHERE outcome = 'cancelled')::text, ' ', count(*) FILTER (WHERE outcome = 'abandoned')::text, ' ', count(*) FILTER (WHERE outcome IS NULL)::text, ' ',
			count(*) FILTER (WHERE outcome = 'abandoned' AND EXISTS (SELECT FROM touchpoints t WHERE t.run = j.run AND t.journey = j.journey AND t.namespace = j.namespace AND t.time > j.ended))::text,
			' ', coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY took), 0)::text, ' ', coalesce(percentile_disc(0.9) WITHIN GROUP (ORDER BY took), 0)::text
		FROM (SELECT *, CASE WHEN outcome = 'completed' AND started IS NOT NULL THEN round(extract(epoch FROM ended - started) * 1000000)::bigint END AS took FROM journeys) j
		GROUP BY journey ORDER BY journey COLLATE "C"`
	promisesSQL = `SELECT journey, ' ', promise, ' ', count(*)::text, ' ', count(*) FILTER (WHERE outcome = 'kept')::text, ' ', count(*) FILTER (WHERE outcome = 'broken')::text, ' ',
			count(*) FILTER (WHERE outcome = 'withdrawn')::text, ' ', count(*) FILTER (WHERE outcome IS NULL)::text, ' ',
			coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY took), 0)::text, ' ', coalesce(percentile_disc(0.9) WITHIN GROUP (ORDER BY took), 0)::text
		FROM (SELECT *, CASE WHEN outcome = 'kept' THEN round(extract(epoch FROM settled - made) * 1000000)::bigint END AS took FROM promises WHERE made IS NOT NULL) p
		GROUP BY journey, promise ORDER BY journey COLLATE "C", promise COLLATE "C"`
	reopenedSQL = `SELECT journey, ' ', count(*)::text, ' ', count(*) FILTER (WHERE EXISTS (
			SELECT FROM touchpoints t WHERE t.run = j.run AND t.journey = j.journey AND t.namespace = j.namespace AND t.time > j.ended))::text
		FROM journeys j WHERE outcome IN ('completed', 'failed', 'cancelled') GROUP BY journey ORDER BY journey COLLATE "C"`
	failuresSQL = `SELECT least(failed, 3)::text, ' ', count(*)::text, ' ', count(*) FILTER (WHERE outcome = 'completed')::text
		FROM (SELECT j.outcome, (SELECT count(*) FROM touchpoints t WHERE t.run = j.run AND t.journey = j.journey AND t.namespace = j.namespace AND t.outcome = 'failed') AS failed
			FROM journeys j WHERE journey = 'checkout') r GROUP BY 1 ORDER BY 1`
)

// TestShop: what insight says of the shop's customers is what SQL finds in the archive, and so is every number of its reports.
func TestShop(t *testing.T) {
	t.Parallel()
	customers := "80"
	if whole() {
		customers = "400"
	}
	archive := filepath.Join(t.TempDir(), "shop.db")
	output(t, build(t, "examples/shop"), "-traffic", customers, "-export", "sqlite:"+archive)
	inSQLite := readSQLite(t, archive)
	events := eventsOf(t, inSQLite)
	url, postgres := inPostgres(t, events)
	_, jsonLines := inLines(t, events)
	arguments := append(questions(events), insight.Journey, insight.Keeps("confirmed"), insight.PromiseBroken("confirmed"))
	want := answers(t, inSQLite, nil, arguments...)
	same(t, "PostgreSQL", want, answers(t, postgres, nil, arguments...))
	same(t, "JSON-lines", want, answers(t, jsonLines, nil, arguments...))

	table, err := insight.New(nil)
	if err == nil {
		err = table.Load(t.Context(), postgres)
	}
	if err != nil {
		t.Fatal(err)
	}
	v := table.View(insight.Everything(), events[len(events)-1].Time.Add(1000*time.Hour)) // nothing is too young
	for _, c := range []struct {
		name, query string
		ask         func(row string) (string, error)
	}{
		{"outcomes", outcomesSQL, func(row string) (string, error) { return outcomes(v, strings.Fields(row)[0]) }},
		{"promises", promisesSQL, func(row string) (string, error) { return promise(v, strings.Fields(row)) }},
		{"reopened", reopenedSQL, func(row string) (string, error) { return reopened(v, strings.Fields(row)[0]) }},
		{"failures", failuresSQL, func(row string) (string, error) { return failures(v, strings.Fields(row)[0]) }},
	} {
		for _, row := range rows(t, url, c.query) {
			want := strings.Join(strings.Fields(row), " ")
			got, err := c.ask(want)
			if err != nil || got != "" && got != want {
				t.Errorf("%s: %s, and SQL says %s; %v", c.name, got, want, err)
			}
			t.Logf("%s: %s", c.name, want)
		}
	}
	provedShop(t, archive, url, events)
}

// provedShop proves every number of two reports: of the day on which the customers shop, and of the day after it, on which they call and answer mails.
func provedShop(t *testing.T, archive, url string, events []event.Event) {
	t.Helper()
	plan := example(t, "shop/experience/blueprint.yaml")
	b, err := yaml.Load(plan)
	if err != nil {
		t.Fatal(err)
	}
	first, last := events[0].Time.Format(time.DateOnly), events[len(events)-1].Time.Format(time.DateOnly)
	for _, period := range [][]string{{"--from", first, "--until", first, "--at", last}, {"--from", last, "--until", last}} {
		text := reported(t, plan, archive, period...)
		prove(t, sqlite, archive, b, text, "team", "channel").keep("shop")
		prove(t, postgres, url, b, text, "team", "channel")
	}
	// Before the demonstration ends, the company has still to answer customers. And of those who answer at once, half do so in the hour before the middle one.
	end := slices.IndexFunc(events, func(e event.Event) bool { return e.Kind == event.JourneyEnded && e.FollowUp != nil })
	said := slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool {
		return e.Kind != event.FeedbackReceived || e.Feedback.Survey != "post-purchase"
	})
	if end < 0 || len(said) < 20 {
		t.Fatal(end, len(said))
	}
	middle := said[len(said)/2].Time
	for _, period := range [][]string{
		{"--from", last, "--until", last, "--at", events[end].Time.Add(-time.Microsecond).Format(time.RFC3339Nano)},
		{"--from", middle.Format(time.RFC3339Nano), "--until", middle.Add(time.Hour).Format(time.RFC3339Nano)},
	} {
		prove(t, sqlite, archive, b, reported(t, plan, archive, period...), "team", "channel").keep("shop")
	}
	for where, d := range map[string]dialect{archive: sqlite, url: postgres} {
		daily := proveDaily(t, d, where, readSQLite(t, archive), b, lastOf(events), 20)
		daily.series("checkout", insight.Segment)
		daily.wants(insight.AboutJourney, insight.AboutStage, insight.AboutTouchpoint, insight.AboutCause, insight.AboutPromise, insight.AboutSurvey)
	}
}

// outcomes returns what outcomesSQL does; "" for a journey of fewer than five customers.
func outcomes(v *insight.View, journey string) (string, error) {
	a, err := v.Outcomes(context.Background(), insight.Which{Journey: journey})
	if a.Hidden {
		return "", err
	}
	of := func(s score.Share) string { return fmt.Sprint(s.Count) }
	return strings.Join([]string{
		journey, fmt.Sprint(a.Runs), of(a.Completed), of(a.Failed), of(a.Cancelled), of(a.Silent), of(a.Open), of(a.CameBack),
		fmt.Sprint(a.Took.Median.Microseconds()), fmt.Sprint(a.Took.P90.Microseconds()),
	}, " "), err
}

// reopened returns what reopenedSQL does; "" for a journey of fewer than five customers.
func reopened(v *insight.View, journey string) (string, error) {
	a, err := v.Reopened(context.Background(), insight.Which{})
	i := slices.IndexFunc(a.Ends, func(r insight.Reopening) bool { return r.Journey == journey })
	if i < 0 || err != nil {
		return "no such journey", err
	}
	if a.Ends[i].Hidden {
		return "", nil
	}
	return fmt.Sprint(journey, " ", a.Ends[i].N, " ", a.Ends[i].Count), nil
}

func promise(v *insight.View, row []string) (string, error) {
	a, err := v.Promises(context.Background(), insight.Which{Journey: row[0]}, time.Time{}, "")
	for _, p := range a.List {
		if p.Name == row[1] && !p.Hidden {
			return fmt.Sprint(p.Journey, " ", p.Name, " ", p.Made, " ", p.Kept.Count, " ", p.Broken, " ", p.Withdrawn, " ", p.Open, " ",
				p.Took.Median.Microseconds(), " ", p.Took.P90.Microseconds()), err
		}
	}
	return "", err
}

func failures(v *insight.View, n string) (string, error) {
	a, err := v.Compare(context.Background(), insight.Which{Journey: "checkout"}, insight.Failures, insight.Completes())
	for _, g := range a.Groups {
		if strings.Fields(g.Value)[0] == n && !g.Hidden {
			return fmt.Sprint(n, " ", g.Share.N, " ", g.Share.Count), err
		}
	}
	return "", err
}

// TestSupport: what insight says of the calls of a support desk is what SQL finds in the archive, and so is every number of its report.
func TestSupport(t *testing.T) {
	t.Parallel()
	archive := filepath.Join(t.TempDir(), "support.db")
	desk := build(t, "examples/support")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, desk, "-calls", "300", "-export", "sqlite:"+archive)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if said = append(said, lines.Text()); strings.Contains(lines.Text(), "Ctrl-C ends it") {
			helped(t, strings.Fields(lines.Text())[1], 15)
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(said, "\n"))
	}
	plan := example(t, "support/blueprint.yaml")
	b, err := yaml.Load(plan)
	if err != nil {
		t.Fatal(err)
	}
	r := readSQLite(t, archive)
	events := eventsOf(t, r)
	_, jsonLines := inLines(t, events)
	arguments := append(questions(events), event.RunRef{Name: "none", ID: "none"})
	same(t, "JSON-lines", answers(t, r, b, arguments...), answers(t, jsonLines, b, arguments...))

	first, last := events[0].Time, events[len(events)-1].Time
	text := reported(t, plan, archive, "--from", first.Format(time.DateOnly), "--until", last.Format(time.DateOnly))
	prove(t, sqlite, archive, b, text, "team", "channel").keep("support")
	daily := proveDaily(t, sqlite, archive, r, b, lastOf(events), 20)
	daily.series("matter", insight.Channel)
	daily.wants(insight.AboutJourney, insight.AboutStage, insight.AboutTouchpoint, insight.AboutQueue, insight.AboutPromise)
	if whole() {
		url, _ := inPostgres(t, events)
		prove(t, postgres, url, b, text, "team", "channel")
	}
}
