package journey_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// promised returns the only promise of a journey.
func promised(opts ...journey.Option) journey.Promised {
	for p := range journey.Define("claim", opts...).Promises() {
		return p
	}
	return journey.Promised{}
}

// TestDueInMaintenance: the dates and weekdays are those of a printed calendar. 1 June 2026 is a Monday.
func TestDueInMaintenance(t *testing.T) {
	t.Parallel()
	move := calendar.Maintenance{Name: "move", From: moment(t, "2026-06-02T08:00:00Z"), Until: moment(t, "2026-06-02T14:00:00Z")}
	after := calendar.Maintenance{Name: "after", From: moment(t, "2026-06-02T14:00:00Z"), Until: moment(t, "2026-06-03T10:30:00Z")}
	sundays := calendar.Maintenance{Name: "sundays", Hours: calendar.Define("sundays", calendar.Zone("Europe/London"), calendar.Open("sun", "00:00-06:00"))}
	office := calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:00"))
	for _, c := range []struct {
		name, reason string
		within       time.Duration
		opts         []journey.PromiseOption
		made, due    string
	}{
		{"before it", "due at 07:59", 24 * time.Hour, []journey.PromiseOption{journey.Maintenance(move)}, "2026-06-01T07:59:00Z", "2026-06-02T07:59:00Z"},
		{"at its beginning", "the first moment is inside", 24 * time.Hour, []journey.PromiseOption{journey.Maintenance(move)}, "2026-06-01T08:00:00Z", "2026-06-02T14:00:00Z"},
		{"inside", "its end", 24 * time.Hour, []journey.PromiseOption{journey.Maintenance(move)}, "2026-06-01T12:00:00Z", "2026-06-02T14:00:00Z"},
		{"at its end", "the end is outside", 24 * time.Hour, []journey.PromiseOption{journey.Maintenance(move)}, "2026-06-01T14:00:00Z", "2026-06-02T14:00:00Z"},
		{"across it", "only the due time matters", 48 * time.Hour, []journey.PromiseOption{journey.Maintenance(move)}, "2026-06-01T12:00:00Z", "2026-06-03T12:00:00Z"},
		{"two that touch", "the end of the second", 24 * time.Hour, []journey.PromiseOption{journey.Maintenance(after, move)}, "2026-06-01T12:00:00Z", "2026-06-03T10:30:00Z"},
		{"a Sunday in London", "06:00 BST is 05:00Z", 24 * time.Hour, []journey.PromiseOption{journey.Maintenance(sundays)}, "2026-06-06T01:00:00Z", "2026-06-07T05:00:00Z"},
		{"opened hours", "eight of them end on Tuesday at 09:00, in the move", 8*time.Hour + time.Minute, []journey.PromiseOption{journey.Hours(office), journey.Maintenance(move)}, "2026-06-01T09:00:00Z", "2026-06-02T14:00:00Z"},
		{"business days", "the close of Tuesday at 17:00, in the second", 0, []journey.PromiseOption{journey.BusinessDays(1), journey.Hours(office), journey.Maintenance(move, after)}, "2026-06-01T12:00:00Z", "2026-06-03T10:30:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := promised(journey.Promise("answered", c.within, c.opts...))
			if got := p.Due(moment(t, c.made)); !got.Equal(moment(t, c.due)) {
				t.Errorf("due at %v, want %s: %s", got, c.due, c.reason)
			}
		})
	}
}

// TestDueOutsideMaintenance: a due time is never in a maintenance, never before the time of the promise, and exactly then where no
// maintenance covers it.
func TestDueOutsideMaintenance(t *testing.T) {
	t.Parallel()
	begin := moment(t, "2026-06-01T00:00:00Z")
	rapid.Check(t, func(rt *rapid.T) {
		var list []calendar.Maintenance
		for n := range rapid.IntRange(0, 4).Draw(rt, "n") {
			from := begin.Add(time.Duration(rapid.IntRange(0, 96).Draw(rt, "from")) * time.Hour)
			list = append(list, calendar.Maintenance{Name: fmt.Sprint("m", n), From: from, Until: from.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "hours")) * time.Hour)})
		}
		within := time.Duration(rapid.IntRange(1, 72).Draw(rt, "within")) * time.Hour
		made := begin.Add(time.Duration(rapid.IntRange(0, 4000).Draw(rt, "made")) * time.Minute)
		p := promised(journey.Promise("answered", within, journey.Maintenance(list...)))
		due, covered := p.Due(made), false
		for _, m := range list {
			if m.Covers(due) {
				rt.Fatalf("due at %v, in %v", due, m)
			}
			covered = covered || m.Covers(made.Add(within))
		}
		if due.Before(made.Add(within)) || due.Equal(made.Add(within)) == covered {
			rt.Fatalf("made at %v within %v and due at %v", made, within, due)
		}
	})
}

func TestMaintenanceOfPromises(t *testing.T) {
	t.Parallel()
	m := calendar.Maintenance{Name: "move", From: moment(t, "2026-06-02T08:00:00Z"), Until: moment(t, "2026-06-02T14:00:00Z")}
	n := m
	n.Name = "net"
	define := func(list ...calendar.Maintenance) *journey.Definition {
		return journey.Define("claim", journey.Promise("answered", time.Hour, journey.Maintenance(list...)))
	}
	for _, c := range []struct {
		name, reason string
		a, b         *journey.Definition
		equal        bool
	}{
		{"the same", "equal values", define(m, n), define(m, n), true},
		{"another order", "they are a set", define(m, n), define(n, m), true},
		{"one more", "both sides have some", define(m), define(m, n), false},
		{"another one", "both sides have some", define(m), define(n), false},
		{"one side has none", "the code does not know of it", define(m), define(), true},
	} {
		if c.a.Equal(c.b) != c.equal || c.b.Equal(c.a) != c.equal {
			t.Errorf("%s: Equal is not %v: %s", c.name, c.equal, c.reason)
		}
	}
	if p := promised(journey.Promise("answered", time.Hour, journey.Maintenance(n, m), journey.Target(0.9))); p.String() != "within 1h0m0s from start until end, not due in the maintenance move, net, 90% of them" {
		t.Errorf("the text is %q", p.String())
	}
	if err := define(calendar.Maintenance{Name: "x"}).Validate(); err == nil || !strings.Contains(err.Error(), `the maintenance of the promise "answered": maintenance "x": from: the beginning is missing`) {
		t.Errorf("the fault of a maintenance is %v", err)
	}
}

// A call back is promised within a day, and the company moves its offices on that day.
func ExampleMaintenance() {
	noon := time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC)
	move := calendar.Maintenance{Name: "move", From: noon.Add(20 * time.Hour), Until: noon.Add(26 * time.Hour)}
	claim := journey.Define("claim", journey.Promise("called-back", 24*time.Hour, journey.Maintenance(move)))
	client, err := cx.New(cx.WithDefinitions(claim), cx.WithProcessors(promises{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)
	ctx = claim.Start(ctx, "claim-1", event.Customer{}, journey.At(noon))
	claim.Complete(ctx, journey.At(noon.Add(25*time.Hour)))
	// Output:
	// claim-1 promise.made called-back due Tue 14:00
	// claim-1 promise.kept called-back due Tue 14:00
}
