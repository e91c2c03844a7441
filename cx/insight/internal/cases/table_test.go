package cases_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// touch is a touchpoint of a run.
func touch(run string, at time.Duration, id int) event.Event {
	return event.Event{
		ID: event.ID{0: byte(id >> 16), 8: byte(id), 9: byte(id >> 8)}, Kind: event.TouchpointEnded, Time: epoch.Add(at), Touchpoint: "call", Outcome: event.OK,
		Journey: event.Run{Name: "ticket", ID: run}, Channel: event.Phone,
	}
}

func ended(run string, at time.Duration) event.Event {
	return event.Event{Kind: event.JourneyEnded, Time: epoch.Add(at), Outcome: event.Completed, Journey: event.Run{Name: "ticket", ID: run}}
}

func load(t *testing.T, table *cases.Table, s cases.Scanner) {
	t.Helper()
	if err := table.Load(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// TestManyRows: chunks and the index grow, and every run keeps what is its own.
func TestManyRows(t *testing.T) {
	t.Parallel()
	const runs = 3*cases.Rows + 17
	m := &memory{distinct: true, most: 10_000}
	for n := range 3 * runs {
		m.events = append(m.events, touch(fmt.Sprint(n%runs), time.Duration(n)*time.Second, n))
	}
	table := cases.New(cases.Config{Attributes: impact})
	for range len(m.events)/m.most + 1 {
		load(t, table, m)
	}
	all := dump(table)
	if len(all) != runs {
		t.Fatalf("%d rows, want %d", len(all), runs)
	}
	for n := range runs {
		r := all[fmt.Sprintf("/ticket/%d", n)]
		if len(r.Words) != 3 || r.Begun != epoch.Add(time.Duration(n)*time.Second).UnixMicro() || r.Last != epoch.Add(time.Duration(n+2*runs)*time.Second).UnixMicro() {
			t.Fatalf("run %d is %+v", n, r)
		}
	}
}

// TestMomentWithoutRuns: a source may have nothing but contacts that belong to no run. Its moment is that of the latest one within the period.
func TestMomentWithoutRuns(t *testing.T) {
	t.Parallel()
	contact := func(at time.Duration) event.Event {
		e := touch("", at, 1)
		e.Journey = event.Run{}
		return e
	}
	table := cases.New(cases.Config{Until: epoch.Add(2 * time.Hour).UnixMicro()})
	load(t, table, &memory{distinct: true, events: []event.Event{contact(0), contact(time.Hour), contact(2 * time.Hour), contact(time.Minute)}})
	if got := time.UnixMicro(table.Snapshot().Newest()).UTC(); !got.Equal(epoch.Add(time.Hour)) {
		t.Errorf("the moment is %s, want %s", got, epoch.Add(time.Hour))
	}
	if counts, _ := table.Snapshot().State(); counts.NoRun != 4 || counts.Events != 0 {
		t.Errorf("%+v", counts)
	}
}

// TestBounds: what a chunk says of its rows, after each load.
func TestBounds(t *testing.T) {
	t.Parallel()
	m := &memory{distinct: true, most: 1}
	probe := touch("b", 0, 3)
	probe.Actor = event.ActorSynthetic
	m.events = []event.Event{touch("a", time.Hour, 1), touch("b", 2*time.Hour, 2), probe}
	table := cases.New(cases.Config{})
	for n, want := range []struct {
		earliest, latest time.Duration
		plain            bool
		reason           string
	}{
		{time.Hour, time.Hour, true, "one row"},
		{time.Hour, 2 * time.Hour, true, "two rows"},
		{0, time.Hour, false, "an earlier event of a run moves its beginning, and a probe did something in it"},
	} {
		load(t, table, m)
		chunks := table.Snapshot().Chunks()
		earliest, latest := chunks[0].Bounds()
		if earliest != epoch.Add(want.earliest).UnixMicro() || latest != epoch.Add(want.latest).UnixMicro() || chunks[0].Plain() != want.plain {
			t.Errorf("after %d loads %d to %d, plain %t: %s", n+1, earliest, latest, chunks[0].Plain(), want.reason)
		}
	}
	if earliest, latest := new(cases.Chunk).Bounds(); earliest <= latest || new(cases.Chunk).Plain() {
		t.Error("a chunk without rows has bounds")
	}
}

// TestProbeChangesARow: a row in which a probe only began, ended or touched something is not plain any more, from the end of the load on.
func TestProbeChangesARow(t *testing.T) {
	t.Parallel()
	for _, kind := range []event.Kind{event.JourneyStarted, event.JourneyEnded, event.JourneyStageEntered, event.TouchpointEnded, event.FeedbackReceived} {
		m := &memory{distinct: true, events: []event.Event{touch("a", time.Hour, 1), touch("b", 2*time.Hour, 2)}}
		table := cases.New(cases.Config{})
		load(t, table, m)
		probe := touch("a", 3*time.Hour, 3)
		probe.Kind, probe.Actor = kind, event.ActorSynthetic
		table.Apply(&probe)
		if !table.Snapshot().Chunks()[0].Plain() || table.Working()[0].Plain() {
			t.Errorf("a probe's %s shows before the load has ended, or not at all", kind)
		}
		load(t, table, m)
		if table.Snapshot().Chunks()[0].Plain() {
			t.Errorf("a probe's %s leaves the chunk plain", kind)
		}
	}
}

// TestFailedScan: what a scan gave before it failed comes again, and counts once.
func TestFailedScan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		events       int
		ready        bool
	}{
		{"short", "nothing was taken, so that the table answers as before", 5, true},
		{"long", "a part was taken: the table is empty until it has been read anew", cases.BatchSize + 10, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := &memory{distinct: true, events: []event.Event{touch("first", 0, 0)}}
			table := cases.New(cases.Config{Attributes: impact})
			load(t, table, m)
			for n := range c.events {
				m.events = append(m.events, touch("second", time.Duration(n)*time.Second, n+1))
			}
			m.failAt = c.events - 1
			if err := table.Load(t.Context(), m); !errors.Is(err, errBroken) {
				t.Fatalf("Load returns %v", err)
			}
			if (table.Snapshot() != nil) != c.ready {
				t.Fatalf("ready is %v: %s", !c.ready, c.reason)
			}
			if c.ready && len(dump(table)) != 1 {
				t.Errorf("the table has %d rows: %s", len(dump(table)), c.reason)
			}
			m.failAt = 0
			load(t, table, m)
			all := dump(table)
			if len(all) != 2 || len(all["/ticket/second"].Words) != c.events {
				t.Errorf("%d rows, and %d events of the second: %s", len(all), len(all["/ticket/second"].Words), c.reason)
			}
			if counts, _ := table.Snapshot().State(); counts.Events != int64(c.events)+1 {
				t.Errorf("%d events, want %d", counts.Events, c.events+1)
			}
		})
	}
}

