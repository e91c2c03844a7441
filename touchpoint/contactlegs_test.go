package touchpoint_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

var support = touchpoint.Define("support")

// calls are the calls of a contact by a word. A number is that many seconds.
var calls = map[string]func(*touchpoint.Contact){
	"queue a":       func(c *touchpoint.Contact) { c.Queue("a") },
	"queue b":       func(c *touchpoint.Contact) { c.Queue("b") },
	"ring":          (*touchpoint.Contact).Ring,
	"answer x":      func(c *touchpoint.Contact) { c.Answer("x") },
	"answer y":      func(c *touchpoint.Contact) { c.Answer("y") },
	"bot":           (*touchpoint.Contact).AnswerBot,
	"hold":          (*touchpoint.Contact).Hold,
	"resume":        (*touchpoint.Contact).Resume,
	"transfer a":    func(c *touchpoint.Contact) { c.Transfer("a") },
	"transfer b":    func(c *touchpoint.Contact) { c.Transfer("b", touchpoint.Warm()) },
	"transfer to y": func(c *touchpoint.Contact) { c.Transfer("") },
	"overflow b":    func(c *touchpoint.Contact) { c.Overflow("b") },
	"wrap":          (*touchpoint.Contact).Wrap,
	"abandon":       (*touchpoint.Contact).Abandon,
	"turn away":     func(c *touchpoint.Contact) { c.TurnAway("closed") },
	"callback":      func(c *touchpoint.Contact) { c.Callback(time.Now().Add(time.Hour)) },
	"fail":          func(c *touchpoint.Contact) { c.Fail(errStory) },
	"cancel":        (*touchpoint.Contact).Cancel,
	"unable":        func(c *touchpoint.Contact) { c.Unable("policy") },
	"claim":         func(c *touchpoint.Contact) { c.Claim(event.Yes) },
	"end":           (*touchpoint.Contact).End,
}

var errStory = storyError{}

type storyError struct{}

func (storyError) Error() string { return "the line broke" }

// story is what happens in a contact: words of calls, and numbers of seconds that pass.
type story []string

// told returns the contact as it was recorded, and how many of its calls counted as a fault.
func (s story) told(t *testing.T) (e event.Event, faults int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		spy := newSpy(t, cx.WithLogger(slog.New(slog.DiscardHandler)), cx.WithCustomerKey([]byte("a key for these tests only")))
		_, c := support.Contact(spy.context(), event.Phone)
		for _, word := range s {
			if d, err := time.ParseDuration(word + "s"); err == nil {
				time.Sleep(d)
			} else {
				calls[word](c)
			}
		}
		c.End()
		e = spy.only(t)
		for _, f := range spy.counted() {
			if f == "contact_order" {
				faults++
			} else {
				t.Errorf("%q: the fault %s", s, f)
			}
		}
	})
	for i := range e.Assisted.Legs {
		e.Assisted.Legs[i].Agent = ""
	}
	return e, faults
}

func seconds(n int) event.Seconds { return event.Seconds(time.Duration(n) * time.Second) }

