package ledgertest

import (
	"fmt"

	"cairncx.dev/cairn/cx/ledger"
)

var replacing = []contract{
	{"replace takes the place of exactly If", "it is what makes a transition happen once", replaceExactly},
	{"replace by nothing", "an empty Replace is one, and no Append", replaceByNothing},
	{"replace of no record", "what was forgotten does not come back half", replaceMissing},
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
		{"more by a NUL", "abc", "abc\x00", false},
		{"other case", "abc", "ABC", false},
		{"more by a space", "abc", "abc ", false},
		{"nothing", "abc", "", false},
		{"nothing of nothing", "", "", true},
		{"something of nothing", "", "a", false},
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
	s.want("a nil If of a log", s.one(ledger.Change{Key: run(len(tests)), Replace: []byte("b")}), run(len(tests)), "a")
}

func replaceByNothing(s *suite) {
	id := run(1)
	s.one(adding(id, "a"))
	s.want("stale", s.one(ledger.Change{Key: id, If: []byte("b"), Replace: []byte{}}), id, "a")
	s.want("by nothing", s.one(ledger.Change{Key: id, If: []byte("a"), Replace: []byte{}}), id, "")
	s.want("of nothing by nothing", s.one(ledger.Change{Key: id, Replace: []byte{}}), id, "")
	s.want("the record is still there", s.one(swapping(id, "", "b")), id, "b")
}

func replaceMissing(s *suite) {
	for i, c := range []ledger.Change{
		swapping(run(0), "a", "b"), swapping(run(1), "", "b"),
		{Key: run(2), Replace: []byte{}},
		ending(run(3), "", "end", long),
		{Key: run(4), Replace: []byte("b"), Lease: 1, Customer: "customer", Place: ledger.Place{Group: "checkout"}},
	} {
		s.wantNone("Replace of no record", s.one(c), run(i))
		s.wantNone("read again", s.peek(run(i)), run(i))
	}
	if _, due := s.claim(all, long); len(due) > 0 {
		s.fail("Claim returned %s, which was never made", show(due[0]))
	}
	s.want("the first append", s.one(adding(run(3), "a")), run(3), "a")
}
