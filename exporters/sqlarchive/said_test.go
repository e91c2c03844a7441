package sqlarchive_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// words are few, so that events agree and differ. Some are texts that a database or JSON treats in its own way.
var words = []string{"", "", "a", "b", "Ä", "\x00", "\uFFFD", `"`, `\`, "\n\x01", "𝄞", "a b"}

// tales are events of a few runs and a few times.
func tales() *rapid.Generator[[]event.Event] {
	word := rapid.SampledFrom(words)
	kinds := append(event.Kinds(), "acme.note")
	return rapid.Custom(func(t *rapid.T) []event.Event {
		events := make([]event.Event, rapid.IntRange(1, 24).Draw(t, "events"))
		for i := range events {
			at := func(what string) time.Time {
				return noon.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, what)) * time.Minute)
			}
			e := event.Event{
				ID: id(i + 1), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Time: at("time"), Cause: word.Draw(t, "cause"), Intent: word.Draw(t, "intent"),
				Journey:  event.Run{Namespace: "n", Name: "checkout", ID: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "run"), Version: word.Draw(t, "version")},
				Customer: event.Customer{Hash: rapid.SampledFrom([]string{"", "c1", "c2"}).Draw(t, "hash"), Account: word.Draw(t, "account")},
				Late:     rapid.IntRange(0, 3).Draw(t, "late") == 0,
			}
			if rapid.Bool().Draw(t, "variant") {
				e.Variant = &event.Variant{Release: word.Draw(t, "release"), Experiment: word.Draw(t, "experiment"), Arm: word.Draw(t, "arm")}
			}
			if rapid.Bool().Draw(t, "transition") {
				e.Transition = &event.Transition{LastCause: word.Draw(t, "last cause")}
				if n := rapid.IntRange(-1, 2).Draw(t, "friction"); n >= 0 {
					e.Transition.Friction = &event.Friction{Repeats: n, FailuresBeforeSuccess: 2 * n, Loops: 3 * n, ChannelSwitches: 4 * n, Overdue: 5 * n}
				}
			}
			if rapid.Bool().Draw(t, "feedback") {
				e.Feedback = &event.Feedback{Causes: rapid.SliceOfN(word, 0, 3).Draw(t, "causes")}
			}
			if e.Kind.IsPromise() || rapid.IntRange(0, 9).Draw(t, "promise") == 0 {
				e.Promise = &event.Promise{Name: rapid.SampledFrom([]string{"", "answered", "\x00"}).Draw(t, "name"), Number: rapid.IntRange(0, 2).Draw(t, "number")}
				if rapid.Bool().Draw(t, "has made") {
					e.Promise.Made = at("made")
				}
				if rapid.Bool().Draw(t, "has due") {
					e.Promise.Due = at("due").Add(time.Hour)
				}
				e.Duration = time.Duration(rapid.IntRange(0, 2).Draw(t, "took")) * time.Second
			}
			events[i] = e
		}
		return events
	})
}

// The model is written apart from the archive: it looks at all events of a run at once.

func cleaned(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }

// latest returns what the latest event says, with its time, and of several the greatest.
func latest(events []event.Event, says func(*event.Event) []string) []string {
	type saying struct {
		at    time.Time
		parts []string
	}
	var all []saying
	for i := range events {
		parts := says(&events[i])
		for k := range parts {
			parts[k] = cleaned(parts[k])
		}
		if strings.Join(parts, "") != "" {
			all = append(all, saying{events[i].Time, parts})
		}
	}
	if len(all) == 0 {
		return append(make([]string, len(says(&event.Event{}))), "")
	}
	best := slices.MaxFunc(all, func(a, b saying) int { return cmp.Or(a.at.Compare(b.at), slices.Compare(a.parts, b.parts)) })
	return append(best.parts, micro(best.at))
}

func micro(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05.000000")
}

func null(cells []string) string {
	for i := range cells {
		if cells[i] == "" {
			cells[i] = "NULL"
		}
	}
	return strings.Join(cells, " | ")
}

// modelRun returns the row of a run as the document describes it.
func modelRun(events []event.Event) string {
	variant := func(f func(*event.Variant) []string) func(*event.Event) []string {
		return func(e *event.Event) []string {
			if e.Variant == nil {
				return f(&event.Variant{})
			}
			return f(e.Variant)
		}
	}
	var causes []string
	var moves, others []event.Event
	for _, e := range events {
		all := []string{e.Cause}
		if e.Transition != nil {
			all = append(all, e.Transition.LastCause)
		}
		if e.Feedback != nil {
			all = append(all, e.Feedback.Causes...)
		}
		for _, c := range all {
			if c = cleaned(c); c != "" && !slices.Contains(causes, c) {
				causes = append(causes, c)
			}
		}
		switch {
		case strings.HasPrefix(string(e.Kind), "journey."):
			moves = append(moves, e)
		case strings.Join(all, "") != "" || len(all) > 1 && e.Feedback != nil && len(e.Feedback.Causes) > 0 || e.Variant != nil || e.Intent != "" || e.Customer.Account != "":
			others = append(others, e)
		}
	}
	moved := "1"
	if len(moves) == 0 {
		moves, moved = others, "0"
	}
	if len(moves) == 0 {
		return ""
	}
	slices.Sort(causes)
	list := ""
	if len(causes) > 0 {
		list = fmt.Sprintf("%q", causes)
	}
	times := func(a, b event.Event) int { return a.Time.Compare(b.Time) }
	row := []string{moved, micro(slices.MinFunc(moves, times).Time), micro(slices.MaxFunc(moves, times).Time), list}
	row = append(row, latest(events, variant(func(v *event.Variant) []string { return []string{v.Release} }))...)
	row = append(row, latest(events, variant(func(v *event.Variant) []string { return []string{v.Experiment, v.Arm} }))...)
	row = append(row, latest(events, func(e *event.Event) []string { return []string{e.Intent} })...)
	row = append(row, latest(events, func(e *event.Event) []string { return []string{e.Customer.Account} })...)
	return null(append(row, frictionOf(moves)...))
}

// frictionOf returns the cells of friction: those of the earliest end, and of two at one time of that with the lower ID.
func frictionOf(moves []event.Event) []string {
	ends := slices.DeleteFunc(slices.Clone(moves), func(e event.Event) bool { return e.Kind != event.JourneyEnded })
	cells := make([]string, 5)
	if len(ends) == 0 {
		return cells
	}
	end := slices.MinFunc(ends, func(a, b event.Event) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID.String(), b.ID.String()))
	})
	if t := end.Transition; t != nil && t.Friction != nil {
		for i, n := range []int{t.Friction.Repeats, t.Friction.FailuresBeforeSuccess, t.Friction.Loops, t.Friction.ChannelSwitches, t.Friction.Overdue} {
			cells[i] = strconv.Itoa(n)
		}
	}
	return cells
}

// modelPromise returns the row of a promise from its events.
func modelPromise(events []event.Event) string {
	var made, due, last time.Time
	var dueAt time.Time
	settled, outcome, took, by := time.Time{}, "", "", ""
	for _, e := range events {
		says := e.Promise.Made
		if says.IsZero() && e.Kind == event.PromiseMade {
			says = e.Time
		}
		if !says.IsZero() && (made.IsZero() || says.Before(made)) {
			made = says
		}
		if d := e.Promise.Due; !d.IsZero() && (due.IsZero() || e.Time.After(dueAt) || e.Time.Equal(dueAt) && d.After(due)) {
			due, dueAt = d, e.Time
		}
		if e.Time.After(last) {
			last = e.Time
		}
		if e.Kind == event.PromiseMade || e.Late {
			continue
		}
		if settled.IsZero() || e.Time.Before(settled) || e.Time.Equal(settled) && e.ID.String() < by {
			settled, outcome, by, took = e.Time, strings.TrimPrefix(string(e.Kind), "promise."), e.ID.String(), ""
			if e.Duration > 0 {
				took = fmt.Sprintf("%g", e.Duration.Seconds())
			}
		}
	}
	who := latest(events, func(e *event.Event) []string { return []string{e.Customer.Hash} })
	return null(append([]string{micro(made), micro(due), micro(settled), by, outcome, took, micro(last)}, who...))
}

// TestWhatEventsSay: in any order, in any batches and any number of times, events give the rows of runs and promises that the
// document describes.
func TestWhatEventsSay(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a, db := open(t, path, sqlarchive.WithoutFsync()), raw(t, path)
	rapid.Check(t, func(rt *rapid.T) {
		events := tales().Draw(rt, "events")
		for _, table := range []string{"transitions", "touchpoints", "feedback", "followups", "others", "journeys", "promises"} {
			do(t, db, "DELETE FROM "+table)
		}
		sent := append(slices.Clone(events), events[:rapid.IntRange(0, len(events)).Draw(rt, "again")]...)
		sent = rapid.Permutation(sent).Draw(rt, "order")
		for len(sent) > 0 {
			n := rapid.IntRange(1, len(sent)).Draw(rt, "batch")
			export(t, a, sent[:n]...)
			sent = sent[n:]
		}
		var wantRuns, wantPromises []string
		for _, run := range []string{"1", "2"} {
			mine := slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool { return e.Journey.ID != run })
			if row := modelRun(mine); row != "" {
				wantRuns = append(wantRuns, row)
			}
			for _, name := range []string{"answered", "\x00"} {
				for number := 1; number < 3; number++ { // an event without a number is in others alone
					its := slices.DeleteFunc(slices.Clone(mine), func(e event.Event) bool {
						return !strings.HasPrefix(string(e.Kind), "promise.") || e.Promise.Name != name || e.Promise.Number != number
					})
					if len(its) > 0 {
						wantPromises = append(wantPromises, fmt.Sprintf("%s | %s | %d | ", run, cleaned(name), number)+modelPromise(its))
					}
				}
			}
		}
		runs := rows(t, db, "SELECT moved, first_event, last_event, causes, release, release_at, experiment, arm, experiment_at, intent, intent_at, account, account_at, "+
			"friction_repeats, friction_failures_before_success, friction_loops, friction_channel_switches, friction_overdue FROM journeys ORDER BY run")
		for i, row := range runs {
			cells := strings.Split(row, " | ")
			if cells[3] != "NULL" {
				var causes []string
				if err := json.Unmarshal([]byte(cells[3]), &causes); err != nil {
					rt.Fatalf("the causes are %s: %v", cells[3], err)
				}
				cells[3] = fmt.Sprintf("%q", causes)
				runs[i] = strings.Join(cells, " | ")
			}
		}
		if diff := gocmp.Diff(wantRuns, runs); diff != "" {
			rt.Fatalf("the runs (-want +got):\n%s", diff)
		}
		got := rows(t, db, "SELECT run, promise, number, made, due, settled, settled_id, outcome, duration_seconds, last_event, customer, customer_at FROM promises ORDER BY run, promise, number")
		if diff := gocmp.Diff(wantPromises, got); diff != "" {
			rt.Fatalf("the promises (-want +got):\n%s", diff)
		}
	})
}

// TestManyCauses: a run keeps the first 32 causes in the order of their bytes, whichever event comes first.
func TestManyCauses(t *testing.T) {
	t.Parallel()
	var want []string
	for i := range 32 {
		want = append(want, fmt.Sprintf("cause-%02d", i))
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range []int{1, 7, 100} {
		path := temp(t)
		a := open(t, path, sqlarchive.WithoutFsync())
		var events []event.Event
		for i := range 100 {
			e := event.Event{ID: id(i + 1), Kind: event.TouchpointEnded, Time: noon, Journey: event.Run{Name: "checkout", ID: "1"}}
			e.Cause = fmt.Sprintf("cause-%02d", (i*37)%100)
			events = append(events, e)
		}
		for part := range slices.Chunk(events, batch) {
			export(t, a, part...)
		}
		if got := rows(t, raw(t, path), "SELECT causes FROM journeys"); len(got) != 1 || got[0] != string(text) {
			t.Errorf("in batches of %d the causes are %q, want %q", batch, got, text)
		}
	}
}

// TestSettledAtOnce: of two events that settle a promise at the same moment the one with the lower ID holds, whichever comes first, in
// one batch or two.
func TestSettledAtOnce(t *testing.T) {
	t.Parallel()
	for _, first := range []int{1, 2} {
		for _, batch := range []int{1, 2} {
			path := temp(t)
			a := open(t, path, sqlarchive.WithoutFsync())
			events := []event.Event{{ID: id(1), Kind: event.PromiseBroken}, {ID: id(2), Kind: event.PromiseKept}}
			for i := range events {
				events[i].Time, events[i].Journey = noon, event.Run{Name: "checkout", ID: "1"}
				events[i].Promise = &event.Promise{Name: "answered", Number: 1}
			}
			if first == 2 {
				slices.Reverse(events)
			}
			for part := range slices.Chunk(events, batch) {
				export(t, a, part...)
			}
			if got := rows(t, raw(t, path), "SELECT outcome, settled_id FROM promises"); !slices.Equal(got, []string{"broken | " + id(1).String()}) {
				t.Errorf("event %d first, in batches of %d: %q, want the first event's", first, batch, got)
			}
		}
	}
}

// promised are the events of two promises to a run.
func promised(run, customer string) []event.Event {
	j := event.Run{Namespace: "test", Name: "checkout", ID: run, Started: noon}
	var events []event.Event
	for i, e := range []event.Event{
		{Kind: event.PromiseMade, Time: noon, Promise: &event.Promise{Name: "answered", Number: 1, Due: noon.Add(time.Hour)}},
		{Kind: event.PromiseKept, Time: noon.Add(time.Minute), Duration: time.Minute, Promise: &event.Promise{Name: "answered", Number: 1, Made: noon, Due: noon.Add(time.Hour)}},
		{Kind: event.PromiseMade, Time: noon.Add(2 * time.Minute), Promise: &event.Promise{Name: "answered", Number: 2, Due: noon.Add(time.Hour)}},
	} {
		e.ID, e.Journey, e.Customer = event.ID{0: byte(len(run)), 1: run[0], 15: byte(i)}, j, event.Customer{Hash: customer}
		events = append(events, e)
	}
	return events
}

// TestPromisesAreErased: Forget deletes the promises to a customer and those in the customer's runs that name no customer. Prune
// deletes those whose last event is old.
func TestPromisesAreErased(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a, db := open(t, path, sqlarchive.WithoutFsync()), raw(t, path)
	export(t, a, slices.Concat(promised("a", "anna"), promised("b", ""), run("b", "anna"), promised("c", "ben"), promised("d", ""))...)
	left := func() []string { return rows(t, db, "SELECT run, number, outcome FROM promises ORDER BY run, number") }
	if got := left(); len(got) != 8 || got[0] != "a | 1 | kept" || got[1] != "a | 2 | NULL" {
		t.Errorf("the promises are %q", got)
	}
	if n, err := a.Forget(background, "anna"); err != nil || n == 0 {
		t.Errorf("Forget: %d rows, %v", n, err)
	}
	if got, want := left(), []string{"c | 1 | kept", "c | 2 | NULL", "d | 1 | kept", "d | 2 | NULL"}; !slices.Equal(got, want) {
		t.Errorf("after Forget the promises are %q, want %q", got, want)
	}
	if got := rows(t, db, "SELECT DISTINCT run FROM events"); !slices.Equal(got, []string{"c", "d"}) {
		t.Errorf("after Forget the events are of the runs %q", got)
	}
	if _, err := a.Prune(background, noon.Add(90*time.Second)); err != nil {
		t.Error(err)
	}
	if got, want := left(), []string{"c | 2 | NULL", "d | 2 | NULL"}; !slices.Equal(got, want) {
		t.Errorf("after Prune the promises are %q, want %q", got, want)
	}
}
