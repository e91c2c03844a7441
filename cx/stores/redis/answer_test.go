package redis_test

import (
	"context"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/redis"
)

const secret = "s3cr3t-of-a-customer"

// record is a record as a script returns it.
func record(state byte, customer, place int, rest string) string {
	b := binary.BigEndian.AppendUint64([]byte{state}, math.Float64bits(1))
	b = binary.BigEndian.AppendUint16(b, uint16(customer))
	return string(binary.BigEndian.AppendUint16(b, uint16(place))) + rest
}

// TestAnswersThatAreNone: an answer that a script does not give, or that has what another program has written, is an
// error which says so, and does not show it.
func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	const notTheScripts, another = "the answer to a script is not the script's", "something else has written"
	write := func(ctx context.Context, s *redis.Store) error {
		_, err := s.Write(ctx, []ledger.Change{{Key: ledger.Key{1}, Append: []byte("a")}})
		return err
	}
	claim := func(ctx context.Context, s *redis.Store) error { _, _, err := s.Claim(ctx, 10, time.Hour); return err }
	count := func(ctx context.Context, s *redis.Store) error {
		_, _, err := s.Count(ctx, "me", time.Hour)
		return err
	}
	forget := func(ctx context.Context, s *redis.Store) error { _, err := s.Forget(ctx, "c", time.Hour); return err }
	id, good := strings.Repeat("1f", 16), record('L', 0, 0, "log")
	tests := []struct {
		name   string
		call   func(context.Context, *redis.Store) error
		script string
		answer any
		want   string // "" for no error
	}{
		{"a text for changes", write, "write", secret, notTheScripts},
		{"half of it", write, "write", list(1), notTheScripts},
		{"more than it", write, "write", list(1, nothing(1), 1), notTheScripts},
		{"a text for the time", write, "write", list(secret, nothing(1)), notTheScripts},
		{"a text for the records", write, "write", list(1, secret), notTheScripts},
		{"no record for a change", write, "write", list(1, nothing(0)), notTheScripts},
		{"two records for a change", write, "write", list(1, nothing(2)), notTheScripts},
		{"a number for a record", write, "write", list(1, list(7)), "a record is a int64, want a string"},
		{"a record without a head", write, "write", list(1, list(good[:12])), "has no head: " + another},
		{"a record that ends in its head", write, "write", list(1, list(record('L', 2, 2, "abc"))), "ends within its head: " + another},
		{"a record that ends with its head", write, "write", list(1, list(record('L', 2, 2, "abcd"))), ""},
		{"a record that is only a head", write, "write", list(1, list(good[:13])), ""},

		{"a text for what is due", claim, "claim", secret, notTheScripts},
		{"half of what is due", claim, "claim", list(1, list()), notTheScripts},
		{"a text for its time", claim, "claim", list(secret, list(), list()), notTheScripts},
		{"a text for its records", claim, "claim", list(1, secret, list()), notTheScripts},
		{"a text for its times", claim, "claim", list(1, list(), secret), notTheScripts},
		{"a time that is none", claim, "claim", list(1, list(), list("soon")), "is not a number"},
		{"a time that is no text", claim, "claim", list(1, list(), list(7)), "is not a number"},
		{"a short ID", claim, "claim", list(1, list(id[:30], "1", good), list()), "is not the ID of a run: " + another},
		{"an ID of other letters", claim, "claim", list(1, list("zz"+id[2:], "1", good), list()), "is not the ID of a run: " + another},
		{"an ID that is no text", claim, "claim", list(1, list(7, "1", good), list()), "is not the ID of a run: " + another},
		{"what is due has no head", claim, "claim", list(1, list(id, "1", good[:12]), list()), "record 1f1f"},
		{"what is due has no time", claim, "claim", list(1, list(id, "soon", good), list()), "is not a number"},

		{"a list for a lease", count, "hold", list(secret), notTheScripts},
		{"a place without a length", count, "HGETALL", list(secret, "1"), another},
		{"a place that is longer", count, "HGETALL", list("4:abc", "1"), another},
		{"a place of its length", count, "HGETALL", list("3:abc", "1"), another},
		{"a place of less than nothing", count, "HGETALL", list("-1:abc", "1"), another},
		{"a place without a name", count, "HGETALL", list("3:abcd", "1"), another},
		{"a place with an empty name", count, "HGETALL", list("3:abc:", "1"), ""},
		{"a place with an empty group", count, "HGETALL", list("0::abc", "1"), ""},
		{"a count that is none", count, "HGETALL", list("3:abc:d", "many"), another},
		{"a text for the counts", count, "HGETALL", 7, "redis store: count"},
		{"a text for how many are forgotten", forget, "forget", list(secret), notTheScripts},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, s := startFake(t, func(a asked) any {
				switch is := a.is(); {
				case is == test.script:
					return test.answer
				case is == "hold":
					return 1
				default:
					return list()
				}
			})
			err := test.call(t.Context(), s)
			if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "redis store: ")) {
				t.Fatalf("it returns %v, want %q in it", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), secret[:9]) && test.script != "HGETALL" || strings.Contains(err.Error(), "%!")) {
				t.Errorf("the error %q shows the answer, or is not whole", err)
			}
		})
	}
}

