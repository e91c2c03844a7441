package survive_test

import (
	"context"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

const (
	// grace is how much later than its time a run is called abandoned or stalled: see journey/remote.go.
	grace = 10 * time.Second
	// skew bounds the error of a worker's clock.
	skew = 5 * time.Second
	// ahead is the error of a clock that would settle everything too early.
	ahead = 4 * time.Minute
	// apart is the least time between the events of different steps, and the least excess of a stall. It is more
	// than two clocks and the grace can differ.
	apart = 30 * time.Second
	// silence is the longest silence of a visit.
	silence = 40 * time.Second
)

// act is one call of the recording API.
type act struct {
	after time.Duration // since the run began
	touch string        // the touchpoint that it records, or ""
	do    func(ctx context.Context, id string, at time.Time) context.Context
}

// visited is a visit to a stage.
type visited struct {
	Stage string
	Visit int
}

// plan has the steps of one customer. Several workers may do them, each after the previous one is acknowledged. A
// worker that repeats a step reports the same events again.
type plan struct {
	name    string
	reason  string
	journey *journey.Definition
	began   time.Duration // before it is first given to a worker
	steps   [][]act
	outcome event.Outcome
	entered []visited
	stalled []visited
	// due is when the run is abandoned, after its beginning, if that is soon. An event that is recorded later is
	// late, and changes only the number of visits and stalls.
	due     time.Duration
	pledges []pledge
}

// vocabulary has the definitions of the customers' journeys. Each client has its own.
type vocabulary struct {
	order, signup, visit *journey.Definition
	quote, browse        *touchpoint.Definition
}

func newVocabulary() *vocabulary {
	v := &vocabulary{
		order: journey.Define("order", journey.Stages("cart", "address", "payment", "delivery"),
			journey.Expect("payment", 5*time.Second), journey.AbandonAfter(2*time.Hour)),
		signup: journey.Define("signup", journey.AbandonAfter(5*time.Second)),
		visit: journey.Define("visit", journey.Stages("look", "compare"),
			journey.Expect("compare", 5*time.Second), journey.AbandonAfter(silence)),
		browse: touchpoint.Define("browse"),
	}
	v.quote = touchpoint.Define("quote", touchpoint.In(v.order, "address"))
	return v
}

func (v *vocabulary) definitions() []event.Definition {
	return []event.Definition{v.order, v.signup, v.visit, v.quote, v.browse}
}

func start(j *journey.Definition) act {
	return act{do: func(ctx context.Context, id string, at time.Time) context.Context {
		return j.Start(ctx, id, event.Customer{}, journey.At(at), journey.Via(event.Web))
	}}
}

func enter(after time.Duration, j *journey.Definition, stage string) act {
	return act{after: after, do: func(ctx context.Context, _ string, at time.Time) context.Context {
		return j.Enter(ctx, stage, journey.At(at))
	}}
}

func touch(after time.Duration, d *touchpoint.Definition) act {
	return act{after: after, touch: d.Name(), do: func(ctx context.Context, _ string, at time.Time) context.Context {
		d.Record(ctx, event.Web, touchpoint.At(at), touchpoint.Took(time.Second))
		return ctx
	}}
}

func end(after time.Duration, call func(context.Context, ...journey.RecordOption), opts ...journey.RecordOption) act {
	return act{after: after, do: func(ctx context.Context, _ string, at time.Time) context.Context {
		call(ctx, append(opts, journey.At(at))...)
		return ctx
	}}
}

// plans returns the kinds of plans. Run n follows the plan with the number n modulo their number.
func (v *vocabulary) plans() []plan {
	const past = 10 * apart
	return []plan{
		{
			name: "complete at once", reason: "start and end may be in one change, or in two of two processes",
			journey: v.order, began: past, outcome: event.Completed, entered: []visited{{"cart", 1}},
			steps: [][]act{{start(v.order), enter(apart, v.order, "cart"), end(2*apart, v.order.Complete)}},
		},
		{
			name: "complete in three steps", reason: "only the store has the whole journey",
			journey: v.order, began: past, outcome: event.Completed, entered: []visited{{"cart", 1}, {"address", 1}, {"delivery", 1}},
			steps: [][]act{
				{start(v.order), enter(apart, v.order, "cart")},
				{touch(2*apart, v.quote)},
				{touch(3*apart, v.browse), enter(3*apart+time.Second, v.order, "delivery"), end(4*apart, v.order.Complete)},
			},
		},
		{
			name: "fail", reason: "different processes start and end the journey",
			journey: v.order, began: past, outcome: event.Failed, entered: []visited{{"cart", 1}},
			steps: [][]act{
				{start(v.order), enter(apart, v.order, "cart")},
				{touch(2*apart, v.browse), end(3*apart, v.order.Fail, journey.Because("card-declined"))},
			},
		},
		{
			name: "cancel, then too late", reason: "an event after the end changes nothing",
			journey: v.order, began: past, outcome: event.Cancelled, entered: []visited{{"address", 1}},
			steps: [][]act{
				{start(v.order), touch(apart, v.quote)},
				{end(2*apart, v.order.Cancel)},
				{start(v.order), enter(3*apart, v.order, "payment"), touch(4*apart, v.quote), end(5*apart, v.order.Complete)},
			},
		},
		{
			name: "abandon long ago", reason: "the run is due as soon as the store has it",
			journey: v.signup, began: 2 * apart, outcome: event.Abandoned,
			steps: [][]act{{start(v.signup)}},
		},
		{
			name: "abandon", reason: "the process that recorded it may be killed by then",
			journey: v.visit, began: apart, outcome: event.Abandoned, entered: []visited{{"look", 1}}, due: 2*time.Second + silence + grace,
			steps: [][]act{{start(v.visit), enter(time.Second, v.visit, "look"), touch(2*time.Second, v.browse)}},
		},
		{
			name: "stall twice and complete", reason: "a sweep or the next event finds a stall, but only once",
			journey: v.order, began: past, outcome: event.Completed,
			entered: []visited{{"payment", 1}, {"delivery", 1}, {"payment", 2}, {"delivery", 2}}, stalled: []visited{{"payment", 1}, {"payment", 2}},
			steps: [][]act{
				{start(v.order), enter(apart, v.order, "payment")},
				{enter(3*apart, v.order, "delivery")},
				{enter(4*apart, v.order, "payment")},
				{enter(6*apart, v.order, "delivery"), end(7*apart, v.order.Complete)},
			},
		},
		{
			name: "stall and abandon", reason: "no event ends the stall",
			journey: v.visit, began: apart, outcome: event.Abandoned, due: time.Second + silence + grace,
			entered: []visited{{"compare", 1}}, stalled: []visited{{"compare", 1}},
			steps: [][]act{{start(v.visit), enter(time.Second, v.visit, "compare")}},
		},
	}
}

func runID(n int) string { return "run-" + strconv.Itoa(n) }

// want is one event that has to exist, or may exist.
type want struct {
	run     int
	what    string
	kind    event.Kind
	place   visited
	outcome event.Outcome
	may     bool
	stays   bool // for a stall: the customer does not leave the stage
	// What follows is for promises.
	at, told time.Time // when it happened, and when it may be told at the earliest
	promise  settled
}

// wants adds the required events of the run. timely says that the run was recorded before it was due.
func (p *plan) wants(all map[event.ID]want, namespace string, n int, timely bool) {
	j := event.Run{Namespace: namespace, Name: p.journey.Name(), ID: runID(n)}
	add := func(transition string, w want) {
		w.run, w.what = n, transition
		all[flight.DeriveID(j, transition)] = w
	}
	add("started", want{kind: event.JourneyStarted})
	add("ended", want{kind: event.JourneyEnded, outcome: p.outcome})
	for _, v := range p.entered {
		add("entered/"+v.Stage+"/"+strconv.Itoa(v.Visit), want{kind: event.JourneyStageEntered, place: v, may: !timely})
	}
	for _, v := range p.stalled {
		add("stalled/"+v.Stage+"/"+strconv.Itoa(v.Visit), want{kind: event.JourneyStalled, place: v, may: !timely, stays: p.outcome == event.Abandoned})
	}
}
