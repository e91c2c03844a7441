package customer

import (
	"errors"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// TestFacts: what holds of facts that are heard in any order.
func TestFacts(t *testing.T) {
	t.Parallel()
	day := func(n int) int64 { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC).UnixNano() }
	at := func(e entry, said int) entry {
		e.at = day(20)
		if said != 0 {
			e.when = day(said)
		}
		return e
	}
	consent := entry{kind: opConsent, purpose: "offer"}
	withdraw := entry{kind: opWithdraw, purpose: "offer"}
	withdrawPhone := entry{kind: opWithdraw, purpose: "offer", channel: event.Phone}
	suppress := entry{kind: opSuppress, reason: "moved", text: "bounce"}
	lift := entry{kind: opLift, reason: "moved", text: "employee 7"}
	needs := &flight.Terms{Consent: true}
	for _, test := range []struct {
		name    string
		entries []entry
		channel event.Channel
		terms   *flight.Terms
		want    string
	}{
		{"nothing is known", nil, event.Email, &flight.Terms{}, event.RuleGranted},
		{"consent is needed", nil, event.Email, needs, event.RuleConsent},
		{"consent to another purpose", []entry{at(entry{kind: opConsent, purpose: "survey"}, 1)}, event.Email, needs, event.RuleConsent},
		{"consent", []entry{at(consent, 1)}, event.Email, needs, event.RuleGranted},
		{"withdrawn later", []entry{at(consent, 1), at(withdraw, 2)}, event.Email, needs, event.RuleConsent},
		{"withdrawn later, and heard of first", []entry{at(withdraw, 2), at(consent, 1)}, event.Email, needs, event.RuleConsent},
		{"withdrawn, and consented again", []entry{at(consent, 1), at(withdraw, 2), at(consent, 3)}, event.Email, needs, event.RuleGranted},
		{"an objection where no consent is needed", []entry{at(withdraw, 1)}, event.Email, &flight.Terms{}, event.RuleConsent},
		{"withdrawn on another channel", []entry{at(consent, 1), at(withdrawPhone, 2)}, event.Email, needs, event.RuleGranted},
		{"withdrawn on this channel", []entry{at(consent, 1), at(withdrawPhone, 2)}, event.Phone, needs, event.RuleConsent},
		{"withdrawn on this channel before a consent to all", []entry{at(withdrawPhone, 1), at(consent, 2)}, event.Phone, needs, event.RuleGranted},
		{"the same, heard the other way round", []entry{at(consent, 2), at(withdrawPhone, 1)}, event.Phone, needs, event.RuleGranted},
		{"two at one time", []entry{at(consent, 1), at(withdraw, 1)}, event.Email, needs, event.RuleConsent},
		{"the same, the other way round", []entry{at(withdraw, 1), at(consent, 1)}, event.Email, needs, event.RuleGranted},
		{"now is later than what was dated", []entry{at(withdraw, 0), at(consent, 19)}, event.Email, needs, event.RuleConsent},
		{"suppressed", []entry{at(suppress, 1)}, event.Email, &flight.Terms{}, event.RuleSuppressed},
		{"lifted", []entry{at(suppress, 1), at(lift, 2)}, event.Email, &flight.Terms{}, event.RuleGranted},
		{"lifted before", []entry{at(suppress, 2), at(lift, 1)}, event.Email, &flight.Terms{}, event.RuleSuppressed},
		{"lifted, and suppressed again", []entry{at(suppress, 1), at(lift, 2), at(suppress, 3)}, event.Email, &flight.Terms{}, event.RuleSuppressed},
		{"lifted, and imported again from an old list", []entry{at(suppress, 1), at(lift, 2), at(suppress, 1)}, event.Email, &flight.Terms{}, event.RuleGranted},
		{"suppressed twice, and lifted in between", []entry{at(suppress, 1), at(suppress, 3), at(lift, 2)}, event.Email, &flight.Terms{}, event.RuleSuppressed},
		{"suppressed again at the time of the lift", []entry{at(suppress, 1), at(lift, 2), at(suppress, 2)}, event.Email, &flight.Terms{}, event.RuleSuppressed},
		{"an older list is imported, and the older one lifted", []entry{at(suppress, 3), at(suppress, 1), at(lift, 2)}, event.Email, &flight.Terms{}, event.RuleSuppressed},
		{"suppressed for another purpose", []entry{at(entry{kind: opSuppress, reason: "moved", purpose: "survey"}, 1)}, event.Email, &flight.Terms{}, event.RuleGranted},
		{"suppressed on another channel", []entry{at(entry{kind: opSuppress, reason: "moved", channel: event.Post}, 1)}, event.Email, &flight.Terms{}, event.RuleGranted},
		{"another reason is lifted", []entry{at(suppress, 1), at(entry{kind: opLift, reason: "minor"}, 2)}, event.Email, &flight.Terms{}, event.RuleSuppressed},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var log []byte
			for _, e := range test.entries {
				log = e.appendTo(log)
			}
			r, _, _, _, err := readLog(log)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range []*record{r, reread(t, r)} {
				if got := r.decide("offer", test.channel, test.terms, true).Rule; got != test.want {
					t.Errorf("the answer is %q, want %q", got, test.want)
				}
			}
			if forgotten := reread(t, r.forgotten()); test.want != event.RuleGranted && len(test.entries) > 0 && test.name != "consent to another purpose" {
				if got := forgotten.decide("offer", test.channel, test.terms, true).Rule; got != test.want {
					t.Errorf("after it was forgotten the answer is %q, want %q: what says no is kept", got, test.want)
				}
			}
		})
	}
}

