package report_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

// pastEvents returns contacts and steps of self-service that failed, in the order of their times.
func pastEvents(random *rand.Rand) (list []event.Event) {
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for i := range 400 {
		at = at.Add(time.Duration(random.IntN(8)) * 30 * time.Minute)
		e := event.Event{
			ID: event.ID{14: byte(i >> 8), 15: byte(i + 1), 6: 0x80, 8: 0x80}, Kind: event.TouchpointEnded, Time: at, Touchpoint: "call",
			Channel: event.Channel(random.IntN(4)), Intent: []string{"bill", "bill", "move", event.Other, ""}[random.IntN(5)],
			Duration: time.Duration(random.IntN(3)) * 30 * time.Minute,
		}
		if n := random.IntN(10); n > 0 {
			e.Customer.Hash = fmt.Sprintf("%032x", n)
		}
		switch random.IntN(8) {
		case 0:
			e.Touchpoint, e.Outcome = "login", event.Failed
		case 1:
			e.Direction = event.Outbound
			fallthrough
		default:
			e.Assisted = &event.Assisted{Legs: []event.Leg{{Queue: "first", Queued: true, Answered: random.IntN(2) == 0, Bot: random.IntN(6) == 0}}}
		}
		list = append(list, e)
	}
	return list
}

// TestEffortsOfALog: however the events are spread over players, the report has the numbers of assist.Resolve, and tells each effort that is
// over once, unless the log has it.
func TestEffortsOfALog(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, 3))
		list := pastEvents(random)
		const window = 24 * time.Hour
		until := list[len(list)-1].Time
		var told []event.ID
		for _, players := range []int{1, 3} {
			tallies := make([]*report.Tally, players)
			for i := range tallies {
				tallies[i] = report.New(nil)
			}
			for i := range list {
				tallies[random.IntN(players)].Process(t.Context(), &list[i])
			}
			var ids []event.ID
			rep, err := report.TakeEfforts(tallies...).Resolve(t.Context(), window, until, func(e *event.Event) { ids = append(ids, e.ID) })
			if err != nil {
				t.Fatal(err)
			}
			want := assist.Resolve(list, window, until)
			got := assist.Resolution{
				Contacts: int(rep.Contacts), Known: int(rep.Known), Efforts: int(rep.Answered), FirstContact: int(rep.FirstContact),
				Unanswered: int(rep.Unanswered), Open: int(rep.Open), Escalated: int(rep.Escalated), Repeats: want.Repeats, Switches: want.Switches,
			}
			if got != want || want.Open == 0 || want.Escalated == 0 || rep.Lost != 0 {
				t.Errorf("seed %d: the report says\n%+v, want\n%+v", seed, got, want)
			}
			sums := report.EffortCounts{Resolution: rep.Resolution}
			for _, n := range rep.Intents {
				sums.Answered, sums.FirstContact, sums.Unanswered = sums.Answered+n.Answered, sums.FirstContact+n.FirstContact, sums.Unanswered+n.Unanswered
				sums.Escalated, sums.Repeats, sums.Switches = sums.Escalated+n.Escalated, sums.Repeats+n.Repeats, sums.Switches+n.Switches
			}
			if d := cmp.Diff(rep.EffortCounts, sums); d != "" {
				t.Errorf("seed %d: the intents do not add up to the whole:\n%s", seed, d)
			}
			slices.SortFunc(ids, func(a, b event.ID) int { return slices.Compare(a[:], b[:]) })
			if len(ids) != want.Efforts+want.Unanswered || players > 1 && !slices.Equal(ids, told) {
				t.Errorf("seed %d: %d efforts are told, want %d", seed, len(ids), want.Efforts+want.Unanswered)
			}
			told = ids
		}
		again := report.New(nil)
		for i := range list {
			again.Process(t.Context(), &list[i])
		}
		again.Process(t.Context(), &event.Event{Kind: event.ContactResolved, ID: told[0], Effort: &event.Effort{Contacts: 1}})
		n := 0
		if _, err := report.TakeEfforts(again).Resolve(t.Context(), window, until, func(*event.Event) { n++ }); err != nil || n != len(told)-1 {
			t.Errorf("seed %d: %d efforts are told beside the one in the log, want %d (%v)", seed, n, len(told)-1, err)
		}
	}
}

