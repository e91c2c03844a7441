package httpsink_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/exporters/httpsink"
)

// answering is a transport that answers when the gate is open, whatever becomes of its request.
type answering struct {
	gate, reached chan struct{}
	closed        chan struct{}
	ctx           context.Context //nolint:containedctx // that of the request
}

func newAnswering() *answering {
	return &answering{gate: make(chan struct{}), reached: make(chan struct{}), closed: make(chan struct{}, 10)}
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	a.ctx = r.Context()
	close(a.reached)
	<-a.gate
	body := struct {
		io.Reader
		io.Closer
	}{strings.NewReader("text"), closing(a.closed)}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Own": {"1"}}, Body: body, Request: r}, nil
}

type closing chan struct{}

func (c closing) Close() error { c <- struct{}{}; return nil }

// TestAnswerTooLate: the body of an answer that comes when its caller has left is closed, so that the connection is.
func TestAnswerTooLate(t *testing.T) {
	t.Parallel()
	transport := newAnswering()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-transport.reached
		cancel(errGivenUp)
	}()
	req, err := new(httpsink.Bodies).Get().Request(ctx, "http://receiver", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := httpsink.Do(&http.Client{Transport: transport}, req, time.Hour); !errors.Is(err, errGivenUp) {
		t.Fatalf("%v, want the cause of the context", err)
	}
	close(transport.gate)
	await(t, transport.closed, "the end of the body")
}

// TestAnswerInTime: an answer has what was said, its body is closed, and the context that its request had is done: a
// transport keeps nothing for it.
func TestAnswerInTime(t *testing.T) {
	t.Parallel()
	transport := newAnswering()
	close(transport.gate)
	answer, err := do(t, &http.Client{Transport: transport}, "http://receiver", time.Hour)
	if err != nil || answer.Status != http.StatusOK || answer.Header.Get("X-Own") != "1" || string(answer.Text) != "text" {
		t.Fatalf("%+v, %v", answer, err)
	}
	await(t, transport.closed, "the end of the body")
	await(t, transport.ctx.Done(), "the end of the request's context")
}

// TestDefaultClient: without a client it is net/http's.
func TestDefaultClient(t *testing.T) {
	answer, err := do(t, nil, serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }), time.Hour)
	if err != nil || answer.Status != http.StatusAccepted {
		t.Errorf("%+v, %v", answer, err)
	}
	http.DefaultClient.CloseIdleConnections()
}

// silent is a transport that does not answer before its request is cancelled.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestDefaultTimeout: a request without a positive bound has the default.
func TestDefaultTimeout(t *testing.T) {
	t.Parallel()
	for _, bound := range []time.Duration{0, -time.Second} {
		synctest.Test(t, func(t *testing.T) {
			r := httpsink.Receiver{URL: "http://receiver", Client: &http.Client{Transport: silent{}}, Timeout: bound}
			body := r.Bodies.Get()
			defer body.Done()
			start := time.Now()
			_, err := r.Post(t.Context(), http.Header{}, body, nil)
			if took := time.Since(start); err == nil || took != httpsink.DefaultTimeout || !strings.HasSuffix(err.Error(), httpsink.DefaultTimeout.String()) {
				t.Errorf("with a bound of %v the request ends after %v, want %v: %v", bound, took, httpsink.DefaultTimeout, err)
			}
		})
	}
}
