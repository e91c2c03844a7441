// Package callcentre simulates a telephone queue, and records its calls as contacts.
//
// The model is M/M/c, for which Erlang's formula C gives the exact answers: calls come at random and independently of each other, handle
// times are exponential, each call goes to the employee who has been free for the longest time, calls wait in the order in which they
// came, and nobody hangs up. Real callers do, so a real queue waits less than this one.
package callcentre

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// Queue is the name of the one queue.
const Queue = "support"

// Scenario is a queue and its employees. One scenario always gives the same calls.
type Scenario struct {
	// Seed chooses the calls. Scenarios that differ in nothing else are independent of each other.
	Seed uint64
	// Arrivals is how many calls come in half an hour on average. Default: none come.
	Arrivals int
	// Handle is the mean of the time that an employee works on a call: talk and wrap, in the ratio of 5 to 1.
	Handle time.Duration
	// Agents is how many employees there are. The queue is stable while they can handle more calls than come. Default: nobody, and no call.
	Agents int
	// WarmUp is how long the centre has been open before the first call that Run yields. It opens empty, which is not its usual state.
	WarmUp time.Duration
	// Length is how long calls come after that.
	Length time.Duration
}

// Call is one call.
type Call struct {
	At               time.Time // when the customer came to the queue
	Wait, Talk, Wrap time.Duration
	Agent, Queue     string
}

// Run yields the calls that come from begin on, until Length later, in the order in which they come. The centre has opened WarmUp before
// begin.
func (s Scenario) Run(begin time.Time) iter.Seq[Call] {
	return func(yield func(Call) bool) {
		if s.Arrivals <= 0 || s.Agents <= 0 {
			return
		}
		// Arrivals and work have streams of their own: with more employees the same customers come with the same problems.
		arrivals, work := rand.New(rand.NewPCG(s.Seed, 1)), rand.New(rand.NewPCG(s.Seed, 2)) //nolint:gosec // a scenario repeats
		free := make([]time.Duration, s.Agents)                                              // when each employee is free, counted from the opening
		gap := float64(30*time.Minute) / float64(s.Arrivals)
		for at := 0.0; ; {
			at += arrivals.ExpFloat64() * gap
			came := time.Duration(at)
			if came >= s.WarmUp+s.Length {
				return
			}
			agent := first(free)
			took := time.Duration(work.ExpFloat64() * float64(s.Handle))
			c := Call{
				At: begin.Add(came - s.WarmUp), Wait: max(0, free[agent]-came), Wrap: took / 6, Talk: took - took/6,
				Agent: fmt.Sprintf("agent-%02d", agent+1), Queue: Queue,
			}
			free[agent] = came + c.Wait + took
			if came >= s.WarmUp && !yield(c) {
				return
			}
		}
	}
}

// first returns the employee who is free first, who is the one that has been free for the longest time if several are.
func first(free []time.Duration) (agent int) {
	for i, at := range free {
		if at < free[agent] {
			agent = i
		}
	}
	return agent
}

// Record records the call as a whole contact of the touchpoint, as a telephone system reports it afterwards.
func Record(ctx context.Context, def *touchpoint.Definition, c Call) {
	def.Record(ctx, event.Phone, touchpoint.At(c.At), touchpoint.Took(c.Wait+c.Talk), touchpoint.Assisted(event.Assisted{
		Legs: []event.Leg{{
			Queue: c.Queue, Queued: true, Wait: event.Seconds(c.Wait),
			Answered: true, AgentID: c.Agent, Talk: event.Seconds(c.Talk), Wrap: event.Seconds(c.Wrap),
			End: event.LegFinished,
		}},
	}))
}
