package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// Once knows which keys have been used, on a shelf of a store: one-time links, messages that may arrive twice, reports that were
// sent. The first user of a key gets it, in whichever instance the others are. Safe for concurrent use.
type Once struct {
	store Store
	keep  time.Duration
}

// ErrNoShelves is the error of the calls of a Once on a store that is not a [Shelver].
var ErrNoShelves = errors.New("the store has no shelves: use one that is a ledger.Shelver, as those of cx/stores are")

// NewOnce returns the keys on the shelf with this name. It remembers a key for keep at least, from its first use on, and for ever
// with a keep of 0 or less. [Once.Sweep] forgets keys. It does no I/O. Each call fails with [ErrNoShelves] if the store
// has no shelves, and with [ErrShelfName] if the name is not that of a shelf.
func NewOnce(store Store, shelf string, keep time.Duration) *Once {
	o := &Once{keep: keep}
	if s, ok := store.(Shelver); ok {
		o.store = s.Shelf(shelf)
	}
	return o
}

// Use uses the key for the user, and reports whether the user has it: whether this is its first use, or its first use was by the
// same user. A user who did not get the answer can therefore ask again. By names the user: an attempt to deliver, a session, an
// address; two users that must not both have the key need different names. Key and by are any texts, also empty ones. The store gets
// digests of them. Use is one round trip, and a second one after each 64 uses of one key. After an error the key may have been used.
func (o *Once) Use(ctx context.Context, key, by string) (first bool, err error) {
	if o.store == nil {
		return false, fmt.Errorf("once: use a key: %w", ErrNoShelves)
	}
	user := sha256.Sum256([]byte("cairn.once.user.1\x00" + by))
	name := sha256.Sum256([]byte("cairn.once.1\x00" + key))
	c := Change{Key: Key(name[:16]), Append: user[:16]}
	if o.keep > 0 {
		c.Lease = o.keep
	}
	records, err := o.store.Write(ctx, []Change{c})
	switch {
	case err != nil:
		return false, fmt.Errorf("once: use a key: %w", err)
	case len(records) != 1:
		return false, fmt.Errorf("once: use a key: %w", errRecords)
	}
	log := records[0].Log
	if len(log) > maxUses*len(c.Key) && !records[0].Closed { // only the first user matters
		if _, err := o.store.Write(ctx, []Change{{Key: c.Key, If: log, Replace: log[:16], Lease: c.Lease}}); err != nil {
			return false, fmt.Errorf("once: shorten the uses of a key: %w", err)
		}
	}
	return bytes.HasPrefix(log, user[:16]), nil
}

// maxUses is how many uses of a key its log may have before it is shortened to the first one.
const maxUses = 64

var errRecords = errors.New("the store did not return one record for one change")

// sweepBatch is how many records a Sweep claims at once.
const sweepBatch = 256

// Sweep forgets the keys whose time is over, and returns how many there were. Call it now and then, such as once an hour; several
// instances may call it at the same time. Without it no key is forgotten. After an error the rest is for the next call.
func (o *Once) Sweep(ctx context.Context) (keys int, err error) {
	if o.store == nil {
		return 0, fmt.Errorf("once: sweep: %w", ErrNoShelves)
	}
	for {
		_, due, err := o.store.Claim(ctx, sweepBatch, time.Minute)
		if err != nil {
			return keys, fmt.Errorf("once: sweep: %w", err)
		}
		changes := make([]Change, len(due))
		for i, r := range due {
			changes[i] = Change{Key: r.Key, If: r.Log, Replace: []byte{}, Close: true}
		}
		if len(changes) == 0 {
			return keys, nil
		}
		records, err := o.store.Write(ctx, changes)
		if err != nil {
			return keys, fmt.Errorf("once: sweep: %w", err)
		}
		for i := range records {
			if records[i].Closed { // otherwise it was used meanwhile
				keys++
			}
		}
		if len(due) < sweepBatch {
			return keys, nil
		}
	}
}
