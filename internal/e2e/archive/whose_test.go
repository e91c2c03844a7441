//go:build unix

package archive_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/internal/flight"
)

// aftermath returns the events of a run that names the customer late, and of later events that do not name the
// customer.
func aftermath(run, customer string) []event.Event {
	at := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	j := event.Run{Namespace: "test", Name: "checkout", ID: run, Started: at}
	alice, bob := event.Customer{Hash: customer, Segment: "gold"}, event.Customer{Hash: "bob of " + run}
	events := []event.Event{
		{Kind: event.JourneyStarted, Channel: event.Web},
		{Kind: event.JourneyStageEntered, Stage: "cart", Visit: 1, Customer: event.Customer{Segment: "guest"}},
		{Kind: event.TouchpointEnded, Touchpoint: "add", Outcome: event.OK},
		{Kind: event.JourneyStageEntered, Stage: "payment", Visit: 1, Customer: event.Customer{Hash: "nobody of " + run}},
		{Kind: event.JourneyStageEntered, Stage: "confirmation", Visit: 1, Customer: alice},
		{Kind: event.JourneyEnded, Outcome: event.Completed, Duration: 5 * time.Minute},
		{Kind: event.SurveyRequested, Feedback: &event.Feedback{Survey: "after", Scale: event.CSAT}, Late: true},
		{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: "after", Scale: event.CSAT, Score: 2, Verdict: event.Negative, Comment: "a\x00b"}, Late: true},
		{Kind: event.TouchpointEnded, Touchpoint: "call", Channel: event.Phone, Outcome: event.OK, Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "billing"}}}, Late: true},
		{Kind: event.TouchpointEnded, Touchpoint: "chat", Channel: event.Chat, Outcome: event.OK, Customer: event.Customer{Segment: "gold"}, Late: true},
		{Kind: event.FeedbackMentioned, Feedback: &event.Feedback{Source: "forum"}, Customer: bob, Late: true},
		{Kind: "followup.opened", FollowUp: &event.FollowUp{ID: "fu " + run}, Late: true},
		{Kind: "action.taken", Action: &event.Action{Name: "shorter form"}, Late: true},
	}
	for i := range events {
		events[i].ID, events[i].Journey, events[i].Time = flight.DeriveID(j, fmt.Sprint(i)), j, at.Add(time.Duration(i)*time.Minute)
	}
	return events
}

// bothArchives calls f with an archive in each database and a function that queries it.
func bothArchives(t *testing.T, f func(t *testing.T, a *sqlarchive.Archive, ask func(query string) []string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		a, db := openSQLite(t)
		f(t, a, func(query string) []string { t.Helper(); return askSQLite(t, db, query) })
	})
	t.Run("postgres", func(t *testing.T) {
		p := pool(t, servers.StartPostgres(t, servers.PostgresSetting("fsync", "off")))
		a := openPostgres(t, p)
		f(t, a, func(query string) []string { t.Helper(); return askPostgres(t, p, "cairn", query) })
	})
}

// TestWhose: an event without a customer gets the customer of its run, in any order and in any batches. An event's
// own customer stays. After Forget no event of the customer remains.
func TestWhose(t *testing.T) {
	bothArchives(t, func(t *testing.T, a *sqlarchive.Archive, ask func(string) []string) {
		t.Helper()
		const orders = 30
		rows := func(run string) []string {
			t.Helper()
			list := ask("SELECT kind, coalesce(touchpoint, ''), customer FROM events WHERE run = '" + run + "' ORDER BY time, kind")
			return append(list, ask("SELECT customer, segment, channel, stage, outcome, duration_seconds, started, ended, first_event, last_event FROM journeys WHERE run = '"+run+"'")...)
		}
		var want []string
		for n := range orders {
			run := fmt.Sprintf("run-%d", n)
			events := aftermath(run, "alice of "+run)
			random := rand.New(rand.NewPCG(uint64(n), 7))
			if n > 0 {
				random.Shuffle(len(events), func(i, k int) { events[i], events[k] = events[k], events[i] })
			}
			for size := 1 + n%len(events); len(events) > 0; events = events[min(size, len(events)):] {
				if err := a.Export(background, events[:min(size, len(events))]); err != nil {
					t.Fatal(err)
				}
			}
			got := rows(run)
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], " of "+run, "")
			}
			if n == 0 {
				want = got
				said := map[string]int{}
				for _, line := range got[:len(got)-1] {
					said[line[strings.LastIndex(line, " ")+1:]]++
				}
				// Three events name a customer. The ten others get the customer who was named last.
				if diff := cmp.Diff(map[string]int{"alice": 11, "bob": 1, "nobody": 1}, said); diff != "" {
					t.Fatalf("the customers are (-want +got):\n%s\n%s", diff, strings.Join(got, "\n"))
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("order %d gives different rows (-want +got):\n%s", n, diff)
			}
		}
		for n := range orders {
			run := fmt.Sprintf("run-%d", n)
			if _, err := a.Forget(background, "alice of "+run); err != nil {
				t.Fatal(err)
			}
			if left := ask("SELECT kind, customer FROM events WHERE run = '" + run + "' ORDER BY time"); len(left) != 2 {
				t.Errorf("%d rows remain of run %d, want those of the two other customers: %v", len(left), n, left)
			}
			if left := ask("SELECT customer FROM journeys WHERE run = '" + run + "'"); len(left) != 0 {
				t.Errorf("the run remains: %v", left)
			}
		}
	})
}

