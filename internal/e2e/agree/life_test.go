package agree_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

const (
	patience = 6 * time.Second
	expect   = 2 * time.Second
	// tick is the least time between two events of one run.
	tick = 250 * time.Millisecond
	// ticks is the longest life.
	ticks = 72
	lives = 60
)

// words are the definitions of the customers' journeys. Each client has its own.
type words struct {
	order *journey.Definition
	by    map[string]*touchpoint.Definition
}

func newWords() *words {
	w := &words{by: map[string]*touchpoint.Definition{}}
	w.order = journey.Define("order", append(promises(), journey.Stages("cart", "payment"), journey.Expect("payment", expect), journey.AbandonAfter(patience))...)
	for name, opts := range map[string][]touchpoint.Option{
		"browse": nil,
		"fill":   {touchpoint.In(w.order, "cart")},
		"pay":    {touchpoint.In(w.order, "payment")},
		"placed": {touchpoint.In(w.order, ""), touchpoint.Ends(event.Completed)},
		"denied": {touchpoint.In(w.order, ""), touchpoint.Ends(event.Failed)},
	} {
		w.by[name] = touchpoint.Define(name, opts...)
	}
	return w
}

func (w *words) definitions() []event.Definition {
	defs := []event.Definition{w.order}
	for _, d := range w.by {
		defs = append(defs, d)
	}
	return defs
}

// stageOf and outcomeOf give the meaning of the words, for the parts of the test that count by themselves.
var (
	stageOf   = map[string]string{"fill": "cart", "pay": "payment"}
	outcomeOf = map[string]event.Outcome{"placed": event.Completed, "denied": event.Failed}
)

// deed is one touchpoint of a run.
type deed struct {
	run  int
	at   time.Duration // since the beginning of the test
	name string
	by   int  // the process that reports it
	born bool // it starts the run

	outcome event.Outcome
	channel event.Channel
}

// livesOf returns the deeds of all runs, by time. No run has two deeds at the same time. The process that reported
// an end by call also reports the deeds after it, because an end cannot take back an earlier report of another
// process.
func livesOf(seed uint64) []deed {
	rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // the same in each process
	names := []string{"browse", "browse", "fill", "fill", "pay", "pay", "pay", "placed", "denied"}
	var all []deed
	for run := range lives {
		moments := rng.Perm(ticks)[:1+rng.IntN(12)]
		slices.Sort(moments)
		ended := -1
		for k, m := range moments {
			d := deed{run: run, at: time.Duration(m) * tick, name: names[rng.IntN(len(names))], by: rng.IntN(2), born: k == 0}
			if k == 0 {
				d.name = "browse"
			}
			if d.outcome = event.OK; d.name == "fill" { // an unsuccessful one of the others ends no run and keeps no promise
				d.outcome = []event.Outcome{event.OK, event.Degraded, event.Failed, event.Cancelled}[rng.IntN(4)]
			}
			d.channel = []event.Channel{event.Web, event.Web, event.Phone, event.Chat}[rng.IntN(4)]
			if ended >= 0 {
				d.by = ended
			} else if outcomeOf[d.name] != 0 {
				ended = d.by
			}
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b deed) int { return int(a.at - b.at) })
	return all
}

// truth returns the events of a run, derived from all of its deeds at once by the documented rules.
func truth(deeds []deed) (lines []string) {
	type visit struct {
		stage string
		n     int
		at    time.Duration
	}
	var visits []visit
	counts := map[string]int{}
	born := deeds[0].at
	last, over, outcome, late := born, time.Duration(-1), event.Outcome(0), 0
	lines = append(lines, fmt.Sprint("started at ", born))
	promised := newPledges()
	var lived []deed
	for _, d := range deeds {
		if over < 0 && d.at >= last+patience {
			over, outcome = last+patience, event.Abandoned
		}
		if over >= 0 {
			late++
			continue
		}
		s := stageOf[d.name]
		enters := s != "" && (len(visits) == 0 || visits[len(visits)-1].stage != s)
		promised.see(d, s, enters)
		lived = append(lived, d)
		if enters {
			counts[s]++
			visits = append(visits, visit{s, counts[s], d.at})
			lines = append(lines, s+"/"+strconv.Itoa(counts[s]))
		}
		last = d.at
		if o := outcomeOf[d.name]; o != 0 {
			over, outcome = d.at, o
		}
	}
	if over < 0 {
		over, outcome = last+patience, event.Abandoned
	}
	lines = append(lines, promised.end(over, outcome)...)
	for i, v := range visits {
		left, due := over, v.at+expect
		if i+1 < len(visits) {
			left = visits[i+1].at
		}
		if v.stage == "payment" && left >= due {
			lines = append(lines, fmt.Sprintf("stalled in payment/%d at %v", v.n, due))
		}
	}
	lines = append(lines, frictionOf(lived, len(visits)-len(counts), over, lines))
	lines = append(lines, fmt.Sprintf("%v at %v after %v", outcome, over, over-born), fmt.Sprint(late, " late"))
	slices.Sort(lines)
	return lines
}

// told returns the reported events of a run, by event ID, as lines of truth.
func told(events []event.Event, began time.Time) (lines []string) {
	late := 0
	seen := map[event.ID]bool{}
	for i := range events {
		e := &events[i]
		if seen[e.ID] {
			continue
		}
		seen[e.ID] = true
		at := e.Time.Sub(began)
		switch e.Kind {
		case event.JourneyStarted:
			lines = append(lines, fmt.Sprint("started at ", at))
		case event.JourneyStageEntered:
			lines = append(lines, e.Stage+"/"+strconv.Itoa(e.Visit))
		case event.JourneyStalled:
			lines = append(lines, fmt.Sprintf("stalled in %s/%d at %v", e.Stage, e.Visit, at))
		case event.JourneyEnded:
			lines = append(lines, fmt.Sprintf("%v at %v after %v", e.Outcome, at, e.Duration), frictionLine(e.Transition.Friction))
		case event.TouchpointEnded:
			if e.Late {
				late++
			}
		case event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn:
			lines = append(lines, toldOf(e, began))
		default:
		}
	}
	lines = append(lines, fmt.Sprint(late, " late"))
	slices.Sort(lines)
	return lines
}

func runID(run int) string { return "run-" + strconv.Itoa(run) }

// ofRun returns the deeds of each run.
func ofRun(all []deed) map[string][]deed {
	out := map[string][]deed{}
	for _, d := range all {
		out[runID(d.run)] = append(out[runID(d.run)], d)
	}
	return out
}
