package ledgertest

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

var closing = []contract{
	{"a closed record does not change", "a run ends once, and later events are late", closedStays},
	{"a stale close changes nothing", "a live run must not be ended", closeStale},
	{"a closed record is kept", "late events have to find it, and Claim must not remove it early", closedIsKept},
	{"a closed record is removed after its Keep", "a run is forgotten when it is due to be, and the store does not grow for ever", closedGoes},
	{"Keep applies to closed records only", "a live run must not be forgotten", keepIsOfClosed},
	{"after a closed record was removed", "a new run with the same key must not inherit anything", afterClosed},
}

func closedStays(s *suite) {
	id := run(1)
	s.one(ledger.Change{Key: id, Append: []byte("a"), Due: past(), Customer: "customer"})
	s.wantClosed("closed", s.one(ending(id, "a", "end", long)), id, "end")
	late := []struct {
		name   string
		change ledger.Change
	}{
		{"append", ledger.Change{Append: []byte("late"), Due: past(), Lease: 1, Customer: "other"}},
		{"an empty append", ledger.Change{Due: past()}},
		{"replace with exactly its log as If", ledger.Change{If: []byte("end"), Replace: []byte("b"), Due: past()}},
		{"replace by an empty log", ledger.Change{If: []byte("end"), Replace: []byte{}}},
		{"replace with an empty If", ledger.Change{Replace: []byte("b")}},
		{"the same close again", ending(id, "a", "end", long)},
		{"another close", ending(id, "end", "other end", long)},
	}
	for _, l := range late {
		l.change.Key = id
		s.wantClosed(l.name, s.one(l.change), id, "end")
		s.wantClosed("read after "+l.name, s.peek(id), id, "end")
	}
	if _, due := s.claim(all, long); len(due) > 0 {
		s.fail("Claim returned %s", show(due[0]))
	}
	empty := run(2)
	s.one(adding(empty, "a"))
	s.wantClosed("closed with an empty log", s.one(ledger.Change{Key: empty, If: []byte("a"), Replace: []byte{}, Close: true, Keep: long}), empty, "")
	s.wantClosed("append after that", s.one(adding(empty, "late")), empty, "")
}

func closeStale(s *suite) {
	id := run(1)
	s.one(ledger.Change{Key: id, Append: []byte("a"), Due: past()})
	s.want("a close with a stale If", s.one(ending(id, "b", "end", time.Millisecond)), id, "a")
	s.want("append", s.one(adding(id, "b")), id, "ab")
	if _, due := s.claim(all, long); len(due) != 1 {
		s.fail("Claim returned %d records, want the one that was due", len(due))
	}
}

func closedIsKept(s *suite) {
	brief, kept, forever := run(1), run(2), run(3)
	s.write(adding(brief, "a"), adding(kept, "a"), adding(forever, "a"))
	s.write(ending(brief, "a", "end", time.Millisecond), ending(kept, "a", "end", long), ending(forever, "a", "end", longest))
	s.gone(brief)
	s.wantClosed("kept for an hour", s.peek(kept), kept, "end")
	s.wantClosed("kept for ever", s.peek(forever), forever, "end")
}

func closedGoes(s *suite) {
	const lease = 250 * time.Millisecond
	s.write(adding(run(1), "a"), adding(run(2), "a"), adding(run(3), "a"))
	from := s.now()
	s.wantClosed("closed", s.one(ending(run(1), "a", "end", lease)), run(1), "end")
	s.eventually("the record is gone", func() bool {
		got := s.peek(run(1))
		now := s.now()
		if !got.Closed && now.Add(time.Millisecond).Before(from.Add(lease)) {
			s.fail("the record was closed after %v with a Keep of %v, and was gone at %v by the store's clock", from, lease, now)
		}
		return !got.Closed
	})
	s.wantNone("gone", s.peek(run(1)), run(1))
	s.wantClosed("closed with no Keep", s.one(ending(run(2), "a", "end", 0)), run(2), "end")
	s.wantClosed("closed with a negative Keep", s.one(ending(run(3), "a", "end", -long)), run(3), "end")
	s.gone(run(2))
	s.gone(run(3))
}

func keepIsOfClosed(s *suite) {
	id, brief := run(1), run(2)
	s.write(ledger.Change{Key: id, Append: []byte("a"), Keep: time.Millisecond}, adding(brief, "a"))
	s.one(ledger.Change{Key: id, If: []byte("a"), Replace: []byte("b"), Keep: time.Millisecond})
	s.one(ending(brief, "a", "end", 10*time.Millisecond))
	s.gone(brief)
	s.want("live, after a Keep without a Close", s.peek(id), id, "b")
}

func afterClosed(s *suite) {
	id := run(1)
	s.one(ledger.Change{Key: id, Append: []byte("old"), Customer: "old"})
	s.one(ledger.Change{Key: id, If: []byte("old"), Replace: []byte("old"), Place: ledger.Place{Group: "checkout"}, Due: past()})
	s.one(ending(id, "old", "end", time.Millisecond))
	s.gone(id)
	s.want("a new record", s.one(adding(id, "new")), id, "new")
	if _, due := s.claim(all, long); len(due) > 0 {
		s.fail("Claim returned %s, for which no change set a Due", show(due[0]))
	}
	s.want("appended", s.one(adding(id, "+")), id, "new+")
	if f, ok := s.store.(ledger.Forgetter); ok {
		if n, err := f.Forget(s.Context(), "old", long); n != 0 || err != nil {
			s.fail("Forget returned %d and %v, want 0: the customer belonged to the removed record", n, err)
		}
	}
	if c, ok := s.store.(ledger.Counter); ok {
		s.counted(c, nil)
	}
	s.wantClosed("closed again", s.one(ending(id, "new+", "end", long)), id, "end")
	s.claim(all, long)
	s.wantClosed("kept again", s.peek(id), id, "end")
}

// gone waits until the closed record is gone.
func (s *suite) gone(id ledger.Key) {
	s.Helper()
	s.eventually(fmt.Sprintf("the closed record of run %x is gone after its Keep", id), func() bool {
		s.claim(all, long)
		return !s.peek(id).Closed
	})
	s.wantNone("gone", s.peek(id), id)
}
