package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

var (
	errSlow = fmt.Errorf("the brokers have not answered within the time of WithTimeout: %w", context.DeadlineExceeded)
	errOpen = errors.New("no answer yet")
)

// permanent reports whether a broker, or the client on its behalf, will never take these records. All other errors are
// temporary, such as a moving leader, a lost broker, lagging replicas, missing rights or a missing topic.
func permanent(err error) bool {
	for _, never := range []error{
		kerr.MessageTooLarge, kerr.RecordListTooLarge, kerr.InvalidRecord, kerr.InvalidTimestamp, kerr.UnsupportedForMessageFormat,
	} {
		if errors.Is(err, never) {
			return true
		}
	}
	return false
}

// outcome returns the error of a call of Export.
func (e *Exporter) outcome(events []event.Event, failed map[int]error) error {
	return e.explain(sink.BatchError("kafka: topic "+e.topic, events, failed))
}

// explain adds the last failed connection to an error that a timeout or a cancellation caused, if it is known.
func (e *Exporter) explain(err error) error {
	last := e.reach.last()
	if last == nil || !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w; the last connection to a broker failed: %w", err, last)
}