// TestForgetsWhatWasFilledIn: Forget of an earlier customer of the run also deletes the events that got this
// customer.
func TestForgetsWhatWasFilledIn(t *testing.T) {
	bothArchives(t, func(t *testing.T, a *sqlarchive.Archive, ask func(string) []string) {
		t.Helper()
		if err := a.Export(background, aftermath("run-1", "alice")); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Forget(background, "nobody of run-1"); err != nil {
			t.Fatal(err)
		}
		if left := ask("SELECT customer FROM events ORDER BY customer"); !slices.Equal(left, []string{"alice", "bob of run-1"}) {
			t.Errorf("the remaining rows are %v, want those that name alice and bob themselves", left)
		}
	})
}

// documented returns the first query of README.md after a text.
func documented(t *testing.T, behind string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "exporters", "sqlarchive", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), behind)
	query := regexp.MustCompile("(?s)```sql\n(.*?)```").FindStringSubmatch(rest)
	if !found || query == nil {
		t.Fatalf("README.md has no query after %q", behind)
	}
	return query[1]
}

// TestWhatElse: the documented queries about one customer find the events after the end, also if only an event
// that changes no run names the customer.
func TestWhatElse(t *testing.T) {
	bothArchives(t, func(t *testing.T, a *sqlarchive.Archive, ask func(string) []string) {
		t.Helper()
		const customer = "9f86d081884c7d65"
		first, second := aftermath("run-3", customer), aftermath("run-4", "")
		for i := range second { // its transitions name no customer
			second[i].Customer = event.Customer{}
		}
		second[2].Customer.Hash = customer
		stranger := aftermath("run-5", "stranger")
		if err := a.Export(background, slices.Concat(second, stranger, first)); err != nil {
			t.Fatal(err)
		}
		for _, behind := range []string{"All events of the customer of that run", "All events of a customer by the pseudonym"} {
			query := documented(t, behind)
			lines := ask(query)
			count := map[string]int{}
			for _, line := range lines {
				count[regexp.MustCompile(`run-\d`).FindString(line)]++
			}
			// The query by order also finds the events of other customers that the order names.
			others := 0
			if strings.Contains(query, "run-3") {
				others = 2
			}
			if diff := cmp.Diff(map[string]int{"run-3": len(first) - 2 + others, "run-4": len(second)}, count); diff != "" {
				t.Errorf("the query after %q finds (-want +got):\n%s", behind, diff)
			}
		}
	})
}

// TestRunTimes: zero is a valid time and a valid duration, and does not mean unknown.
func TestRunTimes(t *testing.T) {
	noon := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	epoch := time.Unix(0, 0).UTC()
	cases := []struct {
		name, reason        string
		started, ended      time.Time
		duration            time.Duration
		partial             bool
		wantStart, wantTook string
	}{
		{"an hour", "the ordinary case", noon, noon.Add(time.Hour), time.Hour, false, "2026-04-17 12:00:00.000000", "3600"},
		{"zero length", "the run ended at once", noon, noon, 0, false, "2026-04-17 12:00:00.000000", "0"},
		{"from the epoch", "the epoch is a valid time", epoch, epoch.Add(time.Minute), time.Minute, false, "1970-01-01 00:00:00.000000", "60"},
		{"zero length at the epoch", "both are valid", epoch, epoch, 0, false, "1970-01-01 00:00:00.000000", "0"},
		{"ending at the epoch", "times before 1970 are valid", epoch.Add(-time.Minute), epoch, time.Minute, false, "1969-12-31 23:59:00.000000", "60"},
		{"an unknown start", "the duration is unknown", time.Time{}, noon, 0, true, "NULL", "NULL"},
		{"an unknown start without the mark partial", "the duration is unknown", time.Time{}, noon, 0, false, "NULL", "NULL"},
	}
	bothArchives(t, func(t *testing.T, a *sqlarchive.Archive, ask func(string) []string) {
		t.Helper()
		for i, c := range cases {
			run := fmt.Sprint("run-", i)
			j := event.Run{Namespace: "test", Name: "checkout", ID: run, Started: c.started}
			end := event.Event{ID: event.NewID(noon), Kind: event.JourneyEnded, Journey: j, Time: c.ended, Duration: c.duration, Outcome: event.Completed, Transition: &event.Transition{Partial: c.partial}}
			if err := a.Export(background, []event.Event{end}); err != nil {
				t.Fatal(err)
			}
			for query, want := range map[string]string{
				"SELECT started FROM journeys":             c.wantStart,
				"SELECT duration_seconds FROM journeys":    c.wantTook,
				"SELECT duration_seconds FROM transitions": c.wantTook,
			} {
				got := ask(query + " WHERE run = '" + run + "'")
				const midnight = " 00:00:00.000000" // PostgreSQL shows midnight without a time
				if len(got) != 1 || strings.TrimSuffix(got[0], midnight) != strings.TrimSuffix(want, midnight) {
					t.Errorf("%s: %s is %v, want %s: %s", c.name, query, got, want, c.reason)
				}
			}
		}
	})
}

// TestWhoseAtOnce: several processes write a run and its later events at the same time. The documented query finds
// all of them.
func TestWhoseAtOnce(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	const runs, writers = 40, 4
	var all sync.WaitGroup
	for w := range writers {
		a := openPostgres(t, p)
		all.Go(func() {
			for n := range runs {
				events := aftermath(fmt.Sprintf("run-%d", n), fmt.Sprintf("alice-%d", n))
				for i := w; i < len(events); i += writers {
					if err := a.Export(background, events[i:i+1]); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	query := documented(t, "All events of the customer of that run")
	for n := range runs {
		run := fmt.Sprintf("run-%d", n)
		if got, want := len(askPostgres(t, p, "cairn", strings.ReplaceAll(query, "run-3", run))), len(aftermath(run, "")); got != want {
			t.Errorf("the query finds %d events of run %d, want %d", got, n, want)
		}
	}
}
