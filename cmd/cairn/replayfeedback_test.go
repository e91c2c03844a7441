package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

const (
	reviewBlueprint = "version: 1\njourneys:\n  - name: order\n    stages: [{name: cart}]\ntouchpoints:\n  - {name: pay, journey: order, stage: cart}\n" +
		"surveys:\n  - {name: after-delivery, scale: ces}\n"
	reviews = "Nr,Date,Stars,Review,Kind,Who\n" +
		"r-1,2026-03-01 10:00,1.5,\"Late. Call\nme: jane@example.com\",Complaint,c-1\n" +
		"r-2,2026-03-02 11:00,5,Great,compliment,\n" +
		"r-2,2026-03-02 11:00,5,Great,compliment,\n" +
		"r-3,2026-03-02 11:00,9,Great,,\n"
	reviewMap = "id=Nr,time=Date,stars=Stars,text=Review,nature=Kind,customer=Who"
)

// invoke runs a command of the command line, and returns its exit code and what it prints.
func invoke(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// files writes files into a folder of the test, and returns their paths by their names.
func files(t *testing.T, contents map[string]string) map[string]string {
	t.Helper()
	dir, paths := t.TempDir(), map[string]string{}
	for name, content := range contents {
		paths[name] = filepath.Join(dir, name)
		if err := os.WriteFile(paths[name], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// TestReplayFeedback: what customers said elsewhere is counted, redacted and archived, and a second run adds nothing.
func TestReplayFeedback(t *testing.T) {
	t.Parallel()
	f := files(t, map[string]string{
		"bp.yaml": reviewBlueprint, "reviews.csv": reviews, "key": "a key of at least 16 bytes\n",
		"answers.jsonl": `{"time":"2026-03-05T10:00:00Z","survey":"after-delivery","score":6,"customer":"c-1","journey":"order","run":"o-1","causes":["late"]}` + "\n",
	})
	archive := filepath.Join(t.TempDir(), "archive.db")
	replay := func(file string, more ...string) (r report.Report, stderr string) {
		t.Helper()
		code, stdout, stderr := invoke(t, append([]string{
			"replay", "-b", f["bp.yaml"], "--json", "--feedback", f[file], "--archive", archive, "--customer-key-file", f["key"], "--allow", "rejected",
		}, more...)...)
		if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != exitOK {
			t.Fatalf("exit code %d, %v: %s", code, err, stderr)
		}
		return r, stderr
	}
	mapped := []string{"--feedback-map", reviewMap, "--feedback-source", "reviews"}
	db, err := sql.Open("sqlite", archive)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	archived := func() (n int) {
		t.Helper()
		if err := db.QueryRow("SELECT count(*) FROM events").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, again := range []bool{false, true} {
		r, stderr := replay("reviews.csv", mapped...)
		if r.Events != 2 || r.Again != 1 || r.Rejected != 1 || r.Mentions != (report.Mentions{Count: 2, Complaints: 1, Compliments: 1}) || !strings.Contains(stderr, "reviews.csv:6: skipped: the stars") {
			t.Errorf("again %v: %d events, %d again, %d rejected, %+v; %s", again, r.Events, r.Again, r.Rejected, r.Mentions, stderr)
		}
		if r, _ = replay("answers.jsonl"); len(r.Surveys) != 1 || r.Surveys[0].Responses != 1 {
			t.Errorf("again %v: the surveys are %+v", again, r.Surveys)
		}
		if n := archived(); n != 3 {
			t.Errorf("again %v: the archive has %d events, want two mentions and an answer, and no start of a run", again, n)
		}
	}
	var comment, hash, id string
	if err := db.QueryRow("SELECT comment, customer, id FROM feedback WHERE nature = 'complaint' AND source = 'reviews'").Scan(&comment, &hash, &id); err != nil {
		t.Fatal(err)
	}
	if comment != "Late. Call\nme: [email]" || id != feedback.MentionID("reviews", "r-1").String() {
		t.Errorf("the complaint %s is %q", id, comment)
	}
	if want := liveHash(t, "a key of at least 16 bytes", "c-1"); hash != want {
		t.Errorf("the customer is %q, and %q for a service", hash, want)
	}
}

// lastHash is a processor that keeps the pseudonym of the last event.
type lastHash string

func (h *lastHash) Process(_ context.Context, e *event.Event) { *h = lastHash(e.Customer.Hash) }

func (*lastHash) Shutdown(context.Context) error { return nil }

// liveHash returns the pseudonym that a service's client makes.
func liveHash(t *testing.T, key, customer string) string {
	t.Helper()
	var hash lastHash
	client, err := cx.New(cx.WithCustomerKey([]byte(key)), cx.WithProcessors(&hash))
	if err != nil {
		t.Fatal(err)
	}
	client.Record(t.Context(), event.Event{Kind: event.FeedbackMentioned, Feedback: &event.Feedback{}, Customer: event.Customer{ID: customer}})
	if err := client.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

// TestReplayFeedbackWithLog: what customers said takes its place in time among the events of a log.
func TestReplayFeedbackWithLog(t *testing.T) {
	t.Parallel()
	f := files(t, map[string]string{
		"bp.yaml": reviewBlueprint,
		"log.csv": "case,what,when\no-1,pay,2026-03-05T09:00:00Z\no-2,pay,2026-03-06T09:00:00Z\n",
		"a.csv":   "time,survey,score,journey,run\n2026-03-05T10:00:00Z,after-delivery,6,order,o-1\n2026-03-04T10:00:00Z,nps,6,,\n",
		"b.jsonl": `{"time":"2026-03-05T11:00:00Z","nature":"question"}` + "\n",
	})
	var reports [2]report.Report
	for i, names := range [][]string{{"log.csv", "a.csv", "b.jsonl"}, {"log.csv", "b.jsonl", "a.csv"}} {
		code, stdout, stderr := invoke(t, "replay", "-b", f["bp.yaml"], "--json", "--map", "case=case,activity=what,time=when", f[names[0]], "--feedback", f[names[1]], "--feedback="+f[names[2]])
		if err := json.Unmarshal([]byte(stdout), &reports[i]); err != nil || code != exitOK || stderr != "" {
			t.Fatalf("exit code %d, %v: %s", code, err, stderr)
		}
		r := &reports[i]
		if r.Events != 5 || len(r.Files) != 3 || r.Mentions.Questions != 1 || len(r.Surveys) != 2 || r.Journeys[0].Started != 2 || r.Period.LogFirst.Day() != 4 {
			t.Errorf("%v: %d events of %v, %+v, %+v, from %v", names, r.Events, r.Files, r.Mentions, r.Surveys, r.Period.LogFirst)
		}
	}
}

// TestReplayFeedbackStops: what is wrong with the command line or a file is told, with the file and the line.
func TestReplayFeedbackStops(t *testing.T) {
	t.Parallel()
	f := files(t, map[string]string{
		"bp.yaml": reviewBlueprint, "reviews.csv": reviews, "empty.csv": "", "none.csv": "time,text\n",
		"unknown.csv": "time,journey,run\n2026-03-01,order,o-1\n2026-03-01,ordr,o-2\n", "log.csv": "case,what,when\no-1,pay,2026-03-05T09:00:00Z\n",
		"other.db": "no archive",
	})
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"the standard input", []string{"--feedback", "-"}, exitUsage, "--feedback: name a file"},
		{"twice", []string{"--feedback", f["reviews.csv"], "--feedback", f["reviews.csv"]}, exitUsage, "is named twice"},
		{"a map without a file", []string{"--feedback-map", "time=a", f["log.csv"]}, exitUsage, "need --feedback FILE"},
		{"an unknown field", []string{"--feedback", f["reviews.csv"], "--feedback-map", "tim=Date"}, exitUsage, `--feedback-map: "tim" is not one of`},
		{"two lines", []string{"--feedback", f["reviews.csv"], "--feedback-map", "\"a"}, exitUsage, "--feedback-map: "},
		{"a bad source", []string{"--feedback", f["reviews.csv"], "--feedback-source", "_x"}, exitUsage, `--feedback-source: "_x" is not a name`},
		{"a bad format", []string{"--feedback", f["reviews.csv"], "--feedback-time-format", "dmz"}, exitUsage, "--feedback-time-format: "},
		{"a format without a file", []string{"--feedback-time-format", "dmy", f["log.csv"]}, exitUsage, "need --feedback FILE"},
		{"no file", []string{"--feedback", "none"}, exitFault, "--feedback: open none"},
		{"empty", []string{"--feedback", f["empty.csv"]}, exitFault, "empty.csv: it is empty"},
		{"no rows", []string{"--feedback", f["none.csv"]}, exitFault, "the log is empty"},
		{"no time", []string{"--feedback", f["reviews.csv"]}, exitFault, "reviews.csv: the header has no column time"},
		{"strict row", []string{"--strict", "--feedback", f["reviews.csv"], "--feedback-map", reviewMap}, exitFault, "reviews.csv:6: the stars"},
		{"strict column", []string{"--strict", "--feedback", f["reviews.csv"], "--feedback-map", "time=Date"}, exitFault, `reviews.csv:1: the column "Nr" is not used`},
		{"strict name", []string{"--strict", "--feedback", f["unknown.csv"]}, exitFault, `unknown.csv:3: the blueprint has no journey "ordr"`},
		{"an unknown name", []string{"--feedback", f["unknown.csv"]}, exitDoubt, "names of the log are not in the blueprint"},
		{"no archive", []string{"--feedback", f["reviews.csv"], "--feedback-map", reviewMap, "--archive", f["other.db"]}, exitFault, "it exists"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := invoke(t, append([]string{"replay", "-b", f["bp.yaml"]}, c.args...)...)
			if code != c.code || !strings.Contains(stderr, c.want) || strings.Count(stderr, "reviews.csv:") > 1 && strings.Contains(c.name, "strict") {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, c.code, c.want, stderr)
			}
		})
	}
}

// TestReplayFeedbackTimes: the log has its times in one format, and what customers said in another.
func TestReplayFeedbackTimes(t *testing.T) {
	t.Parallel()
	f := files(t, map[string]string{
		"bp.yaml": reviewBlueprint, "log.csv": "case,activity,time\no-1,pay,2026-03-05 09:00\n", "said.csv": "time,text,source\n03/04/2026 10:00,late,forum\n",
	})
	log := []string{"replay", "-b", f["bp.yaml"], "--map", "case=case,activity=activity,time=time", "--json", "--allow", "100%", "--feedback", f["said.csv"], f["log.csv"]}
	for _, c := range []struct {
		flags          string
		said, rejected int64
		month          time.Month
	}{
		{"--feedback-time-format mdy", 1, 0, time.March},
		{"--feedback-time-format dmy", 1, 0, time.April},
		{"--feedback-time-format dmy --time-format iso8601", 1, 0, time.April},
		{"", 0, 1, 0},
	} {
		code, stdout, stderr := invoke(t, append(slices.Clone(log), strings.Fields(c.flags)...)...)
		var r report.Report
		if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != exitOK || r.Mentions.Count != c.said || r.Rejected != c.rejected {
			t.Errorf("%q: exit code %d, %v, %d mentions, %d rejected: %s", c.flags, code, err, r.Mentions.Count, r.Rejected, stderr)
		}
		last := time.March // that of the log
		if c.month > last {
			last = c.month
		}
		if r.Period.LogLast == nil || r.Period.LogLast.Month() != last {
			t.Errorf("%q: the last event is of %v, want %v", c.flags, r.Period.LogLast, last)
		}
		if c.rejected > 0 && !strings.Contains(stderr, "or set --feedback-time-format, such as dmy or mdy") {
			t.Errorf("%q: %s", c.flags, stderr)
		}
	}
}

// TestReplayFeedbackLarge: a file of many rows is read as a stream, also with little memory.
func TestReplayFeedbackLarge(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("time,id,text,source\n")
	words := strings.Repeat("word ", 40)
	for i := range 12_000 {
		fmt.Fprintf(&b, "%d,%d,%s,forum\n", 1_772_366_400+(i*7919)%100_000, i, words)
	}
	f := files(t, map[string]string{"bp.yaml": reviewBlueprint, "many.csv": b.String()})
	code, stdout, stderr := invoke(t, "replay", "-b", f["bp.yaml"], "--json", "--memory", "1MiB", "--feedback", f["many.csv"])
	var r report.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != exitOK || r.Mentions.Count != 12_000 || r.Rejected != 0 {
		t.Errorf("exit code %d, %v, %d mentions, %d rejected: %s", code, err, r.Mentions.Count, r.Rejected, stderr)
	}
}
