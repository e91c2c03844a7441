package track //nolint:testpackage // what signs of life in a log mean no store can see

import (
	"fmt"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// nanosAt is a time in seconds by the clock of the store.
func nanosAt(seconds int) int64 { return int64(seconds) * int64(time.Second) }

// aliveAt is a sign of life of the instance that tells what the op with the key did.
func aliveAt(key, id uint64, seconds int) op {
	return op{kind: opAlive, key: key, id: id, sent: nanosAt(seconds), at: nanosAt(seconds), until: nanosAt(seconds)}
}

// startAt is an op that starts a run, and so does something, or with another key enters a stage.
func startAt(key uint64, seconds int) op {
	o := op{kind: opStart, key: key, id: key, sent: nanosAt(seconds), begin: true, who: &identity{}}
	if key > 1 {
		o.kind, o.begin, o.who, o.stage = opEnter, false, nil, "cart"
	}
	return o
}

func logOf(ops []op) (log []byte) {
	for i := range ops {
		log = ops[i].append(log)
	}
	return log
}

// saying returns the kind, key, ID and time of each entry.
func saying(since []entry) (all string) {
	for i, e := range since {
		if i > 0 {
			all += ", "
		}
		kind := map[opKind]string{opStart: "start", opEnter: "enter", opAlive: "alive"}[e.op.kind]
		all += fmt.Sprint(kind, " ", e.op.key)
		if e.op.kind == opAlive {
			all += fmt.Sprint(" by ", e.op.id)
		}
		if all += fmt.Sprint(" ", e.op.sent/int64(time.Second)); e.op.settled {
			all += " settled"
		}
	}
	return all
}

// TestSign: who tells what an op did is up to the log alone: an instance that is silent for half a minute may be
// replaced by the first one that says so, and by that one only.
func TestSign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		ops          []op
		last         int
		by           uint64
	}{
		{"no sign", "it was appended then", []op{startAt(1, 0)}, 0, 0},
		{"in time", "the writer is alive", []op{startAt(1, 0), aliveAt(1, 7, 29)}, 29, 0},
		{"again and again", "each counts from the one before", []op{startAt(1, 0), aliveAt(1, 7, 29), aliveAt(1, 8, 58)}, 58, 0},
		{"when the lease is over", "another instance may take over then", []op{startAt(1, 0), aliveAt(1, 7, 30)}, 30, 7},
		{"two at once", "the first in the log does", []op{startAt(1, 0), aliveAt(1, 7, 31), aliveAt(1, 8, 31)}, 31, 7},
		{"signs of the one that took over", "they are of the new one", []op{startAt(1, 0), aliveAt(1, 7, 31), aliveAt(1, 8, 60)}, 60, 7},
		{"another one after that", "the new one may die too", []op{startAt(1, 0), aliveAt(1, 7, 31), aliveAt(1, 8, 61)}, 61, 8},
		{"of another op", "it says nothing of this one", []op{startAt(1, 0), startAt(2, 20), aliveAt(2, 7, 31)}, 0, 0},
		{"appended again", "its writer has not told it yet", []op{startAt(1, 0), startAt(1, 20)}, 0, 0},
		{"an older one behind a newer", "clocks may differ by a round trip", []op{startAt(1, 0), aliveAt(1, 7, 20), aliveAt(1, 8, 19)}, 20, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, since, err := readLog(logOf(c.ops))
			if err != nil {
				t.Fatal(err)
			}
			if last, by := sign(since, 1); last != nanosAt(c.last) || by != c.by {
				t.Errorf("the last sign is at %v by %d, want %ds and %d: %s", time.Duration(last), by, c.last, c.by, c.reason)
			}
		})
	}
}

// TestStamped: an instance that says by a new log that it is alive changes the time of its last sign, and leaves out the
// others. It leaves alone what other instances tell.
func TestStamped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		ops          []op
		want         string // kind, key, ID and time of each
	}{
		{"what it wrote", "signs of its own are not needed any more", []op{startAt(1, 0), aliveAt(1, 7, 10), startAt(2, 12), aliveAt(1, 8, 20)}, "start 1 50, enter 2 12"},
		{"what it took over", "that it did stays known", []op{startAt(1, 0), aliveAt(1, 7, 31), aliveAt(1, 8, 40)}, "start 1 0, alive 1 by 7 50"},
		{"what another instance tells", "it says nothing of that", []op{startAt(1, 0), startAt(2, 12), aliveAt(2, 9, 20)}, "start 1 50, enter 2 12, alive 2 by 9 20"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			log := logOf(c.ops)
			_, since, err := readLog(log)
			if err != nil {
				t.Fatal(err)
			}
			mine := &pendingSettle{log: log, ops: map[uint64]bool{1: true}}
			_, since, err = readLog(stamped(mine, since, time.Unix(0, nanosAt(50))))
			if err != nil {
				t.Fatal(err)
			}
			got := saying(since)
			if got != c.want {
				t.Errorf("the log says %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestSettledBehind: what is told behind something that another instance has to tell is noted as told. Signs of it are
// not needed any more.
func TestSettledBehind(t *testing.T) {
	t.Parallel()
	log := logOf([]op{startAt(1, 0), aliveAt(1, 6, 9), startAt(2, 0), aliveAt(2, 7, 31), aliveAt(2, 8, 40)})
	r := &remote{cfg: &Config{Remember: time.Hour}}
	c, err := r.settleChange(ledger.Key{}, log, map[uint64]bool{2: true})
	if err != nil {
		t.Fatal(err)
	}
	_, since, err := readLog(c.Replace)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := saying(since), "start 1 0, alive 1 by 6 9, enter 2 0 settled"; got != want {
		t.Errorf("the log says %q, want %q", got, want)
	}
	if c.Lease != storeLease || c.Close || string(c.If) != string(log) {
		t.Errorf("the change is %+v, want the lease for the other instance", c)
	}
}
