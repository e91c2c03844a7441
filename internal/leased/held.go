package leased

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrLost is the cause of the context of work that another instance has taken over.
var ErrLost = errors.New("the lease is lost")

// Renewals is how often a lease is renewed in its time.
const Renewals = 3

// The pauses of Settle between its attempts.
const (
	firstRetry = time.Second / 4
	lastRetry  = time.Minute
)

// Form is how the state of a holder is kept in the log of its record.
type Form[S any] interface {
	// Clone returns a copy that shares nothing.
	Clone(s S) S
	Encode(s S) []byte
	Decode(log []byte) (S, error)
	// Renew sets until when the holder has the record.
	Renew(s S, until time.Time)
	// Mine reports whether this instance holds the record.
	Mine(s S) bool
}

// Held is a record that this instance holds. It is safe for concurrent use.
type Held[S any] struct {
	record *Record
	form   Form[S]
	lease  time.Duration

	mu    sync.Mutex // the renewals, the changes and the end take turns
	state S
	log   []byte    // the state as the store has it
	heard time.Time // when a call began that has renewed the lease, with the monotonic clock
}

// Take makes this instance the holder, with a state in which it is, if the log is still the one that was read. Nil says that another instance
// was first.
func Take[S any](ctx context.Context, r *Record, form Form[S], lease time.Duration, log []byte, state S) (*Held[S], error) {
	h := &Held[S]{record: r, form: form, lease: lease, state: state, heard: time.Now()}
	is, done, err := r.Replace(ctx, log, form.Encode(state))
	if err != nil || !done {
		return nil, err
	}
	h.log = is
	return h, nil
}

// State returns a copy of the state.
func (h *Held[S]) State() S {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.form.Clone(h.state)
}

// Change changes the state, if this instance still holds the record, and renews the lease. It returns ErrLost if it does not.
func (h *Held[S]) Change(ctx context.Context, how func(S)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		begin := time.Now()
		next := h.form.Clone(h.state)
		if now, ok := h.record.Now(); ok {
			h.form.Renew(next, now.Add(h.lease))
		}
		how(next)
		log := h.form.Encode(next)
		is, done, err := h.record.Replace(ctx, h.log, log)
		if err != nil {
			return err
		}
		if done {
			h.log, h.heard = log, begin
			if h.form.Mine(next) { // one that has given it up keeps the state that it had
				h.state = next
			}
			return nil
		}
		// A change whose answer was lost may have been made.
		st, err := h.form.Decode(is)
		if err != nil || !h.form.Mine(st) {
			return ErrLost
		}
		h.state, h.log = st, is
	}
}

// Renew renews the lease until it is asked to stop, or ctx is done. It calls lost when the lease is over.
func (h *Held[S]) Renew(ctx context.Context, stopping <-chan struct{}, lost func(error)) {
	every := time.NewTicker(h.lease / Renewals)
	defer every.Stop()
	for {
		select {
		case <-stopping:
			return
		case <-ctx.Done():
			return
		case <-every.C:
		}
		// A renewal ends in time to give the next one, or the loss of the lease, its turn.
		call, cancel := context.WithTimeout(ctx, h.lease/Renewals)
		err := h.Change(call, func(S) {})
		cancel()
		if err == nil {
			continue
		}
		if errors.Is(err, ErrLost) || time.Since(h.lastHeard()) >= h.lease-h.lease/Renewals {
			lost(ErrLost)
			return
		}
	}
}

func (h *Held[S]) lastHeard() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.heard
}

// Settle writes the end of the work. While the lease holds it tries again after an error, which it returns when the lease is over. A lease that
// was lost is no error: or the change of a call without an answer was made, and has ended the work.
func (h *Held[S]) Settle(ctx context.Context, end func(S)) error {
	pause := firstRetry
	for {
		err := h.Change(ctx, end)
		switch {
		case err == nil, errors.Is(err, ErrLost):
			return nil
		case ctx.Err() != nil || time.Since(h.lastHeard()) > h.lease:
			return err
		}
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
		pause = min(2*pause, lastRetry)
	}
}
