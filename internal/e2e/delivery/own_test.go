//go:build unix

package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"cairncx.dev/cairn/cx/event"
	sinks "cairncx.dev/cairn/exporters/sink"
)

// ownSink is a sink as somebody writes one in an hour: it posts a batch as lines, and knows of a refusal
// only that it was one. Which event it means the spool has to find out, in order.
type ownSink struct {
	url    string
	client http.Client
}

var (
	errRefused = errors.New("the receiver refuses the batch")
	errStatus  = errors.New("the receiver answers")
)

// Export implements [event.Exporter].
func (s *ownSink) Export(ctx context.Context, events []event.Event) error {
	var body []byte
	for i := range events {
		body = append(events[i].AppendJSON(body), '\n')
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection can be used again
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusBadRequest:
		return sinks.Permanent(errRefused)
	case http.StatusTooManyRequests:
		return sinks.RetryAfter(fmt.Errorf("%w %s", errStatus, resp.Status), time.Second)
	default:
		return fmt.Errorf("%w %s", errStatus, resp.Status)
	}
}

// Shutdown implements [event.Exporter].
func (s *ownSink) Shutdown(context.Context) error {
	s.client.CloseIdleConnections()
	return nil
}

// jsonLines reads a body of events, one a line.
func jsonLines(body []byte) (list []event.Event, err error) {
	for line := range bytes.Lines(body) {
		e, err := event.ParseJSON(line)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}
