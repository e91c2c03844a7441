package console

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// TestNoTimeIsNotZero: a time that an answer leaves out, because it is one of fewer than five customers, is no time of 0 seconds.
func TestNoTimeIsNotZero(t *testing.T) {
	t.Parallel()
	q := insight.QueueNumbers{Queue: "orders"}
	q.Answered = 4 // of them the answer has no times
	cells := queueCells(&q)
	for _, at := range []int{2, 3, 5} {
		if cells[at].Text != number.None {
			t.Errorf("%s is %q, want %q", queueHead[at], cells[at].Text, number.None)
		}
	}
	q.Answered, q.Speed, q.Longest, q.Handle = 5, time.Second, 90*time.Second, time.Minute
	cells = queueCells(&q)
	for at, want := range map[int]string{2: "1 s", 3: "1 min 30 s", 5: "1 min"} {
		if cells[at].Text != want {
			t.Errorf("%s is %q, want %q", queueHead[at], cells[at].Text, want)
		}
	}
	v := &visit{}
	if row := v.decisions(&insight.Support{Decisions: []insight.Decided{{What: "refund", N: 9}}}).Grids[0].Rows[0]; row[4].Text != number.None {
		t.Errorf("nobody waited for an approval, and it is %q", row[4].Text)
	}
}
