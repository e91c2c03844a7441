package console

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// growing is a source that has an event more with each scan, while it grows.
type growing struct {
	n    int
	more bool
}

func (*growing) Distinct() bool { return true }

func (g *growing) Scan(_ context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	from, _ := strconv.Atoi(s.Since.Position)
	if g.more {
		g.n++
	}
	for i := from; i < g.n; i++ {
		e := event.Event{Kind: event.JourneyStarted, Time: time.Now(), Journey: event.Run{Name: "order", ID: fmt.Sprint(i), Started: time.Now()}}
		binary.BigEndian.PutUint64(e.ID[8:], uint64(i+1)) //nolint:gosec // it is not negative
		if err := each(&e); err != nil {
			return s.Since, err
		}
	}
	return event.Cursor{Position: strconv.Itoa(g.n)}, nil
}

func (*growing) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

// heard is a response of a stream.
type heard struct {
	*httptest.ResponseRecorder

	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(b) //nolint:wrapcheck // it never fails
}

func (h *heard) Flush() {}

// told returns the states that the stream has told, and how often it said that it is there.
func (h *heard) told() (states []string, beats int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for line := range strings.Lines(h.text.String()) {
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			states = append(states, strings.TrimSpace(id))
		}
		if strings.HasPrefix(line, ": here") {
			beats++
		}
	}
	return states, beats
}

// listening opens a stream of a page with the state.
func listening(ctx context.Context, c *Console, state string, all *sync.WaitGroup) *heard {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/live?state="+state, http.NoBody)
	r.RemoteAddr = "127.0.0.1:1"
	h := &heard{ResponseRecorder: httptest.NewRecorder()}
	all.Go(func() { c.ServeHTTP(h, r) })
	return h
}

// over returns a console over a table that has read the source.
func over(t *testing.T, source insight.Source, opts ...Option) *Console {
	t.Helper()
	table, err := insight.New(nil)
	if err == nil {
		err = table.Load(t.Context(), source)
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(table, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestStream: a page hears of newer rows once they are all in the moment of pages, of passing time each minute, and of nothing else.
func TestStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &growing{n: 3}
		c := over(t, source)
		time.Sleep(time.Second) // the clock of the bubble begins with a whole minute
		state, _ := c.state()
		var all sync.WaitGroup
		ctx, leave := context.WithCancel(t.Context())
		page, lost := listening(ctx, c, state, &all), listening(ctx, c, "0.7", &all)
		synctest.Wait()
		if told, beats := page.told(); len(told) != 0 || beats != 1 {
			t.Errorf("a page of now hears at once of %q, and %d times that the stream is there", told, beats)
		}
		if told, _ := lost.told(); len(told) != 1 || told[0] != state {
			t.Errorf("a page that was not connected hears at once of %q, want %q", told, state)
		}
		source.more = true
		_ = c.table.Load(t.Context(), source)
		source.more = false
		time.Sleep(8999 * time.Millisecond) // the next moment is at 10 s
		synctest.Wait()
		if told, _ := page.told(); len(told) != 0 {
			t.Errorf("before pages have the rows the page hears of %q", told)
		}
		time.Sleep(2501 * time.Millisecond)
		synctest.Wait()
		newer, _ := c.state()
		if told, _ := page.told(); len(told) != 1 || told[0] != newer || newer == state {
			t.Errorf("the page hears of %q, want %q", told, newer)
		}
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if told, beats := page.told(); len(told) != 1 || beats < 2 {
			t.Errorf("while nothing happens the page hears of %q, and %d times that the stream is there", told, beats)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if told, _ := page.told(); len(told) != 2 && len(told) != 3 {
			t.Errorf("within two minutes without an event the page hears of %q: want one more for each minute", told)
		}
		leave()
		all.Wait()
		if len(c.live.places) != 0 {
			t.Errorf("%d streams are left", len(c.live.places))
		}
	})
}

// TestStreamsSpread: pages do not hear of newer rows all at once.
func TestStreamsSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &growing{n: 3}
		c := over(t, source)
		time.Sleep(time.Second)
		state, _ := c.state()
		var all sync.WaitGroup
		pages := make([]*heard, 200)
		for i := range pages {
			pages[i] = listening(t.Context(), c, state, &all)
		}
		synctest.Wait()
		source.more = true
		_ = c.table.Load(t.Context(), source)
		time.Sleep(9 * time.Second)
		last, most := 0, 0
		for range 25 {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			n := 0
			for _, p := range pages {
				told, _ := p.told()
				n += len(told)
			}
			most, last = max(most, n-last), n
		}
		if last != len(pages) || most > len(pages)/4 {
			t.Errorf("%d of %d pages have heard, at most %d within a tenth of a second", last, len(pages), most)
		}
		c.Close()
		all.Wait()
	})
}

// TestManyStreams: more streams than there are places are refused, and leave no goroutine; Close ends all.
func TestManyStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := over(t, &growing{n: 1})
		state, _ := c.state()
		var all sync.WaitGroup
		pages := make([]*heard, 2*maxStreams)
		for i := range pages {
			pages[i] = listening(t.Context(), c, state, &all)
		}
		synctest.Wait()
		refused := 0
		for _, p := range pages {
			if p.Code == http.StatusServiceUnavailable && p.Header().Get("Retry-After") != "" {
				refused++
			}
		}
		if refused != maxStreams {
			t.Errorf("%d of %d streams are refused, want %d", refused, len(pages), maxStreams)
		}
		c.Close()
		c.Close()
		all.Wait()
		late := listening(t.Context(), c, state, &all)
		all.Wait()
		if len(c.live.places) != 0 {
			t.Errorf("%d streams are left, and a later one has %d", len(c.live.places), late.Code)
		}
	})
}
