package ledgertest

import (
	"fmt"

	"cairncx.dev/cairn/cx/ledger"
)

var replacing = []contract{
	{"replace requires exactly If", "this makes each transition happen once", replaceExactly},
	{"replace by an empty log", "an empty Replace is a Replace, and not an Append", replaceByNothing},
	{"replace without a record", "a forgotten run must not come back in part", replaceMissing},
}

func replaceExactly(s *suite) {
	tests := []struct {
		name  string
		was   string
		given string
		wins  bool
	}{
		{"the same", "abc", "abc", true},
		{"the beginning", "abc", "ab", false},
		{"the end", "abc", "bc", false},
		{"more", "abc", "abcd", false},
		{"one NUL more", "abc", "abc\x00", false},
		{"other case", "abc", "ABC", false},
		{"one space more", "abc", "abc ", false},
		{"nothing", "abc", "", false},
		{"nothing for an empty log", "", "", true},
		{"something for an empty log", "", "a", false},
		{"number for number", "1", "1.0", false},
		{"after a NUL", "a\x00b", "a\x00c", false},
		{"invalid UTF-8", "\xff", "\xfe", false},
		{"a pattern", "abc", "%", false},
	}
	for i, test := range tests {
		id := run(i)
		s.one(adding(id, test.was))
		want := test.was
		if test.wins {
			want = "new"
		}
		s.want(fmt.Sprintf("log %q, If %s, %q", test.was, test.name, test.given), s.one(swapping(id, test.given, "new")), id, want)
		s.want("read again", s.peek(id), id, want)
		s.want("appended", s.one(adding(id, "+")), id, want+"+")
	}
	s.one(adding(run(len(tests)), "a"))
	s.want("a nil If for a log", s.one(ledger.Change{Key: run(len(tests)), Replace: []byte("b")}), run(len(tests)), "a")
}

func replaceByNothing(s *suite) {
	id := run(1)
	s.one(adding(id, "a"))
	s.want("stale", s.one(ledger.Change{Key: id, If: []byte("b"), Replace: []byte{}}), id, "a")
	s.want("by an empty log", s.one(ledger.Change{Key: id, If: []byte("a"), Replace: []byte{}}), id, "")
	s.want("of an empty log by an empty log", s.one(ledger.Change{Key: id, Replace: []byte{}}), id, "")
	s.want("the record is still there", s.one(swapping(id, "", "b")), id, "b")
}

func replaceMissing(s *suite) {
	for i, c := range []ledger.Change{
		swapping(run(0), "a", "b"), swapping(run(1), "", "b"),
		{Key: run(2), Replace: []byte{}},
		ending(run(3), "", "end", long),
		{Key: run(4), Replace: []byte("b"), Lease: 1, Customer: "customer", Place: ledger.Place{Group: "checkout"}},
	} {
		s.wantNone("Replace without a record", s.one(c), run(i))
		s.wantNone("read again", s.peek(run(i)), run(i))
	}
	if _, due := s.claim(all, long); len(due) > 0 {
		s.fail("Claim returned %s, which was never made", show(due[0]))
	}
	s.want("the first append", s.one(adding(run(3), "a")), run(3), "a")
}
