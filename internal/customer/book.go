package customer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/lifecycle"
	"cairncx.dev/cairn/internal/storeclock"
)

// Shelf is the name of the shelf that has the records.
const Shelf = "customers"

const (
	// maxSkew is by how much the caller's clock and the store's may differ before the store's counts.
	maxSkew = 5 * time.Minute
	// foldAfter is how many entries a log may have before it is replaced by a state.
	foldAfter = 32
	// tidyAfter is how long after an append the record is due.
	tidyAfter = time.Hour
	// maxCalls bounds the calls of the store at one time, also those that do not return.
	maxCalls = 64
)

// Config is what a Book needs.
type Config struct {
	// Store is the shelf with the records. Required.
	Store ledger.Store
	// Now is the caller's clock. Required.
	Now func() time.Time
	// Namespace is a part of each key.
	Namespace string
	// KeyHash tells the customer key of the pseudonyms from others. "" compares no keys.
	KeyHash string
	// Tell tells an effort that is over. It must not wait for the Book. Nil leaves the efforts to other instances.
	Tell func(*Effort)
	// Safe returns when what Tell was given cannot get lost with this process any more. Default: it is so at once.
	Safe func(context.Context) error
	// Lost is told of a contact that is in no effort. It must not wait. Default: it is not told.
	Lost func(Loss)
	// Every is how often records that are due are looked at. Default: each minute.
	Every time.Duration
	// Failed is told of what goes wrong in the background. It must not wait. Default: it is not told.
	Failed func(error)
}

// Book asks the customers' records in a store. Safe for concurrent use. It owns one goroutine from its first call on, and
// a few that call the store, until Close. Customers and addressees are named by their pseudonyms.
type Book struct {
	cfg   Config
	clock storeclock.Clock
	calls chan struct{} // a place for each call of the store

	callers *callers
	turns   turns
	errands chan errand
	checked sync.Once // the customer key
	folds   chan long // without a buffer: the goroutine takes one if it has nothing else to do
	begin   sync.Once
	worker  *lifecycle.Worker // nil where Close came before the first call

	tells  atomic.Bool    // efforts that are over
	turn   lifecycle.Turn // to tell efforts, or to forget: what was told before is forgotten, and nothing is told after it
	joins  joins
	recent recent // for SoFar
}

// New returns a Book.
func New(cfg Config) *Book {
	return &Book{cfg: cfg, calls: make(chan struct{}, maxCalls), callers: newCallers(), errands: make(chan errand, maxErrands), folds: make(chan long)}
}

// Asking is one contact that the record of a customer is asked about.
type Asking struct {
	ID        event.ID // of the grant; Ask sets it
	Customer  string
	Addressee string // "" is the customer
	Purpose   string
	Channel   event.Channel
	Terms     *flight.Terms
	Topic     string                 // what the contact is about; "" is nothing
	AtOnce    bool                   // Ask is the use
	Quiet     func(t time.Time) bool // nil is never
}

// Errors of a Book. The caller adds where it happened.
var (
	errClosedRecord = errors.New("the customer's record is being removed: ask again")
	errShort        = errors.New("the store returned another number of records than it was given changes")
	errAnswer       = errors.New("the log that the store returned does not end with the entry that was appended")
)

// unknown is the answer to a question that the store does not answer.
func unknown(t *flight.Terms) flight.Answer {
	if t.Unchecked {
		return flight.Answer{Rule: event.RuleUnchecked}
	}
	return flight.Answer{Rule: event.RuleUnknown}
}

// Ask reserves the contact, with one call of the store's Write. An error comes with the answer for a record that is not known.
func (b *Book) Ask(ctx context.Context, a *Asking) (flight.Answer, error) {
	at, err := b.now(ctx)
	if err != nil {
		return unknown(a.Terms), err
	}
	if a.Quiet != nil && a.Quiet(at) {
		return b.look(ctx, a, at, true) // nothing to reserve
	}
	a.ID = event.NewID(at)
	answer, err := b.put(ctx, a, a.entry(at))
	if answer.Rule == event.RuleGranted && a.Terms.Keep > 0 && a.Terms.Life > provisional && !a.AtOnce {
		b.send(errand{key: b.key(a.Customer), kind: opKeep, id: a.ID, life: int64(a.Terms.Life), until: time.Now().Add(provisional)})
	}
	return answer, err
}

