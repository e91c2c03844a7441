package track //nolint:testpackage // a log of a newer release is made by hand

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// versioned returns a version entry.
func versioned(v uint64) []byte {
	return appendEntry(nil, entryVersion, func(b []byte) []byte { return binary.AppendUvarint(b, v) })
}

func startOp() op {
	return op{kind: opStart, id: 1, key: 1, at: 5, begin: true, who: &identity{journey: event.Run{Namespace: "n", Name: "order", ID: "1"}}}
}

// TestVersions: a log says which version of the format it needs; a newer version is told apart from damage.
func TestVersions(t *testing.T) {
	t.Parallel()
	o := startOp()
	first := o.append(nil)
	for _, c := range []struct {
		name string
		log  []byte
		want error
	}{
		{"of the first release", first, nil},
		{"of this version", append(versioned(logVersion), first...), nil},
		{"of this version in the middle", append(bytes.Clone(first), append(versioned(logVersion), first...)...), nil},
		{"of the next version", append(versioned(logVersion+1), first...), errNewer},
		{"of the next version in the middle", append(bytes.Clone(first), versioned(logVersion+1)...), errNewer},
		{"of a version far away", versioned(1 << 60), errNewer},
		{"with bytes behind the version", appendEntry(nil, entryVersion, func(b []byte) []byte { return append(b, 1, 1) }), errLog},
		{"without the version", appendEntry(nil, entryVersion, func(b []byte) []byte { return b }), errLog},
		{"with a kind of a newer release", appendEntry(bytes.Clone(first), byte(numOps), func(b []byte) []byte { return b }), errNewer},
		{"damaged", []byte{0xff}, errLog},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := readLog(c.log); !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// TestMoveIsVersioned: a log in which a promise is moved needs moveVersion, as an op and as a state, and other logs do not.
func TestMoveIsVersioned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind pactKind
		want uint64
	}{{pactMake, promiseVersion}, {pactMove, moveVersion}} {
		start := startOp()
		o := op{kind: opSign, id: 2, key: 2, at: 6, sent: 6, pacts: []pact{{name: "p", kind: c.kind, due: 90}}}
		r := newLogged()
		r.apply(&start, &done{})
		r.apply(&o, &done{})
		for what, log := range map[string][]byte{"op": o.append(nil), "state": r.log()} {
			in := &reader{b: log}
			body := &reader{b: in.bytes()}
			if kind, v := body.byte(), body.uint(); kind != entryVersion || v != c.want {
				t.Errorf("an %s with pact %d begins with the entry %#x and the version %d, want %d", what, c.kind, kind, v, c.want)
			}
			if _, _, err := readLog(log); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestVersionStays: an entry that is kept while the log is replaced keeps the version in front of it, and is folded as any
// other.
func TestVersionStays(t *testing.T) {
	t.Parallel()
	o := startOp()
	behind := op{kind: opTouch, id: 2, key: 2, at: 9, touchpoint: "pay"}
	versionedTouch := behind.append(versioned(logVersion))
	log := append(o.append(nil), versionedTouch...)
	run, since, err := readLog(log)
	if err != nil || len(since) != 2 || !bytes.Equal(since[1].Raw, versionedTouch) {
		t.Fatalf("%d entries, %v", len(since), err)
	}
	if folded := foldLog(log, 2); !bytes.Equal(folded.log(), run.log()) || folded.touchpoints != 1 {
		t.Errorf("folded, the run has %d touchpoints", folded.touchpoints)
	}
	if folded := foldLog(log, 1); folded.touchpoints != 0 {
		t.Errorf("folded without the last op, the run has %d touchpoints", folded.touchpoints)
	}
}

// kept is a store with one record, which is always due.
type kept struct {
	mu     sync.Mutex
	log    []byte
	claims int
}

// now returns the log and the number of claims.
func (k *kept) now() (log []byte, claims int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return bytes.Clone(k.log), k.claims
}

func (k *kept) Write(_ context.Context, changes []ledger.Change) (out []ledger.Record, _ error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range changes {
		c := &changes[i]
		if c.Replace == nil {
			k.log = append(k.log, c.Append...)
		} else if bytes.Equal(k.log, c.If) {
			k.log = c.Replace
		}
		out = append(out, ledger.Record{Key: c.Key, Log: bytes.Clone(k.log)})
	}
	return out, nil
}

func (k *kept) Claim(_ context.Context, limit int, _ time.Duration) (now time.Time, due []ledger.Record, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if limit > 0 {
		k.claims++
		due = []ledger.Record{{Key: ledger.Key{1}, Log: bytes.Clone(k.log)}}
	}
	return time.Now(), due, nil
}

// TestNewerLogIsLeftAlone: an instance of this release meets a log of a newer one for a day. It reports that once, says what to
// do, and changes nothing. An op that it records meanwhile is in the log, for the newer instances.
func TestNewerLogIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := startOp()
		newer := append(versioned(logVersion+8), o.append(nil)...)
		store := &kept{log: bytes.Clone(newer)}
		var mu sync.Mutex
		var all []fault.Report
		reported := func() []fault.Report {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(all)
		}
		tracker := New(Config{
			Rules: func(string) *journey.Definition { return nil }, Now: time.Now, Store: store,
			Deliver: func(*flight.Event, journey.State) {},
			Fault: func(r fault.Report) {
				mu.Lock()
				defer mu.Unlock()
				all = append(all, r)
			},
		})
		for range 24 * 60 {
			time.Sleep(time.Minute)
			tracker.Sweep(context.Background(), time.Now(), func(*flight.Event, journey.State) {})
		}
		if log, claims := store.now(); !bytes.Equal(log, newer) || claims < 1000 {
			t.Errorf("after %d claims the log is changed: %v", claims, !bytes.Equal(log, newer))
		}
		faults := reported()
		if len(faults) != 1 || faults[0].Fault != fault.Store || !bytes.Contains([]byte(faults[0].Detail), []byte("update this service")) ||
			!bytes.Contains([]byte(faults[0].Detail), []byte("01000000000000000000000000000000")) {
			t.Errorf("reported %+v, want once, with the record and what to do", faults)
		}
		e := &flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Time: time.Now(), Journey: event.Run{Namespace: "n", Name: "order", ID: "1"}}}
		tracker.Apply(e, Manner{})
		time.Sleep(time.Minute)
		if log, _ := store.now(); !bytes.HasPrefix(log, newer) || len(log) == len(newer) {
			t.Error("the touchpoint is not behind what was in the log")
		}
		faults = reported()
		if n := slices.IndexFunc(faults[1:], func(r fault.Report) bool { return r.Fault == fault.Store }); n >= 0 {
			if k := faults[1+n]; bytes.Contains([]byte(k.Detail), []byte("0100000000")) {
				t.Errorf("the same record is reported again: %+v", k)
			}
		}
		if err := tracker.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
