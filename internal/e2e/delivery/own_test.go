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

// ownSink is a simple sink of a user's own. It posts a batch as lines and knows only that the receiver refused the
// batch. The spool has to find the refused event, in order.
type ownSink struct {
	url    string
	client http.Client
}

var (
	errRefused = errors.New("the receiver refuses the batch")
	errStatus  = errors.New("the receiver answers with an error")
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
	_, _ = io.Copy(io.Discard, resp.Body) // allows reuse of the connection
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

// jsonLines reads a body with one event a line.
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
