package track

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// deliverRecord works out from the record what the items have done to their run, and delivers it.
func (r *remote) deliverRecord(rec *ledger.Record, items []*item) { r.deliverTaken(rec, items, 0) }

// deliverTaken is deliverRecord for a record in which this instance took the items' ops over by the opAlive with the ID
// by, or 0 where it did not.
func (r *remote) deliverTaken(rec *ledger.Record, items []*item, by uint64) {
	if rec.Closed {
		r.t.memory.close(rec.Key, r.t.day())
		for _, i := range items {
			r.late(i)
		}
		return
	}
	run, since, err := readLog(rec.Log)
	if err != nil {
		r.report(err)
		for _, i := range items {
			r.lose(i)
		}
		return
	}
	delivered, now := map[uint64]bool{}, r.storeNow(r.ctx)
	if by == 0 {
		if again, taken := r.takeBack(rec, since, items, now); taken != 0 {
			r.deliverTaken(again, items, taken)
			return
		}
	}
	for _, i := range items {
		done := doneBy(since, i.op.key)
		switch {
		case done.wait:
			r.hold(run, i, now)
			continue
		case done.over:
			if i.e != nil && !i.e.Kind.IsTransition() {
				run.locate(i.e, true)
			}
			r.late(i)
			continue
		}
		if done.other && i.e != nil {
			r.cfg.otherCustomer(i.e.Journey.Name)
		}
		if done.n > 0 && r.delivers(run, since, i, &done, by, now) {
			delivered[i.op.key] = true
		}
		r.deliver(run, i.e, &i.op, &done, items)
	}
	r.t.memory.sync(rec.Key, run, r.t.day())
	if len(delivered) > 0 || settleable(since, delivered) >= foldAfter {
		r.settleLater(rec, since, delivered, now)
	}
}

// delivers reports whether this instance delivers the effects of the item. Otherwise it takes them out of done: another
// instance has delivered them, or will. Where the log knows of no such instance, this one delivers them here without
// counting them.
func (r *remote) delivers(run *run, since []entry, i *item, done *done, by uint64, now time.Time) bool {
	if mayDeliver(since, i.op.key, by, now) {
		return true
	}
	if isOrphan(since, i.op.key) {
		r.deliver(run, nil, &i.op, done, nil)
	}
	done.n = 0
	return false
}

// doneBy returns what the op with the key has done. An op that is written twice counts once: the first.
func doneBy(since []entry, key uint64) done {
	for k := range since {
		if since[k].op.key == key {
			return since[k].done
		}
	}
	return done{}
}

// deliver delivers the effects of an op, and the event that came with it. Effects that a dead instance may have delivered
// have no items: their events are in the log, and are marked as retold.
func (r *remote) deliver(run *run, e *flight.Event, o *op, done *done, items []*item) {
	for _, f := range done.effects() {
		by, cause := o, e
		if f.by != nil {
			by, cause = f.by, nil
			if k := slices.IndexFunc(items, func(i *item) bool { return i.op.key == f.by.key }); k >= 0 {
				cause = items[k].e
			}
		}
		own := r.transition(run, cause, by, f)
		if items == nil {
			own.Retell()
		}
		r.cfg.Deliver(own, run.state())
	}
	if e != nil && !e.Kind.IsTransition() {
		run.complete(e)
		r.cfg.Deliver(e, journey.State{})
	}
}

// transition returns the event of an effect that o had in the store. After a crash the log has the event of o.
func (r *remote) transition(run *run, cause *flight.Event, o *op, f effect) *flight.Event {
	switch {
	case f.byTime():
		cause = nil
	case cause == nil && len(o.event) > 0:
		if parsed, err := event.ParseJSON(o.event); err == nil {
			cause = flight.Of(parsed)
		}
	}
	own := newTransition(run.origin(), cause, f)
	if cause == nil && !f.byTime() && o.channel != 0 {
		own.Channel = o.channel
	}
	if f.kind == event.JourneyEnded {
		own.SetSegment(r.t.segment(max(0, int(run.touchpoints+run.responses)-1)))
	}
	return own
}

// complete gives the event what its instance did not know of the run when it happened.
func (r *run) complete(e *flight.Event) {
	if r.begun && e.Journey.Started.IsZero() {
		e.Journey.Started = at(r.start)
	}
	if e.Customer.Hash == "" {
		e.Customer.Hash = r.customer.Hash
	}
	if e.Customer.Segment == "" {
		e.Customer.Segment = r.customer.Segment
	}
	r.locate(e, false)
}

// locate gives an event that is no transition the stage that its run was in when it happened, unless the event says the
// stage itself, and the visit to it. Late says that the event was recorded after the end.
func (r *run) locate(e *flight.Event, late bool) {
	at := e.Time.UnixNano()
	switch {
	case e.Stage != "" && e.Visit == 0:
		e.SetPlace(e.Stage, r.visitAt(e.Stage, at))
	case e.Stage != "":
	case e.Joined(): // it met its run in its course: it belongs where the run was when it was over
		at = e.Time.Add(e.Duration).UnixNano()
		if end, ended := r.endsAt(); ended {
			at = min(at, end)
		}
		e.SetPlace(r.stageAt(at))
	default:
		seen, known := e.Hint()
		e.SetPlace(r.stageIn(instant{at, seen, known, late}))
	}
}
