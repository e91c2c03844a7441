//go:build unix

package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime/metrics"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/internal/flight"
)

// childEnv is the variable with the order for a child, a process of this test's own binary.
const childEnv = "CAIRN_DELIVERY_CHILD"

const (
	spoolBytes = 512 << 10 // bounds the queue on disk
	inFlight   = 64        // bounds the events in one call of the sink
	round      = 60        // bounds the events before a Flush
	journeys   = 7
	poisoned   = 200 // each 200th event is poison
)

// patience bounds waits that are long only if something is wrong.
const patience = 3 * time.Minute

// order tells a child its task.
type order struct {
	Sink  sinkAt
	Spool string
	From  int    // the number of the first event
	Seed  uint64 // seeds the number of events between two Flushes
	Last  bool   // the child records one more round, drains, and ends

	Bytes     int64  // bounds the queue on disk
	Newest    bool   // the spool drops the oldest events to make room, so the child does not wait for room
	FileBytes uint64 // bounds the size of a file, as a full disk does; 0 means no limit
	DiskFull  bool   // a Flush may fail because the disk is full; the child then records the round again
}

// The lines that a child writes to its standard output.
const (
	saysReady     = "ready"
	saysRecorded  = "recorded"  // recorded a round and has not flushed it
	saysAcked     = "acked"     // with the number after the last acknowledged event, and two numbers of the spool and the process
	saysExporting = "exporting" // begins to export a batch to the sink
	saysExported  = "exported"  // exported a batch; the spool has not noted the delivery
	saysFull      = "full"      // waits for room, because the spool is nearly full
	saysNoSpace   = "nospace"   // a Flush has failed because the disk is full
	saysDropped   = "dropped"   // the spool has counted this many dropped events
	saysUnkept    = "unkept"    // the spool had no room for this many dead letters
	saysDrained   = "drained"   // with the same numbers as acked
)

var noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

// numbered returns event n. It is the same in each process.
func numbered(n int) event.Event {
	j := event.Run{Namespace: "delivery", Name: "checkout", ID: fmt.Sprint("order-", n%journeys)}
	e := event.Event{
		ID: flight.DeriveID(j, fmt.Sprint(n)), Kind: event.TouchpointEnded, Time: noon.Add(time.Duration(n) * time.Millisecond),
		Journey: j, Stage: "payment", Visit: 1, Touchpoint: fmt.Sprint("step ", n), Outcome: event.OK, Channel: event.Web,
	}
	if isPoison(n) {
		e.Cause = poison
		e.Attributes = []attribute.KeyValue{attribute.String("note", strings.Repeat("x", poisonBytes))}
	}
	return e
}

// poison marks the events that a receiver refuses. Only they have it, and only they have at least this many bytes.
const (
	poison      = "poison-which-nobody-takes"
	poisonBytes = 1500
)

func isPoison(n int) bool { return n%poisoned == poisoned/2 }

// runChild follows the order. Without Last it goes on until it is killed.
func runChild(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("reading the order: %w", err)
	}
	if err := limitFiles(o.FileBytes); err != nil {
		return fmt.Errorf("limit the files: %w", err)
	}
	spool, err := o.openSpool()
	if err != nil {
		return err
	}
	// The events between two Flushes are one batch, independent of the clock.
	queue := exporters.NewBatch(spool, exporters.WithOverflow(exporters.Block), exporters.WithInterval(time.Hour))
	say(saysReady)
	rng := rand.New(rand.NewPCG(o.Seed, 2))
	for n := o.From; ; {
		if err := waitForRoom(spool, &o); err != nil {
			return err
		}
		next := n + 1 + rng.IntN(round)
		for k := n; k < next; k++ {
			e := numbered(k)
			if o.DiskFull { // an event that is recorded again has another length
				e.Attributes = append(e.Attributes, attribute.String("try", strings.Repeat("x", rng.IntN(300))))
			}
			queue.Process(context.Background(), &e)
		}
		say(saysRecorded)
		err := queue.Flush(context.Background())
		switch {
		case err == nil:
			n = next
			sayNumbers(saysAcked, n, spool.Stats())
		case o.DiskFull && (errors.Is(err, syscall.EFBIG) || errors.Is(err, syscall.ENOSPC)):
			say(saysNoSpace)
			if err := waitAMoment(spool); err != nil {
				return err
			}
			continue
		default:
			return fmt.Errorf("flush: %w", err)
		}
		if o.Last {
			return drain(queue, spool, n)
		}
	}
}

