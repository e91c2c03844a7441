package telemetry

import (
	"encoding/binary"
	"sync"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/internal/flight"
)

// threshold turns a ratio into a bound on the last eight bytes of a trace ID, as the
// OpenTelemetry SDK's TraceIDRatioBased does: that sampler keeps the same traces with the same
// ratio.
func threshold(ratio float64) uint64 {
	if ratio >= 1 {
		return 1 << 63
	}
	return uint64(ratio * (1 << 63))
}

// kept reports whether the event belongs to a journey whose trace is kept.
func (t *Telemetry) kept(e *flight.Event) bool {
	if t.threshold == 0 || e.Journey.IsZero() {
		return false
	}
	return t.threshold == 1<<63 || t.keeps(e.TraceID())
}

// keeps reports whether a journey's trace is kept.
func (t *Telemetry) keeps(tid trace.TraceID) bool {
	return binary.BigEndian.Uint64(tid[8:])>>1 < t.threshold
}

// spanBudget counts the spans that this process has added to the trace of each recently active
// journey. Each shard remembers between genSize and twice as many journeys. The count of a
// forgotten journey starts again at 0.
type spanBudget struct {
	limit  int
	shards [16]budgetShard
}

type budgetShard struct {
	mu       sync.Mutex
	now, old map[trace.TraceID]*int32
}

// genSize is the number of journeys in a generation of a shard.
const genSize = 2048

// take counts a span and reports whether it may be emitted.
func (b *spanBudget) take(tid trace.TraceID) bool {
	s := &b.shards[tid[0]%16]
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.now[tid]
	if n == nil {
		if len(s.now) >= genSize {
			s.old, s.now = s.now, nil
		}
		if s.now == nil {
			s.now = make(map[trace.TraceID]*int32)
		}
		if n = s.old[tid]; n == nil {
			n = new(int32)
		}
		s.now[tid] = n
	}
	if int(*n) >= b.limit {
		return false
	}
	*n++
	return true
}
