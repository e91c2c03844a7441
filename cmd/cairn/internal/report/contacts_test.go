package report_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

var (
	night   = calendar.Define("night", calendar.Zone("UTC"), calendar.Open("daily", "21:00-08:00"))
	company = touchpoint.DefineContactPolicy("contacts",
		touchpoint.Purpose("offer", touchpoint.NeedsConsent(), touchpoint.StoppedBy("complaint"), touchpoint.QuietHours(night), touchpoint.Cap(2, 48*time.Hour)),
		touchpoint.Purpose("survey", touchpoint.OnlyOn(event.Email, event.Phone), touchpoint.Cap(1, 5*24*time.Hour), touchpoint.Cap(1, 24*time.Hour, event.Phone)),
		touchpoint.Purpose("service", touchpoint.GrantedIfUnknown()),
		touchpoint.Purpose("news", touchpoint.GrantLife(7*24*time.Hour)),
		touchpoint.CapTogether(3, 7*24*time.Hour, "offer", "survey", "news"))
)

// contacted is a contact of a test.
func contacted(at time.Time, purpose string, channel event.Channel, change ...func(*event.Event)) *event.Event {
	e := &event.Event{
		Kind: event.TouchpointEnded, Time: at, Touchpoint: "mail-" + purpose, Channel: channel, Direction: event.Outbound, Outcome: event.OK,
		Contact: &event.Contact{Purpose: purpose},
	}
	for _, f := range change {
		f(e)
	}
	return e
}

// naiveContact is a contact as the model below knows it.
type naiveContact struct {
	who, purpose string
	channel      event.Channel
	at           time.Time
	counts       bool
}

// naive decides about contacts by loops over everything that was permitted before, written apart from the policy.
func naive(list []naiveContact) map[string]int64 {
	list = slices.Clone(list)
	sort.SliceStable(list, func(a, b int) bool {
		x, y := list[a], list[b]
		if !x.at.Equal(y.at) {
			return x.at.Before(y.at)
		}
		if x.purpose != y.purpose {
			return x.purpose < y.purpose
		}
		if x.channel != y.channel {
			return x.channel < y.channel
		}
		return x.counts && !y.counts // of two that are the same, that of the period
	})
	var permitted []naiveContact
	out := map[string]int64{}
	for _, c := range list {
		within := func(d time.Duration, purposes string, channels ...event.Channel) (n int) {
			for _, p := range permitted {
				if c.who != "" && p.who == c.who && c.at.Sub(p.at) < d && strings.Contains(purposes, p.purpose) && (len(channels) == 0 || slices.Contains(channels, p.channel)) {
					n++
				}
			}
			return n
		}
		const week = 7 * 24 * time.Hour
		rule := "granted"
		switch c.purpose {
		case "offer":
			if c.at.Hour() >= 21 || c.at.Hour() < 8 {
				rule = "quiet_hours"
			} else if within(48*time.Hour, "offer") >= 2 || within(week, "offer survey news") >= 3 {
				rule = "cap"
			}
		case "survey":
			if c.channel != event.Email && c.channel != event.Phone {
				rule = "undeclared"
			} else if within(120*time.Hour, "survey") >= 1 || within(24*time.Hour, "survey", event.Phone) >= 1 || within(week, "offer survey news") >= 3 {
				rule = "cap"
			}
		case "news":
			if within(week, "offer survey news") >= 3 {
				rule = "cap"
			}
		case "service":
		default:
			rule = "undeclared"
		}
		if rule == "granted" {
			permitted = append(permitted, c)
		}
		if c.counts {
			out[c.purpose+" "+rule]++
		}
	}
	return out
}

