package breakdowns_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/e2e/shared"
)

const day = 24 * time.Hour

// script is what happens to a matter.
type script struct {
	name   string
	perDay float64 // in excess, on the first day
	later  float64 // and once the archive has the breakdown; 0 is the same
	better bool
	// person has what people do once the archive has the breakdown.
	person func(ctx context.Context, staff *cx.Client, is *watch.Status)
	// steps are what the archive has in the end, and told is what is told, in any order.
	steps, told string
}

const up = "up: confirmed, up: mended, up: planned"

func scripts() []script {
	return []script{
		{name: "nobody looks", perDay: 50, steps: "found", told: "found, " + up},
		{name: "is confirmed", perDay: 5, steps: "found, confirmed", told: "found", person: func(ctx context.Context, _ *cx.Client, _ *watch.Status) { breakdowns.Confirm(ctx) }},
		{name: "is dismissed", perDay: 5, steps: "found, cancelled", told: "found", person: func(ctx context.Context, _ *cx.Client, _ *watch.Status) { breakdowns.Dismiss(ctx, "intended") }},
		{name: "is mended", perDay: 5, steps: "found, planned, mended", told: "found, mended", person: func(ctx context.Context, staff *cx.Client, is *watch.Status) {
			breakdowns.Plan(ctx, event.RunRef{Namespace: namespace, Name: improvement.Name(), ID: is.ID}, "payments")
			action := improvement.Plan(improvement.Propose(cx.NewContext(ctx, staff), is.ID))
			improvement.Make(action)
		}},
		{name: "gets worse", perDay: 5, later: 50, steps: "found", told: "found, " + up + ", worse"},
		{name: "gets better", perDay: -5, better: true, steps: "improved", told: "found"},
	}
}

// town is what the workers share.
type town struct {
	*testing.T

	rng     *rand.Rand
	scripts []script
	matters int
	dir     string
	order   order
	store   shared.Store
	staff   *cx.Client
	archive *sqlarchive.Reader
	acted   map[string]bool
	known   map[int]bool // the matters that the archive has
	raised  map[int]bool // those that cost more since
	days    int
}

func (o *town) script(n int) *script { return &o.scripts[n%len(o.scripts)] }

// subject returns what the matter is about on a day: from the second day on a chart of another subject, which shows the same, is found.
func subject(n, day int) (s breakdown.Subject, also []breakdown.Subject) {
	s = breakdown.Subject{About: breakdown.OfStage, Journey: "checkout", Name: "stage-" + strconv.Itoa(n)}
	other := breakdown.Subject{About: breakdown.OfTouchpoint, Journey: "checkout", Name: "touchpoint-" + strconv.Itoa(n)}
	switch day % 3 {
	case 0:
		return s, nil
	case 1:
		return s, []breakdown.Subject{other}
	default:
		return other, []breakdown.Subject{s}
	}
}

// show makes the charts show the findings of the next day. Matters appear one after the other on the first days.
func (o *town) show() {
	last := time.Now().UTC().Truncate(day).Add(time.Duration(o.days-100) * day)
	var list []breakdown.Found
	for n := range o.matters {
		age := o.days - n%4
		if age < 0 {
			continue
		}
		s, sc := o.script(n), breakdown.Found{P: 0.001, Before: score.ShareOf(20, 200, 0.95), Since: score.ShareOf(60, 200, 0.95)}
		sc.Subject, sc.Also = subject(n, age)
		sc.PerDay, sc.Better, sc.Last, sc.Began = s.perDay, s.better, last, last.Add(-time.Duration(age%5)*day)
		if s.later != 0 && o.known[n] {
			sc.PerDay, o.raised[n] = s.later, true
		}
		sc.Excess = sc.PerDay * float64(age+1)
		sc.BaselineFrom, sc.BaselineUntil = last.Add(-70*day), last.Add(-14*day)
		list = append(list, sc)
	}
	o.rng.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
	text, err := json.Marshal(list)
	if err == nil {
		err = os.WriteFile(o.order.Shows+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(o.order.Shows+".new", o.order.Shows)
	}
	if err != nil {
		o.Fatal(err)
	}
	o.days++
}

// open opens the store and the archive, as a process of people does.
func (o *town) open() {
	store, closeStore, err := o.order.Store.Open(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(closeStore)
	archive, err := sqlarchive.OpenSQLite(o.order.Archive, sqlarchive.WithoutFsync())
	if err != nil {
		o.Fatal(err)
	}
	if o.staff, err = newClient(store, archive); err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() {
		if err := o.staff.Shutdown(context.WithoutCancel(o.Context())); err != nil {
			o.Error(err)
		}
	})
	if o.archive, err = sqlarchive.ReadSQLite(o.Context(), o.order.Archive); err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() { _ = o.archive.Close() })
	o.store = store
}

// number returns the number of the matter of a breakdown.
func number(is *watch.Status) int {
	_, text, _ := strings.Cut(is.Name, "-")
	n, _ := strconv.Atoi(text)
	return n
}

// steps returns what the archive has of each breakdown, in the order of time, with each start and end, and the events by their IDs.
func (o *town) steps() map[string][]string {
	o.Helper()
	of := map[string][]string{}
	if err := o.archive.Events(o.Context(), event.Query{}, func(e *event.Event) error {
		if e.Journey.Name != breakdowns.Name() {
			return nil
		}
		switch e.Kind {
		case event.JourneyStarted:
			of[e.Journey.ID] = slices.Insert(of[e.Journey.ID], 0, "started") // and a step may be at the same time
		case event.JourneyStageEntered:
			of[e.Journey.ID] = append(of[e.Journey.ID], e.Stage)
		case event.JourneyEnded:
			of[e.Journey.ID] = append(of[e.Journey.ID], e.Outcome.String())
		}
		return nil
	}); err != nil {
		o.Fatal(err)
	}
	return of
}