func reread(t *testing.T, r *record) *record {
	t.Helper()
	again, _, _, _, err := readLog(r.whole())
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// TestForgottenKeepsNothingElse: what is kept of a forgotten customer has no source, no employee and no contact.
func TestForgottenKeepsNothingElse(t *testing.T) {
	t.Parallel()
	var log []byte
	for _, e := range specimens() {
		log = e.appendTo(log)
	}
	for _, e := range []entry{
		{kind: opHold, at: 12, text: "complaint", ref: "hash"},
		{kind: opSuppress, at: 12, reason: "minor", text: "call"},
		{kind: opAsk, at: 13, id: event.ID{9}, life: 9, purpose: "service", channel: event.Email, terms: flight.Terms{Keep: 9}},
		{kind: opConsent, at: 13, purpose: "service", text: "form"},
	} {
		log = e.appendTo(log)
	}
	r, _, _, _, err := readLog(log)
	if err != nil {
		t.Fatal(err)
	}
	got := r.forgotten()
	if len(got.contacts)+len(got.holds) > 0 || got.representative != "" || len(got.permits) != 1 || got.permits[0].given || got.permits[0].source != "" {
		t.Errorf("it keeps %+v", got)
	}
	if len(got.suppressions) != 1 || got.suppressions[0].reason != "minor" || got.suppressions[0].source != "" || got.suppressions[0].by != "" {
		t.Errorf("it keeps the suppressions %+v, want the one that is in force", got.suppressions)
	}
}

// TestCaps: which contacts a cap counts.
func TestCaps(t *testing.T) {
	t.Parallel()
	const hour = int64(time.Hour)
	live := func(purpose string, c event.Channel, at int64) contact {
		return contact{id: event.ID{1}, purpose: purpose, channel: c, at: at, until: at + 200*hour, keep: 100 * hour}
	}
	used := func(purpose string, c event.Channel, at int64) contact {
		return contact{id: event.ID{1}, purpose: purpose, channel: c, at: at, keep: 100 * hour}
	}
	day := flight.Cap{Most: 1, Within: 24 * time.Hour, Purposes: []string{"offer", "survey"}}
	onPhone := day
	onPhone.Channels = 1<<event.Phone | 1<<event.Chat
	r := &record{contacts: []contact{used("offer", event.Phone, 0)}}
	if r.capped([]flight.Cap{onPhone}, event.Email) {
		t.Error("a cap of the contacts by phone is against one by e-mail, which it does not count")
	}
	for _, test := range []struct {
		name string
		cap  flight.Cap
		have []contact
		want bool
	}{
		{"none", day, nil, false},
		{"one", day, []contact{used("offer", event.Email, 0)}, true},
		{"one of another purpose that it counts", day, []contact{used("survey", event.Email, 0)}, true},
		{"one of a purpose that it does not count", day, []contact{used("service", event.Email, 0)}, false},
		{"a grant of a purpose that it does not count", day, []contact{live("service", event.Email, 0)}, false},
		{"one on its channel", onPhone, []contact{used("offer", event.Phone, 0)}, true},
		{"one on its second channel", onPhone, []contact{used("offer", event.Chat, 0)}, true},
		{"one on another channel", onPhone, []contact{used("offer", event.Email, 0)}, false},
		{"a grant on another channel", onPhone, []contact{live("offer", event.Email, 0)}, false},
		{"one that just leaves the window", day, []contact{used("offer", event.Email, -24*hour)}, false},
		{"one that leaves it next", day, []contact{used("offer", event.Email, -24*hour+1)}, true},
		{"a grant from before the window", day, []contact{live("offer", event.Email, -90*hour)}, true},
		{"fewer than the most", flight.Cap{Most: 2, Within: time.Hour, Purposes: []string{"offer"}}, []contact{used("offer", event.Email, 0)}, false},
		{"as many as the most", flight.Cap{Most: 2, Within: time.Hour, Purposes: []string{"offer"}}, []contact{used("offer", event.Email, 0), live("offer", event.Email, 0)}, true},
	} {
		r := &record{contacts: test.have}
		if got := r.capped([]flight.Cap{{Most: 64, Within: 1, Purposes: []string{"offer"}}, test.cap}, event.Chat); got != test.want {
			t.Errorf("%s: the cap is reached: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestBounds: a record refuses what it has no room for.
func TestBounds(t *testing.T) {
	t.Parallel()
	r := &record{}
	ask := func(i int, purpose string) string {
		return r.apply(&entry{kind: opAsk, at: 1, id: event.ID{byte(i), 15: 1}, life: int64(time.Minute), purpose: purpose, terms: flight.Terms{Keep: time.Hour}}).answer.Rule
	}
	for i := range maxContacts {
		if got := ask(i, "offer"); got != event.RuleGranted {
			t.Fatalf("contact %d is %q", i, got)
		}
	}
	if got := ask(99, "offer"); got != event.RuleCap {
		t.Errorf("a contact beyond the room of the record is %q, want cap: it could not be counted", got)
	}
	for _, i := range []int{0, 1} {
		if got := ask(i, "offer"); got != event.RuleGranted || len(r.contacts) != maxContacts {
			t.Errorf("an entry that is in the log twice is %q, and the record has %d contacts", got, len(r.contacts))
		}
	}
	if got := r.apply(&entry{kind: opAsk, at: 1, id: event.ID{200}, life: 9, purpose: "service"}).answer.Rule; got != event.RuleGranted {
		t.Errorf("a contact that nothing counts is %q", got)
	}
	for i := range maxPermits {
		if p := r.apply(&entry{kind: opConsent, at: 1, purpose: string(rune('a' + i))}).problem; p != noProblem {
			t.Fatalf("permit %d is problem %d", i, p)
		}
	}
	if p := r.apply(&entry{kind: opConsent, at: 1, purpose: "one more"}).problem; p != full {
		t.Errorf("a permit beyond the room is problem %d", p)
	}
	if p := r.apply(&entry{kind: opWithdraw, at: 2, purpose: "a"}).problem; p != noProblem {
		t.Errorf("a permit that replaces another one is problem %d", p)
	}
	for i := range maxSuppressions {
		if p := r.apply(&entry{kind: opSuppress, at: 1, reason: "moved", purpose: string(rune('a' + i))}).problem; p != noProblem {
			t.Fatalf("suppression %d is problem %d", i, p)
		}
	}
	if p := r.apply(&entry{kind: opSuppress, at: 1, reason: "moved"}).problem; p != full {
		t.Errorf("a suppression beyond the room is problem %d", p)
	}
}

// TestRefusedLogs: what no release writes is refused.
func TestRefusedLogs(t *testing.T) {
	t.Parallel()
	state := func(body string) string {
		return string(appendEntry(nil, entryState, func(b []byte) []byte { return append(b, body...) }))
	}
	for _, test := range []struct {
		name, log string
		want      error
	}{
		{"a kind of no entry", "\x01\x00", errLog},
		{"an empty entry", "\x00", errLog},
		{"an entry with bytes left over", "\x13\x04\x00" + string(make([]byte, 16)) + "x", errLog},
		{"a bool that is none", state("\x00\x01\x01a\x00\x02\x00\x00\x00\x00\x00\x00\x00"), errLog},
		{"a channel that is none", state("\x00\x01\x01a\x7f\x01\x00\x00\x00\x00\x00\x00\x00"), errLog},
		{"more items than bytes", state("\x00\x7f"), errLog},
		{"terms with an unknown flag", "\x17\x01\x00" + string(make([]byte, 16)) + "\x00\x01a\x00\x04", errLog},
		{"a version that is cut", "\x01\x3f", errLog},
		{"a newer version", "\x02\x3f\x04", errNewer},
		{"a newer version before what is not understood", "\x02\x3f\x04\x01\x00", errNewer},
		{"a newer kind", "\x01\x0f", errNewer},
	} {
		if _, _, _, _, err := readLog([]byte(test.log)); !errors.Is(err, test.want) || !errors.Is(err, errUnreadable) {
			t.Errorf("%s: the error is %v, want %v", test.name, err, test.want)
		}
	}
}

// TestStateReplacesWhatIsBefore: a log may say a state again.
func TestStateReplacesWhatIsBefore(t *testing.T) {
	t.Parallel()
	r := &record{floor: 5, permits: []permit{{purpose: "offer", given: true, at: 1}}}
	log := (&entry{kind: opHold, at: 9, text: "complaint", ref: "1"}).appendTo([]byte("\x02\x3f\x01"))
	got, last, _, since, err := readLog(append(log, r.whole()...))
	if err != nil || since != 0 || last.kind != 0 || len(got.holds) != 0 || len(got.permits) != 1 || got.floor != 5 {
		t.Errorf("the state is %+v after %d entries, the last of kind %d, with the error %v", got, since, last.kind, err)
	}
}
