package assist_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

const day = 24 * time.Hour

func from(customer, intent string, after time.Duration, leg event.Leg) event.Event {
	e := call(noon().Add(after), leg)
	e.Customer.Hash, e.Intent, e.Duration = customer, intent, time.Hour
	return e
}

func TestResolve(t *testing.T) {
	yes, no := answered(5), left(event.LegAbandoned, 60)
	bot := answered(0)
	bot.Bot = true
	outbound := from("a", "bill", day, yes)
	outbound.Direction = event.Outbound
	mail, unsaid := from("a", "bill", day, yes), from("a", "bill", day, yes)
	mail.Channel, unsaid.Channel = event.Email, 0
	login := event.Event{Kind: event.TouchpointEnded, Touchpoint: "login", Outcome: event.Failed, Intent: "bill", Time: noon(), Duration: time.Hour}
	login.Customer.Hash = "a"
	named := func(e event.Event, id byte) event.Event {
		e.ID = event.ID{id}
		return e
	}
	raw := from("", "bill", 0, yes)
	raw.Customer.ID = "an application's own"
	for _, c := range []struct {
		name, reason string
		contacts     []event.Event
		want         assist.Resolution
	}{
		{"one answered", "none again within the window", []event.Event{from("a", "bill", 0, yes)}, assist.Resolution{Contacts: 1, Known: 1, Efforts: 1, FirstContact: 1}},
		{
			"again within the window", "at exactly the window after the end",
			[]event.Event{from("a", "bill", 0, yes), from("a", "bill", 7*day+time.Hour, yes)},
			assist.Resolution{Contacts: 2, Known: 2, Repeats: 1, Efforts: 1},
		},
		{
			"again later", "two efforts",
			[]event.Event{from("a", "bill", 0, yes), from("a", "bill", 7*day+time.Hour+1, yes)},
			assist.Resolution{Contacts: 2, Known: 2, Efforts: 2, FirstContact: 2},
		},
		{
			"another intent", "two problems",
			[]event.Event{from("a", "bill", 0, yes), from("a", "fault", day, yes)},
			assist.Resolution{Contacts: 2, Known: 2, Efforts: 2, FirstContact: 2},
		},
		{
			"another customer", "two customers",
			[]event.Event{from("a", "bill", 0, yes), from("b", "bill", day, yes)},
			assist.Resolution{Contacts: 2, Known: 2, Efforts: 2, FirstContact: 2},
		},
		{
			"nobody answered first", "one contact was answered, and none came after it",
			[]event.Event{from("a", "bill", 0, no), from("a", "bill", day, yes)},
			assist.Resolution{Contacts: 2, Known: 2, Repeats: 1, Efforts: 1, FirstContact: 1},
		},
		{
			"nobody answered last", "the customer came again",
			[]event.Event{from("a", "bill", 0, yes), from("a", "bill", day, no)},
			assist.Resolution{Contacts: 2, Known: 2, Repeats: 1, Efforts: 1},
		},
		{"nobody answered", "nothing can be resolved", []event.Event{from("a", "bill", 0, no)}, assist.Resolution{Contacts: 1, Known: 1, Unanswered: 1}},
		{"a bot answered", "a bot is no person", []event.Event{from("a", "bill", 0, bot)}, assist.Resolution{Contacts: 1, Known: 1, Unanswered: 1}},
		{
			"out of order", "the list is sorted",
			[]event.Event{from("a", "bill", day, no), from("a", "bill", 0, yes)},
			assist.Resolution{Contacts: 2, Known: 2, Repeats: 1, Efforts: 1},
		},
		{
			"at one time", "the customer did not come again after the answered one, whatever the order of the list",
			[]event.Event{named(from("a", "bill", 0, yes), 1), named(from("a", "bill", 0, no), 2)},
			assist.Resolution{Contacts: 2, Known: 2, Repeats: 1, Efforts: 1, FirstContact: 1},
		},
		{
			"overlapping", "the second call began after the first one, which a person answered",
			[]event.Event{from("a", "bill", 0, yes), from("a", "bill", time.Minute, no)},
			assist.Resolution{Contacts: 2, Known: 2, Repeats: 1, Efforts: 1},
		},
		{
			"in the log twice", "a log has each event at least once",
			[]event.Event{named(from("a", "bill", 0, yes), 1), named(from("a", "bill", 0, yes), 1)},
			assist.Resolution{Contacts: 1, Known: 1, Efforts: 1, FirstContact: 1},
		},
		{
			"another channel", "phone, mail and phone are two switches",
			[]event.Event{from("a", "bill", 0, yes), mail, from("a", "bill", 2*day, yes)},
			assist.Resolution{Contacts: 3, Known: 3, Repeats: 2, Switches: 2, Efforts: 1},
		},
		{
			"no channel", "it is passed over",
			[]event.Event{from("a", "bill", 0, yes), unsaid, from("a", "bill", 2*day, yes)},
			assist.Resolution{Contacts: 3, Known: 3, Repeats: 2, Efforts: 1},
		},
		{
			"self-service failed", "exactly the window before the contact began",
			[]event.Event{from("a", "bill", 7*day+time.Hour, yes), login},
			assist.Resolution{Contacts: 1, Known: 1, Efforts: 1, FirstContact: 1, Escalated: 1},
		},
		{
			"self-service failed long ago", "the window was over",
			[]event.Event{from("a", "bill", 7*day+time.Hour+1, yes), login},
			assist.Resolution{Contacts: 1, Known: 1, Efforts: 1, FirstContact: 1},
		},
		{
			"self-service failed later", "it is not why the customer called",
			[]event.Event{from("a", "bill", 59*time.Minute, yes), login},
			assist.Resolution{Contacts: 1, Known: 1, Efforts: 1, FirstContact: 1},
		},
		{"not over", "it may come again", []event.Event{from("a", "bill", 55*day, yes)}, assist.Resolution{Contacts: 1, Known: 1, Open: 1}},
		{"in the future", "it has not happened", []event.Event{from("a", "bill", 61*day, yes)}, assist.Resolution{}},
		{"no customer", "the coverage says so", []event.Event{from("", "bill", 0, yes)}, assist.Resolution{Contacts: 1}},
		{"no intent", "the coverage says so", []event.Event{from("a", "", 0, yes)}, assist.Resolution{Contacts: 1}},
		{"a folded intent", "two problems would look like one", []event.Event{from("a", event.Other, 0, yes)}, assist.Resolution{Contacts: 1}},
		{"an ID of the application", "before the client has replaced it", []event.Event{raw}, assist.Resolution{Contacts: 1, Known: 1, Efforts: 1, FirstContact: 1}},
		{"the company calls", "the customer did not come again", []event.Event{from("a", "bill", 0, yes), outbound}, assist.Resolution{Contacts: 1, Known: 1, Efforts: 1, FirstContact: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := assist.Resolve(c.contacts, 7*day, noon().Add(60*day)); got != c.want {
				t.Errorf("got %+v, want %+v: %s", got, c.want, c.reason)
			}
		})
	}
}

