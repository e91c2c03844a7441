package sqlarchive_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

var query = regexp.MustCompile("(?s)```sql\n(.*?);\n```")

// effortQuery returns the query of README.md about first-contact resolution.
func effortQuery(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range query.FindAllSubmatch(readme, -1) {
		if strings.Contains(string(m[1]), "effort_first_contact") {
			return string(m[1])
		}
	}
	t.Fatal("README.md has no query about first-contact resolution")
	return ""
}

// calls returns contacts of some customers, in the order of their beginnings.
func calls(random *rand.Rand) (list []event.Event) {
	at := noon
	for i := range 250 {
		at = at.Add(time.Duration(random.IntN(12)) * time.Hour)
		e := event.Event{
			ID: id(i + 1), Kind: event.TouchpointEnded, Time: at, Touchpoint: "call", Actor: event.ActorCustomer, Outcome: event.OK,
			Channel:  []event.Channel{event.Phone, event.Email, event.Chat}[random.IntN(3)],
			Intent:   []string{"bill", "bill", "move", event.Other, ""}[random.IntN(5)],
			Assisted: &event.Assisted{Legs: []event.Leg{{Queue: "first", Queued: true, Answered: random.IntN(2) == 0, Bot: random.IntN(6) == 0}}},
		}
		if n := random.IntN(12); n > 0 {
			e.Customer.ID = fmt.Sprint("customer ", n)
		}
		switch random.IntN(12) {
		case 0:
			e.Direction = event.Outbound
		case 1:
			e.Actor = event.ActorSynthetic
		}
		list = append(list, e)
	}
	return list
}

// TestEffortsInSQL: the query of README.md over what a client has archived gives the numbers of assist.Resolve over the contacts.
func TestEffortsInSQL(t *testing.T) {
	t.Parallel()
	ask := "SELECT sum(contacts), sum(efforts), sum(first_contact), sum(unanswered), sum(repeats), sum(switches), count(coverage_percent) > 1 FROM (" + effortQuery(t) + ")"
	seeds := uint64(3)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		list := calls(rand.New(rand.NewPCG(seed, 14)))
		const window = 2 * 24 * time.Hour
		end := list[len(list)-1].Time.Add(365 * 24 * time.Hour)
		path := temp(t)
		a, db := open(t, path, sqlarchive.WithoutFsync()), raw(t, path)
		clock := noon
		client, err := cx.New(cx.WithExporters(a), cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithContactsInMemory(),
			cx.WithEffortWindow(window), cx.WithEffortGrace(0), cx.WithClock(func() time.Time { return clock }), cx.WithSweepInterval(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			clock = list[i].Time
			client.Sweep(t.Context())
			client.Record(t.Context(), list[i])
		}
		clock = end
		client.Sweep(t.Context())
		if err := client.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
		r := assist.Resolve(list, window, end)
		if r.FirstContact == 0 || r.Unanswered == 0 || r.Switches == 0 || r.Efforts == r.FirstContact {
			t.Fatalf("seed %d shows too little: %+v", seed, r)
		}
		want := fmt.Sprintf("%d | %d | %d | %d | %d | %d | 1", r.Contacts, r.Efforts, r.FirstContact, r.Unanswered, r.Repeats, r.Switches)
		if got := rows(t, db, ask); len(got) != 1 || got[0] != want {
			t.Errorf("seed %d: SQL says %q, want %q of %+v", seed, got, want, r)
		}
	}
}
