package track //nolint:testpackage // it measures what is not exported: the memory alone, without the event around it

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
)

// The goals for a million live runs.
const (
	benchRuns      = 1 << 20
	goalBytes      = 160.0 // a run, over the bytes of its ID and customer
	goalTouch      = 1.3   // times the same with a plain map
	goalGC         = 10 * time.Millisecond
	benchIDBytes   = 36 // an order's UUID
	benchHashBytes = 32
)

// plainMap is the floor: a sharded map with the same key and a bare state.
type plainMap struct {
	shards [memoryShards]struct {
		mu sync.Mutex
		m  map[ledger.Key]plainState
	}
}

type plainState struct {
	started, last int64
	_             [12]byte // stage, visit and since when: what a touchpoint does not change
	channels      uint16
	touchpoints   uint32
	id, customer  string
}

func (p *plainMap) touch(id ledger.Key, at int64, channel event.Channel) {
	s := &p.shards[id[15]%memoryShards]
	s.mu.Lock()
	st := s.m[id]
	st.last = max(st.last, at)
	st.touchpoints++
	st.channels |= 1 << channel
	s.m[id] = st
	s.mu.Unlock()
}

func benchIDs() []ledger.Key {
	ids := make([]ledger.Key, benchRuns)
	for i := range ids {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(i))
		sum := sha256.Sum256(n[:])
		copy(ids[i][:], sum[:16])
	}
	return ids
}

func heap() uint64 {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func fill(m *memory, ids []ledger.Key, now int64) {
	day := dayOf(at(now))
	var v view
	for i, id := range ids {
		who := &identity{
			journey:  event.Run{Namespace: "production", Name: "checkout", ID: fmt.Sprintf("%036d", i)},
			customer: event.Customer{Hash: fmt.Sprintf("%032d", i)}, channel: event.Web,
			patience: 30 * time.Minute,
		}
		m.apply(id, &op{kind: opStart, at: now + int64(i), who: who, channel: event.Web}, day, nil, &v)
		m.apply(id, &op{kind: opSign, at: now + int64(i) + 1, stage: "cart", channel: event.Web}, day, nil, &v)
		m.apply(id, &op{kind: opTouch, at: now + int64(i) + 2, channel: event.Web}, day, nil, &v)
	}
}

// BenchmarkMemory prints what a million live runs take, beside what a plain map takes for the same.
func BenchmarkMemory(b *testing.B) {
	ids := benchIDs()
	order := rand.New(rand.NewPCG(1, 2)).Perm(len(ids)) //nolint:gosec // the same each time
	now := time.Now().UnixNano()
	day := dayOf(at(now))

	before := heap()
	m := newMemory()
	fill(m, ids, now)
	each := float64(heap()-before)/float64(len(ids)) - benchIDBytes - benchHashBytes
	gc := gcTime()
	plain := &plainMap{}
	for i := range plain.shards {
		plain.shards[i].m = map[ledger.Key]plainState{}
	}
	for _, id := range ids {
		plain.shards[id[15]%memoryShards].m[id] = plainState{started: now, id: "x", customer: "y"}
	}
	var ours, theirs []float64
	var v view
	for round := range 7 {
		start := time.Now()
		for k, i := range order {
			m.apply(ids[i], &op{kind: opTouch, at: now + int64(round*len(order)+k), channel: event.Web}, day, nil, &v)
		}
		ours = append(ours, float64(time.Since(start))/float64(len(order)))
		start = time.Now()
		for k, i := range order {
			plain.touch(ids[i], now+int64(round*len(order)+k), event.Web)
		}
		theirs = append(theirs, float64(time.Since(start))/float64(len(order)))
	}
	start := time.Now()
	for k, i := range order {
		m.apply(ids[i], &op{kind: opTouch, at: now + int64(time.Minute) + int64(k), stage: "cart", channel: event.Web}, day, nil, &v)
	}
	staged := float64(time.Since(start)) / float64(len(order))
	start = time.Now()
	if n := len(m.sweep(now+int64(2*time.Minute), day)); n != 0 {
		b.Fatalf("%d runs are due too early", n)
	}
	idle := time.Since(start)
	start = time.Now()
	gone := len(m.sweep(now+int64(2*time.Hour), day))
	if gone != len(ids) {
		b.Fatalf("%d runs were abandoned, want %d", gone, len(ids))
	}
	expired := time.Since(start)
	report(b, each, gc, median(ours), median(theirs), staged, idle, expired)
	runtime.KeepAlive(plain)
}

func report(b *testing.B, each float64, gc time.Duration, ours, theirs, staged float64, idle, expired time.Duration) {
	b.Helper()
	b.ReportMetric(each, "B/run")
	b.ReportMetric(float64(gc)/1e6, "ms/gc")
	b.ReportMetric(ours, "ns/touch")
	b.ReportMetric(ours/theirs, "x/map")
	fmt.Printf("\n| %d live runs in memory | measured | goal |\n| --- | --- | --- |\n", benchRuns)
	row := func(what, got, goal string, met bool) {
		word := "met"
		if !met {
			word = "MISSED"
		}
		fmt.Printf("| %s | %s | %s: %s |\n", what, got, goal, word)
	}
	// The gate allows for a machine that others use: half as much again for what is a time. Bytes are bytes.
	if os.Getenv("CAIRN_BENCH_GATE") != "" && (each > goalBytes || ours/theirs > 1.5*goalTouch) {
		b.Errorf("%.0f bytes a run, %.2f × a plain map", each, ours/theirs)
	}
	row("bytes a run, over its ID and customer", strconv.FormatFloat(each, 'f', 0, 64), "at most 160", each <= goalBytes)
	row("a full collection", gc.String(), "under 10ms", gc < goalGC)
	row("a touchpoint, against a plain map", fmt.Sprintf("%.0f ns, %.2f × %.0f ns", ours, ours/theirs, theirs), "at most 1.3 ×", ours/theirs <= goalTouch)
	row("one that says its stage", fmt.Sprintf("%.0f ns, %.2f × a plain map's touch", staged, staged/theirs), "no goal", true)
	row("a sweep when nothing is due", idle.String(), "no scan", idle < time.Millisecond)
	row("a run that is abandoned", (expired / benchRuns).String(), "what is due", true)
	fmt.Println()
}

// gcTime returns how long a full collection takes.
func gcTime() time.Duration {
	var all []float64
	for range 7 {
		start := time.Now()
		runtime.GC()
		all = append(all, float64(time.Since(start)))
	}
	return time.Duration(median(all))
}

func median(xs []float64) float64 {
	for i := range xs {
		for j := i; j > 0 && xs[j] < xs[j-1]; j-- {
			xs[j], xs[j-1] = xs[j-1], xs[j]
		}
	}
	return xs[len(xs)/2]
}
