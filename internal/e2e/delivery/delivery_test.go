//go:build unix

// Package delivery_test has real processes record events through Batch, Spool and Retry into every kind of
// sink, kills them, and takes the sinks away.
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
	// The tests mostly wait for sinks that are slow or away: that there are few cores is no reason to do it in turn.
	if err := flag.Set("test.parallel", "16"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// liveBound bounds a child's live memory, in bytes: Batch's queue of 8,192 events, a batch of JSON, and what the
// sinks' clients need. The backlog of an outage is on the disk.
const liveBound = 32 << 20

// seed is random, or the one that CAIRN_DELIVERY_SEED names to have the same again as far as several
// processes can.
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

// sample reports whether a part of the kills and outages is enough. With CAIRN_WHOLE=1 there are all of them,
// which takes many minutes.
func sample() bool { return testing.Short() || os.Getenv("CAIRN_WHOLE") == "" }

// outage is for how long a sink is away: twenty seconds, or what CAIRN_DELIVERY_OUTAGE says.
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

// TestDeliverySurvives: what Flush has acknowledged is in the sink in the end, in order for each journey, whoever
// was killed and whatever the sink did. What is there twice has one ID, and is bounded by what was in flight.
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

// check compares what the sink has with what was acknowledged.
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
			fault("nobody has recorded %v, %s of %s", e.ID, e.Touchpoint, e.Journey.ID)
			continue
		case e.Touchpoint != want.Touchpoint || e.Journey.ID != want.Journey.ID || !e.Time.Equal(want.Time):
			fault("event %d came as %s of %s at %v", n, e.Touchpoint, e.Journey.ID, e.Time)
		case kind.refuses && isPoison(n):
			fault("the poison %d was taken", n)
		}
		if seen[n] {
			h.again++
			continue
		}
		seen[n] = true
		if before, ok := last[e.Journey.ID]; ok && n < before {
			fault("%d of %s comes after %d", n, e.Journey.ID, before)
		}
		last[e.Journey.ID] = n
	}
	dead := h.deadLetters(kind, known)
	unkept := h.unkept // which a full disk had no room for
	for n := range h.acked {
		if seen[n] || dead[n] {
			continue
		}
		if unkept--; unkept < 0 || !isPoison(n) {
			fault("event %d was acknowledged, and is lost", n)
		}
	}
	// Of a kill: the batch on its way to the sink, and the round that was on the disk and not acknowledged,
	// which the next process records again.
	most := h.kills*(inFlight+round) + h.sink.lostAnswers()*inFlight
	if kind.once {
		most = 0
	}
	if h.again > most {
		t.Errorf("%d events came again, want at most %d", h.again, most)
	}
	if h.told > 0 || h.unkept > 0 && !h.order.DiskFull {
		t.Errorf("the spools have dropped %d events, and %d dead letters", h.told, h.unkept)
	}
	if h.mostLive > liveBound {
		t.Errorf("a child had %d bytes of live memory, want at most %d", h.mostLive, liveBound)
	}
}

// deadLetters returns the numbers of what the spool keeps as dead letters, which are poison only.
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
		h.t.Errorf("%d dead letters are there again after %d kills", twice, h.kills)
	}
	if kind.refuses && len(dead) == 0 && h.unkept == 0 {
		h.t.Error("there are no dead letters: no event was poison")
	}
	return dead
}

// limited returns an Errorf for the first few faults.
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
