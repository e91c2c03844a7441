package engine //nolint:testpackage // what signs of life in a log mean no store can see

import (
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// nanosAt is a time in seconds by the clock of the store.
func nanosAt(seconds int) int64 { return int64(seconds) * int64(time.Second) }

// aliveAt is a sign of life of the instance that delivers what the op with the key did.
func aliveAt(key, by uint64, seconds int) *Mark {
	return &Mark{Kind: "alive", Report: key, Ident: by, At: nanosAt(seconds)}
}

// addAt is an op that has an effect.
func addAt(key uint64, seconds int) *Mark {
	return &Mark{Kind: "add", Report: key, Ident: key, At: nanosAt(seconds), N: 10}
}

func logOf(marks []*Mark) (log []byte) {
	for _, m := range marks {
		log = m.Append(log)
	}
	return log
}

// saying returns the kind, key, ID and time of each entry.
func saying(since []Entry[*Mark, *Did]) (all string) {
	for i, e := range since {
		if i > 0 {
			all += ", "
		}
		all += fmt.Sprint(e.Op.Kind, " ", e.Op.Report)
		if e.Op.IsAlive() {
			all += fmt.Sprint(" by ", e.Op.Ident)
		}
		if all += fmt.Sprint(" ", e.Op.At/int64(time.Second)); e.Op.Told {
			all += " settled"
		}
	}
	return all
}

// TestSign: the log alone decides which instance delivers what an op did: an instance that is silent for half a minute may be
// replaced by the first one that says so, and by that one only.
func TestSign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		ops          []*Mark
		last         int
		by           uint64
	}{
		{"no sign", "it was appended then", []*Mark{addAt(1, 0)}, 0, 0},
		{"in time", "the writer is alive", []*Mark{addAt(1, 0), aliveAt(1, 7, 29)}, 29, 0},
		{"again and again", "each counts from the one before", []*Mark{addAt(1, 0), aliveAt(1, 7, 29), aliveAt(1, 8, 58)}, 58, 0},
		{"when the lease is over", "another instance may take over then", []*Mark{addAt(1, 0), aliveAt(1, 7, 30)}, 30, 7},
		{"two at once", "the first in the log does", []*Mark{addAt(1, 0), aliveAt(1, 7, 31), aliveAt(1, 8, 31)}, 31, 7},
		{"signs of the one that took over", "they are of the new one", []*Mark{addAt(1, 0), aliveAt(1, 7, 31), aliveAt(1, 8, 60)}, 60, 7},
		{"another one after that", "the new one may die too", []*Mark{addAt(1, 0), aliveAt(1, 7, 31), aliveAt(1, 8, 61)}, 61, 8},
		{"of another op", "it says nothing of this one", []*Mark{addAt(1, 0), addAt(2, 20), aliveAt(2, 7, 31)}, 0, 0},
		{"appended again", "its writer has not delivered it yet", []*Mark{addAt(1, 0), addAt(1, 20)}, 0, 0},
		{"an older one behind a newer", "clocks may differ by a round trip", []*Mark{addAt(1, 0), aliveAt(1, 7, 20), aliveAt(1, 8, 19)}, 20, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, since, err := Tally{}.Read(logOf(c.ops))
			if err != nil {
				t.Fatal(err)
			}
			if last, by := sign(since, 1); last != nanosAt(c.last) || by != c.by {
				t.Errorf("the last sign is at %v, taken over by %d, want %d s and %d: %s", time.Duration(last), by, c.last, c.by, c.reason)
			}
		})
	}
}

func fixed() *Engine[*Sum, *Mark, *Did, string] {
	return &Engine[*Sum, *Mark, *Did, string]{machine: Tally{}, cfg: Config{Keep: time.Hour}}
}

// TestStamped: an instance that gives a sign of life by a new log changes the time of its last sign, and leaves out the
// others. It leaves alone what other instances deliver.
func TestStamped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		ops          []*Mark
		want         string // kind, key, ID and time of each
	}{
		{"what it wrote", "signs of its own are not needed any more", []*Mark{addAt(1, 0), aliveAt(1, 7, 10), addAt(2, 12), aliveAt(1, 8, 20)}, "add 1 50, add 2 12"},
		{"what it took over", "that it did stays known", []*Mark{addAt(1, 0), aliveAt(1, 7, 31), aliveAt(1, 8, 40)}, "add 1 0, alive 1 by 7 50"},
		{"what another instance delivers", "it says nothing of that", []*Mark{addAt(1, 0), addAt(2, 12), aliveAt(2, 9, 20)}, "add 1 50, add 2 12, alive 2 by 9 20"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			log := logOf(c.ops)
			_, since, err := Tally{}.Read(log)
			if err != nil {
				t.Fatal(err)
			}
			mine := &pendingSettle{log: log, ops: map[uint64]bool{1: true}}
			_, since, err = Tally{}.Read(fixed().stamped(mine, since, time.Unix(0, nanosAt(50))))
			if err != nil {
				t.Fatal(err)
			}
			if got := saying(since); got != c.want {
				t.Errorf("the log says %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestSettledBehind: what is delivered behind something that another instance has to deliver is marked as settled. Signs of it
// are not needed any more.
func TestSettledBehind(t *testing.T) {
	t.Parallel()
	log := logOf([]*Mark{addAt(1, 0), aliveAt(1, 6, 9), addAt(2, 0), aliveAt(2, 7, 31), aliveAt(2, 8, 40)})
	c, err := fixed().settleChange(ledger.Key{}, log, map[uint64]bool{2: true})
	if err != nil {
		t.Fatal(err)
	}
	_, since, err := Tally{}.Read(c.Replace)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := saying(since), "add 1 0, alive 1 by 6 9, add 2 0 settled"; got != want {
		t.Errorf("the log says %q, want %q", got, want)
	}
	if c.Lease != Lease || c.Close || string(c.If) != string(log) {
		t.Errorf("the change is %+v, want the lease for the other instance", c)
	}
}