// TestRecordsAfterChanges: what a record is after a change follows from the change and from what it was before, which
// is what the script returns.
func TestRecordsAfterChanges(t *testing.T) {
	t.Parallel()
	live, closed := record('L', 2, 3, "cuplalog"), record('C', 0, 0, "end")
	tests := []struct {
		name   string
		change ledger.Change
		before any
		log    string
		closed bool
	}{
		{"an append to nothing", ledger.Change{Append: []byte("a")}, nil, "a", false},
		{"an append", ledger.Change{Append: []byte("a")}, live, "loga", false},
		{"an append to what is closed", ledger.Change{Append: []byte("a")}, closed, "end", true},
		{"a replacement of nothing", ledger.Change{Replace: []byte("r")}, nil, "", false},
		{"a replacement of what it is", ledger.Change{If: []byte("log"), Replace: []byte("r")}, live, "r", false},
		{"a replacement of what it is not", ledger.Change{If: []byte("lo"), Replace: []byte("r")}, live, "log", false},
		{"a replacement of what is closed", ledger.Change{If: []byte("end"), Replace: []byte("r")}, closed, "end", true},
		{"the end", ledger.Change{If: []byte("log"), Replace: []byte("r"), Close: true}, live, "r", true},
		{"the end of what it is not", ledger.Change{If: []byte("x"), Replace: []byte("r"), Close: true}, live, "log", false},
	}
	var changes []ledger.Change
	for i, test := range tests {
		test.change.Key = ledger.Key{0: byte(i%2) << 4, 15: byte(i)} // of two partitions
		changes = append(changes, test.change)
	}
	_, s := startFake(t, func(a asked) any {
		var before []any
		for _, key := range a.keys[3:] {
			n, _ := strconv.ParseUint(key[len(key)-2:], 16, 8)
			before = append(before, tests[n].before)
		}
		return list(0, before)
	})
	records, err := s.Write(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	for i, test := range tests {
		if r := records[i]; string(r.Log) != test.log || r.Closed != test.closed || r.Key != changes[i].Key || r.Log == nil && test.before != nil {
			t.Errorf("%s gives %q, closed %v, of run %x; want %q, %v, %x", test.name, r.Log, r.Closed, r.Key, test.log, test.closed, changes[i].Key)
		}
	}
}

// TestBatches: a script makes at most 64 changes, all of one partition, and every change is made once.
func TestBatches(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 63, 64, 65, 200} {
		f, s := startFake(t, func(a asked) any { return list(0, nothing(len(a.keys)-3)) })
		var changes []ledger.Change
		for i := range 2 * n {
			changes = append(changes, ledger.Change{Key: ledger.Key{byte(15*(i%2)) << 4, byte(i >> 8), byte(i)}, Append: []byte("a")})
		}
		if _, err := s.Write(t.Context(), changes); err != nil {
			t.Fatal(err)
		}
		made, calls := map[string]int{}, map[int]int{}
		for _, a := range f.took() {
			calls[a.partition()]++
			if len(a.keys)-3 > 64 {
				t.Errorf("a script makes %d changes", len(a.keys)-3)
			}
			for _, key := range a.keys {
				if !strings.HasPrefix(key, fmt.Sprintf("{cairn:%x}:run:", a.partition())) {
					t.Errorf("key %s is of another partition than %s", key, a.keys[0])
				}
			}
			for _, key := range a.keys[3:] {
				made[key]++
			}
		}
		if want := (n + 63) / 64; len(made) != 2*n || calls[0] != want || calls[15] != want || len(calls) != 2 {
			t.Errorf("%d runs are changed in %v scripts, want %d in %d of each", len(made), calls, 2*n, want)
		}
	}
}

