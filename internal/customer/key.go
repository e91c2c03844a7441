package customer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/flight"
)

// The record of the key has the form of a customer's, and a key that no customer's record has. Its representative is
// [Config.KeyHash]. The first instance that changes a record of the namespace makes it. An instance with another customer key derives other
// keys of records, and would find none of them without an error.

var errOtherKey = errors.New("the customers' records of this namespace were written with another customer key, and are not found with this one: " +
	"give all services the same cx.WithCustomerKey")

// Ready returns the time of the next entry, and what the store knows of the customer key.
func (b *Book) Ready(ctx context.Context) (now time.Time, state flight.KeyState, err error) {
	if now, err = b.now(ctx); err != nil {
		return now, 0, err
	}
	records, err := b.write(ctx, []ledger.Change{reading(b.keyRecord())})
	if err != nil {
		return now, 0, err
	}
	r, _, _, _, err := readLog(liveLog(&records[0]))
	switch {
	case err != nil:
		return now, 0, fmt.Errorf("that of the customer key: %w", err)
	case r.representative == "":
		return now, flight.KeyNew, nil
	case r.representative == b.cfg.KeyHash:
		b.keyKnown()
		return now, flight.KeySame, nil
	default:
		return now, flight.KeyOther, nil
	}
}

// AdoptKey makes the customer key the one with which the records of the namespace are said to be written.
func (b *Book) AdoptKey(ctx context.Context) error {
	at, err := b.now(ctx)
	if err != nil {
		return err
	}
	e := &entry{kind: opRepresented, at: at.UnixNano(), ref: b.cfg.KeyHash}
	if _, err = b.write(ctx, []ledger.Change{{Key: b.keyRecord(), Append: e.appendTo(nil)}}); err != nil {
		return err
	}
	b.keyKnown()
	return nil
}

// keyKnown leaves the goroutine nothing to compare.
func (b *Book) keyKnown() { b.checked.Do(func() {}) }

// checkKey lets the goroutine compare the customer key with that of the records, once. It is called before the first change.
func (b *Book) checkKey() {
	if b.cfg.KeyHash != "" {
		b.checked.Do(func() { b.send(errand{kind: opRepresented, until: time.Now().Add(provisional)}) })
	}
}

// tryKey compares the customer key with that of the records. It makes their record of the key if there is none.
func (b *Book) tryKey(ctx context.Context) error {
	_, state, err := b.Ready(ctx)
	switch {
	case err != nil:
		return err
	case state == flight.KeyNew:
		return b.AdoptKey(ctx)
	case state == flight.KeyOther:
		b.failed(errOtherKey)
	}
	return nil
}

func (b *Book) keyRecord() ledger.Key { return digest.CustomerKey(b.cfg.Namespace) }