// TestEffortAfterAStepWithoutAMatter: a touchpoint that failed in the run of the contact is where the effort comes from.
func TestEffortAfterAStepWithoutAMatter(t *testing.T) {
	t.Parallel()
	tally := report.New(nil)
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	run := event.Run{Name: "order", ID: "7"}
	tally.Process(t.Context(), &event.Event{Kind: event.TouchpointEnded, Journey: run, Touchpoint: "upload", Outcome: event.Failed, Time: at})
	tally.Process(t.Context(), &event.Event{
		Kind: event.TouchpointEnded, Journey: run, Touchpoint: "call", Time: at.Add(time.Hour), Intent: "bill", ID: event.ID{1},
		Customer: event.Customer{Hash: "a"}, Assisted: &event.Assisted{Legs: []event.Leg{{Answered: true}}},
	})
	rep, err := report.TakeEfforts(tally).Resolve(t.Context(), time.Hour, at.Add(9*time.Hour), nil)
	if err != nil || len(rep.From) != 1 || rep.From[0] != (report.EffortFrom{Touchpoint: "upload", Count: 1}) || *rep.Resolution != 1 {
		t.Errorf("the efforts are %+v, %v", rep, err)
	}
}

// TestLostEfforts: a long contact of one customer does not fill the record of another one, and each contact that joins no effort counts.
func TestLostEfforts(t *testing.T) {
	t.Parallel()
	const day, most = 24 * time.Hour, 16 // open efforts of one customer
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	call := func(n int, customer, intent string, after, took time.Duration) event.Event {
		return event.Event{
			Kind: event.TouchpointEnded, ID: event.ID{1, byte(n)}, Touchpoint: "call", Time: at.Add(after), Duration: took, Intent: intent,
			Customer: event.Customer{Hash: customer}, Assisted: &event.Assisted{Legs: []event.Leg{{Answered: true}}},
		}
	}
	var often, atOnce []event.Event
	for n := range 60 {
		often = append(often, call(n, "a", "bill", time.Duration(2*n)*day, time.Minute))
	}
	for n := range most + 5 {
		atOnce = append(atOnce, call(n, "a", fmt.Sprintf("intent-%d", n), time.Duration(n)*time.Minute, time.Minute))
	}
	for _, c := range []struct {
		name, reason   string
		events         []event.Event
		answered, lost int64
	}{
		{"a call every second day", "each is an effort", often, 60, 0},
		{"beside a thread of a year", "it is another customer's", append(often[:60:60], call(99, "b", "bill", day, 8000*time.Hour)), 60, 0},
		{"beside a thread of nine years", "it is another customer's", append(often[:60:60], call(99, "b", "bill", day, 9*365*day)), 60, 0},
		{"after a thread about something else", "it is another matter", append(often[:60:60], call(99, "a", "move", day, 8000*time.Hour)), 60, 0},
		{"too many at a time", "what is beyond the bound is lost, each contact", atOnce, most, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tally := report.New(nil)
			for i := range c.events {
				tally.Process(t.Context(), &c.events[i])
			}
			rep, err := report.TakeEfforts(tally).Resolve(t.Context(), day, at.Add(200*day), nil)
			if err != nil || rep.Answered != c.answered || rep.Lost != c.lost || rep.Open != int64(len(c.events))-c.answered-c.lost {
				t.Errorf("the efforts are %+v, %v; want %d answered and %d lost: %s", rep, err, c.answered, c.lost, c.reason)
			}
		})
	}
}