// TestContactCases are contacts that were worked out by hand.
func TestContactCases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		story        string
		legs         []event.Leg
		outcome      event.Outcome
		took         time.Duration
		faults       int
	}{
		{
			"an ordinary call", "the queue, the ringing in it, the talk, two holds, the wrap after the customer has left",
			"5, queue a, 20, ring, 4, answer x, 60, hold, 30, resume, 10, hold, 5, resume, 15, wrap, 40",
			[]event.Leg{{Queue: "a", Queued: true, Answered: true, Start: seconds(5), Wait: seconds(24), Ring: seconds(4), Talk: seconds(85), Hold: seconds(35), Wrap: seconds(40), Holds: 2, End: event.LegFinished}},
			event.OK, 149 * time.Second, 0,
		},
		{
			"an immediate answer", "a wait of 0 is not the absence of a queue", "queue a, answer x, 9",
			[]event.Leg{{Queue: "a", Queued: true, Answered: true, Talk: seconds(9), End: event.LegFinished}},
			event.OK, 9 * time.Second, 0,
		},
		{
			"no queue", "a direct line", "ring, 3, answer x, 9",
			[]event.Leg{{Answered: true, Wait: seconds(3), Ring: seconds(3), Talk: seconds(9), End: event.LegFinished}},
			event.OK, 12 * time.Second, 0,
		},
		{
			"a bot hands over", "each has its leg", "bot, 30, transfer a, 10, answer x, 50",
			[]event.Leg{
				{Answered: true, Bot: true, Talk: seconds(30), End: event.LegTransferred},
				{Queue: "a", Queued: true, Answered: true, Start: seconds(30), Wait: seconds(10), Talk: seconds(50), End: event.LegFinished},
			},
			event.OK, 90 * time.Second, 0,
		},
		{
			"a warm transfer from hold", "the hold ends with the leg", "answer x, 1, hold, 7, transfer b, 2, queue b, 3, answer y, 4",
			[]event.Leg{
				{Answered: true, Talk: seconds(1), Hold: seconds(7), Holds: 1, End: event.LegTransferred, Warm: true},
				{Queue: "b", Queued: true, Answered: true, Start: seconds(8), Wait: seconds(5), Talk: seconds(4), End: event.LegFinished},
			},
			event.OK, 17 * time.Second, 0,
		},
		{
			"returned to the team", "the first queue comes again", "queue a, 1, answer x, 2, transfer b, 3, answer y, 4, transfer a, 5, answer x, 6",
			[]event.Leg{
				{Queue: "a", Queued: true, Answered: true, Wait: seconds(1), Talk: seconds(2), End: event.LegTransferred, Warm: true},
				{Queue: "b", Queued: true, Answered: true, Start: seconds(3), Wait: seconds(3), Talk: seconds(4), End: event.LegTransferred},
				{Queue: "a", Queued: true, Answered: true, Start: seconds(10), Wait: seconds(5), Talk: seconds(6), End: event.LegFinished},
			},
			event.OK, 21 * time.Second, 0,
		},
		{
			"transferred to a colleague", "there is no queue", "answer x, 1, transfer to y, 2, answer y, 3",
			[]event.Leg{
				{Answered: true, Talk: seconds(1), End: event.LegTransferred},
				{Answered: true, Start: seconds(1), Wait: seconds(2), Talk: seconds(3), End: event.LegFinished},
			},
			event.OK, 6 * time.Second, 0,
		},
		{
			"overflow", "nobody has answered in the first queue", "queue a, 30, overflow b, 10, answer x, 5",
			[]event.Leg{
				{Queue: "a", Queued: true, Wait: seconds(30), End: event.LegOverflowed},
				{Queue: "b", Queued: true, Answered: true, Start: seconds(30), Wait: seconds(10), Talk: seconds(5), End: event.LegFinished},
			},
			event.OK, 45 * time.Second, 0,
		},
		{
			"an employee does not pick up", "the call goes back to its queue, and rings again", "queue a, 10, ring, 15, queue a, 20, ring, 5, answer y, 1",
			[]event.Leg{{Queue: "a", Queued: true, Answered: true, Wait: seconds(50), Ring: seconds(20), Talk: seconds(1), End: event.LegFinished}},
			event.OK, 51 * time.Second, 0,
		},
		{
			"abandoned while it rings", "it was not answered", "queue a, 10, ring, 5, abandon, 60",
			[]event.Leg{{Queue: "a", Queued: true, Wait: seconds(15), Ring: seconds(5), End: event.LegAbandoned}},
			event.Abandoned, 15 * time.Second, 0,
		},
		{
			"ended in the queue", "the customer is not there any more", "queue a, 10",
			[]event.Leg{{Queue: "a", Queued: true, Wait: seconds(10), End: event.LegAbandoned}},
			event.Abandoned, 10 * time.Second, 0,
		},
		{
			"cancelled in the queue", "the customer left the queue all the same", "queue a, 10, cancel",
			[]event.Leg{{Queue: "a", Queued: true, Wait: seconds(10), End: event.LegAbandoned}},
			event.Cancelled, 10 * time.Second, 0,
		},
		{
			"failed in the queue", "the company's line broke", "queue a, 10, fail",
			[]event.Leg{{Queue: "a", Queued: true, Wait: seconds(10), End: event.LegClosed}},
			event.Failed, 10 * time.Second, 0,
		},
		{
			"turned away", "the line is closed", "queue a, 1, turn away, 5",
			[]event.Leg{{Queue: "a", Queued: true, Wait: seconds(1), End: event.LegClosed}},
			event.Failed, time.Second, 0,
		},
		{
			"a callback from the queue", "it is no abandonment", "queue a, 90, callback, 5",
			[]event.Leg{{Queue: "a", Queued: true, Wait: seconds(90), End: event.LegCallback}},
			event.OK, 90 * time.Second, 0,
		},
		{
			"a callback is agreed in the talk", "the talk goes on", "answer x, 60, callback, 5",
			[]event.Leg{{Answered: true, Talk: seconds(65), End: event.LegFinished}},
			event.OK, 65 * time.Second, 0,
		},
		{
			"the customer hangs up in the talk", "the employee wraps up", "answer x, 60, abandon, 2, wrap, 30",
			[]event.Leg{{Answered: true, Talk: seconds(60), Wrap: seconds(30), End: event.LegFinished}},
			event.Abandoned, 60 * time.Second, 0,
		},
		{"nobody was asked", "there is no leg", "10", nil, event.OK, 10 * time.Second, 0},
		{"left before the queue", "there is no leg", "10, abandon, 5", nil, event.Abandoned, 10 * time.Second, 0},
		{
			"the employee cannot help", "nobody else has", "answer x, 5, unable, 5",
			[]event.Leg{{Answered: true, Talk: seconds(10), End: event.LegFinished}},
			event.Failed, 10 * time.Second, 0,
		},
		{
			"the employee cannot help, and resolves it", "the claim counts", "answer x, 5, unable, claim",
			[]event.Leg{{Answered: true, Talk: seconds(5), End: event.LegFinished}},
			event.OK, 5 * time.Second, 0,
		},
		{
			"the first line cannot help", "the second one answers", "answer x, 5, unable, transfer b, 1, answer y, 1",
			[]event.Leg{
				{Answered: true, Talk: seconds(5), End: event.LegTransferred, Warm: true},
				{Queue: "b", Queued: true, Answered: true, Start: seconds(5), Wait: seconds(1), Talk: seconds(1), End: event.LegFinished},
			},
			event.OK, 7 * time.Second, 0,
		},
		{
			"the first line cannot help, and nobody answers in the second", "the customer was not helped", "answer x, 5, unable, transfer b, 1, fail",
			[]event.Leg{
				{Answered: true, Talk: seconds(5), End: event.LegTransferred, Warm: true},
				{Queue: "b", Queued: true, Start: seconds(5), Wait: seconds(1), End: event.LegClosed},
			},
			event.Failed, 6 * time.Second, 0,
		},
		{
			"the employee cannot help, and somebody will call back", "the matter goes on", "answer x, 5, unable, callback",
			[]event.Leg{{Answered: true, Talk: seconds(5), End: event.LegFinished}},
			event.OK, 5 * time.Second, 0,
		},
		{
			"hold before the answer", "it changes nothing", "queue a, 5, hold, 5, resume, answer x, 5",
			[]event.Leg{{Queue: "a", Queued: true, Answered: true, Wait: seconds(10), Talk: seconds(5), End: event.LegFinished}},
			event.OK, 15 * time.Second, 2,
		},
		{
			"held twice", "it is one hold", "answer x, 5, hold, 5, hold, 5, resume, resume, 5",
			[]event.Leg{{Answered: true, Talk: seconds(10), Hold: seconds(10), Holds: 1, End: event.LegFinished}},
			event.OK, 20 * time.Second, 2,
		},
		{
			"answered twice by one", "it is one answer", "queue a, 5, answer x, 5, answer x, 5",
			[]event.Leg{{Queue: "a", Queued: true, Answered: true, Wait: seconds(5), Talk: seconds(10), End: event.LegFinished}},
			event.OK, 15 * time.Second, 1,
		},
		{
			"answered twice by two", "the customer talks to another one", "queue a, 5, answer x, 5, answer y, 5",
			[]event.Leg{
				{Queue: "a", Queued: true, Answered: true, Wait: seconds(5), Talk: seconds(5), End: event.LegTransferred},
				{Answered: true, Start: seconds(10), Talk: seconds(5), End: event.LegFinished},
			},
			event.OK, 15 * time.Second, 1,
		},
		{
			"transferred before the answer", "it is an overflow", "queue a, 5, transfer b, 5, answer y, 5",
			[]event.Leg{
				{Queue: "a", Queued: true, Wait: seconds(5), End: event.LegOverflowed},
				{Queue: "b", Queued: true, Answered: true, Start: seconds(5), Wait: seconds(5), Talk: seconds(5), End: event.LegFinished},
			},
			event.OK, 15 * time.Second, 1,
		},
		{
			"after the end", "it changes nothing", "answer x, 5, end, 5, transfer a, hold, answer y, wrap, callback, claim, end, abandon",
			[]event.Leg{{Answered: true, Talk: seconds(5), End: event.LegFinished}},
			event.OK, 5 * time.Second, 6,
		},
		{
			"after the customer has left", "only the wrap passes", "answer x, 5, wrap, 5, answer y, hold, resume, transfer a, queue a, overflow b, ring, turn away, abandon, wrap, 5",
			[]event.Leg{{Answered: true, Talk: seconds(5), Wrap: seconds(10), End: event.LegFinished}},
			event.OK, 5 * time.Second, 10,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, faults := story(strings.Split(c.story, ", ")).told(t)
			if diff := cmp.Diff(c.legs, e.Assisted.Legs); diff != "" {
				t.Errorf("the legs, want -, got +: %s\n%s", c.reason, diff)
			}
			if e.Outcome != c.outcome || e.Duration != c.took || faults != c.faults {
				t.Errorf("it is %v after %v with %d faults, want %v after %v with %d: %s", e.Outcome, e.Duration, faults, c.outcome, c.took, c.faults, c.reason)
			}
		})
	}
}

