package console_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// held is an archive whose questions for whole events end with their context alone. Closed says that it does not serve any more.
type held struct {
	*memory

	asked  chan struct{}
	closed bool
	late   bool
}

func (h *held) Events(ctx context.Context, _ event.Query, _ func(*event.Event) error) error {
	h.asked <- struct{}{}
	<-ctx.Done()
	h.late = h.late || h.closed
	return errors.New("it was ended")
}

// TestArchiveIsClosedAfterTheConsole: a question goes on when its reader has left, and has ended when Close returns, so that the service can close its archive. Pages are answered with 503 then.
func TestArchiveIsClosedAfterTheConsole(t *testing.T) {
	t.Parallel()
	table := loaded(t, desk("ticket"), nil)
	archive := &held{memory: crowd("ticket", ""), asked: make(chan struct{}, 100)}
	if err := table.Load(t.Context(), archive); err != nil {
		t.Fatal(err)
	}
	c := served(t, table)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:8080/voice", http.NoBody)
		r.RemoteAddr = "127.0.0.1:40000"
		c.ServeHTTP(httptest.NewRecorder(), r)
	}()
	<-archive.asked
	leave()
	<-left
	c.Close()
	archive.closed = true // -race tells if a question still runs
	if archive.late {
		t.Error("a question has read the archive after it was closed")
	}
	for _, page := range []string{"/", "/runs", "/reports"} {
		if w := request(c, http.MethodGet, page); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s is answered with %d", page, w.Code)
		}
	}
	c.Close()
}
