package nats

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// The headers of a message, besides Nats-Msg-Id, which is the event's ID. A header without a value is left out.
const (
	headerType   = "content-type"
	headerSchema = "cairn-schema-version"
	headerKind   = "cairn-event-kind"
	headerParent = "traceparent" // W3C Trace Context: the request span in which the event happened
	headerState  = "tracestate"
)

// A run is one call of Export. Only one message of a journey is in flight at a time. When a stream has just got room or a
// leader, a server may refuse a message and take the next one, and that must not be a later event of the same journey.
type run struct {
	*Exporter

	link       *link
	unanswered bool // the server did not answer a message in time
	noStream   bool // no stream listened to a message's subject

	events  []event.Event
	next    []int         // the index of the journey's next event in the batch, or -1
	ready   []int         // events that can be sent now
	waiting []sent        // messages in flight, the oldest first
	failed  map[int]error // by index in the batch
}

type sent struct {
	place  int
	future jetstream.PubAckFuture
}

func newRun(e *Exporter, l *link, events []event.Event) *run {
	type journey struct{ namespace, name, id string }
	r := &run{Exporter: e, link: l, events: events, next: make([]int, len(events)), failed: map[int]error{}}
	last := make(map[journey]int, len(events))
	for i := range events {
		r.next[i] = -1
		j := &events[i].Journey
		if j.IsZero() {
			r.ready = append(r.ready, i)
			continue
		}
		key := journey{j.Namespace, j.Name, j.ID}
		if before, ok := last[key]; ok {
			r.next[before] = i
		} else {
			r.ready = append(r.ready, i)
		}
		last[key] = i
	}
	return r
}

// publish sends all events and waits for the acknowledgements.
func (r *run) publish(ctx context.Context) {
	for len(r.ready)+len(r.waiting) > 0 {
		for len(r.ready) > 0 && len(r.waiting) < r.cfg.inFlight {
			place := r.ready[0]
			r.ready = r.ready[1:]
			future, err := r.send(ctx, place)
			if err != nil {
				r.fail(place, err)
				continue
			}
			r.waiting = append(r.waiting, sent{place, future})
		}
		if len(r.waiting) == 0 {
			continue
		}
		oldest := r.waiting[0]
		r.waiting = r.waiting[1:]
		if err := r.answer(ctx, oldest.future); err != nil {
			r.fail(oldest.place, err)
		} else {
			r.proceed(oldest.place)
		}
	}
}

// again publishes the events that failed temporarily. The order in each journey stays the same, because these events are the
// journey's last ones in the batch.
func (r *run) again(ctx context.Context) {
	var places []int
	var events []event.Event
	for i := range r.events {
		if err := r.failed[i]; err != nil && !sink.IsPermanent(err) {
			places, events = append(places, i), append(events, r.events[i])
			delete(r.failed, i)
		}
	}
	second := newRun(r.Exporter, r.link, events)
	second.publish(ctx)
	for i, err := range second.failed {
		r.failed[places[i]] = err
	}
	r.unanswered = r.unanswered || second.unanswered
}

// proceed makes the next event of the journey ready to be sent.
func (r *run) proceed(place int) {
	if n := r.next[place]; n >= 0 {
		r.ready = append(r.ready, n)
	}
}

// fail records why an event was not taken. After a temporary failure it also fails all later events of the journey. After a
// permanent one the next event is sent.
func (r *run) fail(place int, err error) {
	if errors.Is(err, jetstream.ErrNoStreamResponse) {
		r.noStream = true
		err = r.noListener(err)
	}
	err = &unprefixed{classified(err)}
	r.failed[place] = err
	if sink.IsPermanent(err) {
		r.proceed(place)
		return
	}
	behind := fmt.Errorf("an earlier event of its journey was not taken: %w", err)
	for n := r.next[place]; n >= 0; n = r.next[n] {
		r.failed[n] = behind
	}
}

// send publishes one event.
func (r *run) send(ctx context.Context, place int) (jetstream.PubAckFuture, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) //nolint:wrapcheck // outcome says where
	}
	if err := r.link.away(); err != nil {
		return nil, err // the buffer of the connection would keep the message, and the connection may never come back
	}
	return r.link.js.PublishMsgAsync(message(&r.events[place], r.subject)) //nolint:wrapcheck // outcome says where
}

// answer waits for the result of a message.
func (r *run) answer(ctx context.Context, f jetstream.PubAckFuture) error {
	select {
	case <-f.Ok():
		return nil
	case err := <-f.Err():
		return err
	case <-ctx.Done():
	}
	select { // the acknowledgement may have come before ctx was done
	case <-f.Ok():
		return nil
	default:
		r.unanswered = true
		return r.link.unanswered(ctx)
	}
}

func message(e *event.Event, s subject) *natsgo.Msg {
	h := make(natsgo.Header, 6)
	h[headerType] = []string{"application/json"}
	h[headerSchema] = []string{strconv.Itoa(event.JSONVersion)}
	if !e.ID.IsZero() {
		h[jetstream.MsgIDHeader] = []string{e.ID.String()}
	}
	if kind := legible(string(e.Kind)); kind != "" {
		h[headerKind] = []string{kind}
	}
	if sc := e.SpanContext; sc.IsValid() {
		tid, sid := sc.TraceID(), sc.SpanID()
		b := hex.AppendEncode([]byte("00-"), tid[:])
		b = hex.AppendEncode(append(b, '-'), sid[:])
		b = hex.AppendEncode(append(b, '-'), []byte{byte(sc.TraceFlags())})
		h[headerParent] = []string{string(b)}
		if state := sc.TraceState().String(); state != "" {
			h[headerState] = []string{state}
		}
	}
	return &natsgo.Msg{Subject: s.of(e), Header: h, Data: e.AppendJSON(make([]byte, 0, 512))}
}