// TestContactsFollowAModel: the report says of random logs what the model says, however the contacts are spread over collectors.
func TestContactsFollowAModel(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 7))
		var list []naiveContact
		parts := []*report.PastContacts{report.NewPastContacts(), report.NewPastContacts(), report.NewPastContacts()}
		begin := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC) // the clocks change within
		for range 400 {
			c := naiveContact{
				who: []string{"ann", "bob", "cem", "dan", ""}[random.IntN(5)], purpose: []string{"offer", "survey", "service", "news", "ofer"}[random.IntN(5)],
				channel: []event.Channel{event.Email, event.Phone, event.Post}[random.IntN(3)],
				at:      begin.Add(time.Duration(random.IntN(60*24*2)) * 30 * time.Minute), counts: random.IntN(8) > 0,
			}
			list = append(list, c)
			parts[random.IntN(3)].Add(contacted(c.at, c.purpose, c.channel), c.who, c.counts)
		}
		all := parts[0]
		all.Join(parts[1])
		all.Join(parts[2])
		rep, err := all.Judge(t.Context(), company)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		for _, p := range rep.Purposes {
			if p.Permitted > 0 {
				got[p.Name+" granted"] = p.Permitted
			}
		}
		for _, f := range rep.Refusals {
			got[f.Purpose+" "+f.Rule] += f.Count
		}
		want := naive(list)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-model +report):\n%s", seed, diff)
		}
		for key := range want {
			seen[key] = true
		}
	}
	if want := []string{"news cap", "news granted", "ofer undeclared", "offer cap", "offer granted", "offer quiet_hours", "service granted", "survey cap", "survey granted", "survey undeclared"}; !slices.Equal(slices.Sorted(maps.Keys(seen)), want) {
		t.Errorf("the logs have %q, want %q", slices.Sorted(maps.Keys(seen)), want)
	}
}

// TestContactCases: dated contacts of one purpose, and what the report says of them.
func TestContactCases(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	for _, c := range []struct {
		name   string
		add    func(add func(e *event.Event, who string, counts bool))
		want   string // made, permitted, refused, customers, without a customer, without a channel; then the refusals
		reason string
	}{
		{"a refused contact is in no window", func(add func(*event.Event, string, bool)) {
			for i := range 4 {
				add(contacted(noon.Add(time.Duration(i)*3*day), "survey", event.Email), "ann", true)
			}
		}, "4 2 2 1 0 0; survey cap mail-survey email 2 2026-04-20 2026-04-26", "with the policy in force it would not have been made"},
		{"in any order", func(add func(*event.Event, string, bool)) {
			for _, i := range []int{3, 0, 2, 1} {
				add(contacted(noon.Add(time.Duration(i)*3*day), "survey", event.Email), "ann", true)
			}
		}, "4 2 2 1 0 0; survey cap mail-survey email 2 2026-04-20 2026-04-26", "the log's order decides nothing"},
		{"the end of a window", func(add func(*event.Event, string, bool)) {
			add(contacted(noon, "survey", event.Email), "ann", true)
			add(contacted(noon.Add(5*day-1), "survey", event.Email), "ann", true)
			add(contacted(noon.Add(5*day), "survey", event.Email), "ann", true)
		}, "3 2 1 1 0 0; survey cap mail-survey email 1 2026-04-22 2026-04-22", "a contact leaves the window exactly its length after it"},
		{"at one instant", func(add func(*event.Event, string, bool)) {
			add(contacted(noon, "survey", event.Email), "ann", true)
			add(contacted(noon, "survey", event.Email), "ann", true)
		}, "2 1 1 1 0 0; survey cap mail-survey email 1 2026-04-17 2026-04-17", "two contacts at a time are two"},
		{"other customers", func(add func(*event.Event, string, bool)) {
			add(contacted(noon, "survey", event.Email), "ann", true)
			add(contacted(noon, "survey", event.Email), "bob", true)
		}, "2 2 0 0 0 0", "caps are a customer's"},
		{"no customer", func(add func(*event.Event, string, bool)) {
			add(contacted(noon, "survey", event.Email), "", true)
			add(contacted(noon, "survey", event.Email), "", true)
			add(contacted(noon.Add(10*time.Hour), "offer", event.Email), "", true)
		}, "3 2 1 0 3 0; offer quiet_hours mail-offer email 1 2026-04-17 2026-04-17", "what needs no customer is judged all the same"},
		{"no channel", func(add func(*event.Event, string, bool)) {
			add(contacted(noon, "service", 0), "ann", true)
			add(contacted(noon, "survey", 0), "ann", true)
		}, "2 1 1 1 0 2; survey undeclared mail-survey  1 2026-04-17 2026-04-17", "a purpose with channels of its own needs one"},
		{"outside the period", func(add func(*event.Event, string, bool)) {
			add(contacted(noon, "survey", event.Email), "ann", false)
			add(contacted(noon.Add(day), "survey", event.Email), "ann", true)
		}, "1 0 1 1 0 0; survey cap mail-survey email 1 2026-04-18 2026-04-18", "the windows reach back before the period"},
		{"no contacts", func(add func(*event.Event, string, bool)) {
			add(contacted(noon, "survey", event.Email, func(e *event.Event) { e.Direction = event.Inbound }), "ann", true)
			add(contacted(noon, "survey", event.Email, func(e *event.Event) { e.Outcome = event.Cancelled }), "ann", true)
			add(contacted(noon, "survey", event.Email, func(e *event.Event) { e.Outcome = event.Abandoned }), "ann", true)
			add(contacted(noon, "survey", event.Email, func(e *event.Event) { e.Actor = event.ActorSynthetic }), "ann", true)
			add(contacted(noon, "survey", event.Email, func(e *event.Event) { e.Contact = nil }), "ann", true)
			add(contacted(noon, "", event.Email), "ann", true)
			add(contacted(noon, "survey", event.Email, func(e *event.Event) { e.Kind = event.ContactSuppressed }), "ann", true)
		}, "0 0 0 0 0 0", "none of them has reached a customer for a purpose"},
		{"a failed contact", func(add func(*event.Event, string, bool)) {
			add(contacted(noon, "survey", event.Email, func(e *event.Event) { e.Outcome = event.Failed }), "ann", true)
		}, "1 1 0 0 0 0", "it may have reached the customer, as a touchpoint that failed is judged live"},
		{"a purpose that is no name", func(add func(*event.Event, string, bool)) {
			add(contacted(noon, strings.Repeat("x", 65), event.Email), "ann", true)
		}, "1 0 1 1 0 0; _other undeclared _other email 1 2026-04-17 2026-04-17", "names are bounded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := report.NewPastContacts()
			c.add(p.Add)
			rep, err := p.Judge(t.Context(), company)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(rep.Made, rep.Permitted, rep.Against, rep.Customers, rep.NoCustomer, rep.NoChannel)
			for _, f := range rep.Refusals {
				got += fmt.Sprintf("; %s %s %s %s %d %s %s", f.Purpose, f.Rule, f.Touchpoint, f.Channel, f.Count, f.First.Format(time.DateOnly), f.Last.Format(time.DateOnly))
			}
			if got != c.want {
				t.Errorf("the report says\n%s\nwant\n%s\n%s", got, c.want, c.reason)
			}
		})
	}
}

