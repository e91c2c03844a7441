package main

import (
	"context"
	"database/sql"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
)

// kept is an exporter that keeps the spans.
type kept struct {
	mu    sync.Mutex
	spans []sdktrace.ReadOnlySpan
}

func (k *kept) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.spans = append(k.spans, spans...)
	return nil
}

func (k *kept) Shutdown(context.Context) error { return nil }

// buys serves the shop on a free port, lets customers shop, and shuts down. One of five customers has a declined card first, and one more
// request asks for a cart that there is not. It returns the carts and the archive.
func buys(t *testing.T, exporter sdktrace.SpanExporter, ratio float64, customers int) (carts []string, archive *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "experience.db")
	t.Setenv("EXPERIENCE_ARCHIVE", path)
	provider := tracing(exporter, sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio)))
	s, err := newShop(t.Context(), filepath.Join(t.TempDir(), "shop.db"), provider)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.handler())
	post := func(path, user string, want int) string {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, http.NoBody)
		req.Header.Set("X-User", user)
		resp, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != want {
			t.Fatalf("%s: %d, want %d: %s %v", path, resp.StatusCode, want, body, err)
		}
		return string(body)
	}
	for i := range customers {
		cart := post("/carts", fmt.Sprintf("user-%d", i), http.StatusCreated)
		if i%5 == 0 {
			post("/carts/"+cart+"/pay?card=declined", "", http.StatusPaymentRequired)
		}
		post("/carts/"+cart+"/pay", "", http.StatusOK)
		carts = append(carts, cart)
	}
	post("/carts/made-up/pay", "", http.StatusNotFound)
	server.Close()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := provider.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	archive, err = sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = archive.Close() })
	return carts, archive
}

// With one trace in a hundred, the archive has every journey and every interaction.
func TestEveryJourneyIsInTheArchive(t *testing.T) {
	const customers, declined = 60, 12
	exporter := &kept{}
	_, db := buys(t, exporter, 0.01, customers)
	for _, c := range []struct {
		what, query string
		want        int
	}{
		{"runs", "SELECT count(*) FROM journeys", customers},
		{"completed runs with their start and their customer", "SELECT count(*) FROM journeys WHERE outcome = 'completed' AND started <= ended AND customer <> ''", customers},
		{"different customers", "SELECT count(DISTINCT customer) FROM journeys", customers},
		{"carts", "SELECT count(*) FROM touchpoints WHERE touchpoint = 'open-cart' AND outcome = 'ok' AND stage = 'cart'", customers},
		{"payments", "SELECT count(*) FROM touchpoints WHERE touchpoint = 'submit-payment' AND outcome = 'ok' AND run <> ''", customers},
		{"declined cards", "SELECT count(*) FROM touchpoints WHERE touchpoint = 'submit-payment' AND outcome = 'failed' AND error_type = '402'", declined},
		{"statements of the database, in the run of the request", "SELECT count(*) FROM touchpoints t JOIN journeys j USING (run) WHERE t.touchpoint = 'keep-order'", customers},
		{"payments for carts that there are not, in no run", "SELECT count(*) FROM touchpoints WHERE touchpoint = 'submit-payment' AND run IS NULL", 1},
		{"all interactions", "SELECT count(*) FROM touchpoints", customers + customers + declined + customers + 1},
		{"different events", "SELECT count(DISTINCT id) FROM touchpoints", customers + customers + declined + customers + 1},
	} {
		var n int
		if err := db.QueryRowContext(t.Context(), c.query).Scan(&n); err != nil || n != c.want {
			t.Errorf("%s: %d, want %d: %v", c.what, n, c.want, err)
		}
	}
	requests := 0
	for _, s := range exporter.spans {
		if s.SpanKind() == trace.SpanKindServer {
			requests++
		}
	}
	if requests > customers/4 {
		t.Errorf("%d of %d requests were exported, want one of a hundred", requests, 2*customers+declined+1)
	}
}

// With every trace kept, a run is one trace: its stages, and its interactions, each linked to its request, which links back.
func TestARunIsOneTrace(t *testing.T) {
	exporter := &kept{}
	carts, _ := buys(t, exporter, 1, 1)
	run := event.Run{Namespace: "default", Name: "checkout", ID: carts[0]}
	names, linked := map[string]int{}, map[trace.SpanID]bool{}
	for _, s := range exporter.spans {
		if s.SpanContext().TraceID() != run.TraceID() {
			continue
		}
		names[s.Name()]++
		for _, l := range s.Links() {
			linked[l.SpanContext.SpanID()] = true
		}
	}
	want := map[string]int{"checkout": 1, "checkout started": 1, "cart": 1, "payment": 1, "open-cart": 1, "submit-payment": 2, "keep-order": 1}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("the trace of the run (-want +got):\n%s", diff)
	}
	for _, s := range exporter.spans {
		cart, in := attr(s, "shop.cart.id")
		if s.SpanKind() != trace.SpanKindServer || !in || cart == "made-up" {
			continue
		}
		back := 0
		for _, l := range s.Links() {
			if l.SpanContext.TraceID() == run.TraceID() {
				back++
			}
		}
		name, _ := attr(s, "cx.touchpoint.name")
		if back != 1 || !linked[s.SpanContext().SpanID()] || name == "" {
			t.Errorf("the request %s has the touchpoint %q and %d links to the run; the run links to it: %v", s.Name(), name, back, linked[s.SpanContext().SpanID()])
		}
	}
}

func attr(s sdktrace.ReadOnlySpan, key attribute.Key) (string, bool) {
	for _, kv := range s.Attributes() {
		if kv.Key == key {
			return kv.Value.Emit(), true
		}
	}
	return "", false
}

// The service is as it was but for one line, and its imports: no other line of its code knows of Cairn.
func TestOneLine(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]int{"main.go": 0, "shop.go": 0, "tracing.go": 1} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(text[f.Decls[0].End():])) { // after the imports
			if about := strings.Contains(line, "spanmatch.") || strings.Contains(line, "experience."); about && !strings.HasPrefix(strings.TrimSpace(line), "//") {
				n++
			}
		}
		if n != want {
			t.Errorf("%s has %d lines of Cairn, want %d", file, n, want)
		}
		if want == 0 && strings.Contains(string(text), "cairncx.dev") {
			t.Errorf("%s imports Cairn", file)
		}
	}
}

// A shop whose archive cannot be opened serves its customers all the same.
func TestWithoutAnArchive(t *testing.T) {
	t.Setenv("EXPERIENCE_ARCHIVE", t.TempDir()) // a folder
	exporter := &kept{}
	provider := tracing(exporter, sdktrace.AlwaysSample())
	_, span := provider.Tracer("shop").Start(t.Context(), "POST /carts")
	span.End()
	if err := provider.Shutdown(context.Background()); err != nil || len(exporter.spans) != 1 {
		t.Errorf("%d spans, want 1: %v", len(exporter.spans), err)
	}
}
