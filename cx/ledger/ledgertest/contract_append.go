package ledgertest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

var appending = []contract{
	{"append makes a record", "the first event of a run is an append to a record that does not exist", appendMakes},
	{"append keeps the order", "a log is read from its beginning", appendOrder},
	{"an empty record is not a missing one", "a caller distinguishes them by a log that is nil", emptyIsThere},
	{"an append ignores what is for Replace", "a caller that fills in too many fields must not end or move a run", fieldsOfOneKind},
	{"an empty append", "it makes a missing record, and reads an existing one", appendNothing},
	{"bytes are bytes", "a log is binary, and a store must not treat it as text", bytesAreBytes},
	{"large logs", "a run of many stages has a log of many kilobytes", largeLogs},
	{"runs are separate", "keys are 16 bytes of any value, and runs of one customer may differ in one of them", runsAreApart},
	{"a batch returns records in its order", "the caller assigns records to changes by their index alone", batchOrder},
	{"two changes of one record", "stores would make them in different orders, so the caller must not send them", twoOfOne},
	{"a batch of every kind of change", "a queue writes all its changes at once, and no change depends on another one", batchOfEveryKind},
	{"an empty batch", "an empty queue is not an error", batchOfNone},
	{"the store keeps no slice of the caller", "callers reuse their buffers", slicesNotKept},
	{"returned logs belong to the caller", "callers append to a returned log, and fold it in place", logsAreOwn},
	{"the same append twice is in the log twice", "after an error the caller cannot know whether the append was made, so it repeats it; readers of a log ignore duplicates, and a store that drops apparent duplicates loses events", appendTwice},
	{"other instances see a change at once", "services on several machines share a run", othersSee},
}

func appendMakes(s *suite) {
	id := run(1)
	s.wantNone("before the first append", s.peek(id), id)
	s.want("the first append", s.one(adding(id, "a")), id, "a")
	s.want("read again", s.peek(id), id, "a")
	s.wantNone("another run", s.peek(run(2)), run(2))
}

func appendOrder(s *suite) {
	id, want := run(1), ""
	for i := range 100 {
		entry := fmt.Sprintf("<%d>", i)
		want += entry
		s.want(fmt.Sprintf("append %d", i), s.one(adding(id, entry)), id, want)
	}
	s.want("read again", s.peek(id), id, want)
}

func appendNothing(s *suite) {
	for i, nothing := range [][]byte{nil, {}} {
		id := run(i)
		s.want("an empty append without a record", s.one(ledger.Change{Key: id, Append: nothing}), id, "")
		s.want("an empty If on an empty record", s.one(swapping(id, "", "a")), id, "a")
		s.want("an empty append to a record", s.one(ledger.Change{Key: id, Append: nothing}), id, "a")
	}
}

// there checks that the record exists and has an empty log.
func (s *suite) there(what string, r ledger.Record) {
	s.Helper()
	if r.Log == nil || len(r.Log) > 0 {
		s.fail("%s: the log is %#v, want an empty one that is not nil, because the record exists", what, r.Log)
	}
}

func emptyIsThere(s *suite) {
	made, emptied, ended, forgotten := run(1), run(2), run(3), run(4)
	s.there("an empty append that makes the record", s.one(ledger.Change{Key: made}))
	s.there("an empty append to an empty record", s.one(ledger.Change{Key: made, Append: []byte{}}))
	s.there("an empty record, read", s.peek(made))
	s.write(adding(emptied, "a"), adding(ended, "a"), of(forgotten, "customer"))
	s.there("Replace by an empty log", s.one(swapping(emptied, "a", "")))
	s.there("an emptied record, read", s.peek(emptied))
	s.there("a Replace of an empty log by an empty log", s.one(swapping(emptied, "", "")))
	s.there("a close with an empty log", s.one(ending(ended, "a", "", long)))
	s.there("an append to a record that was closed with an empty log", s.one(adding(ended, "late")))
	s.there("a record that was closed with an empty log, read", s.peek(ended))
	if f, ok := s.store.(ledger.Forgetter); ok {
		s.forget(f, "customer", long, 1)
		s.there("a forgotten record, read", s.peek(forgotten))
	}
	s.one(ledger.Change{Key: made, Due: past()})
	_, due := s.claim(all, long)
	got, _ := in(due, made)
	s.there("an empty record that Claim returned", got)
	for what, r := range map[string]ledger.Record{
		"a read of no record": s.peek(run(5)), "a Replace of no record": s.one(swapping(run(6), "", "a")),
	} {
		if r.Log != nil {
			s.fail("%s: the log is %#v, want nil, because there is no record", what, r.Log)
		}
	}
}

