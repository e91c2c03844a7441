package sinktest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/loopback"
)

// ok drains the request and answers 200.
func ok(r *http.Request) *http.Response {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}
}

// counting is a transport that counts how often its idle connections are closed.
type counting struct{ closed int }

// RoundTrip implements [http.RoundTripper].
func (*counting) RoundTrip(r *http.Request) (*http.Response, error) { return ok(r), nil }

// CloseIdleConnections implements what [http.Client.CloseIdleConnections] calls.
func (c *counting) CloseIdleConnections() { c.closed++ }

// Connections checks that Shutdown closes the exporter's own connections, and leaves those of the application's client alone.
// open returns an exporter to the URL, with a client of its own if client is nil.
func Connections(t *testing.T, open func(t *testing.T, url string, client *http.Client) event.Exporter) {
	t.Helper()
	closed := make(chan struct{}, 10)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	use := func(e event.Exporter) {
		t.Helper()
		if err := errors.Join(e.Export(t.Context(), Mixed(0, 1, 1)), e.Shutdown(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	use(open(t, s.URL, nil))
	select {
	case <-closed:
	case <-time.After(Patience):
		t.Error("its own connection is open after Shutdown")
	}
	theirs := &counting{}
	use(open(t, s.URL, &http.Client{Transport: theirs}))
	if theirs.closed != 0 {
		t.Errorf("Shutdown has closed the application's connections %d times", theirs.closed)
	}
}

// holding is a transport that answers when it is let go.
type holding struct{ reached, free chan struct{} }

// RoundTrip implements [http.RoundTripper].
func (h *holding) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := ok(r)
	h.reached <- struct{}{}
	<-h.free
	return answer, nil
}

// WaitsForCalls checks that Shutdown, and Flush if the exporter has it, wait for the calls of Export that are under way, return
// the cause of their context when that is done first, and may be called again. open returns an exporter with the client.
func WaitsForCalls(t *testing.T, open func(client *http.Client) (event.Exporter, error)) {
	t.Helper()
	h := &holding{reached: make(chan struct{}, 1), free: make(chan struct{})}
	exporter, err := open(&http.Client{Transport: h})
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]func(context.Context) error{"Shutdown": exporter.Shutdown}
	if f, ok := exporter.(event.Flusher); ok {
		calls["Flush"] = f.Flush
	}
	done := make(chan error, 1)
	go func() { done <- exporter.Export(context.Background(), Mixed(0, 1, 1)) }()
	<-h.reached
	why := errors.New("there is no time") //nolint:err113 // no other test has this cause
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	for name, call := range calls {
		if err := call(ctx); !errors.Is(err, why) {
			t.Errorf("%s says %v while a call is under way, want %v", name, err, why)
		}
	}
	close(h.free)
	if err := <-done; err != nil {
		t.Errorf("the call that was under way: %v", err)
	}
	for name, call := range calls {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s with nothing under way: %v", name, err)
		}
	}
}

// Answers returns the URL of a server that answers each request with the text, whatever the request is, and then waits until
// the other end closes the connection. played has a value for each answer.
func Answers(t *testing.T, text func() string) (url string, played <-chan struct{}) {
	t.Helper()
	answers := make(chan struct{}, 100)
	addr := loopback.Serve(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1<<20))
		_, _ = io.WriteString(c, text())
		answers <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
	})
	return "http://" + addr, answers
}

// GivenUp checks that Export returns when its context is done, whatever a server that answers with the text does. open returns
// an exporter to the URL that has no bound of its own.
func GivenUp(t *testing.T, text string, open func(url string) event.Exporter) {
	t.Helper()
	url, played := Answers(t, func() string { return text })
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	exporter := open(url)
	done := make(chan error, 1)
	go func() { done <- exporter.Export(ctx, Mixed(0, 3, 1)) }()
	<-played
	cancel(errors.New("the caller gives up")) //nolint:err113 // no caller branches on it
	select {
	case err := <-done:
		t.Log(err)
	case <-time.After(Patience):
		t.Fatal("Export hangs")
	}
}
