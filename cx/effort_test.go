package cx_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// selfService are the definitions of the tests of efforts.
var selfService = cx.WithDefinitions(touchpoint.Define("support"), touchpoint.Define("login"), touchpoint.Define("pay"), touchpoint.Define("search"),
	touchpoint.Define("upload"), journey.Define("order"))

// helped returns a contact of alice that an employee answered.
func helped(intent string, channel event.Channel) event.Event {
	return event.Event{
		Kind: event.TouchpointEnded, Touchpoint: "support", Channel: channel, Actor: event.ActorEmployee, Outcome: event.OK, Intent: intent, Customer: alice,
		Time: time.Now().Add(-10 * time.Minute), Duration: 10 * time.Minute,
		Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "first", Queued: true, Answered: true, Talk: event.Seconds(10 * time.Minute)}}, Claimed: event.Yes},
	}
}

// failedWeb returns a step of self-service that failed.
func failedWeb(touchpoint, intent string) event.Event {
	return event.Event{
		Kind: event.TouchpointEnded, Touchpoint: touchpoint, Channel: event.Web, Outcome: event.Failed, Intent: intent, Customer: alice, Time: time.Now(),
	}
}

// tellings returns the efforts that the instance has told, in a line each.
func (c *contacts) tellings() (lines []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.events {
		if e := &c.events[i]; e.Kind == event.ContactResolved {
			f := e.Effort
			claimed := ""
			if e.Assisted != nil {
				claimed = e.Assisted.Claimed.String()
			}
			lines = append(lines, fmt.Sprintf("%s began=%s told=%s contacts=%d answered=%d switches=%d from=%s first=%v claimed=%s hash=%v", e.Intent,
				f.Began.Format("02T15:04"), e.Time.Format("02T15:04"), f.Contacts, f.Answered, f.Switches, f.From, f.FirstContact, claimed, e.Customer.Hash != "" && e.Customer.ID == ""))
		}
	}
	return lines
}

// soFar returns the efforts so far that contacts had, in a line each.
func (c *contacts) soFar() (lines []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.events {
		if e := &c.events[i]; e.Kind == event.TouchpointEnded && e.Assisted != nil {
			if e.Effort == nil {
				lines = append(lines, "unknown")
				continue
			}
			lines = append(lines, fmt.Sprint(e.Effort.Contacts, " ", e.Effort.Switches, " ", e.Effort.From))
		}
	}
	return lines
}

// TestEffortAcrossChannels: web, chat and phone about one matter are one effort, which is told once when a week is over, by whichever of
// two instances.
func TestEffortAcrossChannels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := new(memory.Store)
		web, desk := newContacts(t, store, selfService), newContacts(t, store, selfService)
		web.client.Record(web.ctx(), failedWeb("login", "bill"))
		time.Sleep(time.Hour)
		web.client.Record(web.ctx(), failedWeb("pay", "bill"))
		web.client.Record(web.ctx(), failedWeb("search", "move"))
		time.Sleep(time.Hour)
		desk.client.Record(desk.ctx(), helped("bill", event.Chat))
		time.Sleep(6 * 24 * time.Hour)
		desk.client.Record(desk.ctx(), helped("bill", event.Phone))
		unanswered := helped("return", event.Phone)
		unanswered.Assisted = &event.Assisted{Legs: []event.Leg{{Queue: "first", Queued: true}, {Bot: true, Answered: true}}}
		desk.client.Record(desk.ctx(), unanswered)
		desk.client.Record(desk.ctx(), helped("move", event.Email))
		outbound := helped("bill", event.Phone)
		outbound.Direction = event.Outbound
		desk.client.Record(desk.ctx(), outbound)
		unknown := helped("", event.Phone)
		desk.client.Record(desk.ctx(), unknown)
		unknown.Customer = event.Customer{}
		desk.client.Record(desk.ctx(), unknown)
		unknown.Intent = "bill"
		desk.client.Record(desk.ctx(), unknown)
		time.Sleep(20 * 24 * time.Hour)
		synctest.Wait()
		got := append(web.tellings(), desk.tellings()...)
		slices.Sort(got)
		if want := []string{
			"bill began=01T01:50 told=14T02:00 contacts=2 answered=2 switches=1 from=pay first=false claimed=yes hash=true",
			"move began=07T01:50 told=14T02:00 contacts=1 answered=1 switches=0 from=search first=true claimed=yes hash=true",
			"return began=07T01:50 told=14T02:00 contacts=1 answered=0 switches=0 from= first=false claimed= hash=true",
		}; !slices.Equal(got, want) {
			t.Errorf("told\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if got, want := desk.soFar(), []string{"unknown", "2 1 pay", "1 0 ", "1 0 search", "unknown", "unknown", "unknown", "unknown"}; !slices.Equal(got, want) {
			t.Errorf("contacts had the efforts %q, want %q", got, want)
		}
	})
}

// TestFoldedIntents: intents that the client does not declare become one name, and contacts with it are about any number of matters. They
// are in no effort, and the coverage has their intent as unknown.
func TestFoldedIntents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newContacts(t, nil, selfService, cx.WithContactsInMemory(), cx.WithEffortWindow(time.Hour), cx.WithEffortGrace(0), cx.WithIntents("bill"), cx.WithSweepInterval(time.Minute))
		c.client.Record(c.ctx(), failedWeb("pay", "fault"))
		for _, intent := range []string{"bill", "fault", "move"} {
			c.client.Record(c.ctx(), helped(intent, event.Phone))
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		got := c.tellings()
		if len(got) != 1 || !strings.HasPrefix(got[0], "bill ") || !strings.Contains(got[0], "contacts=1") {
			t.Errorf("told %q, want the effort about bill alone", got)
		}
		if got, want := c.soFar(), []string{"1 0 ", "unknown", "unknown"}; !slices.Equal(got, want) {
			t.Errorf("contacts had the efforts %q, want %q", got, want)
		}
	})
}

