package eventpb_test

import (
	"bytes"
	"slices"
	"testing"

	"cairncx.dev/cairn/exporters/internal/fill"
	"cairncx.dev/cairn/exporters/kafka/eventpb"
)

// TestEveryField: the message has every field of an event and of its details that may leave the process. A new field that has
// no number in the schema fails the test.
func TestEveryField(t *testing.T) {
	t.Parallel()
	file := schema(t)
	full := fill.Event()
	message := eventpb.Append(nil, &full)
	got := read(t, file, message)
	if g, w := form(&got), form(&full); g != w {
		t.Errorf("it is read as\n%s, want\n%s", g, w)
	}
	for path, e := range fill.Without() {
		if lost := bytes.Equal(eventpb.Append(nil, &e), message); lost != slices.Contains(fill.Private(), path) {
			t.Errorf("%s: the message loses it: %v", path, lost)
		}
		got := read(t, file, eventpb.Append(nil, &e))
		if g, w := form(&got), form(&e); g != w {
			t.Errorf("without %s it is read as another event", path)
		}
	}
}