func fieldsOfOneKind(s *suite) {
	id, made, brief, at := run(1), run(2), run(3), ledger.Place{Group: "checkout", Name: "cart"}
	s.write(adding(id, "a"), adding(brief, "a"))
	everything := func(id ledger.Key) ledger.Change {
		return ledger.Change{Key: id, Append: []byte("+"), If: []byte("another log"), Due: past(), Place: at, Close: true, Keep: time.Millisecond}
	}
	s.want("an Append with a Close, a Place and an If", s.one(everything(id)), id, "a+")
	s.want("an Append with a Close, a Place and an If that makes the record", s.one(everything(made)), made, "+")
	if c, ok := s.store.(ledger.Counter); ok {
		s.counted(c, nil)
	}
	s.one(ending(brief, "a", "end", time.Millisecond))
	_, due := s.claim(all, long)
	for _, id := range []ledger.Key{id, made} {
		if _, given := in(due, id); !given {
			s.fail("Claim did not return the record that was made due by an Append with a Close")
		}
	}
	s.gone(brief)
	s.want("live, after an Append with a Close", s.peek(id), id, "a+")
	replace := swapping(id, "a+", "r")
	replace.Append = []byte("x")
	s.want("a Replace with an Append", s.one(replace), id, "r")
	s.want("read again", s.peek(id), id, "r")
}

func twoOfOne(s *suite) {
	id, first, last := run(1), run(2), run(3)
	s.one(adding(id, "a"))
	kinds := map[string]ledger.Change{
		"Append": adding(id, "+"), "Replace": swapping(id, "a", "b"), "Close": ending(id, "a", "end", long), "read": peeking(id),
	}
	for one, a := range kinds {
		for other, b := range kinds {
			records, err := s.store.Write(s.Context(), []ledger.Change{adding(first, "x"), a, adding(run(4), "x"), b, adding(last, "x")})
			if err == nil || len(records) > 0 {
				s.fail("Write with an %s and an %s of one record returned %d records and %v, want an error alone", one, other, len(records), err)
			}
			for _, none := range []ledger.Key{first, run(4), last} {
				s.wantNone("a record of a Write that has two changes of another one", s.peek(none), none)
			}
			s.want("the record of which a Write has two changes", s.peek(id), id, "a")
		}
	}
}

func bytesAreBytes(s *suite) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	logs := []string{
		string(every), "\x00", "\x00\x00\x00", "\xff\xfe\xfd", "a\x00b", "ends in NUL\x00", "\xc3\x28 is no UTF-8", "123", "0", "-1",
		"null", "true", "{}", "[1,2]", `\x41`, `\101`, `\\`, "'; DROP TABLE runs; --", `"`, "%s%n", "\r\n", "line\nline\n", " spaces ",
	}
	for i, log := range logs {
		id, mark := run(i), "\x00\xff"
		s.want("append", s.one(adding(id, log)), id, log)
		s.want("append of a NUL and 0xff", s.one(adding(id, mark)), id, log+mark)
		s.want("Replace", s.one(swapping(id, log+mark, log)), id, log)
		s.want("read again", s.peek(id), id, log)
		s.one(ledger.Change{Key: id, Due: time.Unix(0, 0)})
	}
	_, due := s.claim(all, long)
	for i, log := range logs {
		got, _ := in(due, run(i))
		s.want("claimed", got, run(i), log)
	}
}

func largeLogs(s *suite) {
	id, half := run(1), strings.Repeat("\x00\xff\x80a", 16<<10)
	s.want("append of 64 KiB", s.one(adding(id, half)), id, half)
	s.want("64 KiB more", s.one(adding(id, half)), id, half+half)
	s.want("Replace with an If of 128 KiB that differs in the last byte", s.one(swapping(id, half+half[:len(half)-1]+"b", "x")), id, half+half)
	s.want("Replace of 128 KiB", s.one(swapping(id, half+half, half+"x")), id, half+"x")
	s.want("read again", s.peek(id), id, half+"x")
}

func runsAreApart(s *suite) {
	ids := []ledger.Key{
		{},
		{15: 1},
		{0: 1},
		{15: 0xff},
		{0: 0xff},
		ledger.Key([]byte("{braces} :*?[ac]")),
		ledger.Key([]byte("{braces} :*?[ab]")), ledger.Key(bytes.Repeat([]byte{0xff}, 16)),
	}
	for i, id := range ids {
		s.want("append", s.one(adding(id, fmt.Sprint("log ", i))), id, fmt.Sprint("log ", i))
	}
	for i, id := range ids {
		s.want("read again", s.peek(id), id, fmt.Sprint("log ", i))
	}
}

