package webhook_test

import (
	"fmt"
	"testing"

	"cairncx.dev/cairn/exporters/webhook"
)

// version8 reports whether s is a UUID of version 8 and of the variant of RFC 9562 (sections 4.1, 4.2 and 5.8).
func version8(s string) bool {
	return len(s) == 36 && s[14] == '8' && (s[19] == '8' || s[19] == '9' || s[19] == 'a' || s[19] == 'b')
}

// TestDigests: the ID that follows from an event without one, and that of a batch, are UUIDs, and differ where
// what they follow from does.
func TestDigests(t *testing.T) {
	t.Parallel()
	const batches = 50
	s := newReceiver(t, "")
	exporter := newSink(t, s.URL)
	for i := range batches {
		list := some(2)
		for j := range list {
			list[j].ID = [16]byte{}
			list[j].Touchpoint = fmt.Sprintf("touchpoint-%d-%d", i, j)
		}
		if err := exporter.Export(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for i := range s.got() {
		seen[s.got()[i].ID()] = true
	}
	for _, h := range s.Headers() {
		seen[h.Get("Webhook-Id")] = true
	}
	for id := range seen {
		if !version8(id) {
			t.Errorf("%s is no UUID of version 8", id)
		}
	}
	if len(seen) != 3*batches {
		t.Errorf("there are %d IDs, want one for each of %d events and %d batches", len(seen), 2*batches, batches)
	}
}

// TestOwnID: a message of one event has the event's ID, singly and in a batch.
func TestOwnID(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]webhook.Option{"batch": nil, "single": {webhook.WithSingle()}} {
		s := newReceiver(t, "")
		list := some(1)
		if err := newSink(t, s.URL, opts...).Export(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		want := list[0].ID.String()
		if got := s.Headers()[0].Get("Webhook-Id"); got != want || s.got()[0].ID() != want {
			t.Errorf("%s: the message's ID is %s and the event's %s, want %s", name, got, s.got()[0].ID(), want)
		}
	}
}
