package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// storyFiles are a blueprint, a key, and the events of two customers, written by hand.
func storyFiles(t *testing.T) map[string]string {
	t.Helper()
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	at := func(hours int) time.Time { return monday.Add(time.Duration(hours) * time.Hour) }
	ada := event.Customer{Hash: pseudonymOf([]byte(shopKey), "ada"), Segment: "gold"}
	solved := &event.Promise{Name: "solved", Number: 1, Made: at(0), Due: at(48)}
	ticket := event.Run{Namespace: "shop", Name: "ticket", ID: "4711"}
	call := &event.Assisted{Legs: []event.Leg{
		{Queue: "first", Queued: true, Answered: true, Agent: "employee-1", Wait: event.Seconds(4 * time.Minute), Talk: event.Seconds(3 * time.Minute), End: event.LegTransferred},
		{Queue: "second", Queued: true, Answered: true, Agent: "employee-2", Wait: event.Seconds(30 * time.Second), End: event.LegFinished},
	}}
	var lines []byte
	for i, e := range []event.Event{
		{Kind: event.JourneyStarted, Time: at(0), Journey: ticket, Customer: ada},
		{Kind: event.PromiseMade, Time: at(0), Journey: ticket, Promise: solved},
		{Kind: event.TouchpointEnded, Time: at(2), Journey: ticket, Customer: ada, Touchpoint: "call", Channel: event.Phone, Outcome: event.Failed, Cause: "no_access", Assisted: call, Duration: 8 * time.Minute},
		{Kind: event.PromiseBroken, Time: at(48), Journey: ticket, Promise: solved},
		{Kind: event.TouchpointEnded, Time: at(50), Journey: ticket, Touchpoint: "mail", Channel: event.Email, Direction: event.Outbound, Actor: event.ActorEmployee, Outcome: event.OK},
		{Kind: event.PromiseKept, Time: at(50), Journey: ticket, Promise: solved, Late: true},
		{Kind: event.JourneyEnded, Time: at(50), Journey: ticket, Outcome: event.Completed, Duration: 50 * time.Hour},
		{Kind: event.FeedbackReceived, Time: at(51), Journey: ticket, Customer: ada, Feedback: &event.Feedback{Survey: "csat", Scale: event.CSAT, Score: 2, Verdict: event.Negative, Comment: "two days\u202e\x1b[31m without\naccess"}},
		{Kind: event.FeedbackMentioned, Time: at(60), Customer: ada, Feedback: &event.Feedback{Source: "reviews"}, Mention: &event.Mention{Nature: event.Complaint, Stars: 1}},
		{Kind: event.JourneyStarted, Time: at(3), Journey: event.Run{Namespace: "shop", Name: "order", ID: "4711", Value: &event.Money{Amount: 129900, Currency: "EUR"}}, Customer: event.Customer{Hash: pseudonymOf([]byte(shopKey), "bob")}},
	} {
		e.ID[6], e.ID[8], e.ID[15] = 0x70, 0x80, byte(i+1)
		lines = append(e.AppendJSON(lines), '\n')
	}
	return files(t, map[string]string{
		"key": shopKey + "\n", "events.jsonl": string(lines),
		"blueprint.yaml": "version: 1\njourneys: [{name: ticket, promises: [{name: solved, within: 48h}]}, {name: order}]\n",
	})
}

// TestStories: what the commands print, with hostile texts in it.
func TestStories(t *testing.T) {
	t.Setenv(keyVariable, "")
	t.Setenv("COLUMNS", "80")
	f := storyFiles(t)
	source := []string{f["blueprint.yaml"], f["events.jsonl"], "--tz", "Europe/Berlin"}
	for name, args := range map[string][]string{
		"story-runs":           {"runs", "--broke", "solved"},
		"story-runs-value":     {"runs", "--sort", "value", "--top", "1"},
		"story-runs-none":      {"runs", "--breaking", "solved"},
		"story-runs-json":      {"runs", "--json", "--where", "outcome=open"},
		"story-show":           {"show", "4711"},
		"story-show-early":     {"show", "4711", "--journey", "ticket", "--at", "2026-03-03"},
		"story-show-json":      {"show", "4711", "--journey", "order", "--namespace", "shop", "--json"},
		"story-customer":       {"customer", "ada", "--customer-key-file", f["key"]},
		"story-customer-json":  {"customer", "ada", "--customer-key-file", f["key"], "--json"},
		"story-customer-other": {"customer", pseudonymOf([]byte(shopKey), "bob"), "--pseudonym"},
	} {
		code, stdout, stderr := invoke(t, slices.Concat(args, source)...)
		if code != exitOK || !strings.Contains(stderr, "rests on 2 runs and 9 events") {
			t.Errorf("%s: exit code %d: %s", name, code, stderr)
		}
		golden(t, name, stdout)
	}
}

