//go:build unix

package people_test

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/touchpoint"
)

// permitLog returns the path of the permit log, which is not in the repository. If CAIRN_PERMITS is none, the machine does not have the
// log, and the test is skipped whatever CAIRN_NO_SKIP is.
func permitLog(t *testing.T) string {
	t.Helper()
	switch file := os.Getenv("CAIRN_PERMITS"); file {
	case "none":
		t.Skip("skipped: CAIRN_PERMITS is none: this machine does not have the permit log")
	case "":
		servers.Skip(t, "CAIRN_PERMITS does not say where the permit log is, permit-requests.csv, and does not say none: see examples/permits")
	default:
		return file
	}
	return ""
}

// derived writes the permit log with columns that it does not have. A row's place decides them. Every fifth row has nobody who answered.
func derived(t *testing.T, from string) (file string, groups []string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows[0] = append(rows[0], "wait", "talk", "hold", "wrap", "intent")
	named := map[string]bool{}
	for n, row := range rows[1:] {
		named[row[4]] = true
		wait, talk, hold, wrap := fmt.Sprintf("%d.%03d", n*7%45, n*31%1000), fmt.Sprint(n*13%300), fmt.Sprint(n%3*10), fmt.Sprint(n%4*15)
		switch {
		case n%5 == 0:
			row[5], talk, hold, wrap = "", "", "", ""
		case n%11 == 0:
			wait = "" // it came to the employee without a queue
		case n%13 == 0:
			wait = fmt.Sprintf("%d:%02d", n%3, n%60)
		case n%17 == 0:
			row[5] = "" // only the times say that there was an employee
		}
		if n%10 == 0 {
			wait = []string{"0", "5.999", "6", "20", "20.001"}[n/10%5]
		}
		rows[n+1] = append(row, wait, talk, hold, wrap, []string{"permit", "change", ""}[n/3%3])
	}
	file = filepath.Join(t.TempDir(), "permits.csv")
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, slices.Sorted(maps.Keys(named))
}

// replayed replays the log with the blueprint of the permits and a service level for each group, and returns the archive and the report.
func replayed(t *testing.T, file string, groups []string) (archive string, report []byte) {
	t.Helper()
	dir := t.TempDir()
	blueprint, err := os.ReadFile(filepath.Join("..", "..", "..", "examples", "permits", "blueprint.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(blueprint) + "\nqueues:\n"
	for _, g := range groups {
		text += fmt.Sprintf("  - {name: %s, channels: [web], service_level: {within: 20s}}\n", g)
	}
	cairn, plan, key := filepath.Join(dir, "cairn"), filepath.Join(dir, "blueprint.yaml"), filepath.Join(dir, "key")
	archive = filepath.Join(dir, "archive.db")
	for name, text := range map[string]string{plan: text, key: "a key of at least 16 bytes"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", cairn, "cairncx.dev/cairn/cmd/cairn").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), cairn, "replay", "--json", "--blueprint", plan, "--archive", archive, "--customer-key-file", key, "--map",
		"case=case,activity=activity,time=timestamp,channel=channel,customer=case,wait=wait,talk=talk,hold=hold,wrap=wrap,resource=resource,group=group,intent=intent", file)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if report, err = cmd.Output(); err != nil {
		t.Fatalf("cairn replay: %v\n%s", err, &stderr)
	}
	return archive, report
}

// TestPermits: for a real log that is replayed, awk, the report, the archive that the replay has written, the metrics of a client that gets
// the same events, and its archive in two databases have the same numbers by group and channel.
func TestPermits(t *testing.T) {
	file, groups := derived(t, permitLog(t))
	archive, report := replayed(t, file, groups)

	raw := awk(t, "permits.awk", file)
	all := "," + strings.Join(groups, ",") + ","
	want := counts(t, written(t, raw), map[string]string{
		"queues": all, "levels": all, "hours": "", "intents": "", "within": "20", "short": "6", "variant": "negative", "flow": "0",
	})

	db := opened(t, archive)
	of := func(s sums) sums { return s.part("sql.contacts", "sql.level") } // a replay tells no efforts
	same(t, "the archive of the replay", of(want), of(asked(t, db)))
	same(t, "the report", reportedOf(want), reported(t, report))

	events := keptIn(t, db)
	defs := map[string]event.Definition{}
	for i := range events {
		if name := events[i].Touchpoint; defs[name] == nil {
			defs[name] = touchpoint.Define(name)
		}
	}
	var queues []assist.Queue
	for _, g := range groups {
		queues = append(queues, assist.Queue{Name: g, Level: assist.Level{Within: 20 * time.Second}, Channels: []event.Channel{event.Web}})
	}
	d := newDesk(t, cx.WithDefinitions(slices.Collect(maps.Values(defs))...), cx.WithQueues(queues...))
	for i := range events {
		e := events[i]
		e.Journey, e.Stage, e.Visit = event.Run{}, "", 0 // its run is not what this is about
		d.sweep(t.Context(), e.Time)
		d.clock.at = e.Time.Add(e.Duration)
		d.client.Record(t.Context(), e)
	}
	metrics := d.close(t, events[len(events)-1].Time)
	same(t, "the metrics", want.part("cx."), metrics)
	same(t, "SQLite", want.part("sql"), asked(t, inSQLite(t, d.events)))
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	same(t, "PostgreSQL", want.part("sql"), asked(t, inPostgres(t, server, "permits", d.events)))
}

// keptIn returns the contacts of the archive, in the order of their times.
func keptIn(t *testing.T, db *sql.DB) (events []event.Event) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT event FROM touchpoints ORDER BY time, arrival")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		e, err := event.ParseJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return events
}

// reportedOf returns what awk has of the numbers of a report.
func reportedOf(want sums) sums {
	s := sums{}
	for name, v := range want.part("sql.contacts", "sql.level") {
		if !strings.Contains(name, "_percent") && !strings.Contains(name, "_seconds") {
			s[name] = v
		}
	}
	return s
}

// reported returns the numbers of a report by the names of people.awk.
func reported(t *testing.T, text []byte) sums {
	t.Helper()
	var r struct {
		People struct {
			ByChannel []struct {
				Name           string   `json:"name"`
				Channel        string   `json:"channel"`
				Contacts       float64  `json:"contacts"`
				Queued         float64  `json:"queued"`
				Answered       float64  `json:"answered"`
				Abandoned      float64  `json:"abandoned"`
				Counted        float64  `json:"service_level_counted"`
				Good           float64  `json:"service_level_good"`
				Speed          *float64 `json:"speed_of_answer_seconds"`
				Handled        float64  `json:"handled"`
				HandledSeconds float64  `json:"handled_seconds"`
				Transfers      float64  `json:"transfers"`
			} `json:"queues_by_channel"`
		} `json:"contacts_with_people"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	s := sums{}
	for _, q := range r.People.ByChannel {
		name := "sql.contacts " + q.Name + " " + q.Channel + " "
		s[name+"contacts"], s[name+"queued"], s[name+"answered"], s[name+"abandoned"] = q.Contacts, q.Queued, q.Answered, q.Abandoned
		s[name+"handled"], s[name+"transfers"], s[name+"+worked"], s[name+"+waited"] = q.Handled, q.Transfers, q.HandledSeconds, 0
		if q.Speed != nil {
			s[name+"+waited"] = *q.Speed * q.Answered
		}
		if q.Counted > 0 {
			level := "sql.level " + q.Name + " " + q.Channel + " "
			s[level+"counted"], s[level+"in_time"] = q.Counted, q.Good
		}
	}
	return s
}