// TestEffortInMemory: in the memory of a process efforts follow the client's clock, and are told by its sweeps.
func TestEffortInMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newContacts(t, nil, selfService, cx.WithContactsInMemory(), cx.WithEffortWindow(time.Hour), cx.WithEffortWindow(3*time.Hour, "move"),
			cx.WithEffortGrace(time.Minute), cx.WithSweepInterval(time.Second))
		contact := func(intent string) {
			e := helped(intent, event.Phone)
			e.Time, e.Duration = time.Now(), 0
			c.client.Record(c.ctx(), e)
		}
		contact("bill")
		contact("move")
		time.Sleep(61 * time.Minute)
		contact("bill") // beyond the window
		contact("move")
		late := helped("bill", event.Phone)
		late.Time = time.Now().Add(-2 * time.Hour)
		c.client.Record(c.ctx(), late)
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		if got, want := c.tellings(), []string{
			"bill began=01T00:00 told=01T01:00 contacts=1 answered=1 switches=0 from= first=true claimed=yes hash=true",
			"bill began=01T01:01 told=01T02:01 contacts=1 answered=1 switches=0 from= first=true claimed=yes hash=true",
			"move began=01T00:00 told=01T04:01 contacts=2 answered=2 switches=0 from= first=false claimed=yes hash=true",
		}; !slices.Equal(got, want) {
			t.Errorf("told\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if len(c.faults) != 1 || c.faults[0].Fault != fault.EffortLost || c.faults[0].Name != "late" {
			t.Errorf("the faults are %+v", c.faults)
		}
	})
}

// TestEffortInARun: a touchpoint that failed in the same run is where the effort comes from, though it has no intent.
func TestEffortInARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newContacts(t, new(memory.Store), selfService, cx.WithEffortWindow(time.Hour), cx.WithEffortGrace(0))
		run := event.Run{Name: "order", ID: "order-7"}
		web := failedWeb("upload", "")
		web.Journey = run
		c.client.Record(c.ctx(), web)
		time.Sleep(time.Minute)
		call := helped("bill", event.Phone)
		call.Time, call.Journey, call.Duration = time.Now(), run, 0
		c.client.Record(c.ctx(), call)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got, want := c.tellings(), []string{"bill began=01T00:01 told=01T01:01 contacts=1 answered=1 switches=0 from=upload first=true claimed=yes hash=true"}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}

// TestEffortOfAForgottenCustomer: Forget reaches efforts that are open.
func TestEffortOfAForgottenCustomer(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]cx.Option{"in a store": {cx.WithStore(new(memory.Store))}, "in memory": {cx.WithStore(nil), cx.WithContactsInMemory()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newContacts(t, nil, opts...)
				c.client.Record(c.ctx(), failedWeb("pay", "bill"))
				c.client.Record(c.ctx(), helped("bill", event.Phone))
				noErr(t, c.client.Flush(c.ctx()))
				r, err := policy.Record(c.ctx(), alice)
				if err != nil || len(r.Efforts) != 1 || r.Efforts[0].Contacts != 1 || r.Efforts[0].Until.Sub(r.Efforts[0].Ended) != 8*24*time.Hour || len(r.Steps) != 1 {
					t.Fatalf("the record is %+v, %v", r, err)
				}
				if _, err := c.client.Forget(c.ctx(), alice.ID); err != nil {
					t.Fatal(err)
				}
				time.Sleep(30 * 24 * time.Hour)
				c.client.Sweep(c.ctx())
				if got := c.tellings(); len(got) != 0 {
					t.Errorf("told %q", got)
				}
			})
		})
	}
}

func TestEffortOptions(t *testing.T) {
	t.Parallel()
	intents := cx.WithIntents("bill")
	for _, test := range []struct {
		opts []cx.Option
		want string
	}{
		{[]cx.Option{intents, cx.WithEffortWindow(time.Hour, "bill")}, ""},
		{[]cx.Option{intents, cx.WithEffortWindow(time.Hour, "move")}, `WithEffortWindow(1h0m0s, "move"): the intent is not declared`},
		{[]cx.Option{cx.WithBlueprint(&blueprint.Blueprint{Version: blueprint.Version, Intents: []string{"move"}}), cx.WithEffortWindow(time.Hour, "move")}, ""},
		{[]cx.Option{cx.WithEffortWindow(time.Hour, "move")}, ""}, // every name is an intent
		{[]cx.Option{cx.WithEffortWindow(time.Hour, event.Other)}, "join no effort"},
		{[]cx.Option{cx.WithEffortWindow(time.Hour, "")}, "join no effort"},
		{[]cx.Option{cx.WithEffortWindow(0)}, "WithEffortWindow(0s)"},
		{[]cx.Option{cx.WithEffortWindow(366*24*time.Hour, "bill")}, "at most 365 days"},
		{[]cx.Option{cx.WithEffortGrace(-1)}, "WithEffortGrace(-1ns)"},
		{[]cx.Option{cx.WithEffortGrace(0)}, ""},
	} {
		client, err := cx.New(test.opts...)
		if err == nil {
			noErr(t, client.Shutdown(context.Background()))
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("the error is %v, want %q", err, test.want)
		}
	}
}
