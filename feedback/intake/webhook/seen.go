package webhook

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// verdict is what the memory knows of a key.
type verdict uint8

const (
	fresh    verdict = iota // it is claimed now
	repeated                // it was taken before
	busy                    // another request has claimed it
)

// seen knows what was taken.
type seen interface {
	// claim claims the keys, which differ, for the request with this name, and says what each is.
	claim(ctx context.Context, request name, keys []ledger.Key) ([]verdict, error)
	// done remembers that what the request has claimed is taken.
	done(ctx context.Context, request name, keys []ledger.Key) error
}

// name names a request.
type name [entryLen - 1]byte

func newName() (n name) {
	_, _ = rand.Read(n[:]) // it never fails
	return n
}

// keyOf returns the key of an item's own key, a digest, so that a store has no words of senders.
func keyOf(key string) ledger.Key {
	sum := sha256.Sum256([]byte("cairn.webhook.1\x00" + key))
	return ledger.Key(sum[:len(ledger.Key{})])
}

// maxSeen is how many keys one process remembers without a store.
const maxSeen = 1 << 16

// local is the memory of one process.
type local struct {
	keep time.Duration
	now  func() time.Time

	mu    sync.Mutex
	known map[ledger.Key]bool // whether it is done
	order []aged              // in the order of their claims
}

type aged struct {
	key ledger.Key
	at  time.Time
}

func newLocal(keep time.Duration, now func() time.Time) *local {
	return &local{keep: keep, now: now, known: map[ledger.Key]bool{}}
}

func (l *local) claim(_ context.Context, _ name, keys []ledger.Key) ([]verdict, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, out := l.now(), make([]verdict, len(keys))
	l.forget(now)
	for i, k := range keys {
		switch isDone, known := l.known[k]; {
		case isDone:
			out[i] = repeated
		case known:
			out[i] = busy
		default:
			l.known[k] = false
			l.order = append(l.order, aged{k, now})
		}
	}
	return out, nil
}

// forget removes what is too old, and the oldest of what is too much.
func (l *local) forget(now time.Time) {
	n := 0
	for n < len(l.order) && (len(l.order)-n > maxSeen || now.Sub(l.order[n].at) >= l.keep) {
		delete(l.known, l.order[n].key)
		n++
	}
	if l.order = l.order[n:]; len(l.order) == 0 {
		l.order = nil
	}
}

func (l *local) done(_ context.Context, _ name, keys []ledger.Key) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		if _, known := l.known[k]; known {
			l.known[k] = true
		}
	}
	return nil
}

// shared is the memory of all instances that share a store. The log of a record has entries of 17 bytes: a claim with the name of the
// request that made it, or the mark that it is done. The first claim holds. A claim whose request was killed lapses after claimFor: a sweep
// empties the record, so that the next request claims it anew.
type shared struct {
	store ledger.Store
	keep  time.Duration
	now   func() time.Time

	swept   atomic.Int64 // when this process swept last, in nanoseconds
	claimed atomic.Int64 // keys since then
}

const (
	shelf      = "webhooks"
	claimFor   = time.Minute
	sweepEvery = time.Minute
	sweepMost  = 256

	entryLen          = 17
	tagClaim, tagDone = byte('c'), byte('d')
)

var errRecords = errors.New("the store did not return one record for each change")

func newShared(store ledger.Store, keep time.Duration, now func() time.Time) *shared {
	s := &shared{keep: keep, now: now}
	if with, ok := store.(ledger.Shelver); ok {
		s.store = with.Shelf(shelf)
	}
	return s
}

// entry returns an entry of a log.
func entry(tag byte, n name) []byte { return append([]byte{tag}, n[:]...) }

// isDone reports whether the log has the mark.
func isDone(log []byte) bool {
	for ; len(log) >= entryLen; log = log[entryLen:] {
		if log[0] == tagDone {
			return true
		}
	}
	return false
}

func (s *shared) claim(ctx context.Context, request name, keys []ledger.Key) ([]verdict, error) {
	own := entry(tagClaim, request)
	changes := make([]ledger.Change, len(keys))
	for i, k := range keys {
		changes[i] = ledger.Change{Key: k, Append: own, Lease: claimFor}
	}
	records, err := s.write(ctx, changes)
	if err != nil {
		return nil, err
	}
	out, waits := make([]verdict, len(keys)), false
	for i, r := range records {
		switch {
		case r.Closed, // it was forgotten a moment ago
			isDone(r.Log): // with the claim of this redelivery, which a sweep removes
			out[i] = repeated
		case !bytes.HasPrefix(r.Log, own):
			out[i], waits = busy, true
		}
	}
	s.claimed.Add(int64(len(keys)))
	s.sweep(ctx, waits)
	return out, nil
}

func (s *shared) done(ctx context.Context, request name, keys []ledger.Key) error {
	ctx = context.WithoutCancel(ctx) // the sender may be gone
	own, mark := entry(tagClaim, request), entry(tagDone, name{})
	changes := make([]ledger.Change, len(keys))
	for i, k := range keys {
		changes[i] = ledger.Change{Key: k, If: own, Replace: mark, Lease: s.keep}
	}
	records, err := s.write(ctx, changes)
	if err != nil {
		return err
	}
	var others []ledger.Change // another request has appended its claim
	for _, r := range records {
		if !r.Closed && !isDone(r.Log) {
			others = append(others, ledger.Change{Key: r.Key, Append: mark})
		}
	}
	if len(others) > 0 {
		_, err = s.write(ctx, others)
	}
	return err
}

// write is the store's Write with one record for each change.
func (s *shared) write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	records, err := s.store.Write(ctx, changes)
	if err == nil && len(records) != len(changes) {
		err = errRecords
	}
	return records, err
}

// sweep forgets what is too old, and frees claims that have lapsed. It does so once a minute, for twice as many keys as were claimed since, and
// at once where a request waits for a claim. The next sweep does what this one cannot.
func (s *shared) sweep(ctx context.Context, waits bool) {
	now, last := s.now().UnixNano(), s.swept.Load()
	if !waits && (now-last < int64(sweepEvery) || !s.swept.CompareAndSwap(last, now)) {
		return
	}
	for left := sweepMost + 2*s.claimed.Swap(0); left > 0; left -= sweepMost {
		_, due, err := s.store.Claim(ctx, sweepMost, claimFor)
		if err != nil || len(due) == 0 {
			return
		}
		changes := make([]ledger.Change, len(due))
		for i, r := range due {
			c := ledger.Change{Key: r.Key, If: r.Log, Replace: []byte{}, Lease: s.keep}
			switch {
			case len(r.Log) == 0, bytes.Equal(r.Log, entry(tagDone, name{})): // it was kept for long enough
				c.Close = true
			case isDone(r.Log):
				c.Replace = entry(tagDone, name{})
			}
			changes[i] = c
		}
		if _, err := s.write(ctx, changes); err != nil || len(due) < sweepMost {
			return
		}
	}
}
