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

// childEnv has the order of a child, a process of this test's own binary.
const childEnv = "CAIRN_DELIVERY_CHILD"

const (
	spoolBytes = 512 << 10 // bounds the queue on disk
	inFlight   = 64        // events in one call of the sink
	round      = 60        // events that are recorded before a Flush, at most
	journeys   = 7
	poisoned   = 200 // one event in so many is poison
)

// patience bounds what takes long only when something is wrong.
const patience = 3 * time.Minute

// order says what a child is to do.
type order struct {
	Sink  sinkAt
	Spool string
	From  int    // the number of the first event
	Seed  uint64 // of how many events it records between two Flushes
	Last  bool   // it records one round more, drains, and ends

	Bytes     int64  // bounds the queue on disk
	Newest    bool   // the spool makes room by dropping the oldest, and nobody waits for room
	FileBytes uint64 // no file may be larger, as if the disk were full; 0 for no limit
	DiskFull  bool   // a Flush may fail because the disk is full: what it was about is recorded again
}

// What a child says on its standard output, one a line.
const (
	saysReady     = "ready"
	saysRecorded  = "recorded"  // a round, but not flushed it
	saysAcked     = "acked"     // with the number after the last that Flush has acknowledged, and two of the spool and the process
	saysExporting = "exporting" // a batch, to the sink
	saysExported  = "exported"  // a batch, which the spool does not know to be delivered
	saysFull      = "full"      // the spool is nearly so, and it waits for some room
	saysNoSpace   = "nospace"   // a Flush has failed, for the disk is full
	saysDropped   = "dropped"   // so many events, at the moment when the spool counts them
	saysUnkept    = "unkept"    // so many dead letters, for which there was no room
	saysDrained   = "drained"   // with the same as acked
)

var noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

// numbered is event n, the same whoever makes it.
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

// poison is in the events that a receiver refuses, and in nothing else. They are of so many bytes at least, and
// no others.
const (
	poison      = "poison-which-nobody-takes"
	poisonBytes = 1500
)

func isPoison(n int) bool { return n%poisoned == poisoned/2 }

// runChild does what the order says. Without Last it goes on until it is killed.
func runChild(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("the order: %w", err)
	}
	if err := limitFiles(o.FileBytes); err != nil {
		return fmt.Errorf("limit the files: %w", err)
	}
	spool, err := o.openSpool()
	if err != nil {
		return err
	}
	// What is between two Flushes is one batch: the clock has no part in it.
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
			if o.DiskFull { // what is written in the place of what was not is of another length
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

// openSpool opens what is between the queue and the sink.
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

// limitFiles has the kernel refuse what would make a file larger. The limit is that of the process, the
// short write and the error are those of a disk that is full.
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

// drain delivers what is left, and ends.
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

// waitForRoom waits while the spool is three quarters full: an Export that it refuses is lost, as it says,
// and is not what this is about.
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

// waitAMoment waits until the spool is empty, and not for long.
func waitAMoment(spool *exporters.Spool) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := spool.Drain(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// liveMemory is what the last collection has left, in bytes.
func liveMemory() int {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int(s[0].Value.Uint64()) //nolint:gosec // bytes of memory
}

// say says a line to the parent, whole.
func say(word string, numbers ...int) {
	line := word
	for _, n := range numbers {
		line += fmt.Sprint(" ", n)
	}
	_, _ = os.Stdout.WriteString(line + "\n") // a parent that has gone does not mind
}

// telling says when a batch is on its way, and when it is there.
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

// lazily opens a sink when there is something to export: one that cannot be opened while it is away is
// no reason not to record.
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

// tellingMeters is the least of a meter provider: it says what the spool counts as dropped, and when.
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
		return // it says only that there is a counter
	}
	set := metric.NewAddConfig(opts).Attributes()
	switch why, _ := set.Value(semconv.ErrorTypeKey); why.AsString() {
	case "permanent": // a dead letter, which is kept
	case "dead_letters":
		say(saysUnkept, int(n))
	default:
		say(saysDropped, int(n))
	}
}