// entry returns the entry of the ask.
func (a *Asking) entry(at time.Time) *entry {
	e := &entry{kind: opAsk, at: at.UnixNano(), id: a.ID, life: int64(a.Terms.Life), purpose: a.Purpose, channel: a.Channel, terms: *a.Terms}
	if a.Topic != "" || a.AtOnce {
		e.kind, e.topic, e.atOnce = opAskOnce, a.Topic, a.AtOnce
	}
	return e
}

// Use commits that the contact is about to be made. The ID of the grant says when it was asked for. In quiet hours Use commits
// nothing. After an answer that is no grant the grant is freed, and must not be used again.
func (b *Book) Use(ctx context.Context, a *Asking) (flight.Answer, error) {
	at, err := b.now(ctx)
	if err != nil {
		return b.unanswered(a), err
	}
	if a.Quiet != nil && a.Quiet(at) {
		answer, err := b.look(ctx, a, at, true)
		if !answer.OK() && !errors.Is(err, errUnreadable) { // a log that is not readable is left alone
			b.Release(a)
		}
		return answer, err
	}
	e := &entry{
		kind: opUse, at: at.UnixNano(), id: a.ID, life: int64(a.Terms.Life), asked: askedAt(a.ID), purpose: a.Purpose, channel: a.Channel,
		terms: flight.Terms{Consent: a.Terms.Consent, Stops: a.Terms.Stops, Keep: a.Terms.Keep},
	}
	return b.put(ctx, a, e)
}

// May answers as Ask would, and writes nothing.
func (b *Book) May(ctx context.Context, a *Asking) (flight.Answer, error) {
	at, err := b.now(ctx)
	if err != nil {
		return unknown(a.Terms), err
	}
	return b.look(ctx, a, at, a.Quiet != nil && a.Quiet(at))
}

// Release frees the grant in the background.
func (b *Book) Release(a *Asking) {
	if a.Terms.Keep > 0 && !a.ID.IsZero() {
		b.send(errand{key: b.key(a.Customer), kind: opRelease, id: a.ID, until: time.Now().Add(provisional)})
	}
}

// Free frees the grant now, or in the background where the store does not take it within ctx.
func (b *Book) Free(ctx context.Context, a *Asking) {
	if a.Terms.Keep == 0 || a.ID.IsZero() {
		return
	}
	at, err := b.now(ctx)
	if err == nil {
		e := &entry{kind: opRelease, at: at.UnixNano(), id: a.ID}
		_, err = b.write(ctx, []ledger.Change{b.appending(b.key(a.Customer), e)})
	}
	if err != nil {
		b.Release(a)
	}
}

// put appends the entry of a question and returns its answer. Without an answer it releases what the store may have reserved.
func (b *Book) put(ctx context.Context, a *Asking, e *entry) (flight.Answer, error) {
	b.checkKey()
	key := b.key(a.Customer)
	give, err := b.turns.take(ctx, key)
	switch {
	case err != nil && (e.kind == opAsk || e.kind == opAskOnce): // nothing is reserved
		return unknown(a.Terms), err
	case err != nil:
		return b.unanswered(a), err
	}
	l := long{key: key, end: give}
	defer func() {
		if l.log != nil {
			b.shorten(l)
		} else {
			give()
		}
	}()
	own, answer, err := b.answer(ctx, a, b.appending(key, e), func(log []byte) (flight.Answer, error) {
		_, last, did, since, err := readLog(log)
		switch {
		case err != nil:
			return flight.Answer{}, err
		case last.kind != e.kind || last.id != e.id:
			return flight.Answer{}, errAnswer
		case since >= foldAfter:
			l.log = log
		}
		return did.answer, nil
	})
	switch {
	case errors.Is(err, errUnreadable): // the record is left alone
		return unknown(a.Terms), err
	case err != nil:
		return b.unanswered(a), err
	case own.OK() && !answer.OK():
		b.Release(a) // the customer's log does not say that the addressee is suppressed
	}
	return answer, nil
}

