package main

import (
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// TestSameID: which forms of an ID are taken for one.
func TestSameID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b   string
		same   bool
		reason string
	}{
		{"T-0012", "t-0012", true, "capitals"},
		{"T-0012", "T0012", true, "signs in between"},
		{"VG-10466", "10466", true, "the prefix of the system is left out"},
		{"case-10466", "vg-10466", true, "the prefix of another system"},
		{"T-0012", "12", true, "zeros before the number"},
		{"T-0012", "T-0013", false, "another number is another run"},
		{"T-0012", "T-00120", false, "zeros behind the number belong to it"},
		{"10466-1", "1", false, "the number is a part of the ID only"},
		{"a1b2c312", "12", false, "the end of a random ID is no number"},
		{"2026-0012", "2026/0012", true, "a year before the number"},
		{"2026-0012", "2025-0012", false, "another year"},
		{"T-0", "V-00", false, "nothing but zeros is no number"},
		{"Straße 1b", "straße-1B", true, "letters of any language"},
		{"abc", "abcd", false, "a longer one"},
		{"abcd", "abc", false, "a shorter one"},
		{"--", "", true, "there is no letter to tell them apart; no run has the ID"},
		{"a\xff", "A", true, "bytes that are no text"},
	} {
		if got := sameID(c.a, c.b); got != c.same {
			t.Errorf("sameID(%q, %q) = %v: %s", c.a, c.b, got, c.reason)
		}
		if got := sameID(c.b, c.a); got != c.same {
			t.Errorf("sameID(%q, %q) = %v: %s, and the order does not matter", c.b, c.a, got, c.reason)
		}
	}
}

// TestNearIDs: an ID that no run has is answered with those that may have been meant, each once and three at most.
func TestNearIDs(t *testing.T) {
	t.Parallel()
	n := nearIDs{wanted: "12"}
	for _, id := range []string{"", "T-13", "T-12", "T-12", "A-0012", "112", "B-12\x1b[31m", "Z 12", "Y12"} {
		n.see(&event.Event{Journey: event.Run{ID: id}})
	}
	if got, want := n.remedy(nil), `did you mean "A-0012", "T-12" or "Z 12"?`; got != want {
		t.Errorf("the remedy is %s, want %s", got, want)
	}
	n = nearIDs{}
	n.see(&event.Event{Journey: event.Run{ID: "--"}})
	if got := n.remedy(nil); !strings.HasPrefix(got, "check the ID") {
		t.Errorf("the remedy without a wanted ID is %s", got)
	}
}

// TestNothingMeant: a question that cannot have an answer is answered, with a note on what was probably meant. Scripts see the same exit code as of any other
// question without runs.
func TestNothingMeant(t *testing.T) {
	t.Parallel()
	f := storyFiles(t)
	tickets := []string{ticketsFolder + "blueprint.yaml", ticketsFolder + "tickets.csv"}
	events := []string{f["blueprint.yaml"], f["events.jsonl"]}
	const quiet = "" // there is no note
	for _, c := range []struct {
		args   string
		source []string
		code   int
		says   string
	}{
		{"ask outcomes --where team=Red", tickets, exitOK, `note: no run has the team "Red": did you mean "red"?`},
		{"ask outcomes --where team=rde", tickets, exitOK, `did you mean "red"?`},
		{"ask outcomes --where team!=technik", tickets, exitOK, `no run has the team "technik": the source has "blue", "green" and "red"`},
		{"ask outcomes --where team=red --where team=Blue", tickets, exitOK, `no run has the team "Blue": did you mean "blue"?`},
		{"report --where channel=E-Mail", tickets, exitOK, `did you mean "email"?`},
		{"runs --where outcome=complete", tickets, exitOK, `did you mean "completed"?`},
		{"runs --where team=red", tickets, exitOK, quiet},
		{"runs --where team=red --at 2026-03-02", tickets, exitOK, quiet},
		{"runs --where cause=", tickets, exitOK, quiet},
		{"runs --month 2026-07", tickets, exitOK, "note: the period begins at 2026-07-01 00:00 CEST, and the latest event is of 2026-03-27 16:52 CET: nothing can be in it"},
		{"ask outcomes --month 2026-07 --at 2026-08-01", tickets, exitOK, "the latest event is of 2026-03-27 16:52 CET"},
		{"report --week 2026-W30", tickets, exitOK, "the latest event is of 2026-03-27 16:52 CET"},
		{"ask promises --until 2026-03-01", tickets, exitOK, "note: the period ends at 2026-03-02 00:00 CET, and the first event is of 2026-03-02 09:56 CET: nothing can be in it"},
		{"ask promises --until 2026-03-02", tickets, exitOK, quiet},
		{"ask promises --from 2026-03-27", tickets, exitOK, quiet},
		{"ask promises --at 2026-03-01", tickets, exitOK, "note: --at is 2026-03-01 23:59 CET, and the first event is of 2026-03-02 09:56 CET: nothing had happened by then"},
		{"show 12", tickets, exitFault, `no run has the ID "12": did you mean "T-0012"?`},
		{"show vg-0012", tickets, exitFault, `did you mean "T-0012"?`},
		{"show t-0012", tickets, exitFault, `did you mean "T-0012"?`},
		{"show T-9999", tickets, exitFault, "check the ID, and that the source has its time"},
		{"show T-0012 --at 2026-03-02", tickets, exitFault, "the source has it, and its first event is of 2026-03-03 11:00 CET: set a later --at"},
		{"runs --journey tickt", tickets, exitFault, `--journey: there is no journey "tickt": did you mean "ticket"?`},
		{"show T-0012 --journey order", tickets, exitFault, `there is no journey "order": it has solution, ticket`},
		{"show T-0012 --journey ticket --at 2026-03-02", tickets, exitFault, "set a later --at"},
		{"runs --journey ticket --month 2026-07", tickets, exitOK, "nothing can be in it"},
		{"ask compare --by Agent", tickets, exitFault, "the log has a column of that name. If it has no personal data, add it under log.attributes of the blueprint, or set --map attr.Agent=Agent"},
		{"ask compare --by Agent --map attr.Agent=Agent", tickets, exitOK, quiet},
		{"show #4711", events, exitFault, `did you mean "4711"?`},
		{"runs --where segment=gold", events, exitOK, quiet},
		{"runs --where segment=silver", events, exitOK, quiet},
	} {
		code, stdout, stderr := invoke(t, append(strings.Fields(c.args), c.source...)...)
		if code != c.code || (code == exitOK) != (stdout != "") {
			t.Errorf("cairn %s: exit code %d, want %d, stdout %q", c.args, code, c.code, stdout)
		}
		if !strings.Contains(stderr, c.says) || c.says == quiet && strings.Contains(stderr, "note:") {
			t.Errorf("cairn %s says %q, want %q in it", c.args, stderr, c.says)
		}
	}
}