// TestPanickingScan: the events of a source that panics come again, and count once.
func TestPanickingScan(t *testing.T) {
	t.Parallel()
	for _, events := range []int{5, cases.BatchSize + 10} {
		m := &memory{distinct: true}
		for n := range events {
			m.events = append(m.events, touch("run", time.Duration(n)*time.Second, n+1))
		}
		m.watch = func(n int) {
			if n == events-1 {
				panic(errBroken)
			}
		}
		table := cases.New(cases.Config{Attributes: impact})
		func() {
			defer func() {
				if v := recover(); v != errBroken {
					t.Errorf("%d events: the panic is %v", events, v)
				}
			}()
			_ = table.Load(t.Context(), m)
		}()
		m.watch = nil
		load(t, table, m)
		if counts, _ := table.Snapshot().State(); counts.Events != int64(events) || len(dump(table)["/ticket/run"].Words) != events {
			t.Errorf("%d events, of which the run has %d, want %d", counts.Events, len(dump(table)["/ticket/run"].Words), events)
		}
	}
}

// TestForgotten: after an erasure the table has what the source still has, and the texts of the erased ones are gone from it.
func TestForgotten(t *testing.T) {
	t.Parallel()
	secret := touch("secret", 0, 1)
	secret.Touchpoint = "secret-call"
	m := &memory{epoch: "1", events: []event.Event{secret, touch("kept", 0, 2)}}
	table := cases.New(cases.Config{Attributes: impact})
	load(t, table, m)
	old, given := table.Snapshot(), 0
	m.epoch, m.events = "2", m.events[1:]
	m.watch = func(int) {
		if given++; (table.Snapshot() == nil) != (given > 1) || table.Holds(old) != (given == 1) {
			t.Errorf("in scan %d the table has a snapshot: %t, and what the old one has: %t", given, table.Snapshot() != nil, table.Holds(old))
		}
	}
	load(t, table, m)
	if given != 2 || table.Holds(old) || !table.Holds(table.Snapshot()) || table.Holds(nil) {
		t.Errorf("after %d events, the table has what the old snapshot has: %t", given, table.Holds(old))
	}
	if all := dump(table); len(all) != 1 || all["/ticket/kept"].Words == nil {
		t.Errorf("the table has %+v", all)
	}
	if _, ok := table.Snapshot().Names.Code("secret-call"); ok {
		t.Error("the dictionary still has a name of the erased run")
	}
	if _, cursor := table.Snapshot().State(); cursor.Epoch != "2" {
		t.Errorf("the cursor is of the epoch %q", cursor.Epoch)
	}
}

