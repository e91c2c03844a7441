package track //nolint:testpackage // it is about the bytes of logs, and of what memory keeps

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
)

// unversioned returns the entry without the version that may stand before it.
func unversioned(log []byte) []byte {
	in := reader{b: log}
	if in.bytes()[0] == entryVersion {
		return in.b
	}
	return log
}

// companies returns the runs of two customers: one acts for a company, and the other does not.
func companies() (person, company identity) {
	person = identity{
		journey: event.Run{ID: "7"}, customer: event.Customer{Hash: "h", Segment: "s"},
		channel: event.Phone, actor: event.ActorDelegate,
	}
	company = person
	company.customer.Account = "acme"
	return person, company
}

// TestAccountTakesItsBytes: a run without an account takes not one byte more than before there were accounts, in memory and in a
// log; one with an account takes the bytes of the account and their number.
func TestAccountTakesItsBytes(t *testing.T) {
	t.Parallel()
	person, company := companies()
	for _, c := range []struct {
		name, want string
		got        []byte
	}{
		// The lengths and the texts of the ID, the hash and the segment; the channel, the actor, no value.
		{"without an account, in memory", "0137" + "0168" + "0173" + "05" + "01" + "00", person.appendTo(nil, false)},
		{"with an account, in memory", "0137" + "0168" + "0173" + "05" + "81" + "00" + "0461636d65", company.appendTo(nil, false)},
		// Before them the namespace, the name, the version and the patience.
		{"without an account, in a log", "00000000" + "0137" + "0168" + "0173" + "05" + "01" + "00", person.appendTo(nil, true)},
		{"with an account, in a log", "00000000" + "0137" + "0168" + "0173" + "05" + "81" + "00" + "0461636d65", company.appendTo(nil, true)},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestAccountIsPacked: whatever else memory keeps of a run, its account and its root are read again.
func TestAccountIsPacked(t *testing.T) {
	t.Parallel()
	span := (&event.Run{Name: "checkout", ID: "7"}).RootSpan()
	root := event.SpanRef{TraceID: span.TraceID(), SpanID: span.SpanID()}
	for _, account := range []string{"", "acme", "acme-co"} { // with its number the last one is as long as a span ID
		for _, value := range []*event.Money{nil, {Currency: "EUR", Amount: 4999}} {
			for _, root := range []event.SpanRef{{}, root} {
				want, _ := companies()
				want.customer.Account, want.journey.Value, want.journey.Root = account, value, root
				if value != nil {
					want.worthAt = 9
				}
				var r run
				r.readPacked(&reader{b: want.appendTo(nil, false)}, journeyName{}, [16]byte(root.TraceID))
				if diff := cmp.Diff(want, r.identity, same()...); diff != "" {
					t.Errorf("account %q, value %v, root %v (-packed +read):\n%s", account, value, root, diff)
				}
			}
		}
	}
}

// TestAccountNeedsTheVersion: the first release reads every log without an account, and refuses one with an account.
func TestAccountNeedsTheVersion(t *testing.T) {
	t.Parallel()
	person, company := companies()
	for name, c := range map[string]struct {
		who     *identity
		version bool
	}{
		"without an account": {&person, false},
		"with an account":    {&company, true},
	} {
		o := op{kind: opStart, id: 1, key: 1, at: 5, begin: true, who: c.who}
		r := newLogged()
		r.apply(&o, &done{})
		for what, log := range map[string][]byte{"an op": o.append(nil), "a state": r.log()} {
			if got := !bytes.Equal(unversioned(log), log); got != c.version {
				t.Errorf("%s %s begins with a version: %v, want %v", what, name, got, c.version)
			}
			read, _, err := readLog(log)
			if err != nil || read.customer != c.who.customer {
				t.Errorf("%s %s is read as of %+v, %v", what, name, read.customer, err)
			}
		}
	}
	company.customer.Account = ""
	damaged := op{kind: opStart, id: 1, key: 1, at: 5, begin: true, who: &company}
	in := reader{b: damaged.append(nil)}
	body := in.bytes()
	actor := bytes.Index(body, []byte{byte(event.Phone), byte(event.ActorDelegate), 0}) + 1
	body[actor] |= actorAccounted
	log := appendEntry(nil, body[0], func(b []byte) []byte { return append(b, slices.Insert(body, actor+2, 0)[1:]...) })
	if _, _, err := readLog(log); !errors.Is(err, errLog) {
		t.Errorf("an account without a text is read: %v", err)
	}
}
