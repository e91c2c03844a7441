package insight_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// unsettled is a run of which no event tells that its promise was broken. Times are hours since monday.
type unsettled struct {
	life

	abandoned   bool    // an order falls silent, too
	stopped, on float64 // when it came to the stage in which the clock of an order stands still, and when it left it; 0 is never
}

// unsettledRuns are orders, whose clocks may stand still, and tickets, which fall silent.
func unsettledRuns(r *rand.Rand, abandoned bool) (runs []unsettled) {
	for n := range 400 {
		u := unsettled{life: ticket(n, 0), abandoned: abandoned}
		u.due = 48
		if n%2 == 0 {
			u.touched = []touched{{float64(r.IntN(30)), "call", event.OK}}
			u.due = float64(20 + r.IntN(200))
		} else {
			u.journey = "order"
			if r.IntN(3) > 0 {
				u.stopped = float64(1 + r.IntN(70))
				u.entered = append(u.entered, entered{u.stopped, "payment"})
				if r.IntN(2) > 0 {
					u.on = u.stopped + float64(1+r.IntN(60))
					u.entered = append(u.entered, entered{u.on, "confirmation"})
				}
			}
		}
		runs = append(runs, u)
	}
	return runs
}

// promised names the promise as the blueprint does.
func (u *unsettled) promised() []event.Event {
	list := u.events()
	for i := range list {
		if p := list[i].Promise; p != nil && u.journey == "order" {
			p.Name = "confirmed"
		}
	}
	return list
}

// dueAt is when the promise is due, as far as is known at an hour, and false if its clock stands still.
func (u *unsettled) dueAt(hour float64) (float64, bool) {
	switch {
	case u.stopped == 0 || u.stopped > hour:
		return u.due, true
	case u.on == 0 || u.on > hour:
		return u.due, false
	case u.stopped >= u.due:
		return u.due, true
	default:
		return u.due + u.on - u.stopped, true
	}
}

// isSilent reports whether the run fell silent by an hour, and when.
func (u *unsettled) isSilent(hour float64) (silent bool, at float64) {
	if u.journey == "order" && !u.abandoned {
		return false, 0
	}
	heard := 0.0
	for _, h := range []float64{u.stopped, u.on} {
		if h <= hour {
			heard = max(heard, h)
		}
	}
	for _, t := range u.touched {
		if t.at <= hour {
			heard = max(heard, t.at)
		}
	}
	return heard+72 <= hour, heard + 72
}

// brokenAt reports whether the promise is broken at an hour, when it was broken, and whether it is due.
func (u *unsettled) brokenAt(hour float64) (broken bool, at float64, due bool) {
	at, runs := u.dueAt(hour)
	broken = runs && at <= hour
	due = broken
	if silent, when := u.isSilent(hour); silent {
		due = at <= hour // the clock of a run that is over does not stand still
		if !broken || when < at {
			at = when
		}
		broken = true
	}
	return broken, at, due
}

// TestUnsettledIsBroken: the events end before the moment. A promise that none of them settles is broken from its due time on, or when its run fell silent, and
// each question says so: how promises stand, which runs broke them, what goes with them, what is compared, and the story of a run.
func TestUnsettledIsBroken(t *testing.T) {
	t.Parallel()
	for _, abandoned := range []bool{false, true} {
		t.Run(fmt.Sprint("orders fall silent: ", abandoned), func(t *testing.T) {
			t.Parallel()
			unsettledIsBroken(t, abandoned)
		})
	}
}

func unsettledIsBroken(t *testing.T, abandoned bool) {
	t.Helper()
	runs := unsettledRuns(rand.New(rand.NewPCG(16, 4)), abandoned)
	m := &memory{}
	for i := range runs {
		m.events = append(m.events, runs[i].promised()...)
	}
	b := tickets()
	if abandoned {
		b.Journeys[1].AbandonAfter = b.Journeys[0].AbandonAfter
	}
	table, err := insight.New(b)
	if err == nil {
		err = table.Load(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	for journey, promise := range map[string]string{"ticket": "solved", "order": "confirmed"} {
		for _, hour := range []float64{71.5, 80, 100, 110, 300} {
			var want, got brokenCounts
			view := table.View(insight.Everything(), at(hour))
			for i := range runs {
				u := &runs[i]
				if u.journey != journey {
					continue
				}
				want.count(u, hour)
				if i < 16 { // each story reads the events
					got.story(t, view, u, hour)
				}
			}
			got.ask(t, view, journey, promise)
			if got != want {
				t.Errorf("%s after %v hours: %+v, want %+v", journey, hour, got, want)
			}
			if want.broken == 0 || want.due == 0 {
				t.Errorf("%s after %v hours: %+v proves nothing", journey, hour, want)
			}
		}
	}
}

// brokenCounts are the broken promises, as each question counts them.
type brokenCounts struct{ broken, overdue, open, stopped, listed, due, bad, compared int64 }

func (n *brokenCounts) count(u *unsettled, hour float64) {
	broken, _, due := u.brokenAt(hour)
	_, runs := u.dueAt(hour)
	switch {
	case broken:
		n.broken++
		n.listed++
		if silent, _ := u.isSilent(hour); !silent {
			n.overdue++
		}
	default:
		n.open++
		if !runs {
			n.stopped++
		}
	}
	if due {
		n.due++
		n.bad++
		n.compared++
	}
}

func (n *brokenCounts) ask(t *testing.T, view *insight.View, journey, promise string) {
	t.Helper()
	w := insight.Which{Journey: journey}
	p, err := view.Promises(t.Context(), w, time.Time{}, "")
	if err != nil || len(p.List) != 1 {
		t.Fatal(p, err)
	}
	one := &p.List[0]
	n.broken, n.overdue, n.open, n.stopped, n.due = one.Broken, one.Overdue, one.Open, one.Stopped, one.Matured.N
	list, err := view.Runs(t.Context(), w, insight.RunsOf{Broke: promise}, 1)
	if err != nil {
		t.Fatal(err)
	}
	n.listed = list.Found
	g, err := view.GoesWith(t.Context(), w, insight.PromiseBroken(promise))
	if err != nil {
		t.Fatal(err)
	}
	n.bad = g.Answer.Whole.Count
	c, err := view.Compare(t.Context(), w, insight.Journey, insight.Keeps(promise))
	if err != nil || len(c.Groups) != 1 {
		t.Fatal(c, err)
	}
	n.compared = c.Groups[0].Share.N
}

// story compares the story of a run with the model.
func (*brokenCounts) story(t *testing.T, view *insight.View, u *unsettled, hour float64) {
	t.Helper()
	run, err := view.Run(t.Context(), event.RunRef{Name: u.journey, ID: u.id})
	if err != nil {
		t.Fatal(err)
	}
	state := "open"
	broken, settled, _ := u.brokenAt(hour)
	if broken {
		state = "broken"
	}
	p := &run.Promises[0]
	if p.State != state {
		t.Errorf("the promise of %s %s after %v hours is %s, want %s", u.journey, u.id, hour, p.State, state)
	}
	if want := monday.Add(hours(settled)); broken && !p.Settled.Equal(want) {
		t.Errorf("the promise of %s %s was broken at %s, want %s", u.journey, u.id, p.Settled, want)
	}
}
