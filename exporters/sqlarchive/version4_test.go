package sqlarchive_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
)

// TestVersion4: the causes of an answer in an archive from before version 5 are in its column, as a new archive has them.
func TestVersion4(t *testing.T) {
	t.Parallel()
	old, fresh := temp(t), temp(t)
	stored(t, "version3.db.gz", old)
	answers := []event.Event{
		{ID: id(9001), Kind: event.FeedbackReceived, Time: noon, Feedback: &event.Feedback{Survey: "after", Scale: event.CES, Score: 2, Causes: []string{"slow", "a \"b\"\\\n\x00é\u2028", ""}}},
		{ID: id(9002), Kind: event.FeedbackReceived, Time: noon, Feedback: &event.Feedback{Survey: "after", Scale: event.CES, Score: 2}},
	}
	db := raw(t, old)
	for i, e := range answers {
		do(t, db, "INSERT INTO feedback (arrival, id, kind, time, actor, direction, late, event) VALUES (?, ?, ?, ?, 'customer', 'inbound', 0, ?)",
			9001+i, e.ID.String(), string(e.Kind), "2026-04-17 12:00:00.123456", string(e.AppendJSON(nil)))
	}
	db.Close()
	open(t, old)
	export(t, open(t, fresh), answers...)
	causes := func(path string) []string {
		return rows(t, raw(t, path), "SELECT id, causes FROM feedback WHERE id IN (?, ?) ORDER BY id", answers[0].ID.String(), answers[1].ID.String())
	}
	ours, theirs := causes(fresh), causes(old)
	if diff := cmp.Diff(ours, theirs); diff != "" {
		t.Errorf("(-new +migrated):\n%s", diff)
	}
}
