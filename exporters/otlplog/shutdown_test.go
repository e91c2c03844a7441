package otlplog_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"cairncx.dev/cairn/exporters/otlplog"
)

// holding is a transport that answers when it is let go.
type holding struct{ reached, free chan struct{} }

// RoundTrip implements [http.RoundTripper].
func (h *holding) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	h.reached <- struct{}{}
	<-h.free
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// TestWaitsForCalls: Flush and Shutdown wait for the calls of Export that are under way, say so when their
// context is done first, and may be called again.
func TestWaitsForCalls(t *testing.T) {
	t.Parallel()
	h := &holding{reached: make(chan struct{}, 1), free: make(chan struct{})}
	exporter, err := otlplog.New(otlplog.WithEndpoint("http://collector.test/v1/logs"), otlplog.WithHTTPClient(&http.Client{Transport: h}))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- exporter.Export(context.Background(), typicals(1)) }()
	<-h.reached
	why := errors.New("there is no time")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := exporter.Flush(ctx); !errors.Is(err, why) {
		t.Errorf("Flush says %v while a call is under way, want %v", err, why)
	}
	if err := exporter.Shutdown(ctx); !errors.Is(err, why) {
		t.Errorf("Shutdown says %v while a call is under way, want %v", err, why)
	}
	close(h.free)
	if err := <-done; err != nil {
		t.Errorf("the call that was under way: %v", err)
	}
	if err := errors.Join(exporter.Flush(t.Context()), exporter.Shutdown(t.Context())); err != nil {
		t.Errorf("with nothing under way: %v", err)
	}
}
