package webhook_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// TestSubject: "subject is the journey's name, "/" and its ID, each with "%", "/" and what is not printable
// escaped". The escapes are those of RFC 3986, section 2.1, of the bytes in UTF-8.
func TestSubject(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" ~!}":         " ~!}", // the first and the last printable characters of ASCII, and those beside them
		"100%":         "100%25",
		"a/b":          "a%2Fb",
		`"\`:           `"\`,
		"\x00\x1f":     "%00%1F",
		"\x7e\x7f\x80": "~%7F%80",
		"\u00a0\u00a1": "%C2%A0\u00a1", // a space that is none of ASCII is not printable in Go's sense
		"\u2028":       "%E2%80%A8",
		"\ufffd":       "%EF%BF%BD",
		"\u00e9\u4e16": "\u00e9\u4e16",
		"\xff\xc3":     "%FF%C3",
		"\U0001f600":   "\U0001f600",
	} {
		s := newReceiver(t, "")
		e := event.Event{ID: event.ID{1}, Kind: event.JourneyEnded, Time: noon(), Journey: event.Run{Name: text, ID: "x" + text}}
		if err := newSink(t, s.URL).Export(t.Context(), []event.Event{e}); err != nil {
			t.Fatal(err)
		}
		if got := s.got()[0].Subject(); got != want+"/x"+want {
			t.Errorf("the subject of %q is %q, want %q", text, got, want+"/x"+want)
		}
	}
}

// TestTypes: "type is "dev.cairncx." and the kind", of what CloudEvents allow in an attribute, whether the kind is
// the first one, the same again or another one.
func TestTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ kind, want string }{
		{"", "dev.cairncx._other"}, // CloudEvents have no empty attribute, and event.Other is what has no name
		{"\x00\u2028", "dev.cairncx._other"},
		{"a\x00b", "dev.cairncx.ab"},
		{"journey.ended", "dev.cairncx.journey.ended"},
	} {
		s := newReceiver(t, "")
		e := event.Event{ID: event.ID{1}, Kind: event.Kind(tt.kind), Time: noon()}
		other := event.Event{ID: event.ID{2}, Kind: event.JourneyStarted, Time: noon()}
		if err := newSink(t, s.URL).Export(t.Context(), []event.Event{e, e, other, e}); err != nil {
			t.Errorf("%q: %v", tt.kind, err)
			continue
		}
		for i, want := range []string{tt.want, tt.want, "dev.cairncx.journey.started", tt.want} {
			if got := s.got()[i].Type(); got != want {
				t.Errorf("%q: event %d is of the type %q, want %q", tt.kind, i, got, want)
			}
		}
	}
}
