package customer

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// specimens has an entry of each kind, with every field that the kind has.
func specimens() []entry {
	id := event.ID{1, 2, 15: 3}
	terms := flight.Terms{Consent: true, Stops: []string{"complaint"}, Keep: 5, Caps: []flight.Cap{
		{Most: 2, Within: 5, Purposes: []string{"offer", "survey"}, Channels: 1 << event.Email},
	}}
	return []entry{
		{kind: opAsk, at: 1, id: id, life: 9, purpose: "offer", channel: event.Email, terms: terms},
		{kind: opAsk, at: 1, id: id, life: 9, purpose: "offer", channel: event.Email},
		{kind: opUse, at: 2, id: id, life: 9, asked: 1, purpose: "offer", channel: event.Email, terms: terms},
		{kind: opKeep, at: 3, id: id, life: 10},
		{kind: opRelease, at: 4, id: id},
		{kind: opConsent, at: 5, purpose: "offer", channel: event.Phone, text: "form", when: 2},
		{kind: opWithdraw, at: 6, purpose: "offer", text: "letter", when: 3},
		{kind: opSuppress, at: 7, reason: "moved", purpose: "survey", channel: event.Post, text: "post office", when: 4},
		{kind: opLift, at: 8, reason: "moved", purpose: "survey", channel: event.Post, text: "employee 7", when: 5},
		{kind: opHold, at: 9, text: "complaint", ref: "hash"},
		{kind: opCloseHold, at: 10, text: "complaint", ref: "hash"},
		{kind: opRepresented, at: 11, ref: "hash", when: 1},
	}
}

// topicSpecimens are those of version 3.
func topicSpecimens() []entry {
	id := event.ID{1, 2, 15: 3}
	terms := flight.Terms{Keep: 5, Caps: []flight.Cap{{Most: 1, Within: 5, Purposes: []string{"_ease"}}}}
	return []entry{
		{kind: opAskOnce, at: 1, id: id, life: 9, purpose: "survey", channel: event.Email, topic: "_ease", atOnce: true, terms: terms},
		{kind: opAskOnce, at: 1, id: id, life: 9, purpose: "survey", channel: event.Email, topic: "_ease", terms: terms},
	}
}

// The bytes of the first of them, and of the state after it, in version 3.
const (
	entryV3 = "023f03" + "300e0201020000000000000000000000000003120673757276657903055f6561736501020a0001010a00010" + "55f65617365"
	stateV3 = "234002000001010200000000000000000000000000030673757276657903020" + "00a000000" + "023f03" + "07420" + "55f65617365"
)

// TestTopics: the bytes of a record with a topic never change, and a release that does not know topics refuses to read them.
func TestTopics(t *testing.T) {
	t.Parallel()
	log := topicSpecimens()[0].appendTo(nil)
	if got := hex.EncodeToString(log); got != entryV3 {
		t.Errorf("the entry is\n%s, want\n%s", got, entryV3)
	}
	r, _, did, _, err := readLog(log)
	if err != nil || did.answer.Rule != event.RuleGranted {
		t.Fatalf("%q and the error %v", did.answer.Rule, err)
	}
	if got := hex.EncodeToString(r.whole()); got != stateV3 {
		t.Errorf("the state is\n%s, want\n%s", got, stateV3)
	}
	second := topicSpecimens()[1]
	second.id[0] = 9
	_, _, did, _, err = readLog(second.appendTo(r.whole()))
	if err != nil || did.answer.Rule != event.RuleCap {
		t.Errorf("a second ask about the topic is %q, %v, want %q", did.answer.Rule, err, event.RuleCap)
	}
}