// unanswered returns the answer to a question whose entry may be in the log. It releases what that has reserved, unless the contact
// is made all the same.
func (b *Book) unanswered(a *Asking) flight.Answer {
	answer := unknown(a.Terms)
	if !answer.OK() {
		b.Release(a)
	}
	return answer
}

// look answers without a reservation. Quiet says that it is in quiet hours, which is the answer if permits allow the contact.
func (b *Book) look(ctx context.Context, a *Asking, at time.Time, quiet bool) (flight.Answer, error) {
	_, answer, err := b.answer(ctx, a, reading(b.key(a.Customer)), func(log []byte) (flight.Answer, error) {
		r, _, _, _, err := readLog(log)
		if err != nil {
			return flight.Answer{}, err
		}
		r.pass(at.UnixNano())
		return r.decide(a.Purpose, a.Channel, a.Terms, !quiet), nil
	})
	switch {
	case err != nil:
		return unknown(a.Terms), err
	case answer.OK() && quiet:
		return flight.Answer{Rule: event.RuleQuietHours}, nil
	default:
		return answer, nil
	}
}

// answer makes the change of the customer's record and reads the addressee's with the same Write. It returns what the customer's
// log says, and the answer of both.
func (b *Book) answer(
	ctx context.Context, a *Asking, c ledger.Change, read func(log []byte) (flight.Answer, error),
) (own, answer flight.Answer, err error) {
	changes := []ledger.Change{c}
	if a.Addressee != "" && a.Addressee != a.Customer {
		changes = append(changes, reading(b.key(a.Addressee)))
	}
	records, err := b.append(ctx, changes)
	if err != nil {
		return own, own, err
	}
	if own, err = read(liveLog(&records[0])); err != nil || len(records) == 1 {
		return own, own, err
	}
	other, _, _, _, err := readLog(liveLog(&records[1]))
	if err != nil {
		return own, own, fmt.Errorf("the addressee's: %w", err)
	}
	if reason, ok := other.suppressed(a.Purpose, a.Channel); ok {
		return own, flight.Answer{Rule: event.RuleSuppressed, Cause: reason}, nil
	}
	return own, own, nil
}

// append makes the changes, of which the first one may append. A closed record had nothing in it and is being removed: a claim
// removes it.
func (b *Book) append(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	records, err := b.write(ctx, changes)
	if err != nil || !records[0].Closed || changes[0].Replace != nil {
		return records, err
	}
	if _, _, err = b.claim(ctx, 0, 0); err != nil {
		return nil, err
	}
	if records, err = b.write(ctx, changes); err == nil && records[0].Closed {
		return nil, errClosedRecord
	}
	return records, err
}

// liveLog returns the log of a record; one that is closed has nothing in it.
func liveLog(r *ledger.Record) []byte {
	if r.Closed {
		return nil
	}
	return r.Log
}

// key returns the key of a customer's record.
func (b *Book) key(pseudonym string) ledger.Key { return digest.Customer(b.cfg.Namespace, pseudonym) }

// appending returns the change that appends the entry.
func (*Book) appending(key ledger.Key, e *entry) ledger.Change {
	return ledger.Change{Key: key, Append: e.appendTo(nil), Lease: tidyAfter}
}

// reading returns a change that reads a record: no log is what it wants to replace.
func reading(key ledger.Key) ledger.Change {
	return ledger.Change{Key: key, If: []byte("no log is this"), Replace: []byte{}}
}

// askedAt returns the time of the grant's ID, which is of version 7.
func askedAt(id event.ID) int64 {
	var ms int64
	for _, c := range id[:6] {
		ms = ms<<8 | int64(c)
	}
	return ms * int64(time.Millisecond)
}