// TestStoryFaults: what is wrong with the command line or the ID, and that no message has the ID of a customer.
func TestStoryFaults(t *testing.T) {
	f := storyFiles(t)
	source := []string{f["blueprint.yaml"], f["events.jsonl"]}
	log := sourceFiles(t)
	for _, c := range []struct {
		reason, key string
		args        []string
		code        int
		want        string
	}{
		{"a run that there is not", "", append([]string{"show", "4712"}, source...), exitFault, `no run has the ID "4712": check the ID`},
		{"a run of another journey", "", append([]string{"show", "4711", "--journey", "moon"}, source...), exitFault, `no run has the ID "4711"`},
		{"no ID", "", []string{"show"}, exitUsage, "no ID is named"},
		{"no source", "", []string{"show", "4711"}, exitUsage, "no source is named"},
		{"no key", "", append([]string{"customer", "secret-person"}, source...), exitFault, "no key is given"},
		{"a key of the environment", shopKey, append([]string{"customer", "ada"}, source...), exitOK, "Customer " + pseudonymOf([]byte(shopKey), "ada")},
		{"another key", "another key of 16 bytes or more", append([]string{"customer", "secret-person"}, source...), exitFault, "no event names this customer"},
		{"a log is not played with the key of the environment", "a key for tests of 32 bytes.....", []string{"customer", "secret-person", log("blueprint.yaml"), log("log.csv")}, exitFault, "a log is played with the key of --customer-key-file"},
		{"no customer", shopKey, []string{"customer"}, exitUsage, "no ID is named"},
		{"an ID that no event has", shopKey, append([]string{"customer", "secret-person\n"}, source...), exitUsage, "the ID is not 1 to 128 bytes"},
		{"two standard inputs", shopKey, []string{"customer", "-", "-"}, exitUsage, "cannot both be the standard input"},
		{"a record by a pseudonym", shopKey, append([]string{"customer", "ab", "--pseudonym", "--store", "sqlite:x"}, source...), exitUsage, "needs the application's own ID"},
		{"a store that is not there", shopKey, append([]string{"customer", "secret-person", "--store", "sqlite:" + filepath.Join(t.TempDir(), "none.db")}, source...), exitFault, "the contact record: the store"},
		{"a mistyped order", "", append([]string{"runs", "--sort", "longst"}, source...), exitUsage, `longest`},
		{"two conditions", "", append([]string{"runs", "--broke", "a", "--breaking", "b"}, source...), exitUsage, "ask for one of them"},
		{"a mistyped promise", "", append([]string{"runs", "--broke", "sovled"}, source...), exitFault, `did you mean "solved"?`},
		{"too many", "", append([]string{"runs", "--top", "10001"}, source...), exitUsage, "write 1 to 10000"},
	} {
		t.Setenv(keyVariable, c.key)
		code, stdout, stderr := invoke(t, c.args...)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%s: exit code %d, want %d with %q:\n%s%s", c.reason, code, c.code, c.want, stdout, stderr)
		}
		if strings.Contains(stdout+stderr, "secret-person") {
			t.Errorf("%s: the message has the ID of the customer:\n%s%s", c.reason, stdout, stderr)
		}
	}
}

// TestCustomerFromStandardInput: an ID need not be on the command line.
func TestCustomerFromStandardInput(t *testing.T) {
	t.Parallel()
	f := storyFiles(t)
	var stdout, stderr bytes.Buffer
	args := []string{"customer", "-", f["blueprint.yaml"], f["events.jsonl"], "--customer-key-file", f["key"]}
	if code := run(t.Context(), args, strings.NewReader("ada\n"), &stdout, &stderr); code != exitOK || !strings.Contains(stdout.String(), "in 1 run.") {
		t.Errorf("exit code %d: %s%s", code, stdout.String(), stderr.String())
	}
}