// The naive model asks of each contact by itself whether there was one before and whether there is one after.
func TestResolveIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var contacts []event.Event
		for range rapid.IntRange(0, 15).Draw(t, "contacts") {
			leg := answered(1)
			leg.Answered = rapid.Bool().Draw(t, "answered")
			e := from(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "customer"), rapid.SampledFrom([]string{"", "x"}).Draw(t, "intent"),
				time.Duration(rapid.IntRange(0, 400).Draw(t, "hour"))*time.Hour, leg)
			e.Duration = 0
			contacts = append(contacts, e)
		}
		const window = 24 * time.Hour
		var want assist.Resolution
		near := func(i, j int) bool {
			a, b := &contacts[i], &contacts[j]
			gap := b.Time.Sub(a.Time)
			answers := func(e *event.Event) bool { return e.Assisted.Legs[0].Answered }
			tie := answers(b) && !answers(a) || answers(a) == answers(b) && i < j // the answered one is the later
			return i != j && a.Customer == b.Customer && a.Intent == b.Intent && gap <= window && (gap > 0 || gap == 0 && tie)
		}
		for i := range contacts {
			want.Contacts++
			if contacts[i].Intent == "" {
				continue
			}
			want.Known++
			before, answers, after := false, 0, false
			for j := range contacts {
				before = before || near(j, i)
				after = after || near(i, j)
			}
			if before {
				want.Repeats++
			}
			if after {
				continue // the last contact stands for the effort
			}
			for at := i; at >= 0; { // back through the chain
				if contacts[at].Assisted.Legs[0].Answered {
					answers++
				}
				previous := -1
				for j := range contacts {
					if near(j, at) && (previous < 0 || near(previous, j)) {
						previous = j
					}
				}
				at = previous
			}
			switch {
			case answers == 0:
				want.Unanswered++
			default:
				want.Efforts++
				if answers == 1 && contacts[i].Assisted.Legs[0].Answered {
					want.FirstContact++
				}
			}
		}
		if got := assist.Resolve(contacts, window, noon().Add(1000*time.Hour)); got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

func ExampleResolve() {
	contacts := []event.Event{
		from("ann", "invoice", 0, answered(10)), from("ann", "invoice", 2*day, answered(30)),
		from("bob", "invoice", 0, answered(5)), from("", "invoice", 0, answered(5)),
	}
	r := assist.Resolve(contacts, 7*24*time.Hour, noon().AddDate(0, 1, 0))
	resolved, _ := r.FirstContactResolution()
	coverage, _ := r.Coverage()
	fmt.Printf("%.0f%% of %d efforts, from %.0f%% of the contacts\n", 100*resolved, r.Efforts, 100*coverage)
	// Output: 50% of 2 efforts, from 75% of the contacts
}

// TestResolveContactsThatBeginTogether: no number follows from the IDs of contacts, which are random, or from their order.
func TestResolveContactsThatBeginTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var list []event.Event
		for i := range rapid.IntRange(2, 5).Draw(t, "number") {
			leg := left(event.LegAbandoned, 60)
			if rapid.Bool().Draw(t, "answered") {
				leg = answered(5)
			}
			e := from("a", "bill", time.Duration(rapid.IntRange(0, 1).Draw(t, "start"))*time.Hour, leg)
			e.ID, e.Duration = event.ID{byte(i + 1)}, time.Duration(rapid.IntRange(0, 1).Draw(t, "took"))*time.Minute
			e.Channel = rapid.SampledFrom([]event.Channel{0, event.Phone, event.Email}).Draw(t, "channel")
			list = append(list, e)
		}
		want := assist.Resolve(list, day, noon().Add(90*day))
		for i, id := range rapid.Permutation([]byte{1, 2, 3, 4, 5}).Draw(t, "other IDs")[:len(list)] {
			list[i].ID = event.ID{id}
		}
		list = rapid.Permutation(list).Draw(t, "order")
		if got := assist.Resolve(list, day, noon().Add(90*day)); got != want {
			t.Errorf("with other IDs it is\n%+v\nwant\n%+v", got, want)
		}
	})
}
