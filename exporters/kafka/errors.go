package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

var (
	errSlow = fmt.Errorf("the brokers have not answered within the time of WithTimeout: %w", context.DeadlineExceeded)
	errOpen = errors.New("no answer yet")
)

// permanent reports whether a broker, or the client on its behalf, will never take these records. All
// else goes away: a leader that moves, a broker that is lost, replicas that lag, rights that are granted,
// a topic that is made.
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
	if len(failed) == 0 {
		return nil
	}
	places := slices.Sorted(maps.Keys(failed))
	p := &sink.PartialError{Failed: make([]sink.Failure, len(places))}
	lasting := false
	var first error // of those that go away
	for i, k := range places {
		err := failed[k]
		p.Failed[i] = sink.Failure{Index: k, ID: events[k].ID, Err: fmt.Errorf("kafka: topic %s: %w", e.topic, err)}
		if sink.IsPermanent(err) {
			lasting = true
		} else if first == nil {
			first = err
		}
	}
	if len(places) == len(events) && !lasting {
		return e.explain(fmt.Errorf("kafka: topic %s: none of %d events was written: %w", e.topic, len(events), first))
	}
	return e.explain(fmt.Errorf("kafka: topic %s: %d of %d events were not written: %w", e.topic, len(places), len(events), p))
}

// explain adds why no broker was reached, where that is known and may be why time was up.
func (e *Exporter) explain(err error) error {
	last := e.reach.last()
	if last == nil || !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w; the last connection to a broker failed: %w", err, last)
}
