package track

import (
	"encoding/binary"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// appendTo appends who the run is. Without whole it leaves out what memory keeps once for many runs.
func (id *identity) appendTo(b []byte, whole bool) []byte {
	if whole {
		b = appendString(b, id.journey.Namespace)
		b = appendString(b, id.journey.Name)
		b = appendString(b, id.journey.Version)
		b = binary.AppendVarint(b, int64(id.patience))
	}
	b = appendString(b, id.journey.ID)
	b = appendString(b, id.customer.Hash)
	b = appendString(b, id.customer.Segment)
	actor := byte(id.actor)
	if id.accounted() {
		actor |= actorAccounted
	}
	b = append(b, byte(id.channel), actor)
	b = appendMoney(b, id.journey.Value)
	if !whole && id.journey.Value != nil {
		b = binary.AppendVarint(b, id.worthAt)
	}
	if id.accounted() {
		b = appendString(b, id.customer.Account)
	}
	if whole {
		return b
	}
	if id.rooted() {
		b = append(b, id.journey.Root.SpanID[:]...) // the slot has the trace ID
	}
	return b
}

// actorAccounted is the bit of the actor's byte that says that an account follows, so that a run without one takes no byte for
// it. No actor has the bit. A log with it begins with an entryVersion.
const actorAccounted byte = 0x80

// accounted reports whether the run belongs to an account.
func (id *identity) accounted() bool { return id.customer.Account != "" }

// actor reads an actor, and whether an account follows.
func (r *reader) actor() (a event.Actor, accounted bool) {
	b := r.byte()
	return event.Actor(b &^ actorAccounted), b&actorAccounted != 0
}

// rooted reports whether the run's trace does not follow from its names, because its journey's name was folded.
func (id *identity) rooted() bool { return id.journey.Root != event.SpanRef{} }

// appendMoney appends an amount, or nothing.
func appendMoney(b []byte, v *event.Money) []byte {
	if v == nil {
		return append(b, 0)
	}
	return binary.AppendVarint(appendString(b, v.Currency), v.Amount)
}

func (r *reader) money() *event.Money {
	if c := r.string(); c != "" {
		return &event.Money{Currency: c, Amount: r.int()}
	}
	return nil
}

func (id *identity) read(r *reader, whole bool) {
	if whole {
		id.journey.Namespace, id.journey.Name, id.journey.Version = r.string(), r.string(), r.string()
		id.patience = time.Duration(r.int())
	}
	id.journey.ID = r.string()
	id.customer.Hash, id.customer.Segment = r.string(), r.string()
	var accounted bool
	id.channel = event.Channel(r.byte())
	id.actor, accounted = r.actor()
	if id.journey.Value = r.money(); id.journey.Value != nil && !whole {
		id.worthAt = r.int()
	}
	if accounted {
		id.customer.Account = r.string()
		r.fail = r.fail || !id.accounted()
	}
}