// TestClosedDuringLongLoad: a scan that gives much may give everything anew, so that no question is answered until it is over.
func TestClosedDuringLongLoad(t *testing.T) {
	t.Parallel()
	m := &memory{distinct: true, events: []event.Event{touch("first", 0, 0)}}
	table := cases.New(cases.Config{Attributes: impact})
	load(t, table, m)
	for n := range cases.BatchSize + 1 {
		m.events = append(m.events, touch(fmt.Sprint(n%100), time.Duration(n)*time.Second, n+1))
	}
	var open []int
	m.watch = func(n int) {
		if table.Snapshot() != nil {
			open = append(open, n)
		}
	}
	load(t, table, m)
	if len(open) == 0 || open[len(open)-1] > cases.BatchSize {
		t.Errorf("questions were answered until event %v, want %d", open[max(0, len(open)-1):], cases.BatchSize)
	}
	if len(dump(table)) != 101 {
		t.Errorf("%d rows, want 101", len(dump(table)))
	}
}

// TestRepeatedBeyondTheWindow: an event whose ID was forgotten counts as a repetition if the run has one of its time and code, unless the source never
// repeats itself.
func TestRepeatedBeyondTheWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		distinct     bool
		at           time.Duration
		want         int
	}{
		{"may repeat", "the same microsecond and code is the same event", false, time.Microsecond, 1},
		{"a row of a log", "a log with times in minutes, seconds or milliseconds has two such events, also as JSON lines", false, time.Millisecond, 2},
		{"distinct", "a source that never repeats itself has two such events", true, time.Microsecond, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := &memory{distinct: c.distinct, events: []event.Event{touch("old", c.at, 1)}}
			table := cases.New(cases.Config{Attributes: impact})
			table.SetWindow(3)
			load(t, table, m)
			for n := range 10 {
				m.events = append(m.events, touch("other", time.Duration(n)*time.Second, n+10))
			}
			load(t, table, m)
			m.events = append(m.events, touch("old", c.at, 1))
			load(t, table, m)
			if got := len(dump(table)["/ticket/old"].Words); got != c.want {
				t.Errorf("%d events, want %d: %s", got, c.want, c.reason)
			}
		})
	}
	two := &memory{events: []event.Event{touch("a", 0, 1), touch("a", 0, 2), touch("a", 0, 1)}}
	table := cases.New(cases.Config{Attributes: impact})
	load(t, table, two)
	if got := len(dump(table)["/ticket/a"].Words); got != 2 {
		t.Errorf("two events of one time and code, one of them twice, are %d, want 2: within the window the ID decides", got)
	}
}

// TestRepeatedPromises: each event of a promise says when it was made and when it is due. That is no repetition; the same event once more is one.
func TestRepeatedPromises(t *testing.T) {
	t.Parallel()
	promised := func(kind event.Kind, at time.Duration, id int) event.Event {
		return event.Event{
			ID: event.ID{8: byte(id)}, Kind: kind, Time: epoch.Add(at), Journey: event.Run{Name: "ticket", ID: "a", Started: epoch},
			Promise: &event.Promise{Name: "solved", Number: 1, Made: epoch, Due: epoch.Add(time.Hour)},
		}
	}
	for _, distinct := range []bool{false, true} {
		m := &memory{distinct: distinct, events: []event.Event{
			promised(event.PromiseMade, 0, 1), promised(event.PromiseBroken, time.Hour, 2), promised(event.PromiseKept, 2*time.Hour, 3),
		}}
		table := cases.New(cases.Config{})
		load(t, table, m)
		if counts, _ := table.Snapshot().State(); counts.Events != 3 || counts.Repeated != 0 {
			t.Errorf("distinct %v: %+v, want three events, none of them repeated", distinct, counts)
		}
		m.events = append(m.events, promised(event.PromiseBroken, time.Hour, 2))
		load(t, table, m)
		if counts, _ := table.Snapshot().State(); counts.Repeated != 1 {
			t.Errorf("distinct %v: %+v, want the broken promise repeated once", distinct, counts)
		}
	}
}