// openSpool opens the spool and the sink behind the queue.
func (o *order) openSpool() (*exporters.Spool, error) {
	again := exporters.WithBackoff(5*time.Millisecond, 100*time.Millisecond)
	sink := exporters.NewRetry(&telling{&lazily{at: o.Sink}}, again, exporters.WithMaxElapsed(3*time.Second))
	opts := []exporters.SpoolOption{
		exporters.WithMaxBytes(o.Bytes), exporters.WithBatchSize(inFlight), again,
		exporters.WithMeterProvider(tellingMeters{}),
	}
	if o.Newest {
		opts = append(opts, exporters.WithOverflow(exporters.DropOldest))
	}
	return exporters.NewSpool(o.Spool, sink, opts...)
}

// limitFiles makes the kernel refuse writes that would make a file larger than the limit. The limit applies to the
// process. The short write and the error are those of a full disk.
func limitFiles(most uint64) error {
	if most == 0 {
		return nil
	}
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = most
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

// drain delivers the remaining events and ends.
func drain(queue *exporters.Batch, spool *exporters.Spool, n int) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := spool.Drain(ctx); err != nil {
		return err
	}
	st := spool.Stats()
	if err := queue.Shutdown(ctx); err != nil {
		return err
	}
	sayNumbers(saysDrained, n, st)
	return nil
}

func sayNumbers(word string, n int, st exporters.SpoolStats) {
	say(word, n, int(st.Bytes), liveMemory())
}

// waitForRoom waits while the spool is three quarters full. The spool refuses and loses an Export that does not
// fit, and reports it, but that is not the subject of this test.
func waitForRoom(spool *exporters.Spool, o *order) error {
	deadline := time.Now().Add(patience)
	for !o.Newest && spool.Stats().Bytes > o.Bytes*3/4 {
		say(saysFull)
		if err := waitAMoment(spool); err != nil {
			return err
		}
		if o.Last && time.Now().After(deadline) {
			return fmt.Errorf("the spool is full for %v: %w", patience, exporters.ErrSpoolFull)
		}
	}
	return nil
}

// waitAMoment waits for a short time until the spool is empty.
func waitAMoment(spool *exporters.Spool) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := spool.Drain(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// liveMemory returns the bytes that were live after the last collection.
func liveMemory() int {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int(s[0].Value.Uint64()) //nolint:gosec // bytes of memory
}

// say writes a whole line to the parent.
func say(word string, numbers ...int) {
	line := word
	for _, n := range numbers {
		line += fmt.Sprint(" ", n)
	}
	_, _ = os.Stdout.WriteString(line + "\n") // an error means that the parent has gone
}

// telling reports when a batch is on its way and when it has arrived.
type telling struct{ event.Exporter }

// Export implements [event.Exporter].
func (e *telling) Export(ctx context.Context, events []event.Event) error {
	say(saysExporting)
	err := e.Exporter.Export(ctx, events)
	if err == nil {
		say(saysExported)
	}
	return err
}

// lazily opens a sink at the first export, because an absent sink must not keep the child from recording.
type lazily struct {
	at sinkAt

	mu   sync.Mutex
	sink event.Exporter
}

// Export implements [event.Exporter].
func (l *lazily) Export(ctx context.Context, events []event.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sink == nil {
		sink, err := l.at.open(ctx)
		if err != nil {
			return fmt.Errorf("open the sink: %w", err)
		}
		l.sink = sink
	}
	return l.sink.Export(ctx, events)
}

// Shutdown implements [event.Exporter].
func (l *lazily) Shutdown(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sink == nil {
		return nil
	}
	return l.sink.Shutdown(ctx)
}

// tellingMeters is a minimal meter provider. It reports each count of dropped events at the moment of the count.
type tellingMeters struct{ noop.MeterProvider }

// Meter implements [metric.MeterProvider].
func (tellingMeters) Meter(string, ...metric.MeterOption) metric.Meter { return tellingMeter{} }

type tellingMeter struct{ noop.Meter }

// Int64Counter implements [metric.Meter].
func (tellingMeter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	if name == semconv.SDKProcessorDroppedName {
		return tellingCounter{}, nil
	}
	return noop.Int64Counter{}, nil
}

type tellingCounter struct{ noop.Int64Counter }

// Add implements [metric.Int64Counter].
func (tellingCounter) Add(_ context.Context, n int64, opts ...metric.AddOption) {
	if n == 0 {
		return // adding 0 only creates the series
	}
	set := metric.NewAddConfig(opts).Attributes()
	switch why, _ := set.Value(semconv.ErrorTypeKey); why.AsString() {
	case "permanent": // a dead letter, which the spool keeps
	case "dead_letters":
		say(saysUnkept, int(n))
	default:
		say(saysDropped, int(n))
	}
}
