//go:build unix

package people_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/support/callcentre"
	"cairncx.dev/cairn/touchpoint"
)

// contact is one contact of the log, or with failed a touchpoint of self-service that has failed. Its times are whole milliseconds.
type contact struct {
	begin            time.Time
	took             time.Duration
	channel          event.Channel
	direction        event.Direction
	actor            event.Actor
	customer, intent string
	claimed          event.YesNo
	legs             []event.Leg
	messages         []touchpoint.Message
	decisions        []event.Decision
	failed           bool
	whole            bool // it has what only a record has: a wrap before the last leg, or a leg that ends in a way that is not known
}

var begin = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// generator makes a log that its seed decides.
type generator struct{ *rand.Rand }

func (g generator) one(in int) bool          { return g.IntN(in) == 0 }
func (g generator) pick(of ...string) string { return of[g.IntN(len(of))] }
func (g generator) upTo(most time.Duration) event.Seconds {
	return event.Seconds(time.Duration(g.Int64N(int64(most/time.Millisecond))) * time.Millisecond)
}

// edges are waits at the bounds of the definitions and of the buckets.
var edges = []time.Duration{0, time.Millisecond, 5999 * time.Millisecond, 6 * time.Second, 10 * time.Second, 19999 * time.Millisecond, 20 * time.Second, 20001 * time.Millisecond, 30 * time.Second}

// contacts returns the contacts of forty days, in the order of their beginnings. The calls of the simulated centre are what begins them.
func contacts(seed uint64) (list []contact) {
	g := generator{rand.New(rand.NewPCG(seed, 14))}
	centre := callcentre.Scenario{Seed: seed, Arrivals: 1, Handle: 12 * time.Minute, Agents: 1, WarmUp: 24 * time.Hour, Length: 40 * 24 * time.Hour}
	seen := map[time.Time]bool{}
	for call := range centre.Run(begin) {
		c := contact{begin: call.At.Truncate(time.Millisecond), channel: event.Phone}
		if seen[c.begin] {
			continue
		}
		seen[c.begin] = true
		if !g.one(8) {
			c.customer = fmt.Sprintf("customer-%d", g.IntN(300))
		}
		c.intent = g.pick("invoice", "delivery", "delivery", "return", "", "undeclared")
		if g.one(8) { // alone on the website, before somebody is asked
			list = append(list, contact{begin: c.begin.Add(-time.Duration(g.upTo(9 * 24 * time.Hour))), customer: c.customer, intent: c.intent, failed: true})
		}
		c.claimed = []event.YesNo{event.NotSaid, event.Yes, event.No}[g.IntN(3)]
		switch {
		case g.one(15):
			c.actor = event.ActorSynthetic
		case g.one(12):
			c.direction = event.Outbound
		}
		for range g.IntN(3) * g.IntN(2) {
			c.decisions = append(c.decisions, g.decision())
		}
		switch g.IntN(4) {
		case 0:
			c.channel = event.Email
			g.thread(&c)
		case 1:
			c.channel = event.Chat
			g.legs(&c, call)
		default:
			g.legs(&c, call)
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b contact) int { return a.begin.Compare(b.begin) })
	return list
}

func (g generator) decision() event.Decision {
	d := event.Decision{What: g.pick("refund", "replacement", ""), Approval: g.one(2)}
	switch {
	case d.Approval:
		d.Waited, d.Refused, d.Approver = g.upTo(5*time.Minute), g.one(3), "team_lead"
	case g.one(6): // the application forgot to say that it needed one
		d.Waited = g.upTo(time.Minute)
	case g.one(6):
		d.Refused = true
	case g.one(6):
		d.Approver = "team_lead"
	}
	return d
}