// rule is what a call does to a contact in one state, in the words of the documentation.
type rule struct {
	misuse bool
	ends   event.LegEnd // of the open leg
	opens  string       // a leg for this queue; "direct" is an employee without a queue
	to     string       // the state that follows; "" is the same
}

// rules are the calls in each state, written apart from the code: none, wait, talk, hold, left (answered or not) and wrap. What is not
// there is misuse that changes nothing.
func rules(state, word, queue string, answered bool, agent string) rule {
	target := map[string]string{"queue a": "a", "queue b": "b", "transfer a": "a", "transfer b": "b", "overflow b": "b", "transfer to y": "direct"}[word]
	kind, _, _ := strings.Cut(word, " ")
	in := func(states ...string) bool { return slices.Contains(states, state) }
	switch {
	case kind == "queue" && in("none"):
		return rule{opens: target, to: "wait"}
	case kind == "queue" && in("wait") && (queue == target || queue == "direct"):
		return rule{to: "wait"}
	case (kind == "queue" || kind == "overflow") && in("wait"):
		return rule{ends: event.LegOverflowed, opens: target, to: "wait"}
	case kind == "transfer" && in("wait"):
		return rule{misuse: true, ends: event.LegOverflowed, opens: target, to: "wait"}
	case (kind == "queue" || kind == "overflow") && in("talk", "hold"):
		return rule{misuse: true, ends: event.LegTransferred, opens: target, to: "wait"}
	case kind == "transfer" && in("talk", "hold"):
		return rule{ends: event.LegTransferred, opens: target, to: "wait"}
	case (kind == "transfer" || kind == "overflow") && in("none"):
		return rule{misuse: true, opens: target, to: "wait"}
	case kind == "ring" && in("none"):
		return rule{opens: "direct", to: "wait"}
	case kind == "ring" && in("wait"):
		return rule{to: "wait"}
	case (kind == "answer" || kind == "bot") && in("none"):
		return rule{opens: "direct", to: "talk"}
	case (kind == "answer" || kind == "bot") && in("wait"):
		return rule{to: "talk"}
	case (kind == "answer" || kind == "bot") && in("talk", "hold") && word != agent:
		return rule{misuse: true, ends: event.LegTransferred, opens: "direct", to: "talk"}
	case word == "hold" && in("talk"):
		return rule{to: "hold"}
	case word == "resume" && in("hold"):
		return rule{to: "talk"}
	case word == "wrap" && in("talk", "hold"):
		return rule{ends: event.LegFinished, to: "wrap"}
	case word == "wrap" && in("left") && answered:
		return rule{to: "wrap"}
	case word == "abandon" && in("none"), word == "turn away" && in("none"):
		return rule{to: "left"}
	case word == "abandon" && in("wait"):
		return rule{ends: event.LegAbandoned, to: "left"}
	case word == "abandon" && in("talk", "hold"):
		return rule{ends: event.LegFinished, to: "left"}
	case word == "turn away" && in("wait"):
		return rule{ends: event.LegClosed, to: "left"}
	case word == "callback" && in("wait"):
		return rule{ends: event.LegCallback, to: "left"}
	case word == "callback":
		return rule{}
	default:
		return rule{misuse: true}
	}
}

