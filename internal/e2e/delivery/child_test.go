//go:build unix

package delivery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/metrics"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
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
}

// What a child says on its standard output, one a line.
const (
	saysReady     = "ready"
	saysRecorded  = "recorded"  // a round, but not flushed it
	saysAcked     = "acked"     // with the number after the last that Flush has acknowledged, and three of the spool and the process
	saysExporting = "exporting" // a batch, to the sink
	saysExported  = "exported"  // a batch, which the spool does not know to be delivered
	saysFull      = "full"      // the spool is nearly so, and it waits for some room
	saysDrained   = "drained"   // with the same
)

var noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

// numbered is event n, the same whoever makes it.
func numbered(n int) event.Event {
	j := event.Journey{Namespace: "delivery", Name: "checkout", ID: fmt.Sprint("order-", n%journeys)}
	e := event.Event{
		ID: event.DeriveID(j, fmt.Sprint(n)), Kind: event.TouchpointEnded, Time: noon.Add(time.Duration(n) * time.Millisecond),
		Journey: j, Stage: "payment", Visit: 1, Touchpoint: fmt.Sprint("step ", n), Outcome: event.OK, Channel: event.Web,
	}
	if isPoison(n) {
		e.Cause = poison
	}
	return e
}

// poison is in the events that a receiver refuses, and in nothing else.
const poison = "poison-which-nobody-takes"

func isPoison(n int) bool { return n%poisoned == poisoned/2 }

// runChild does what the order says. Without Last it goes on until it is killed.
func runChild(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("the order: %w", err)
	}
	sink := exporters.NewRetry(&telling{&lazily{at: o.Sink}},
		exporters.WithBackoff(5*time.Millisecond, 100*time.Millisecond), exporters.WithMaxElapsed(3*time.Second))
	spool, err := exporters.NewSpool(o.Spool, sink, exporters.WithSpoolBytes(spoolBytes),
		exporters.WithSpoolBatchSize(inFlight), exporters.WithSpoolBackoff(5*time.Millisecond, 100*time.Millisecond))
	if err != nil {
		return err
	}
	queue := exporters.NewBatch(spool, exporters.WithOverflow(exporters.Block))
	say(saysReady)
	rng := rand.New(rand.NewPCG(o.Seed, 2))
	for n := o.From; ; {
		if err := waitForRoom(spool, o.Last); err != nil {
			return err
		}
		for range 1 + rng.IntN(round) {
			e := numbered(n)
			queue.Process(context.Background(), &e)
			n++
		}
		say(saysRecorded)
		if err := queue.Flush(context.Background()); err != nil {
			return fmt.Errorf("flush: %w", err)
		}
		sayNumbers(saysAcked, n, spool.Stats())
		if o.Last {
			return drain(queue, spool, n)
		}
	}
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
	say(word, n, int(st.Bytes), liveMemory(), int(st.Dropped)) //nolint:gosec // a count of few
}

// waitForRoom waits while the spool is three quarters full: an Export that it refuses is lost, as it says,
// and is not what this is about.
func waitForRoom(spool *exporters.Spool, last bool) error {
	deadline := time.Now().Add(patience)
	for spool.Stats().Bytes > spoolBytes*3/4 {
		say(saysFull)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		err := spool.Drain(ctx)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		if last && time.Now().After(deadline) {
			return fmt.Errorf("the spool is full for %v: %w", patience, err)
		}
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
