package telemetry

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// This file counts contacts in which people help. The definitions are those of package assist. In a [seriesKey] of a contact, name is the
// touchpoint or what was decided, and stage is the queue.

// contactInstruments makes the instruments of contacts, with the functions that make counters and histograms.
func (m *metrics) contactInstruments(
	counter func(into *metric.Int64Counter, name, unit, description string),
	seconds func(into *metric.Float64Histogram, name, description string, buckets []float64),
) {
	counter(&m.queued, semconv.QueueContactsName, semconv.QueueContactsUnit, semconv.QueueContactsDescription)
	counter(&m.passedOn, semconv.ContactTransfersName, semconv.ContactTransfersUnit, semconv.ContactTransfersDescription)
	counter(&m.decided, semconv.EmployeeDecisionsName, semconv.EmployeeDecisionsUnit, semconv.EmployeeDecisionsDescription)
	seconds(&m.handled, semconv.ContactHandleDurationName, semconv.ContactHandleDurationDescription, semconv.ContactHandleDurationBuckets())
	seconds(&m.replied, semconv.ContactReplyDurationName, semconv.ContactReplyDurationDescription, semconv.ContactReplyDurationBuckets())
}

// legKey has what tells the series of contacts apart, beside the fields of [seriesKey].
type legKey struct {
	end      assist.End
	short    bool // the customer left so early that the leg does not count as abandoned
	result   result
	wait     wait
	approval approval
	warm     bool // the transfer
	returned bool // the transfer
	next     bool // the reply
	open     bool // the hours of the reply
}

// result is what a leg is for the service level of its queue. The zero value is that of a queue without one.
type result uint8

const (
	_ result = iota
	levelGood
	levelBad
	levelExcluded
)

func (r result) String() string { return []string{"", "good", "bad", "excluded"}[r] }

// wait is what a customer waited for.
type wait uint8

const (
	_ wait = iota
	forAnswer
	onHold
	forApproval
)

func (w wait) String() string { return []string{"", "queue", "hold", "approval"}[w] }

// approval is what became of the approval of a decision.
type approval uint8

const (
	notNeeded approval = iota
	granted
	refused
)

func (a approval) String() string { return []string{"none", "granted", "refused"}[a] }

// contactAttributes returns the attributes of a series of contacts.
func contactAttributes(k seriesKey, channel event.Channel) (kvs []attribute.KeyValue) {
	if k.what == employeeDecided {
		return append(text(kvs, semconv.DecisionWhatKey, k.name), semconv.DecisionApprovalKey.String(k.leg.approval.String()))
	}
	kvs = text(kvs, semconv.QueueNameKey, k.stage)
	if k.what == legWaited {
		kvs = append(kvs, semconv.TouchpointNameKey.String(k.name), semconv.WaitKindKey.String(k.leg.wait.String()))
		if k.leg.wait == forAnswer {
			kvs = append(kvs, semconv.QueueEndKey.String(endOf(k.leg.end, k.leg.short)))
		}
		return kvs
	}
	kvs = append(kvs, semconv.ChannelKey.String(channel.String()))
	switch k.what {
	case legQueued:
		kvs = append(kvs, semconv.QueueEndKey.String(endOf(k.leg.end, k.leg.short)))
		kvs = text(kvs, semconv.QueueResultKey, k.leg.result.String())
	case replyGiven:
		kind, hours := "first", "all"
		if k.leg.next {
			kind = "next"
		}
		if k.leg.open {
			hours = "open"
		}
		kvs = append(kvs, semconv.ReplyKindKey.String(kind), semconv.ReplyHoursKey.String(hours))
	case legPassedOn:
		kvs = append(kvs, semconv.TransferWarmKey.Bool(k.leg.warm), semconv.TransferReturnKey.Bool(k.leg.returned))
	default: // handled legs have no more
	}
	return kvs
}

func endOf(e assist.End, short bool) string {
	switch {
	case e == 0:
		return "unknown"
	case short:
		return "short_abandoned"
	default:
		return e.String()
	}
}

// errManyQueues is reported once.
var errManyQueues = errors.New("cairn: the queues have more series than a metric can start at zero: " +
	"a backend misses the first contact of the queues that are declared last: declare fewer queues or channels")

// knowQueues notes the queues, and makes their counters exist with zero.
func (m *metrics) knowQueues(list []assist.Queue) {
	m.queues = make(map[string]assist.Queue, len(list))
	var fresh []zero
	room := true
	for _, q := range list {
		m.queues[q.Name] = q
		channels := q.Channels
		if len(channels) == 0 {
			channels = []event.Channel{event.Phone}
		}
		for _, c := range channels {
			for _, leg := range legsOf(q.Level) {
				s, is, fits := m.zeros.add(counted{m.queued, seriesKey{what: legQueued, stage: q.Name, channel: c, leg: leg}})
				if is {
					fresh = append(fresh, s)
				}
				room = room && fits
			}
		}
	}
	if !room {
		m.handle(errManyQueues)
	}
	m.addZeros(fresh)
}

