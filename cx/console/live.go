package console

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Bounds of streams: how many there are at a time, how often one says that it is there, and how long a reader may take to read what was written, also of a page.
const (
	maxStreams = 1000
	heartbeat  = 25 * time.Second
	maxRead    = 30 * time.Second
	spread     = 4 // of the time between two states: the part of it in which pages hear of one
)

// live counts the streams that keep pages current.
type live struct {
	closed chan struct{}
	once   sync.Once
	places chan struct{}
}

func newLive() *live {
	return &live{closed: make(chan struct{}), places: make(chan struct{}, maxStreams)}
}

func (l *live) close() { l.once.Do(func() { close(l.closed) }) }

// stream tells a page that there is a newer state of the table: an event (text/event-stream) with the name of the state as its ID. A page that lost the
// connection sends the last ID that it has seen, and hears at once if there is a newer state.
func (c *Console) stream(w http.ResponseWriter, r *http.Request) {
	select {
	case c.live.places <- struct{}{}:
		defer func() { <-c.live.places }()
	default:
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many pages keep themselves current: reload this one by hand", http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	control := http.NewResponseController(w)
	seen := r.Header.Get("Last-Event-ID")
	if seen == "" {
		seen = r.URL.Query().Get("state")
	}
	for {
		state, changed := c.state()
		text := ": here\n\n"
		if state != seen {
			text, seen = fmt.Sprintf("id: %s\ndata: %s\n\n", state, state), state
		}
		_ = control.SetWriteDeadline(time.Now().Add(maxRead)) // instead of that of the server, which is for all of an answer
		if _, err := w.Write([]byte(text)); err != nil || control.Flush() != nil {
			return
		}
		if !c.wait(r.Context(), changed) {
			return
		}
	}
}

// wait waits for newer rows or the next heartbeat. Newer rows are told when pages have a later moment, which has them all. A random part more keeps pages from asking all
// at once. It returns false when the stream is over.
func (c *Console) wait(ctx context.Context, changed <-chan struct{}) bool {
	beat := time.NewTimer(heartbeat)
	defer beat.Stop()
	select {
	case <-changed:
	case <-beat.C:
		return true
	case <-ctx.Done():
		return false
	case <-c.live.closed:
		return false
	}
	later := time.NewTimer(c.untilNext() + rand.N(c.cfg.refresh/spread)) //nolint:gosec // no secret
	defer later.Stop()
	select {
	case <-later.C:
		return true
	case <-ctx.Done():
		return false
	case <-c.live.closed:
		return false
	}
}