// TestPeriod: events outside of the period are not taken, and chunks leave it as the latest event goes on.
func TestPeriod(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	m := &memory{distinct: true, events: []event.Event{touch("early", -time.Second, 1), touch("in", 0, 2), touch("late", day, 3)}}
	table := cases.New(cases.Config{Attributes: impact, From: epoch.UnixMicro(), Until: epoch.Add(day).UnixMicro()})
	load(t, table, m)
	if all := dump(table); len(all) != 1 || len(all["/ticket/in"].Words) != 1 {
		t.Errorf("the table has %v", all)
	}
	if counts, _ := table.Snapshot().State(); counts.Outside != 2 || counts.Events != 1 {
		t.Errorf("%+v, want two outside", counts)
	}

	moving := cases.New(cases.Config{Last: day.Microseconds()})
	m = &memory{distinct: true}
	for n := range cases.Rows + 5 {
		m.events = append(m.events, touch(fmt.Sprint(n), time.Duration(n)*time.Second, n))
	}
	load(t, moving, m)
	m.events = append(m.events, touch("new", 3*day, 9999), touch("7", 3*day, 9998))
	load(t, moving, m)
	chunks := 0
	for _, c := range moving.Snapshot().Chunks() {
		if c != nil {
			chunks++
		}
	}
	if chunks != 2 {
		t.Errorf("%d chunks are left: the first one has a run of today", chunks)
	}
	m.events = append(m.events, touch("new", 9*day, 9997))
	load(t, moving, m)
	m.events = append(m.events, touch("7", 9*day, 9996))
	load(t, moving, m)
	left := map[string]int{}
	for _, c := range moving.Snapshot().Chunks() {
		if c != nil {
			for r := range c.N {
				left[c.ID(r)] = len(c.Words(r))
			}
		}
	}
	if left["7"] != 1 || left["new"] != 2 || left["8"] != 0 {
		t.Errorf("run 7 has %d events, new has %d, 8 has %d: the first chunk is gone, and run 7 begins anew", left["7"], left["new"], left["8"])
	}
}

// readAll reads a snapshot as questions do.
func readAll(t *testing.T, s *cases.Snapshot) {
	t.Helper()
	for _, c := range s.Chunks() {
		for r := range c.N {
			if c.Flags[r]&cases.Folded == 0 || len(c.Words(r)) > 3 {
				t.Errorf("run %s has %d events", c.ID(r), len(c.Words(r)))
			}
			if r%100 != 0 {
				continue
			}
			found, row, ok := s.Find(event.RunRef{Name: s.Journeys[c.Journey[r]].Name, ID: c.ID(r)})
			if !ok || found != c || row != r {
				t.Errorf("run %s is found in the row %d, want %d", c.ID(r), row, r)
			}
		}
	}
	if _, ok := s.Names.Code("call"); !ok || s.Names.Text(uint32(s.Codes()[1].Name)) == "" {
		t.Error("there is no touchpoint")
	}
}

// TestLoadWhileAsked: questions see whole rows while a load writes. Run it with -race.
func TestLoadWhileAsked(t *testing.T) {
	t.Parallel()
	m := &memory{distinct: true, most: 500}
	for n := range 8_000 {
		run := fmt.Sprint(n / 4)
		e := touch(run, time.Duration(n)*time.Second, n)
		if n%4 == 3 {
			e = ended(run, time.Duration(n)*time.Second)
		}
		m.events = append(m.events, e)
	}
	table := cases.New(cases.Config{Attributes: impact})
	load(t, table, m)
	var wait sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		wait.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					readAll(t, table.Snapshot())
				}
			}
		})
	}
	for range len(m.events) / m.most {
		load(t, table, m)
	}
	close(done)
	wait.Wait()
	want := map[string]int{}
	for key, r := range dump(table) {
		if r.Ended == 0 || len(r.Words) != 3 {
			t.Fatalf("%s has %d events", key, len(r.Words))
		}
		want[key]++
	}
	if diff := gocmp.Diff(2_000, len(want)); diff != "" {
		t.Error(diff)
	}
}

var impact = []string{"impact"} // dump reads it