func batchOrder(s *suite) {
	const runs = 700
	changes := make([]ledger.Change, runs)
	for round := range 2 {
		for i := range changes {
			changes[i] = adding(run(i), fmt.Sprintf("<%d %d>", round, i))
		}
		if round == 1 {
			slices.Reverse(changes)
		}
		records := s.write(changes...)
		for i, r := range records {
			n := i
			want := fmt.Sprintf("<0 %d>", n)
			if round == 1 {
				n = runs - 1 - i
				want = fmt.Sprintf("<0 %d><1 %d>", n, n)
			}
			s.want(fmt.Sprintf("answer %d of round %d", i, round), r, run(n), want)
		}
	}
}

func batchOfEveryKind(s *suite) {
	live, swapped, stale, ended, closed := run(1), run(2), run(3), run(4), run(5)
	s.write(adding(live, "a"), adding(swapped, "a"), adding(stale, "a"), adding(ended, "a"), adding(closed, "a"))
	s.one(ending(closed, "a", "end", long))
	got := s.write(
		swapping(run(6), "a", "b"), adding(live, "b"), swapping(stale, "b", "c"), adding(closed, "b"),
		adding(run(7), "b"), ending(ended, "a", "b", long), peeking(run(8)), swapping(swapped, "a", "b"),
	)
	s.wantNone("Replace without a record", got[0], run(6))
	s.want("append", got[1], live, "ab")
	s.want("stale Replace", got[2], stale, "a")
	s.wantClosed("append to a closed record", got[3], closed, "end")
	s.want("append that makes a record", got[4], run(7), "b")
	s.wantClosed("Replace that closes", got[5], ended, "b")
	s.wantNone("read without a record", got[6], run(8))
	s.want("Replace", got[7], swapped, "b")
}

func batchOfNone(s *suite) {
	for _, none := range [][]ledger.Change{nil, {}} {
		s.write(none...)
	}
}

func slicesNotKept(s *suite) {
	add, was, log := []byte("append"), []byte("append"), []byte("replace")
	changes := []ledger.Change{
		{Key: run(1), Append: add}, {Key: run(2), Append: add},
	}
	s.write(changes...)
	spoil(add)
	changes[0], changes[1] = ledger.Change{}, ledger.Change{}
	s.want("after the caller changed Append", s.peek(run(1)), run(1), "append")
	s.one(ledger.Change{Key: run(1), If: was, Replace: log})
	spoil(was)
	spoil(log)
	s.want("after the caller changed If and Replace", s.peek(run(1)), run(1), "replace")
	s.want("the next append", s.one(adding(run(1), "+")), run(1), "replace+")
	s.want("the other run", s.peek(run(2)), run(2), "append")
}

func logsAreOwn(s *suite) {
	ids := []ledger.Key{run(1), run(2), run(3)}
	changes := make([]ledger.Change, len(ids))
	for i, id := range ids {
		changes[i] = ledger.Change{Key: id, Append: []byte("log"), Due: time.Unix(0, 0)}
	}
	check := func(what string, records []ledger.Record) {
		s.Helper()
		for i := range records {
			s.want(what+", after the caller extended its neighbour", records[i], records[i].Key, "log")
			records[i].Log = append(records[i].Log, "grown"...)
		}
		for _, r := range records {
			s.want(what+", extended by the caller", r, r.Key, "loggrown")
			spoil(r.Log)
		}
		for _, id := range ids {
			s.want("in the store, after the caller overwrote the logs that "+what, s.peek(id), id, "log")
		}
	}
	check("Write returned", s.write(changes...))
	_, due := s.claim(all, long)
	check("Claim returned", due)
	check("Write returned for a read", s.write(peeking(ids[0]), peeking(ids[1]), peeking(ids[2])))
}

func appendTwice(s *suite) {
	c := adding(run(1), "once")
	s.one(c)
	s.want("the same change again", s.one(c), run(1), "onceonce")
}

func othersSee(s *suite) {
	other := &suite{T: s.T, reason: s.reason, store: s.connect(), connect: s.connect}
	s.one(adding(run(1), "a"))
	other.want("an append, read on another instance", other.peek(run(1)), run(1), "a")
	other.one(swapping(run(1), "a", "b"))
	s.want("a Replace by another instance", s.one(adding(run(1), "c")), run(1), "bc")
	other.one(ending(run(1), "bc", "end", long))
	s.wantClosed("closed by another instance", s.one(adding(run(1), "d")), run(1), "end")
}

// spoil overwrites the bytes.
func spoil(b []byte) {
	for i := range b {
		b[i] = '!'
	}
}
