package httpsink_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/sink"
)

// lines is a sink that posts events as lines of JSON, 1,000 in a request.
type lines struct {
	url    string
	client *http.Client
	bodies httpsink.Bodies
	calls  sink.Calls
}

// Export implements event.Exporter.
func (l *lines) Export(ctx context.Context, events []event.Event) error {
	end, err := l.calls.Begin()
	if err != nil {
		return err
	}
	defer end()
	return httpsink.Deliver(events, func(lo, hi int) (int, error) {
		hi = min(hi, lo+1000)
		return hi, l.send(ctx, events[lo:hi])
	})
}

func (l *lines) send(ctx context.Context, events []event.Event) error {
	body := l.bodies.Get()
	defer body.Done()
	for i := range events {
		body.Bytes = append(events[i].AppendJSON(body.Bytes), '\n')
	}
	req, err := body.Request(ctx, l.url, body.Bytes)
	if err != nil {
		return fmt.Errorf("lines: %w", err)
	}
	req.Header.Set("Content-Type", "application/jsonl")
	answer, err := httpsink.Do(l.client, req, 10*time.Second)
	if err != nil {
		return fmt.Errorf("lines: the receiver: %w", err)
	}
	if err := answer.Err(); err != nil {
		return fmt.Errorf("lines: the receiver %w", err)
	}
	return nil
}

// Shutdown implements event.Exporter.
func (l *lines) Shutdown(ctx context.Context) error {
	if err := l.calls.Close(ctx); err != nil {
		return fmt.Errorf("lines: shutdown: %w", err)
	}
	l.client.CloseIdleConnections()
	return nil
}

// The receiver of this sink refuses touchpoints with the name "poison".
func Example() {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		if strings.Contains(string(text), "poison") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Println("took", strings.Count(string(text), "\n"))
	}))
	defer receiver.Close()

	sink := &lines{url: receiver.URL, client: &http.Client{
		Transport:     httpsink.NewTransport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	events := make([]event.Event, 4)
	for i := range events {
		events[i] = event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay"}
	}
	events[2].Touchpoint = "poison"
	fmt.Println(sink.Export(context.Background(), events))
	fmt.Println(sink.Shutdown(context.Background()))
	// Output:
	// took 2
	// took 1
	// event 2 of the batch was not taken: lines: the receiver answers 400 Bad Request: the receiver refuses what was sent
	// <nil>
}
