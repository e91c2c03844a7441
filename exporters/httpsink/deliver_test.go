package httpsink_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/sink"
)

var (
	errAway   = errors.New("it is away")
	errPoison = errors.New("it does not like the event")
)

func some(n int) []event.Event {
	list := make([]event.Event, n)
	for i := range list {
		list[i].ID = event.NewID(time.Unix(int64(i), 0))
	}
	return list
}

// TestDeliver: whatever is refused, thrown away or stops it, every event is delivered once and in order, or
// named in the error, for what has become of it.
func TestDeliver(t *testing.T) {
	const fine, refused, lost, away = 0, 1, 2, 3
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(rapid.SampledFrom([]int{fine, fine, fine, fine, fine, fine, refused, lost, away}), 0, 60).Draw(t, "events")
		most := rapid.IntRange(1, 20).Draw(t, "events in a request")
		events := some(len(kinds))
		var took []int
		err := httpsink.Deliver(events, func(lo, hi int) (int, error) {
			if lo < 0 || lo >= hi || hi > len(events) {
				t.Fatalf("a request of %d up to %d", lo, hi)
			}
			hi = min(hi, lo+most)
			switch part := kinds[lo:hi]; {
			case slices.Contains(part, refused):
				return hi, fmt.Errorf("a sink: %w", sink.Permanent(errPoison))
			case slices.Contains(part, away):
				return hi, errAway
			default:
				p := &sink.PartialError{}
				for i := lo; i < hi; i++ {
					if kinds[i] == fine {
						took = append(took, i)
					} else {
						p.Failed = append(p.Failed, sink.Failure{Index: i, ID: events[i].ID, Err: sink.Permanent(errors.New("thrown away"))})
					}
				}
				if len(p.Failed) > 0 {
					return hi, fmt.Errorf("a sink: %w", p)
				}
				return hi, nil
			}
		})
		if !slices.IsSorted(took) {
			t.Fatalf("taken in the order %d", took)
		}
		missing := failures(t, err, events)
		for _, i := range took {
			if missing[i] != nil {
				t.Fatalf("event %d was taken and failed: %v", i, missing[i])
			}
			missing[i] = nil
		}
		stopped := false
		for i, kind := range kinds {
			why := missing[i]
			switch {
			case stopped && !errors.Is(why, errAway):
				t.Fatalf("event %d came to %v after one that stopped it", i, why)
			case errors.Is(why, errAway):
				stopped = true
			case (kind == fine) != (why == nil), kind == refused && (!errors.Is(why, errPoison) || !sink.IsPermanent(why)):
				t.Fatalf("event %d of kind %d came to %v", i, kind, why)
			}
		}
		if stopped != slices.Contains(kinds, away) {
			t.Fatalf("%v, and it has stopped: %v", err, stopped)
		}
	})
}

// failures returns what has become of each event that was not taken.
func failures(t *rapid.T, err error, events []event.Event) map[int]error {
	missing := map[int]error{}
	var p *sink.PartialError
	switch {
	case errors.As(err, &p):
		for i, f := range p.Failed {
			if i > 0 && f.Index <= p.Failed[i-1].Index || f.ID != events[f.Index].ID {
				t.Fatalf("failure %d is about event %d, %v", i, f.Index, f.ID)
			}
			missing[f.Index] = f.Err
		}
	case err != nil:
		for i := range events {
			missing[i] = err
		}
	}
	return missing
}

// TestOtherRequests: an answer in the midst of a delivery buries the event that it is about, and no other.
func TestOtherRequests(t *testing.T) {
	const poison, most = 15, 10 // the second request has it
	events := some(300)
	for status := 400; status < 500; status++ {
		answer := (&httpsink.Answer{Status: status}).Err()
		sent, took := map[int]bool{}, 0
		err := httpsink.Deliver(events, func(lo, hi int) (int, error) {
			hi = min(hi, lo+most)
			for i := lo; i < hi; i++ {
				sent[i] = true
			}
			if lo <= poison && poison < hi {
				return hi, answer
			}
			took += hi - lo
			return hi, nil
		})
		var p *sink.PartialError
		if !errors.As(err, &p) {
			t.Fatalf("%d: %v, want a PartialError", status, err)
		}
		for _, f := range p.Failed {
			if sink.IsPermanent(f.Err) && (f.Index != poison || !sent[f.Index]) {
				t.Fatalf("%d has buried event %d (sent: %v)", status, f.Index, sent[f.Index])
			}
		}
		want := len(events) - most // they wait
		if sink.IsPermanent(answer) {
			want = 1
		}
		if len(p.Failed) != want || took != len(events)-want {
			t.Errorf("%d: %d events were taken and %d failed, want %d to fail", status, took, len(p.Failed), want)
		}
	}
}

// TestSplits: what too many refusals leave is to be tried again, and the order holds.
func TestSplits(t *testing.T) {
	requests := 0
	err := httpsink.Deliver(some(512), func(_, hi int) (int, error) {
		requests++
		return hi, sink.Permanent(errPoison)
	})
	var p *sink.PartialError
	if !errors.As(err, &p) || len(p.Failed) != 512 {
		t.Fatalf("%v, want a PartialError of all 512", err)
	}
	if requests != 257 {
		t.Errorf("%d requests, want 257", requests)
	}
	permanent := 0
	for i, f := range p.Failed {
		if sink.IsPermanent(f.Err) {
			if permanent++; permanent != i+1 {
				t.Fatalf("event %d is permanent behind one that is not", i)
			}
		} else if !strings.Contains(f.Err.Error(), "too many events") {
			t.Fatalf("event %d: %v", i, f.Err)
		}
	}
	if permanent < 64 || permanent == 512 {
		t.Errorf("%d are permanent, want some and not all", permanent)
	}
}

// TestWrongSend: a send that says nonsense is no reason to go on for ever, or to lose events.
func TestWrongSend(t *testing.T) {
	for _, end := range []int{-1, 0, 4} {
		calls := 0
		err := httpsink.Deliver(some(3), func(int, int) (int, error) { calls++; return end, nil })
		if err == nil || sink.IsPermanent(err) || calls != 1 {
			t.Errorf("an end of %d: %d calls, %v", end, calls, err)
		}
	}
	if err := httpsink.Deliver(nil, nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
}