// legsOf returns the ends and results that a leg in a queue with this level can have, without the unknown end.
func legsOf(l assist.Level) (all []legKey) {
	waits := []time.Duration{0, l.Within, l.Within + 1, l.ShortWait()}
	for _, end := range []event.LegEnd{event.LegFinished, event.LegAbandoned, event.LegOverflowed, event.LegCallback, event.LegClosed} {
		for _, w := range waits {
			leg := event.Leg{Queued: true, Answered: end == event.LegFinished, Wait: event.Seconds(w), End: end}
			k := legKey{end: assist.EndOf(&leg), short: l.Short(&leg), result: resultOf(l, &leg)}
			if !slices.Contains(all, k) {
				all = append(all, k)
			}
		}
	}
	return all
}

func resultOf(l assist.Level, leg *event.Leg) result {
	if l == (assist.Level{}) {
		return 0
	}
	switch counted, good := l.Judge(leg); {
	case good:
		return levelGood
	case counted:
		return levelBad
	default:
		return levelExcluded
	}
}

// queueLabel returns the queue's name on metrics. It is empty where the client has no queues.
func (m *metrics) queueLabel(name string) string {
	if len(m.queues) == 0 || name == "" {
		return ""
	}
	if _, known := m.queues[name]; known {
		return name
	}
	return event.Other
}

// assisted counts a contact in which people helped.
func (m *metrics) assisted(ctx context.Context, e *flight.Event) {
	a := e.Assisted
	for i := range a.Legs {
		m.leg(ctx, e, a, i)
	}
	m.replies(ctx, e, a)
	for i := range a.Decisions {
		m.decision(ctx, e, &a.Decisions[i])
	}
}

// leg counts one leg.
func (m *metrics) leg(ctx context.Context, e *flight.Event, a *event.Assisted, i int) {
	l := &a.Legs[i]
	queue := m.queueLabel(l.Queue)
	if l.Queued && !l.Bot {
		level := m.queues[l.Queue].Level
		k := seriesKey{what: legQueued, stage: queue, channel: e.Channel, leg: legKey{end: assist.EndOf(l), short: level.Short(l), result: resultOf(level, l)}}
		if k.stage == "" {
			k.stage = event.Other
		}
		if m.queued.Enabled(ctx) {
			m.queued.Add(ctx, 1, m.ofKey(ctx, k).add...)
		}
		m.waited(ctx, e, queue, l.Wait, legKey{wait: forAnswer, end: k.leg.end, short: k.leg.short})
	}
	took, handled := assist.HandleTime(l)
	if !handled {
		return
	}
	if l.Hold > 0 || l.Holds > 0 {
		m.waited(ctx, e, queue, l.Hold, legKey{wait: onHold})
	}
	if m.handled.Enabled(ctx) {
		m.handled.Record(ctx, took.Seconds(), m.ofKey(ctx, seriesKey{what: legHandled, stage: queue, channel: e.Channel}).record...)
	}
	if l.End == event.LegTransferred && m.passedOn.Enabled(ctx) {
		k := seriesKey{what: legPassedOn, stage: queue, channel: e.Channel, leg: legKey{warm: l.Warm, returned: assist.Returns(a.Legs, i)}}
		m.passedOn.Add(ctx, 1, m.ofKey(ctx, k).add...)
	}
}

func (m *metrics) waited(ctx context.Context, e *flight.Event, queue string, took event.Seconds, leg legKey) {
	if m.waitDuration.Enabled(ctx) {
		m.waitDuration.Record(ctx, took.Seconds(), m.ofKey(ctx, seriesKey{what: legWaited, name: e.Touchpoint, stage: queue, leg: leg}).record...)
	}
}

// replies records the replies of an exchange of messages.
func (m *metrics) replies(ctx context.Context, e *flight.Event, a *event.Assisted) {
	if a.Thread == nil || !m.replied.Enabled(ctx) {
		return
	}
	queue := assist.QueueOf(a)
	k := seriesKey{what: replyGiven, stage: m.queueLabel(queue), channel: e.Channel}
	for i := range a.Thread.Replies {
		k.leg = legKey{next: i > 0}
		m.replied.Record(ctx, a.Thread.Replies[i].After.Seconds(), m.ofKey(ctx, k).record...)
		if m.queues[queue].OpenHours {
			k.leg.open = true
			m.replied.Record(ctx, a.Thread.Replies[i].Open.Seconds(), m.ofKey(ctx, k).record...)
		}
	}
}

// decision counts what an employee decided.
func (m *metrics) decision(ctx context.Context, e *flight.Event, d *event.Decision) {
	what := notNeeded
	if d.Approval || d.Waited > 0 {
		what = granted
		if d.Refused {
			what = refused
		}
		m.waited(ctx, e, "", d.Waited, legKey{wait: forApproval})
	}
	if !m.decided.Enabled(ctx) {
		return
	}
	name := d.What
	if name == "" {
		name = event.Other
	}
	m.decided.Add(ctx, 1, m.ofKey(ctx, seriesKey{what: employeeDecided, name: name, leg: legKey{approval: what}}).add...)
}