// model is a contact second by second.
type model struct {
	state, agent         string
	ringing              bool
	legs                 []event.Leg
	queue                string
	clock, gone, misused int
	outcome              event.Outcome
}

func (m *model) second() {
	m.clock++
	if m.state != "left" && m.state != "wrap" {
		m.gone = m.clock
	}
	if len(m.legs) == 0 {
		return
	}
	l := &m.legs[len(m.legs)-1]
	switch m.state {
	case "wait":
		l.Wait += seconds(1)
		if m.ringing {
			l.Ring += seconds(1)
		}
	case "talk":
		l.Talk += seconds(1)
	case "hold":
		l.Hold += seconds(1)
	case "wrap":
		l.Wrap += seconds(1)
	}
}

func (m *model) call(word string) {
	answered := len(m.legs) > 0 && m.legs[len(m.legs)-1].Answered
	r := rules(m.state, word, m.queue, answered, m.agent)
	if r.misuse {
		m.misused++
		if r.to == "" {
			return
		}
	}
	if r.ends != 0 {
		m.legs[len(m.legs)-1].End = r.ends
		if word == "transfer b" && r.ends == event.LegTransferred {
			m.legs[len(m.legs)-1].Warm = true
		}
	}
	kind, name, _ := strings.Cut(word, " ")
	if r.opens != "" {
		l := event.Leg{Start: seconds(m.clock), Queued: r.opens != "direct"}
		if l.Queued {
			l.Queue = r.opens
		}
		m.legs, m.queue, m.ringing = append(m.legs, l), r.opens, false
	}
	switch {
	case kind == "queue" && r.opens == "" && r.to == "wait":
		l := &m.legs[len(m.legs)-1]
		l.Queue, l.Queued, m.queue, m.ringing = name, true, name, false
	case word == "ring":
		m.ringing = true
	case r.to == "talk" && word != "resume":
		l := &m.legs[len(m.legs)-1]
		l.Answered, l.Bot, m.agent = true, word == "bot", word
	case r.to == "hold":
		m.legs[len(m.legs)-1].Holds++
	case word == "abandon":
		m.outcome = max(m.outcome, event.Abandoned)
	case word == "turn away":
		m.outcome = event.Failed
	}
	if r.to != "" {
		m.state = r.to
	}
}

