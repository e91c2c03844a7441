package message_test

import (
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint/message"
)

// FuzzExtract: whatever a message brings, a consumer believes only what its key has signed, one fault at most is counted, no other header
// changes, and a second consumer behind it finds nothing to refuse.
func FuzzExtract(f *testing.F) {
	signed, unsigned := sent(f, nil, keyOne), sent(f, nil)
	for _, seed := range [][2]string{
		{signed, ""},
		{unsigned, "a=b"},
		{"a=b," + signed, signed},
		{strings.Replace(signed, "/7/", "/8/", 1), ""},
		{"", signed},
		{"%63airn=x", "cairn"},
		{"cairn=;sig=1.a.b.c.d", "cairn=%"},
		{signed, unsigned},
		{" \tcairn = x ; sig = y", "\xff"},
		{"cairn\u00a0=x", "\xa0cairn=y"},
	} {
		f.Add(seed[0], seed[1])
	}
	s := newService(f, cx.WithPositionKeys(keyOne))
	consumer := message.NewConsumer("shipping")
	f.Fuzz(func(t *testing.T, first, second string) {
		headers := message.Lists{"baggage": {first, second}, "Baggage": {second}, "other": {first}}
		before := len(s.counted())
		p := propagate.PositionFromContext(consumer.Extract(s.ctx(), headers))
		faults := len(s.counted()) - before
		switch {
		case p != nil && (p.Journey.ID != "7" || faults != 0):
			t.Errorf("it believes %+v, and counts %d faults", p, faults)
		case faults > 1:
			t.Errorf("it counts %d faults", faults)
		}
		if !slices.Equal(headers["other"], []string{first}) {
			t.Errorf("the other header is %q", headers["other"])
		}
		if p != nil {
			return
		}
		before = len(s.counted())
		if propagate.PositionFromContext(message.NewConsumer("", message.WithTrustedQueue()).Extract(s.ctx(), headers)) != nil || len(s.counted()) != before {
			t.Errorf("a consumer behind it finds a position in %q", headers)
		}
	})
}
