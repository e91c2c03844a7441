package insight_test

import (
	"context"
	"fmt"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// log is a source that reads everything for each question. It counts how often.
type log struct {
	memory

	read int
}

func (*log) Sequential() bool { return true }

func (l *log) Events(ctx context.Context, q event.Query, each func(*event.Event) error) error {
	l.read++
	asks, all := q.Asker(), q
	all.Runs, all.About = nil, nil
	return l.memory.Events(ctx, all, func(e *event.Event) error {
		if !asks(e) {
			return nil
		}
		return each(e)
	})
}

// TestSequential: a log is not read once for each few follow-ups, and its answer is that of an archive, which is asked for some of them at a time.
func TestSequential(t *testing.T) {
	t.Parallel()
	times := map[int]int{}
	for _, n := range []int{100, 2000} {
		in := &log{}
		for i := range n {
			run := event.Run{Name: "complaint", ID: fmt.Sprint(i), Started: at(float64(i) / 100)}
			add := func(h float64, kind event.Kind, stage string) {
				in.events = append(in.events, event.Event{
					ID: event.ID{0: byte(len(in.events) >> 16), 1: byte(len(in.events) >> 8), 2: byte(len(in.events)), 3: 1}, Kind: kind, Time: at(h), Journey: run, Stage: stage,
					Customer: event.Customer{Hash: fmt.Sprint("c", i)}, FollowUp: &event.FollowUp{Owner: []string{"care", "shop"}[i%2]}, Outcome: event.Completed,
				})
			}
			h := float64(i) / 100
			add(h, event.JourneyStarted, "")
			add(h, event.JourneyStageEntered, "received")
			if i%3 == 0 {
				add(h+5, event.JourneyEnded, "")
			}
		}
		archive := &memory{events: in.events}
		got, err := carefulTable(t, in).View(insight.Everything(), at(100)).Voice(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		want, err := carefulTable(t, archive).View(insight.Everything(), at(100)).Voice(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want.FollowUps, got.FollowUps); diff != "" || got.FollowUps.Received != int64(n) || got.FollowUps.Now != int64(n-(n+2)/3) {
			t.Errorf("%d follow-ups (-archive +log):\n%s", n, diff)
		}
		times[n] = in.read
	}
	if times[2000] != times[100] {
		t.Errorf("the log was read %d times for 2,000 follow-ups, and %d times for 100", times[2000], times[100])
	}
}