// TestStoriesOfEverySource: a log that is played, and the archive and the lines of its replay, tell the same story.
func TestStoriesOfEverySource(t *testing.T) {
	t.Parallel()
	in := sourceFiles(t)
	log := []string{in("blueprint.yaml"), in("log.csv"), "--customer-key-file", in("key")}
	replayed(t, append(log, "--archive", in("archive.db"))...)
	lines, err := os.Create(in("events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sqlarchive.DumpSQLite(t.Context(), in("archive.db"), lines), lines.Close()); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"customer", "customer-c"}, {"show", "c"}, {"runs"}} {
		var want string
		for i, source := range [][]string{log, {in("blueprint.yaml"), in("archive.db"), "--customer-key-file", in("key")}, {in("blueprint.yaml"), in("events.jsonl"), "--customer-key-file", in("key")}} {
			code, stdout, stderr := invoke(t, slices.Concat(command, source)...)
			if i == 0 {
				want = stdout
			}
			if code != exitOK || stdout != want || !strings.Contains(stdout, "ticket") {
				t.Errorf("%q of source %d: exit code %d, it says\n%s%s\nwant\n%s", command, i, code, stdout, stderr, want)
			}
		}
	}
}

// TestCustomerWithRecord: the contact record of the store is a part of the answer, without employees.
func TestCustomerWithRecord(t *testing.T) {
	t.Parallel()
	s := newShopStore(t)
	s.does(exitOK, "suppressed", "suppress", "--customer", "ada", "--reason", "opted_out")
	s.does(exitOK, "lifted", "lift", "--customer", "ada", "--reason", "opted_out", "--by", "employee-7")
	s.does(exitOK, "suppressed", "suppress", "--customer", "ghost", "--reason", "moved")
	f := storyFiles(t)
	for _, c := range []struct {
		id, reason string
		code       int
		want       []string
		lacks      []string
	}{
		{"ada", "events and a record", exitOK, []string{`"kind":"promise.broken"`, `"contact_record":{`, `"opted_out"`}, []string{"employee-7", "employee-1"}},
		{"bob", "no record", exitOK, []string{`"id":"4711"`}, []string{"contact_record"}},
		{"ghost", "a record and no event", exitOK, []string{`"contact_record":{`, `"moved"`, `"steps":[]`}, nil},
		{"nobody", "neither", exitFault, []string{"no event names this customer"}, []string{"contact_record"}},
	} {
		args := []string{
			"customer", c.id, f["blueprint.yaml"], f["events.jsonl"], "--customer-key-file", f["key"],
			"--store", "sqlite:" + filepath.Join(s.folder, "shop.db"), "--store-namespace", "shop",
		}
		code, stdout, stderr := invoke(t, append(args, "--json")...)
		if code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s", c.id, code, c.code, stderr)
		}
		if code == exitOK && !json.Valid([]byte(stdout)) {
			t.Errorf("%s: the answer is no JSON: %s", c.id, stdout)
		}
		_, text, _ := invoke(t, args...)
		for _, want := range c.want {
			if !strings.Contains(stdout+stderr, want) {
				t.Errorf("%s (%s): the answer lacks %s:\n%s", c.id, c.reason, want, stdout)
			}
		}
		for _, no := range c.lacks {
			if strings.Contains(stdout+text, no) {
				t.Errorf("%s (%s): the answer has %s:\n%s\n%s", c.id, c.reason, no, stdout, text)
			}
		}
	}
}

// TestStoriesPage: the commands of docs/stories.md print what the page shows.
func TestStoriesPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/stories.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := copyTickets(t)
	t.Setenv("COLUMNS", "80")
	blocks := regexp.MustCompile("(?s)```\n\\$ (cairn [^\n]*)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 3 {
		t.Fatalf("the page has %d commands, want 3", len(blocks))
	}
	for _, b := range blocks {
		if text, code := shell(t, dir, b[1]); code != exitOK || !strings.HasPrefix(text, b[2]) {
			t.Errorf("%s: exit code %d, it prints\n%s\nand the page shows\n%s", b[1], code, text, b[2])
		}
	}
}

// TestCustomerWasLookedAt: the story says that an employee looked at the customer, and never who.
func TestCustomerWasLookedAt(t *testing.T) {
	t.Parallel()
	f := storyFiles(t)
	look := event.Event{
		ID: event.ID{6: 0x70, 8: 0x80, 15: 99}, Kind: event.EmployeeLooked, Time: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC), Actor: event.ActorEmployee,
		Journey: event.Run{Namespace: "shop", Name: "ticket", ID: "4711"}, Customer: event.Customer{Hash: pseudonymOf([]byte(shopKey), "ada")},
		Assisted: &event.Assisted{Legs: []event.Leg{{Agent: "employee-3"}}, Views: []event.View{{Part: "run", Found: true}}},
	}
	lines, err := os.ReadFile(f["events.jsonl"])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f["events.jsonl"], append(look.AppendJSON(lines), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"customer", "ada"}, {"show", "4711"}, {"customer", "ada", "--json"}} {
		code, stdout, stderr := invoke(t, append(args, f["blueprint.yaml"], f["events.jsonl"], "--customer-key-file", f["key"])...)
		if code != exitOK || !strings.Contains(stdout, `An employee looked at what is stored`) || strings.Contains(stdout, "employee-") {
			t.Errorf("%q: exit code %d, it says\n%s%s", args, code, stdout, stderr)
		}
	}
}