// TestTimesAreRoundedUp: nothing is due, and nothing is removed, before the time that was asked for, and at most one
// of the server's units after it.
func TestTimesAreRoundedUp(t *testing.T) {
	t.Parallel()
	f, s := startFake(t, func(a asked) any {
		if a.is() == "hold" {
			return 0
		}
		return list(0, nothing(len(a.keys)-3))
	})
	start := time.Unix(1_700_000_000, 0)
	for _, d := range []time.Duration{1, 999, 1000, 1001, time.Millisecond, time.Millisecond + 1, time.Second, time.Second + 1, time.Hour, 2*time.Hour - 1} {
		change := ledger.Change{Due: start.Add(d), Lease: d, If: []byte{}, Replace: []byte{}, Close: true, Keep: d}
		if _, err := s.Write(t.Context(), []ledger.Change{change}); err != nil {
			t.Fatal(err)
		}
		if _, held, err := s.Count(t.Context(), "me", d); held || err != nil {
			t.Fatal(held, err)
		}
		calls := f.took()
		op := []byte(calls[0].args[1])
		due := time.Duration(math.Float64frombits(binary.BigEndian.Uint64(op[1:9]))-float64(start.UnixMicro())) * time.Microsecond
		lease := time.Duration(math.Float64frombits(binary.BigEndian.Uint64(op[9:17]))) * time.Microsecond
		keep, _ := strconv.Atoi(calls[0].args[5])
		hold, _ := strconv.Atoi(calls[1].args[1])
		for what, got := range map[string]struct{ d, unit time.Duration }{
			"Due": {due, time.Microsecond}, "Lease": {lease, time.Microsecond},
			"Keep": {time.Duration(keep) * time.Millisecond, time.Millisecond}, "the lease of the count": {time.Duration(hold) * time.Millisecond, time.Millisecond},
		} {
			if got.d < d || got.d >= d+got.unit {
				t.Errorf("%s of %v is %v", what, d, got.d)
			}
		}
	}
	for _, keep := range []time.Duration{0, -1, -time.Hour} {
		if _, err := s.Write(t.Context(), []ledger.Change{{If: []byte{}, Replace: []byte{}, Close: true, Keep: keep, Lease: keep}}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Count(t.Context(), "me", keep); err != nil {
			t.Fatal(err)
		}
		calls := f.took()
		lease := math.Float64frombits(binary.BigEndian.Uint64([]byte(calls[0].args[1][9:17])))
		if got := calls[0].args[5]; got != "" || calls[1].args[1] != "0" || !math.IsInf(lease, 1) {
			t.Errorf("Keep and Lease of %v are %q and %v, and the lease of the count is %s, want none of each", keep, got, lease, calls[1].args[1])
		}
	}
}

// TestLargest: the largest customer and place are kept.
func TestLargest(t *testing.T) {
	t.Parallel()
	f, s := startFake(t, func(a asked) any { return list(0, nothing(len(a.keys)-3)) })
	place := ledger.Place{Group: "g", Name: strings.Repeat("p", math.MaxUint16-len("1:g:"))}
	if _, err := s.Write(t.Context(), []ledger.Change{{Customer: strings.Repeat("c", 128), Replace: []byte{}, Place: place}}); err != nil {
		t.Fatal(err)
	}
	if a := f.took()[0]; len(a.args[1]) != 17+128 || len(a.args[4]) != math.MaxUint16 {
		t.Errorf("the customer has %d bytes and the place %d", len(a.args[1])-17, len(a.args[4]))
	}
	place.Name += "p"
	if _, err := s.Write(t.Context(), []ledger.Change{{Replace: []byte{}, Place: place}}); err == nil {
		t.Error("a place that does not fit is no error")
	}
}

// TestDeadline: a change goes with its caller's deadline by the server's clock, which is asked for only once, and
// again where the server says that it is too late.
func TestDeadline(t *testing.T) {
	t.Parallel()
	const now = 5_000_000_000_000 // another time than the one here
	late := false
	f, s := startFake(t, func(a asked) any {
		if late && a.is() == "write" {
			return errors.New("LATE the deadline of the caller has passed")
		}
		return list(now, nothing(len(a.keys)-3))
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	write := func(ctx context.Context) (string, map[string]int, error) {
		_, err := s.Write(ctx, []ledger.Change{{Append: []byte("a")}})
		calls, deadline := f.took(), ""
		n := map[string]int{}
		for _, a := range calls {
			if n[a.is()]++; a.is() == "write" {
				deadline = a.args[0]
			}
		}
		return deadline, n, err
	}
	if deadline, n, err := write(t.Context()); deadline != "" || n["clock"] != 0 || err != nil {
		t.Errorf("without a deadline it is %q after %d clocks, %v", deadline, n["clock"], err)
	}
	for i, clocks := range []int{15, 0, 0} { // one answer was that of the write before
		deadline, n, err := write(ctx)
		at, _ := strconv.ParseInt(deadline, 10, 64)
		if at <= now || at > now+time.Hour.Microseconds() || err != nil || (i == 0) != (n["clock"] > 0) {
			t.Errorf("write %d: the deadline is %q after %d clocks, want about %d: %v", i, deadline, n["clock"], clocks, err)
		}
	}
	late = true
	if _, _, err := write(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "too late") {
		t.Errorf("too late is %v", err)
	}
	late = false
	if _, n, err := write(ctx); n["clock"] != 16 || err != nil {
		t.Errorf("after that %d clocks are asked, want all 16: %v", n["clock"], err)
	}
}

// TestNoClockNoChange: where the server's time is not to be had, nothing is changed.
func TestNoClockNoChange(t *testing.T) {
	t.Parallel()
	f, s := startFake(t, func(a asked) any {
		if a.is() == "clock" {
			return errors.New("LOADING Redis is loading the dataset in memory")
		}
		return list(0, nothing(len(a.keys)-3))
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if _, err := s.Write(ctx, []ledger.Change{{Append: []byte("a")}}); err == nil || !strings.Contains(err.Error(), "the server is starting") {
		t.Errorf("Write returns %v", err)
	}
	if n := f.count()["write"]; n != 0 {
		t.Errorf("%d changes are sent without a deadline", n)
	}
}

// TestSentOnce: a call whose answer is lost is not sent again, because an append would be made twice.
func TestSentOnce(t *testing.T) {
	t.Parallel()
	f, s := startFake(t, func(asked) any { return cut })
	if _, err := s.Write(t.Context(), []ledger.Change{{Append: []byte("a")}}); err == nil {
		t.Error("an answer that is lost is no error")
	}
	calls := f.took()
	if len(calls) != 1 || calls[0].args[2] != "a" {
		t.Errorf("it is sent %d times, with %q", len(calls), calls[0].args)
	}
}

// TestMissingScripts: a script that the server does not have is sent whole, once, and only for the calls that it was
// missing in.
func TestMissingScripts(t *testing.T) {
	t.Parallel()
	fails := false
	f, s := startFake(t, func(a asked) any {
		switch {
		case fails && a.name == "EVAL":
			return errors.New("ERR unknown command 'EVAL'")
		case a.name == "EVALSHA" && a.partition() == 3:
			return errors.New("NOSCRIPT No matching script")
		default:
			return list(0, nothing(len(a.keys)-3))
		}
	})
	changes := []ledger.Change{{Key: ledger.Key{0x10}, Append: []byte("a")}, {Key: ledger.Key{0x30}, Append: []byte("a")}, {Key: ledger.Key{0x50}, Append: []byte("a")}}
	if _, err := s.Write(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	var whole []asked
	calls := f.took()
	for _, a := range calls {
		if a.name == "EVAL" {
			whole = append(whole, a)
		}
	}
	if len(calls) != 4 || len(whole) != 1 || whole[0].partition() != 3 {
		t.Fatalf("%d calls, of which %d are whole", len(calls), len(whole))
	}
	if sum := sha1.Sum([]byte(whole[0].script)); hex.EncodeToString(sum[:]) != calls[0].script || !slices.Equal(whole[0].args, calls[1].args) {
		t.Error("the whole script is another one, or is given something else")
	}
	fails = true
	if _, err := s.Write(t.Context(), changes); err == nil || !strings.Contains(err.Error(), "Redis 7 or later is needed") {
		t.Errorf("a server without scripts gives %v", err)
	}
}

// TestForgetGoesOn: Forget goes on where a partition had as many as it closes at a time.
func TestForgetGoesOn(t *testing.T) {
	t.Parallel()
	left := map[int]int{2: 1200, 7: 500, 9: 499}
	f, s := startFake(t, func(a asked) any {
		n := min(left[a.partition()], 500)
		if a.args[3] != "500" || a.args[1] != "1:c:" {
			return errors.New("ERR asked for something else")
		}
		left[a.partition()] -= n
		return n
	})
	if n, err := s.Forget(t.Context(), "c", time.Hour); n != 2199 || err != nil {
		t.Errorf("Forget returns %d and %v, want 2199", n, err)
	}
	if n := f.count()["forget"]; n != 16+2+1 {
		t.Errorf("it asks %d times, want 19", n)
	}
}

// TestCounts: the counts of all partitions are added up, for the holder of the lease only.
func TestCounts(t *testing.T) {
	t.Parallel()
	hold := 1
	_, s := startFake(t, func(a asked) any {
		if a.is() == "hold" {
			return hold
		}
		return list("8:checkout:cart", "2", "1:a::b", strconv.Itoa(a.partition()))
	})
	want := map[ledger.Place]int64{{Group: "checkout", Name: "cart"}: 32, {Group: "a", Name: ":b"}: 120}
	live, held, err := s.Count(t.Context(), "me", time.Hour)
	if err != nil || !held || len(live) != 2 {
		t.Fatalf("Count returns %v, %v, %v", live, held, err)
	}
	for place, n := range want {
		if live[place] != n {
			t.Errorf("there are %d at %v, want %d", live[place], place, n)
		}
	}
	hold = 0
	if live, held, err := s.Count(t.Context(), "me", time.Hour); live != nil || held || err != nil {
		t.Errorf("without the lease Count returns %v, %v, %v", live, held, err)
	}
}

// TestClaimsTheLongestDue: of all partitions the longest due are claimed, in their order, each once. Where a partition
// has more due than it tells of, which is 64, the longest due of each partition are.
func TestClaimsTheLongestDue(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test that repeats
		total, limit := rnd.IntN(400), rnd.IntN(300)-5
		due, parts := make([][]int, 16), 1+rnd.IntN(16)
		for i := range total {
			p := rnd.IntN(1 + rnd.IntN(parts)) // the first ones have more
			due[p] = append(due[p], i)
		}
		all, most := slices.Clone(due), 0
		for _, part := range all {
			most = max(most, len(part))
		}
		const now = 1_000_000
		asks := 0
		_, s := startFake(t, func(a asked) any {
			p := a.partition()
			take, _ := strconv.Atoi(a.args[1])
			more, _ := strconv.Atoi(a.args[2])
			asks++
			claimed, times := list(), list()
			for i, at := range due[p][:min(len(due[p]), take+more)] {
				if i >= take {
					times = append(times, strconv.Itoa(at))
					continue
				}
				claimed = append(claimed, fmt.Sprintf("%x%031x", p, at), strconv.Itoa(at), record('L', 0, 0, strconv.Itoa(at)))
			}
			due[p] = due[p][min(len(due[p]), take):]
			return list(now+p, claimed, times)
		})
		at, records, err := s.Claim(t.Context(), limit, time.Hour)
		if err != nil || at.UnixMicro() != now || len(records) != max(0, min(total, limit)) {
			t.Fatalf("seed %d: Claim(%d) of %d returns %d records at %v, %v", seed, limit, total, len(records), at, err)
		}
		last, before := -1, make([]int, 16)
		for i, r := range records {
			n, _ := strconv.Atoi(string(r.Log))
			if n <= last || most <= 64 && n != i {
				t.Fatalf("seed %d: record %d of Claim(%d) is %d, after %d", seed, i, limit, n, last)
			}
			last = n
			p := r.Key[0] >> 4
			if n != all[p][before[p]] {
				t.Fatalf("seed %d: of partition %d Claim(%d) returns %d, and not %d", seed, p, limit, n, all[p][before[p]])
			}
			before[p]++
		}
		if total == 0 && asks != 16 {
			t.Errorf("seed %d: it asks %d times where nothing is due, want each partition once", seed, asks)
		}
	}
}
