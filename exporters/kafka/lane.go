package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// A lane is a client that carries one call of Export at a time. It sends a batch in waves. The events of a wave for one
// partition are one record batch, which a broker appends completely or not at all, and the next wave waits for the answers.
// Whatever fails, no event is written if an earlier event of its journey is missing.
type lane struct {
	client   *kgo.Client
	topic    string
	encoding Encoding
	fixed    []kgo.RecordHeader // the headers that every record has
	manual   bool               // the client sends nothing until it is flushed

	own      bool                        // the exporter created the client, and may replace it
	fresh    func() (*kgo.Client, error) // creates a replacement
	patience time.Duration               // the time that records of an earlier call have to settle
	tasks    *tasks

	maxBytes, maxRecords int
	known                bool            // the client knows the topic's partitions
	failures             int             // consecutive calls with a temporary failure: the client may keep the error
	spoiled              error           // why the client is not replaced although it should be
	closed               bool            // the client is being closed
	left                 <-chan struct{} // closed when the records that a call abandoned are settled; nil if there are none
	leftAt               time.Time       // the time at which the call abandoned them
	scratch              scratch
}

func newLane(client *kgo.Client, topic string, cfg *config, fresh func() (*kgo.Client, error), tasks *tasks) *lane {
	l := &lane{
		client: client, topic: topic, encoding: cfg.encoding, fixed: cfg.encoding.headers(), maxBytes: 1_000_000, maxRecords: 10_000,
		own: !cfg.given, fresh: fresh, patience: cfg.timeout, tasks: tasks,
	}
	l.manual, _ = client.OptValue(kgo.ManualFlushing).(bool)
	if of, ok := client.OptValue(kgo.ProducerBatchMaxBytesFn).(func(string) int32); ok {
		l.maxBytes = int(of(topic))
	}
	l.maxRecords = bounded(client, kgo.MaxBufferedRecords, l.maxRecords)
	l.maxBytes = bounded(client, kgo.MaxBufferedBytes, l.maxBytes) - batchOverhead
	return l
}

// bounded returns the smaller of most and the value of a client's option, where 0 means no bound.
func bounded(client *kgo.Client, option any, most int) int {
	n, _ := client.OptValue(option).(int64)
	return min(cmp.Or(int(n), most), most)
}

// export sends the events and returns the error of each event that was not written, by its index, or nil if all were written.
func (l *lane) export(ctx context.Context, events []event.Event) map[int]error {
	run := exportRun{lane: l}
	run.stopped = l.ready(ctx)
	for run.from < len(events) {
		if run.stopped != nil {
			run.fail(len(events)-run.from, run.stopped)
			break
		}
		to := l.encode(events, run.from)
		run.send(ctx, l.scratch.seal(l.topic, l.fixed))
		run.from = to
	}
	l.scratch.shrink()
	if l.failures++; run.stopped == nil {
		l.failures = 0
	}
	return run.failed
}

// encode creates the records of the next wave, which begins with event from, and returns the wave's end. A wave has at least
// one event.
func (l *lane) encode(events []event.Event, from int) (to int) {
	s := &l.scratch
	s.reset()
	most := l.maxRecords
	if !l.known {
		most = 1 // the client learns the partitions with this record; it would send several waiting records in batches of its own choice
	}
	size := 0
	for to = from; to < len(events) && to-from < most; to++ {
		if size += s.encode(&events[to], l.encoding); size > l.maxBytes && to > from {
			s.drop()
			break
		}
	}
	return to
}

// exportRun is one call of Export.
type exportRun struct {
	*lane

	from    int           // index of the wave's first event in the batch
	failed  map[int]error // by index in the batch
	stopped error         // why the call sends no more events
}

// fail records an error for the next n events.
func (r *exportRun) fail(n int, err error) {
	for i := range n {
		r.failOne(i, err)
	}
}

func (r *exportRun) failOne(i int, err error) {
	if r.failed == nil {
		r.failed = map[int]error{}
	}
	r.failed[r.from+i] = err
}

// send sends these records of the wave. A broker refuses a whole record batch because of a single bad record. send therefore
// sends a refused batch again in halves, in order, until the bad record is alone.
func (r *exportRun) send(ctx context.Context, records []int) {
	if r.stopped == nil {
		r.sendOnce(ctx, records)
		return
	}
	for _, i := range records {
		r.failOne(i, r.stopped)
	}
}

func (r *exportRun) sendOnce(ctx context.Context, records []int) {
	errs := r.produce(ctx, records)
	var refused []int
	for _, i := range records {
		switch err := errs[i]; {
		case err == nil:
		case permanent(err):
			refused = append(refused, i)
		case r.stopped == nil:
			if r.spoiled != nil {
				err = fmt.Errorf("%w (%w)", err, r.spoiled)
			}
			r.stopped = err
			fallthrough
		default:
			r.failOne(i, err)
		}
	}
	switch n := len(refused); {
	case n == 0:
		r.known = r.known || r.stopped == nil
	case len(records) == 1:
		r.failOne(records[0], sink.Permanent(errs[records[0]]))
	case n == 1:
		r.send(ctx, refused)
	default:
		r.send(ctx, refused[:n/2])
		r.send(ctx, refused[n/2:])
	}
}

// produce sends these records of the wave and returns the errors of those that were not written, by their index in the wave.
// The result is valid until the next call of produce. If ctx is done first, produce abandons the records that have no answer
// yet.
func (r *exportRun) produce(ctx context.Context, records []int) []error {
	s := &r.scratch
	w := s.wave
	if w == nil {
		w = &wave{}
		s.wave = w
	}
	settled := w.begin(records, len(s.records))
	for _, i := range records {
		r.client.Produce(ctx, &s.records[i], w.promises[i])
	}
	if r.manual {
		_ = r.client.Flush(ctx) // its only error is that of ctx
	}
	select {
	case <-settled:
	case <-ctx.Done():
	}
	errs := w.result(ctx)
	if !sink.Ended(settled) {
		r.scratch, r.left, r.leftAt = scratch{}, settled, time.Now() // the client still has the records
	}
	return errs
}

// A wave collects the results of records. It is reused when all of them are settled.
type wave struct {
	promises []func(*kgo.Record, error) // by index; created once, because they would be most of Export's allocations

	mu      sync.Mutex
	left    int
	errs    []error
	settled chan struct{}
}

// begin opens these records in a wave of n, and returns a channel that is closed when all of them are settled.
func (w *wave) begin(records []int, n int) (settled <-chan struct{}) {
	for i := len(w.promises); i < n; i++ {
		w.promises = append(w.promises, func(_ *kgo.Record, err error) { w.settle(i, err) })
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.errs = slices.Grow(w.errs[:0], n)[:n]
	for _, i := range records {
		w.errs[i] = errOpen
	}
	w.left, w.settled = len(records), make(chan struct{})
	return w.settled
}

// settle stores the result of one record. The client calls it from its own goroutine.
func (w *wave) settle(i int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.errs[i] = err
	if w.left--; w.left == 0 {
		close(w.settled)
	}
}

// result returns the errors at this moment. An error that ctx caused is replaced by the cause of ctx.
func (w *wave) result(ctx context.Context) []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() == nil {
		return w.errs
	}
	errs := slices.Clone(w.errs)
	for i, err := range errs {
		if errors.Is(err, errOpen) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			errs[i] = context.Cause(ctx)
		}
	}
	return errs
}