// end returns what is recorded.
func (m *model) end() (legs []event.Leg, o event.Outcome) {
	if len(m.legs) > 0 {
		switch l := &m.legs[len(m.legs)-1]; m.state {
		case "wait":
			l.End, m.outcome = event.LegAbandoned, event.Abandoned
		case "talk", "hold":
			l.End = event.LegFinished
		}
	}
	if m.outcome == 0 {
		m.outcome = event.OK
	}
	return m.legs, m.outcome
}

// TestContactAsModelled holds any order of calls against a model that counts seconds: the legs, what is misuse, and that no second of
// the customer's is lost or counted twice.
func TestContactAsModelled(t *testing.T) {
	t.Parallel()
	words := []string{
		"queue a", "queue b", "ring", "answer x", "answer y", "bot", "hold", "resume", "transfer a", "transfer b", "transfer to y",
		"overflow b", "wrap", "abandon", "turn away", "callback", "answer x", "hold", "resume", "queue a",
	}
	rapid.Check(t, func(rt *rapid.T) {
		var s story
		m := model{state: "none"}
		for range rapid.IntRange(0, 15).Draw(rt, "calls") {
			n := rapid.IntRange(0, 3).Draw(rt, "seconds")
			s = append(s, string(rune('0'+n)))
			for range n {
				m.second()
			}
			word := rapid.SampledFrom(words).Draw(rt, "call")
			s = append(s, word)
			m.call(word)
		}
		s = append(s, "2")
		m.second()
		m.second()
		legs, outcome := m.end()
		e, faults := s.told(t)
		if diff := cmp.Diff(legs, e.Assisted.Legs); diff != "" {
			rt.Fatalf("%q: the legs, want -, got +:\n%s", s, diff)
		}
		took := time.Duration(m.gone) * time.Second
		if e.Outcome != outcome || faults != m.misused || e.Duration != took {
			rt.Fatalf("%q: it is %v after %v with %d faults, want %v after %v with %d", s, e.Outcome, e.Duration, faults, outcome, took, m.misused)
		}
		if legs == nil {
			return
		}
		sum := time.Duration(legs[0].Start)
		for _, l := range e.Assisted.Legs {
			if time.Duration(l.Start) != sum {
				rt.Fatalf("%q: a leg begins at %v, and what is before it lasts %v", s, time.Duration(l.Start), sum)
			}
			sum += time.Duration(l.Wait + l.Talk + l.Hold)
		}
		if sum != e.Duration {
			rt.Fatalf("%q: the legs last %v, and the contact %v", s, sum, e.Duration)
		}
	})
}
