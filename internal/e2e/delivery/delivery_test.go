//go:build unix

// Package delivery_test runs real processes that record events through Batch, Spool and Retry into every kind of
// sink. It kills the processes and takes the sinks away.
package delivery_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		if err := runChild(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	// The tests mostly wait for sinks that are slow or away, so they run in parallel even on few cores.
	if err := flag.Set("test.parallel", "16"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// liveBound bounds a child's live memory, in bytes: Batch's queue of 8,192 events, a batch of JSON, and the
// clients of the sinks. The backlog of an outage is on the disk.
const liveBound = 32 << 20

// seed is random, or the value of CAIRN_DELIVERY_SEED, which repeats a run as far as several processes allow.
func seed(t *testing.T) uint64 {
	t.Helper()
	if text := os.Getenv("CAIRN_DELIVERY_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("CAIRN_DELIVERY_SEED: %v", err)
		}
		return n
	}
	return rand.Uint64()
}

// sample reports whether the test runs only a part of the kills and outages. With CAIRN_WHOLE=1 it runs all of
// them, which takes many minutes.
func sample() bool { return testing.Short() || os.Getenv("CAIRN_WHOLE") == "" }

// outage is how long a sink is away: twenty seconds, or the value of CAIRN_DELIVERY_OUTAGE.
func outage(t *testing.T) time.Duration {
	t.Helper()
	if text := os.Getenv("CAIRN_DELIVERY_OUTAGE"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("CAIRN_DELIVERY_OUTAGE: %v", err)
		}
		return d
	}
	return 20 * time.Second
}

// TestDeliverySurvives: every event that Flush has acknowledged arrives in the sink, in order for each journey,
// whichever process is killed and whatever the sink does. A duplicate has the same ID, and the number of
// duplicates is bounded by the events in flight.
func TestDeliverySurvives(t *testing.T) {
	t.Parallel()
	kills, outage := 25, outage(t)
	if sample() {
		kills, outage = 6, 0
	}
	for _, kind := range sinkKinds() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			began, random := time.Now(), seed(t)
			rng := rand.New(rand.NewPCG(random, 1))
			t.Logf("%s; CAIRN_DELIVERY_SEED=%d", kind.reason, random)
			at, sink := kind.start(t, rand.New(rand.NewPCG(random, 3)))
			h := &history{
				t: t, at: at, sink: sink, spool: filepath.Join(t.TempDir(), "spool"), rng: rng, killsAt: map[string]int{},
				order: order{Bytes: spoolBytes},
			}
			h.run(kills, outage)
			got := sink.read(t)
			h.check(&kind, got)
			t.Logf("%d kills %v, %d events acknowledged, %d in the sink, %d of them again; most in the spool's queue %d KiB, in its folder %d KiB, live memory %d KiB; sink %v; %v",
				kills, h.killsAt, h.acked, len(got), h.again, h.mostBytes>>10, h.mostDisk>>10, h.mostLive>>10, sink, time.Since(began).Round(100*time.Millisecond))
		})
	}
}

// check compares the events in the sink with the acknowledged ones.
func (h *history) check(kind *sinkKind, got []event.Event) {
	t := h.t
	t.Helper()
	fault := limited(t)
	known := make(map[event.ID]int, h.acked+round)
	for n := range h.acked + round {
		known[numbered(n).ID] = n
	}
	seen, last := make(map[int]bool, len(got)), map[string]int{}
	for i := range got {
		e := &got[i]
		n, ok := known[e.ID]
		want := numbered(n)
		switch {
		case !ok:
			fault("no process has recorded %v, %s of %s", e.ID, e.Touchpoint, e.Journey.ID)
			continue
		case e.Touchpoint != want.Touchpoint || e.Journey.ID != want.Journey.ID || !e.Time.Equal(want.Time):
			fault("event %d arrived as %s of %s at %v", n, e.Touchpoint, e.Journey.ID, e.Time)
		case kind.refuses && isPoison(n):
			fault("the sink has taken the poison %d", n)
		}
		if seen[n] {
			h.again++
			continue
		}
		seen[n] = true
		if before, ok := last[e.Journey.ID]; ok && n < before {
			fault("event %d of %s comes after %d", n, e.Journey.ID, before)
		}
		last[e.Journey.ID] = n
	}
	dead := h.deadLetters(kind, known)
	unkept := h.unkept // a full disk had no room for them
	for n := range h.acked {
		if seen[n] || dead[n] {
			continue
		}
		if unkept--; unkept < 0 || !isPoison(n) {
			fault("event %d was acknowledged and is lost", n)
		}
	}
	// A kill repeats the batch on its way to the sink, and the round on the disk without an acknowledgement, which
	// the next process records again.
	most := h.kills*(inFlight+round) + h.sink.lostAnswers()*inFlight
	if kind.once {
		most = 0
	}
	if h.again > most {
		t.Errorf("%d events arrived twice, want at most %d", h.again, most)
	}
	if h.told > 0 || h.unkept > 0 && !h.order.DiskFull {
		t.Errorf("the spools have dropped %d events, and %d dead letters", h.told, h.unkept)
	}
	if h.mostLive > liveBound {
		t.Errorf("a child had %d bytes of live memory, want at most %d", h.mostLive, liveBound)
	}
}

// deadLetters returns the numbers of the spool's dead letters. Only poison may be among them.
func (h *history) deadLetters(kind *sinkKind, known map[event.ID]int) map[int]bool {
	h.t.Helper()
	dead, twice := map[int]bool{}, 0
	for _, e := range lines(h.t, filepath.Join(h.spool, "dead.jsonl")) {
		n, ok := known[e.ID]
		switch {
		case !ok || !kind.refuses || !isPoison(n):
			h.t.Errorf("%s is a dead letter", e.Touchpoint)
		case dead[n]:
			twice++
		}
		dead[n] = true
	}
	if twice > h.kills {
		h.t.Errorf("%d dead letters occur twice after %d kills", twice, h.kills)
	}
	if poisons := h.acked > poisoned/2; kind.refuses && poisons && len(dead) == 0 && h.unkept == 0 { // a slow machine acknowledges few
		h.t.Error("no dead letters, though poison was acknowledged")
	}
	return dead
}

// limited returns an Errorf that reports only the first faults.
func limited(t *testing.T) func(format string, args ...any) {
	t.Helper()
	n := 0
	return func(format string, args ...any) {
		t.Helper()
		if n++; n <= 10 {
			t.Errorf(format, args...)
		}
	}
}
