package track //nolint:testpackage // what the log of a run knows of a calendar is compared with the calendar

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/calendar"
)

// drawHours draws the hours of a week with a holiday, in a zone that changes its clocks.
func drawHours(t *rapid.T) *calendar.Hours {
	var opts []calendar.Option
	for _, day := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}), 1, 7, rapid.ID).Draw(t, "days") {
		cuts := rapid.SliceOfNDistinct(rapid.Map(rapid.IntRange(0, 48), func(n int) int { return 30 * n }), 2, 4, rapid.ID).Draw(t, "openings")
		slices.Sort(cuts)
		var texts []string
		for ; len(cuts) >= 2; cuts = cuts[2:] {
			texts = append(texts, fmt.Sprintf("%02d:%02d-%02d:%02d", cuts[0]/60, cuts[0]%60, cuts[1]/60, cuts[1]%60))
		}
		opts = append(opts, calendar.Open(day, texts...))
	}
	h := calendar.Define("h", append(opts, calendar.Zone("Europe/London"), calendar.Closed("2026-10-23"))...)
	if err := h.Validate(); err != nil {
		t.Fatal(err)
	}
	return h
}

// TestOpeningsAreTheCalendars: the openings that an op says give a clock that stops and goes on the same times as the calendar,
// also when those of two ops are kept in one list.
func TestOpeningsAreTheCalendars(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHours(t)
		base := time.Date(2026, 10, 19, 0, 0, 0, 0, time.UTC)
		from := base.Add(time.Duration(rapid.Int64Range(0, int64(9*24*time.Hour)).Draw(t, "made")))
		within := time.Duration(rapid.Int64Range(1, int64(20*time.Hour)).Draw(t, "within"))
		r := rule{}
		r.Hours, r.Within, r.Pauses = h, within, []string{"waiting"}
		due := r.Due(from)
		kept := r.openings(from, due)
		if len(kept) == 2*maxOpenings {
			t.Skip("the op says as much as it can")
		}
		stopped := from.Add(time.Duration(rapid.Int64Range(0, int64(due.Sub(from))).Draw(t, "stops after")))
		goesOn := stopped.Add(time.Duration(rapid.Int64Range(0, int64(30*24*time.Hour)).Draw(t, "stands for")))
		left := h.Between(stopped, due)
		if got := kept.between(stopped.UnixNano(), due.UnixNano()); got != int64(left) {
			t.Fatalf("from %v to %v %v are opened, want %v", stopped, due, time.Duration(got), left)
		}
		want, err := h.Add(goesOn, left)
		if err != nil {
			t.Fatal(err)
		}
		more := r.openings(goesOn, r.Due(goesOn))
		if len(more) == 2*maxOpenings {
			t.Skip("the op says as much as it can")
		}
		for name, o := range map[string]openings{"more": more, "both": kept.merge(more), "the other way round": more.merge(kept), "since": kept.merge(more).since(stopped.UnixNano())} {
			if got := o.add(goesOn.UnixNano(), int64(left)); !at(got).Equal(want) {
				t.Fatalf("%s: %v after %v is %v, want %v", name, left, goesOn, at(got), want)
			}
			if !slices.IsSorted(o) || len(o)%2 != 0 {
				t.Fatalf("%s: %v is out of order", name, o)
			}
		}
		if got := kept.merge(more).between(stopped.UnixNano(), due.UnixNano()); got != int64(left) {
			t.Fatalf("merged, from %v to %v %v are opened, want %v", stopped, due, time.Duration(got), left)
		}
	})
}

// TestBusinessDaysOutliveAPause: what is left of business days may be longer than as many days from later on.
func TestBusinessDaysOutliveAPause(t *testing.T) {
	t.Parallel()
	r := rule{}
	r.Hours = calendar.Define("h", calendar.Zone("UTC"), calendar.Open("mon-thu", "09:00-17:00"), calendar.Open("fri", "09:00-12:00"))
	r.Days, r.Pauses = 2, []string{"waiting"}
	made := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) // a Monday: due on Wednesday at 17:00, 24 opened hours later
	goesOn := time.Date(2026, 11, 5, 16, 0, 0, 0, time.UTC)
	o := r.openings(made, r.Due(made)).merge(r.openings(goesOn, r.Due(goesOn)))
	left := o.between(made.UnixNano(), r.Due(made).UnixNano())
	if left != int64(24*time.Hour) {
		t.Fatalf("%v are left", time.Duration(left))
	}
	// Thursday 1 h, Friday 3 h, Monday 8 h, Tuesday 8 h, Wednesday 4 h.
	if got, want := at(o.add(goesOn.UnixNano(), left)), time.Date(2026, 11, 11, 13, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("it is due at %v, want %v", got, want)
	}
}
