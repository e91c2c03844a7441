package otlplog_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cairncx.dev/cairn/exporters/otlplog"
)

// counting counts how often its idle connections were to be closed.
type counting struct {
	http.RoundTripper
	closed int
}

// CloseIdleConnections implements what [http.Client.CloseIdleConnections] calls.
func (c *counting) CloseIdleConnections() { c.closed++ }

// TestConnections: Shutdown closes the exporter's own connections, and "leaves [those of the application's client]
// alone".
func TestConnections(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{}, 10)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	own, err := otlplog.New(otlplog.WithEndpoint(s.URL))
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Export(t.Context(), typicals(1)); err != nil {
		t.Fatal(err)
	}
	if err := own.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-closed:
	case <-time.After(generous):
		t.Error("its own connection is open after Shutdown")
	}
	theirs := &counting{RoundTripper: &catcher{}}
	exporter := newSink(t, otlplog.WithEndpoint(s.URL), otlplog.WithHTTPClient(&http.Client{Transport: theirs}))
	if err := exporter.Export(t.Context(), typicals(1)); err != nil {
		t.Fatal(err)
	}
	if err := exporter.Shutdown(t.Context()); err != nil || theirs.closed != 0 {
		t.Errorf("Shutdown: %v, and the application's connections were closed %d times", err, theirs.closed)
	}
}