// legs gives the contact its legs: perhaps a bot, then queues, as long as somebody passes the customer on.
func (g generator) legs(c *contact, call callcentre.Call) {
	at, next := time.Duration(0), true
	if g.one(4) {
		l := event.Leg{Answered: true, Bot: true, Talk: g.upTo(90 * time.Second), End: event.LegTransferred}
		if g.one(4) {
			l.Queue, l.Queued, l.Wait = "support", true, g.upTo(40*time.Second)
		}
		if g.one(4) {
			l.End, next = event.LegFinished, false
		}
		at = time.Duration(l.Wait + l.Talk)
		c.legs = append(c.legs, l)
	}
	for next {
		l := event.Leg{Start: event.Seconds(at), Queue: g.pick("support", "support", "billing", "orders", "vip", ""), Queued: true, Answered: !g.one(4)}
		switch g.IntN(3) {
		case 0:
			l.Wait = event.Seconds(edges[g.IntN(len(edges))])
		case 1:
			l.Wait = event.Seconds(call.Wait.Truncate(time.Millisecond))
		default:
			l.Wait = g.upTo(time.Minute)
		}
		if l.Queue == "" && g.one(2) { // an employee without a queue
			l.Queued, l.Wait, l.Answered = false, 0, true
		}
		c.whole = c.whole || l.Queued && l.Queue == "" // a handle takes "" for no queue
		at += time.Duration(l.Wait)
		next = false
		if l.Answered {
			l.AgentID = call.Agent
			l.Talk = event.Seconds(call.Talk.Truncate(time.Millisecond))
			if g.one(4) {
				l.Hold, l.Holds = g.upTo(2*time.Minute)*event.Seconds(g.IntN(2)), 1+g.IntN(3) // also for no time
			}
			at += time.Duration(l.Talk + l.Hold)
			if next = g.one(3) && len(c.legs) < 6; next {
				l.End, l.Warm = event.LegTransferred, g.one(2)
				if g.one(4) {
					l.Wrap, c.whole = g.upTo(time.Minute), true
				}
			} else {
				l.End, l.Wrap = event.LegFinished, event.Seconds(call.Wrap.Truncate(time.Millisecond))
			}
		} else {
			switch g.IntN(8) {
			case 0, 1, 2:
				l.End = event.LegAbandoned
			case 3, 4:
				l.End, next = event.LegOverflowed, len(c.legs) < 6
			case 5:
				l.End = event.LegCallback
			case 6:
				l.End = event.LegClosed
			default:
				c.whole = true // it is not known
			}
			c.whole = c.whole || !next && l.End == event.LegOverflowed
		}
		c.legs = append(c.legs, l)
	}
	c.took = at
}

// thread makes the contact an exchange of messages, which may go through two teams.
func (g generator) thread(c *contact) {
	c.whole = true
	team := func(queue string, end event.LegEnd) event.Leg {
		return event.Leg{Queue: queue, Answered: true, End: end}
	}
	if g.one(3) {
		c.legs = append(c.legs, event.Leg{Queue: "support", Answered: true, Bot: true, End: event.LegTransferred})
	}
	if g.one(3) {
		c.legs = append(c.legs, team(g.pick("support", "billing"), event.LegTransferred))
	}
	c.legs = append(c.legs, team(g.pick("billing", "orders", "vip", ""), event.LegFinished))
	c.messages = []touchpoint.Message{{At: c.begin, By: event.ActorCustomer}}
	for at := c.begin; len(c.messages) < 7 && !g.one(5); {
		at = at.Add(time.Duration(g.upTo(12*time.Hour)) + time.Millisecond)
		m := touchpoint.Message{At: at, By: []event.Actor{event.ActorCustomer, event.ActorEmployee, event.ActorEmployee, event.ActorAutomation}[g.IntN(4)]}
		m.Internal = m.By == event.ActorEmployee && g.one(4)
		c.messages = append(c.messages, m)
		c.took = at.Sub(c.begin)
	}
}

// rawLog writes the log that testdata/people.awk reads.
func rawLog(list []contact) string {
	var b strings.Builder
	line := func(fields ...any) {
		for i, f := range fields {
			if i > 0 {
				b.WriteByte('\t')
			}
			switch v := f.(type) {
			case bool:
				f = map[bool]int{true: 1}[v]
			case event.Seconds:
				f = time.Duration(v).Milliseconds()
			case time.Duration:
				f = v.Milliseconds()
			case time.Time:
				f = v.UnixMilli()
			}
			fmt.Fprint(&b, f)
		}
		b.WriteByte('\n')
	}
	for i, c := range list {
		if c.failed {
			line("S", c.begin, c.customer, c.intent)
			continue
		}
		name := "support-call"
		if c.messages != nil {
			name = "support-mail"
		}
		line("C", i, c.begin, c.took, name, c.channel, c.direction, c.actor, c.customer, c.intent, c.claimed)
		for _, l := range c.legs {
			who := ""
			if l.Answered {
				who = map[bool]string{true: "bot", false: "agent"}[l.Bot]
			}
			line("L", i, c.begin.Add(time.Duration(l.Start)), l.Queue, l.Queued, who, l.Wait, l.Talk, l.Hold, l.Holds, l.Wrap, l.End, l.Warm)
		}
		for _, m := range c.messages {
			who := map[event.Actor]string{event.ActorCustomer: "customer", event.ActorEmployee: "agent", event.ActorAutomation: "bot"}[m.By]
			if m.Internal {
				who = "note"
			}
			line("M", i, m.At, who)
		}
		for _, d := range c.decisions {
			line("D", i, d.What, d.Approval, d.Waited, d.Refused, d.Approver)
		}
	}
	return b.String()
}
