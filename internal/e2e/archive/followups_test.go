//go:build unix

package archive_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// heard returns feedback with causes, changes of it, and actions that answer some of it.
func heard(seed uint64) (list []event.Event) {
	random := rand.New(rand.NewPCG(seed, 15))
	begin := time.Date(2025, 12, 30, 0, 0, 0, 0, time.UTC)
	at := func() time.Time {
		return begin.Add(time.Duration(random.Int64N(int64(370 * 24 * time.Hour)))).Truncate(time.Microsecond)
	}
	causes := []string{"late", "LATE", `say "no"`, `back\slash`, "long_er", "long-er", "zu spät"}
	some := func() (of []string) {
		for _, c := range causes {
			if random.IntN(4) == 0 {
				of = append(of, c)
			}
		}
		return of
	}
	add := func(e event.Event) event.ID {
		e.ID = event.ID{6: 0x70, 8: 0x80, 12: byte(seed), 14: byte(len(list) >> 8), 15: byte(len(list))}
		list = append(list, e)
		return e.ID
	}
	var said []event.ID
	for range 150 {
		kind := []event.Kind{event.FeedbackReceived, event.FeedbackMentioned}[random.IntN(2)]
		e := event.Event{Kind: kind, Time: at(), Feedback: &event.Feedback{Survey: "s", Causes: some()}}
		said = append(said, add(e))
		for range random.IntN(3) / 2 * (1 + random.IntN(2)) {
			same := e.Time.Add(time.Duration(1+random.IntN(2)) * time.Hour) // often two at the same time
			add(event.Event{Kind: event.FeedbackAmended, Time: same, Feedback: &event.Feedback{Survey: "s", Amends: said[len(said)-1], Causes: some()}})
		}
		if random.IntN(4) == 0 { // the consent alone, which changes no causes
			add(event.Event{Kind: event.FeedbackAmended, Time: e.Time.Add(9 * time.Hour), Feedback: &event.Feedback{
				Amends: said[len(said)-1], Testimonial: &event.Testimonial{Version: "1", Text: "You may.", Given: e.Time},
			}})
		}
	}
	for i := range 8 {
		run := event.Run{Namespace: "test", Name: "improvement", ID: fmt.Sprint("a-", i)}
		for _, stage := range []string{feedback.Proposed, feedback.Planned, feedback.Made, feedback.Made}[:2+random.IntN(3)] {
			a := &event.Action{}
			if random.IntN(2) == 0 {
				a.Cause = causes[random.IntN(len(causes))]
			}
			if random.IntN(2) == 0 {
				a.From = at()
			}
			if random.IntN(3) == 0 {
				a.Until = at()
			}
			for range random.IntN(4) {
				a.Feedbacks = append(a.Feedbacks, said[random.IntN(len(said))])
			}
			add(event.Event{Kind: event.JourneyStageEntered, Time: at(), Journey: run, Stage: stage, Visit: 1 + random.IntN(9), Action: a})
		}
		for range 3 {
			add(event.Event{
				Kind: event.TouchpointEnded, Time: at(), Journey: run, Touchpoint: "letter", Direction: []event.Direction{event.Outbound, event.Inbound}[random.IntN(2)],
				Outcome: []event.Outcome{event.OK, event.Degraded, event.Failed}[random.IntN(3)], Customer: event.Customer{Hash: fmt.Sprintf("%032x", random.IntN(9))},
			})
		}
	}
	// A touchpoint that names no customer tells none, also where an earlier step names one.
	one := event.Run{Namespace: "test", Name: "improvement", ID: "a-one"}
	add(event.Event{Kind: event.JourneyStageEntered, Time: begin, Journey: one, Stage: feedback.Made, Visit: 1, Action: &event.Action{}, Customer: event.Customer{Hash: strings.Repeat("e", 32)}})
	add(event.Event{Kind: event.TouchpointEnded, Time: begin, Journey: one, Touchpoint: "letter", Direction: event.Outbound, Outcome: event.OK})
	other := event.Run{Namespace: "test", Name: "order", ID: "o-1"} // a stage of the same name is no action
	add(event.Event{Kind: event.JourneyStageEntered, Time: begin, Journey: other, Stage: feedback.Made, Visit: 1})
	add(event.Event{Kind: event.TouchpointEnded, Time: begin, Journey: other, Touchpoint: "letter", Direction: event.Outbound, Outcome: event.OK, Customer: event.Customer{Hash: strings.Repeat("f", 32)}})
	return list
}

