package docs_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// mountConsole serves the console at /cx/ over the archive that the client exports to. Call stop before the server shuts down, and close the archive after both.
func mountConsole(mux *http.ServeMux, promised *blueprint.Blueprint, archive insight.Source, client *cx.Client, who func(*http.Request) (insight.Viewer, error)) (stop func(), err error) {
	table, err := insight.New(promised)
	if err != nil {
		return nil, err
	}
	page, err := console.New(table, console.WithPath("/cx/"), console.WithClient(client), console.WithViewer(who))
	if err != nil {
		return nil, err
	}
	mux.Handle("/cx/", page)
	ctx, end := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() {
		_ = table.Follow(ctx, archive, 2*time.Second, func(err error) { slog.Error("reading the archive", "error", err) })
	})
	return func() { page.Close(); end(); following.Wait() }, nil
}

// emptyArchive has no events.
type emptyArchive struct{}

func (emptyArchive) Scan(_ context.Context, s event.Scan, _ func(*event.Event) error) (event.Cursor, error) {
	return s.Since, nil
}

func (emptyArchive) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

// TestMountConsole: the code of docs/console.md serves pages to whom the function knows, and stops.
func TestMountConsole(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	stop, err := mountConsole(mux, &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "order"}}}, emptyArchive{}, cxtest.New(t).Client(), func(r *http.Request) (insight.Viewer, error) {
		if r.Header.Get("X-Test") == "" {
			return insight.Viewer{}, console.ErrNotSignedIn
		}
		return insight.Viewer{Rights: insight.Numbers}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	get := func(header string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/cx/", http.NoBody)
		r.Header.Set("X-Test", header)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	if code, _ := get(""); code != http.StatusUnauthorized {
		t.Errorf("a stranger is answered with %d", code)
	}
	for { // 503 until the table is loaded; the test ends by its own time limit otherwise
		code, body := get("staff")
		if code == http.StatusOK && strings.Contains(body, "Is the data whole?") {
			return
		}
		if code != http.StatusServiceUnavailable || t.Context().Err() != nil {
			t.Fatalf("it is answered with %d:\n%s", code, body)
		}
	}
}
