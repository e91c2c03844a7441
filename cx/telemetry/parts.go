package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// This file shows what a contact with people consists of: attributes of its two spans, and its parts as children of the one in the journey's
// trace. When the customer was on hold within a conversation is not known, so the time on hold is an attribute of the conversation.

// describeAssisted appends the attributes of a contact.
func describeAssisted(kvs []attribute.KeyValue, a *event.Assisted) []attribute.KeyValue {
	var wait, talk, hold, wrap event.Seconds
	queued, answered := false, false
	for i := range a.Legs {
		l := &a.Legs[i]
		wait, talk, hold, wrap = wait+l.Wait, talk+l.Talk, hold+l.Hold, wrap+l.Wrap
		queued, answered = queued || l.Queued, answered || l.Answered
	}
	kvs = text(kvs, semconv.QueueNameKey, assist.QueueOf(a))
	if n := len(a.Legs); n > 0 {
		kvs = append(kvs, semconv.ContactLegsKey.Int(n))
	}
	if n, _ := assist.Transfers(a); n > 0 {
		kvs = append(kvs, semconv.ContactTransfersKey.Int(n))
	}
	for _, of := range [...]struct {
		key  attribute.Key
		took event.Seconds
		has  bool
	}{
		{semconv.ContactWaitKey, wait, queued},
		{semconv.ContactTalkKey, talk, answered},
		{semconv.ContactHoldKey, hold, hold > 0},
		{semconv.ContactWrapKey, wrap, wrap > 0},
	} {
		if of.has {
			kvs = append(kvs, of.key.Float64(of.took.Seconds()))
		}
	}
	if first, ok := assist.FirstReply(a.Thread); ok {
		kvs = append(kvs, semconv.ContactFirstReplyKey.Float64(first.After.Seconds()))
	}
	return text(kvs, semconv.ContactClaimedKey, a.Claimed.String())
}

// parts emits the parts of the contact below its span in the journey's trace, which has these times.
func (t *Telemetry) parts(ctx context.Context, e *flight.Event, above trace.SpanContext, times interval) {
	legs := e.Assisted.Legs
	for i := range legs {
		l := &legs[i]
		began := e.Time.Add(time.Duration(l.Start))
		answered := began.Add(time.Duration(l.Wait))
		over := answered.Add(time.Duration(l.Talk + l.Hold))
		for _, p := range [...]struct {
			name        string
			start, end  time.Time
			is          bool
			description []attribute.KeyValue
		}{
			{"queue", began, answered, l.Queued, t.describeQueue(l)},
			{"ring", answered.Add(-time.Duration(l.Ring)), answered, l.Ring > 0 && l.Ring <= l.Wait, text(nil, semconv.QueueNameKey, l.Queue)},
			{"talk", answered, over, l.Answered, describeTalk(l)},
			{"wrap", over, over.Add(time.Duration(l.Wrap)), l.Wrap > 0, text(nil, semconv.QueueNameKey, l.Queue)},
		} {
			at := interval{max(p.start.UnixNano(), times.start), min(p.end.UnixNano(), times.end)}
			if !p.is || at.start > at.end || at.start >= times.end { // it lies outside of the contact
				continue
			}
			at.end = max(at.end, at.start+1)
			if !t.spend(ctx, &t.budget, e) {
				return
			}
			d := t.draft(p.name, at)
			d.Parent, d.random, d.Attributes = above, true, p.description
			t.journeys.emit(d)
		}
	}
}

func (t *Telemetry) describeQueue(l *event.Leg) []attribute.KeyValue {
	kvs := text(nil, semconv.QueueNameKey, l.Queue)
	if l.Bot {
		return kvs
	}
	level := t.metrics.queues[l.Queue].Level
	kvs = append(kvs, semconv.QueueEndKey.String(endOf(assist.EndOf(l), level.Short(l))))
	return text(kvs, semconv.QueueResultKey, resultOf(level, l).String())
}

func describeTalk(l *event.Leg) []attribute.KeyValue {
	kvs := text(nil, semconv.QueueNameKey, l.Queue)
	if l.Hold > 0 {
		kvs = append(kvs, semconv.ContactHoldKey.Float64(l.Hold.Seconds()))
	}
	if l.Bot {
		kvs = append(kvs, semconv.ActorKey.String(event.ActorAutomation.String()))
	}
	return kvs
}