// TestEntries: each kind of entry is read back as it was written.
func TestEntries(t *testing.T) {
	t.Parallel()
	seen := map[kind]bool{}
	for _, e := range slices.Concat(specimens(), effortSpecimens(), topicSpecimens()) {
		seen[e.kind] = true
		_, got, _, n, err := readLog(e.appendTo(nil))
		if err != nil || n != 1 {
			t.Errorf("kind %d: %d entries and the error %v", e.kind, n, err)
		}
		if d := cmp.Diff(e, got, cmp.AllowUnexported(entry{}), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("kind %d (-written +read):\n%s", e.kind, d)
		}
	}
	if len(seen) != int(endOfKinds)-1 {
		t.Errorf("there are specimens of %d kinds, want %d", len(seen), endOfKinds-1)
	}
}

// The bytes of the specimens, and of the state after them, in version 1.
const (
	entriesV1 = "3901020102000000000000000000000000000312056f6666657203030a0109636f6d706c61696e7401020a0802056f66666572067375727665791b" +
		"01020102000000000000000000000000000312056f6666657203003a0204010200000000000000000000000000031202056f6666657203030a0109636f6d" +
		"706c61696e7401020a0802056f66666572067375727665791303060102000000000000000000000000000314120408010200000000000000000000000000" +
		"030f050a056f666665720504666f726d0411060c056f6666657200066c6574746572061d070e056d6f766564067375727665790a0b706f7374206f666669" +
		"6365081c0810056d6f766564067375727665790a0a656d706c6f79656520370a11091209636f6d706c61696e740468617368110a1409636f6d706c61696e" +
		"740468617368080b16046861736802"
	stateV1 = "44401601056f66666572000006066c657474657201056d6f766564067375727665790a01080b706f7374206f66666963650a0a656d706c6f7965652037" +
		"0000046861736802"
)

// TestFormat: the bytes of a log that an earlier release has written are read as they were meant. They never change.
func TestFormat(t *testing.T) {
	t.Parallel()
	var log []byte
	for _, e := range specimens() {
		log = e.appendTo(log)
	}
	if got := hex.EncodeToString(log); got != entriesV1 {
		t.Errorf("the log is\n%s, want\n%s", got, entriesV1)
	}
	r, _, _, n, err := readLog(log)
	if err != nil || n != len(specimens()) {
		t.Fatalf("%d entries and the error %v", n, err)
	}
	if got := hex.EncodeToString(r.whole()); got != stateV1 {
		t.Errorf("the state is\n%s, want\n%s", got, stateV1)
	}
	again, _, _, n, err := readLog(r.whole())
	if err != nil || n != 0 {
		t.Fatalf("%d entries and the error %v", n, err)
	}
	if d := cmp.Diff(r, again, cmp.AllowUnexported(record{}, permit{}, suppression{}, contact{}, hold{}), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("the state (-written +read):\n%s", d)
	}
}

// TestTruncated: a log that was cut within an entry is an error, and never a shorter history.
func TestTruncated(t *testing.T) {
	t.Parallel()
	for _, e := range specimens() { // a part of an entry with a version may be the version alone
		log := e.appendTo(nil)
		for n := 1; n < len(log); n++ {
			if _, _, _, _, err := readLog(log[:n]); !errors.Is(err, errUnreadable) {
				t.Fatalf("kind %d cut after %d of %d bytes: the error is %v", e.kind, n, len(log), err)
			}
		}
	}
}

// FuzzLog: no log makes the fold panic, and the state of one that is read is read back.
func FuzzLog(f *testing.F) {
	var all []byte
	for _, e := range specimens() {
		f.Add(e.appendTo(nil))
		all = e.appendTo(all)
	}
	for _, e := range topicSpecimens() {
		all = e.appendTo(all)
	}
	f.Add(all)
	r, _, _, _, _ := readLog(all)
	f.Add(r.whole())
	f.Add([]byte("\x02\x3f\x01"))
	f.Fuzz(func(t *testing.T, log []byte) {
		r, _, _, _, err := readLog(log)
		if err != nil {
			if !errors.Is(err, errUnreadable) {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		again, _, _, _, err := readLog(r.whole())
		if err != nil {
			t.Fatalf("the state cannot be read back: %v", err)
		}
		if !r.empty() && !bytes.Equal(again.whole(), r.whole()) {
			t.Fatal("the state differs when it is read back")
		}
	})
}