// told returns what the workers were told: the IDs by breakdown and kind, and how often in all.
func (o *town) told() (ids map[string]map[string]map[string]bool, calls int) {
	o.Helper()
	files, err := filepath.Glob(filepath.Join(o.dir, "said-*"))
	if err != nil {
		o.Fatal(err)
	}
	ids = map[string]map[string]map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			o.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var t told
			if !strings.HasSuffix(line, "\n") || json.Unmarshal([]byte(line), &t) != nil {
				continue // it was killed meanwhile
			}
			calls++
			if ids[t.Breakdown] == nil {
				ids[t.Breakdown] = map[string]map[string]bool{}
			}
			if ids[t.Breakdown][t.What] == nil {
				ids[t.Breakdown][t.What] = map[string]bool{}
			}
			ids[t.Breakdown][t.What][t.ID] = true
		}
	}
	return ids, calls
}

// look lets people do what there is to do, shows the next day from time to time, and reports what is missing.
func (o *town) look() error {
	all, err := watch.List(o.Context(), o.store, namespace, breakdowns.Name())
	if err != nil {
		o.Fatal(err)
	}
	steps, rises := o.steps(), false
	for i := range all {
		is := &all[i]
		s := o.script(number(is))
		if !slices.Contains(steps[is.ID], "found") {
			continue
		}
		o.known[number(is)] = true
		rises = rises || s.later != 0 && !o.raised[number(is)]
		if s.person == nil || o.acted[is.ID] {
			continue
		}
		o.acted[is.ID] = true
		s.person(breakdowns.Resume(cx.NewContext(o.Context(), o.staff), is.ID), o.staff, is)
	}
	if rises || o.days < 12 && o.rng.IntN(4) == 0 {
		o.show()
	}
	ids, _ := o.told()
	if len(all) < o.matters || o.days < 12 {
		return fmt.Errorf("the store has %d breakdowns of %d on day %d", len(all), o.matters, o.days)
	}
	for i := range all {
		is := &all[i]
		s := o.script(number(is))
		if got, want := strings.Join(steps[is.ID], ", "), "started, "+s.steps; got != want {
			return fmt.Errorf("%s: the archive has %q, want %q", s.name, got, want)
		}
		if got := strings.Join(slices.Sorted(maps.Keys(ids[is.ID])), ", "); got != s.told {
			return fmt.Errorf("%s: told is %q, want %q", s.name, got, s.told)
		}
		last := is.Stage
		if is.Dismissed {
			last = "cancelled"
		}
		if want := steps[is.ID][len(steps[is.ID])-1]; last != want {
			return fmt.Errorf("%s: the store has it in %q, and the archive in %q", s.name, last, want)
		}
	}
	return nil
}

// seed is random, or the value of CAIRN_BREAKDOWNS_SEED, which repeats a run as far as several processes allow.
func seed(t *testing.T) uint64 {
	t.Helper()
	n := rand.Uint64()
	if text := os.Getenv("CAIRN_BREAKDOWNS_SEED"); text != "" {
		var err error
		if n, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("CAIRN_BREAKDOWNS_SEED: %v", err)
		}
	}
	t.Logf("CAIRN_BREAKDOWNS_SEED=%d", n)
	return n
}

// TestBreakdownsSurviveTheirProcesses: processes that watch are killed at random moments, and others start in their place, while people take steps in
// another one. In the end there is one run for each matter, with each step once; all news and all reports were told, each with one ID; and the store and
// the archive agree.
func TestBreakdownsSurviveTheirProcesses(t *testing.T) {
	kinds, matters, workers, kills := []string{shared.SQLite}, 12, 2, 5
	if os.Getenv("CAIRN_WHOLE") != "" && !testing.Short() {
		kinds, matters, workers, kills = []string{shared.SQLite, shared.Postgres, shared.Redis}, 120, 3, 30
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed(t), 19)) //nolint:gosec // a test
			dir := t.TempDir()
			at := shared.StartStore(t, kind)
			at.Prefix = "watch"
			o := &town{
				T: t, rng: rng, scripts: scripts(), matters: matters, dir: dir, acted: map[string]bool{}, known: map[int]bool{}, raised: map[int]bool{},
				order: order{Store: at, Archive: filepath.Join(dir, "archive.db"), Shows: filepath.Join(dir, "shows.json")},
			}
			o.show()
			o.open()
			c := newCrew(t, o.order, dir, rng)
			defer c.stop()
			c.setFuse()
			for range workers {
				c.hire()
			}
			c.work(kills, o.look)
			c.work(0, o.quiet(c))
			c.dismiss()
			if err := o.look(); err != nil {
				t.Error(err)
			}
			if runs := o.steps(); len(runs) != matters {
				t.Errorf("the archive has %d breakdowns, want %d", len(runs), matters)
			}
			ids, calls := o.told()
			distinct := 0
			for breakdown, by := range ids {
				for what, list := range by {
					distinct += len(list)
					if len(list) != 1 {
						t.Errorf("%s of %s has the IDs %v", what, breakdown, slices.Sorted(maps.Keys(list)))
					}
				}
			}
			t.Logf("%d matters, %d kills %v, %d processes, %d told with %d IDs", matters, c.kills, c.killsAt, c.started, calls, distinct)
		})
	}
}

// quiet is over when everything has stayed as it is for some refreshes.
func (o *town) quiet(c *crew) func() error {
	const refreshes = 4
	until := c.finds + refreshes
	return func() error {
		if err := o.look(); err != nil {
			return err
		}
		if c.finds < until {
			return errors.New("some refreshes are left")
		}
		return nil
	}
}