// TestConsentIsNotInALog: contacts that need consent are told, and judged as if it had been given.
func TestConsentIsNotInALog(t *testing.T) {
	t.Parallel()
	p := report.NewPastContacts()
	noon := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	for i, who := range []string{"ann", "ann", "ann", "bob"} {
		p.Add(contacted(noon.Add(time.Duration(i)*time.Hour), "offer", event.Email), who, true)
	}
	p.Add(contacted(noon, "ofer", event.Email), "ann", true)
	rep, err := p.Judge(t.Context(), company)
	if err != nil {
		t.Fatal(err)
	}
	want := []report.ContactPurpose{
		{Name: "news"},
		{Name: "offer", Made: 4, Permitted: 3, Against: 1, NeedConsent: 4},
		{Name: "service"},
		{Name: "survey"},
		{Name: "ofer", Made: 1, Against: 1, Unknown: true},
	}
	if diff := cmp.Diff(want, rep.Purposes); diff != "" {
		t.Errorf("purposes (-want +got):\n%s", diff)
	}
}

// TestJudgeFails: a faulty policy and a context that is done are errors.
func TestJudgeFails(t *testing.T) {
	t.Parallel()
	p := report.NewPastContacts()
	p.Add(contacted(time.Unix(1e9, 0), "offer", event.Email), "ann", true)
	if _, err := p.Judge(t.Context(), touchpoint.DefineContactPolicy("contacts")); err == nil || !strings.Contains(err.Error(), "no Purpose") {
		t.Errorf("a faulty policy: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("interrupted")
	cancel(gone)
	if _, err := p.Judge(ctx, company); !errors.Is(err, gone) {
		t.Errorf("an interrupted replay: %v", err)
	}
}