// TestActedOn: the documented query has the numbers of feedback.CountActedOn, in both databases.
func TestActedOn(t *testing.T) {
	query := documented(t, "What became of the feedback of a period")
	from, until := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	seeds := uint64(2)
	if os.Getenv("CAIRN_WHOLE") != "" {
		seeds = 20
	}
	for seed := range seeds {
		events := heard(seed)
		want := feedback.CountActedOn(slices.Values(events), from, until)
		share, _ := want.Share()
		days, _ := want.MedianDays()
		interval := want.Interval(0.95)
		if want.Acted == 0 || want.Acted == want.WithCause || want.Told == 0 || want.Days[len(want.Days)-1] == 0 {
			t.Fatalf("seed %d shows too little: %+v", seed, want)
		}
		schema := fmt.Sprint("acted", seed)
		inPostgres := openPostgres(t, p, sqlarchive.WithSchema(schema))
		inSQLite, db := openSQLite(t)
		shuffled(t, inPostgres, events, seed)
		shuffled(t, inSQLite, events, seed+1)
		for where, got := range map[string][]string{"PostgreSQL": askPostgres(t, p, schema, query), "SQLite": askSQLite(t, db, query)} {
			if len(got) != 1 {
				t.Fatalf("%s returns %q", where, got)
			}
			for i, cell := range strings.Split(got[0], " | ") {
				number, err := strconv.ParseFloat(cell, 64)
				wanted := []float64{float64(want.WithCause), float64(want.Acted), 100 * share, 100 * interval.Low, 100 * interval.High, days, float64(want.Told)}[i]
				if off := []float64{0, 0, 0.0501, 0.0501, 0.0501, 0.00501, 0}[i]; err != nil || number < wanted-off || number > wanted+off {
					t.Errorf("seed %d: %s returns %q: column %d is not %v", seed, where, got[0], i+1, wanted)
				}
			}
		}
	}
}

// TestReader: both databases return the same follow-ups and the same history.
func TestReader(t *testing.T) {
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	if _, err := sqlarchive.ReadPostgres(background, server.URL()); err == nil || !strings.Contains(err.Error(), "older version, or there is none") {
		t.Errorf("a database without an archive: %v", err)
	}
	path := filepath.Join(t.TempDir(), "archive.db")
	inSQLite, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	events := slices.Concat(saying(story(60)), voices())
	due := voices()[0].Time
	for _, e := range voices() {
		if e.FollowUp == nil || e.Kind != event.JourneyStarted {
			continue
		}
		e.Kind, e.Promise = event.PromiseMade, &event.Promise{Name: "acknowledged", Number: 1, Made: e.Time, Due: due}
		e.ID, e.FollowUp = event.NewID(e.Time), nil
		events = append(events, e)
	}
	shuffled(t, openPostgres(t, p), events, 1)
	shuffled(t, down(t, inSQLite), events, 2)
	lite, err := sqlarchive.ReadSQLite(background, path)
	if err != nil {
		t.Fatal(err)
	}
	defer lite.Close()
	big, err := sqlarchive.ReadPostgres(background, server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer big.Close()
	for _, w := range []sqlarchive.WhichFollowUps{{}, {Ended: true}, {Name: "complaint", Namespace: "test"}, {ID: "fu-voice-1"}} {
		ours, err := lite.FollowUps(background, w)
		if err != nil || len(ours) == 0 {
			t.Fatalf("%+v: %d follow-ups, %v", w, len(ours), err)
		}
		theirs, err := big.FollowUps(background, w)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("%+v: (-PostgreSQL +SQLite)\n%s", w, diff)
		}
		f := ours[0]
		ref := event.RunRef{Namespace: f.Namespace, Name: f.Name, ID: f.ID}
		ourRun, err := lite.Run(background, ref)
		if err != nil || len(ourRun) < 3 {
			t.Fatalf("the run has %d events, %v", len(ourRun), err)
		}
		theirRun, err := big.Run(background, ref)
		if err != nil {
			t.Fatal(err)
		}
		key := func(list []event.Event) (ids []string) {
			for i := range list {
				ids = append(ids, list[i].Time.String()+string(list[i].Kind))
			}
			slices.Sort(ids) // events of one time come in the order of their arrival
			return ids
		}
		if diff := cmp.Diff(key(theirRun), key(ourRun)); diff != "" {
			t.Errorf("the run: (-PostgreSQL +SQLite)\n%s", diff)
		}
	}
}
