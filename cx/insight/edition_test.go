package insight_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// toldOf reports whether the channel of an edition is closed.
func toldOf(next <-chan struct{}) bool {
	select {
	case <-next:
		return true
	default:
		return false
	}
}

// TestEdition loads a table: what is new makes an edition, and nothing else does.
func TestEdition(t *testing.T) {
	t.Parallel()
	table, err := insight.New(tickets())
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{events: promised(0, 10), epoch: "one"}
	first, next := table.Edition()
	if first != 0 || table.View(insight.Everything(), at(99)).Edition() != 0 {
		t.Errorf("before the first load the edition is %d: want 0", first)
	}
	last := first
	load := func(reason string, newer bool) {
		t.Helper()
		before := next
		if err := table.Load(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		now, channel := table.Edition()
		if toldOf(before) != newer || (now > last) != newer {
			t.Errorf("%s: edition %d after %d, and told %t: want newer %t", reason, now, last, toldOf(before), newer)
		}
		if v := table.View(insight.Everything(), at(99)); v.Edition() != now || v.For(insight.Viewer{}).Edition() != now || v.At(at(5)).Edition() != now {
			t.Errorf("%s: a view has edition %d: want %d", reason, v.Edition(), now)
		}
		last, next = now, channel
	}
	load("the first load", true)
	load("an idle load", false)
	load("another idle load", false)
	view := table.View(insight.Everything(), at(99))
	m.events = append(m.events, promised(10, 11)...)
	load("a run more", true)
	if view.Edition() == last {
		t.Errorf("the view of before has the new edition %d", last)
	}
	same := m.events[len(m.events)-1]
	m.events = append(m.events, same)
	load("an event again, which is counted", true)
	m.epoch, m.events = "two", promised(3, 11)
	load("a customer was forgotten", true)
	if _, err := view.Outcomes(t.Context(), insight.Which{}); !errors.Is(err, insight.ErrLoading) {
		t.Errorf("the view of before answers with %v: want ErrLoading", err)
	}
	load("an idle load of the new epoch", false)
	m.epoch, m.events = "three", nil
	load("everything was forgotten", true)
	load("an idle load of nothing", false)
}

// TestFor: a view for another viewer has the same rows at the same moment, and the rights of that viewer.
func TestFor(t *testing.T) {
	t.Parallel()
	m := &memory{events: promised(0, 30)}
	table := tableOf(t, m)
	view := table.View(insight.Everything(), at(20))
	m.events = append(m.events, promised(30, 60)...)
	if err := table.Load(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	other := view.For(insight.Viewer{Rights: insight.Numbers, Segments: []string{"gold"}})
	a, err := other.Outcomes(t.Context(), insight.Which{})
	if err != nil || a.Runs != 11 || !a.At.Equal(at(20)) {
		t.Errorf("the other viewer sees %d runs at %s, %v: want the 11 gold ones of the 21 that had begun", a.Runs, a.At, err)
	}
	if _, err := other.Runs(t.Context(), insight.Which{}, insight.RunsOf{}, 5); !errors.Is(err, insight.ErrDenied) {
		t.Errorf("the other viewer lists runs: %v", err)
	}
	if b, err := view.Runs(t.Context(), insight.Which{}, insight.RunsOf{}, 50); err != nil || b.Found != 21 {
		t.Errorf("the first viewer sees %d runs afterwards, %v", b.Found, err)
	}
}

// TestEditionOfALongLoad: a load of so much that it may be everything anew lets no view in, and makes one edition at its end.
func TestEditionOfALongLoad(t *testing.T) {
	t.Parallel()
	m := &memory{events: promised(0, 10)}
	table := tableOf(t, m)
	before, next := table.Edition()
	m.events = append(m.events, promised(10, 9000)...)
	shut := false
	long := &watched{memory: m, each: func() {
		_, err := table.View(insight.Everything(), at(99)).Moment()
		if errors.Is(err, insight.ErrLoading) && !shut {
			shut = true
			if now, _ := table.Edition(); now != before || toldOf(next) {
				t.Errorf("while it loads the edition is %d, and told %t: want %d and not told", now, toldOf(next), before)
			}
		}
	}}
	if err := table.Load(t.Context(), long); err != nil {
		t.Fatal(err)
	}
	if now, _ := table.Edition(); !shut || now != before+1 || !toldOf(next) {
		t.Errorf("the table was shut %t, the edition is %d after %d, and told %t: want one more", shut, now, before, toldOf(next))
	}
}

// TestEditionIsTold: readers who wait for the next edition hear of each one that is the last, however loads and readers race. Run it with -race.
func TestEditionIsTold(t *testing.T) {
	t.Parallel()
	m := &memory{events: promised(0, 100), most: 5}
	table, err := insight.New(tickets())
	if err != nil {
		t.Fatal(err)
	}
	const editions = 40
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for last := uint64(0); last < editions; {
				edition, next := table.Edition()
				if v := table.View(insight.Everything(), at(0)).Edition(); edition < last || v < edition {
					t.Errorf("edition %d after %d, and a view of %d: it must not go back", edition, last, v)
					return
				}
				if last = edition; last < editions {
					<-next
				}
			}
		})
	}
	for n := 0; n < editions; {
		if err := table.Load(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		edition, _ := table.Edition()
		if n = int(edition); n < editions && n*m.most >= len(m.events) { //nolint:gosec // at most [editions]
			m.events = append(m.events, promised(100+n, 103+n)...)
		}
	}
	wait.Wait()
}

// watched is a source that calls each before it gives an event.
type watched struct {
	*memory

	each func()
}

func (w *watched) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	return w.memory.Scan(ctx, s, func(e *event.Event) error {
		w.each()
		return each(e)
	})
}
