package insight_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestNear: another form of an ID is found, and another ID is not.
func TestNear(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for i, id := range []string{"AB-17 4", "#000123", "Ticket/88", "ümlaut-1", "7", "9-9", "abc", "later-500"} {
		m.events = append(m.events, storyEvent("ticket", id, float64(i), event.JourneyStarted, nil))
	}
	probe := storyEvent("ticket", "ab.174", 3, event.JourneyStarted, nil)
	probe.Actor = event.ActorSynthetic
	m.events = append(m.events, probe, storyEvent("order", "ab/17/4", 5, event.JourneyStarted, nil))
	table := tableOf(t, m)
	all := insight.Everything()
	for _, c := range []struct {
		reason, id string
		viewer     insight.Viewer
		want       []string
	}{
		{"signs in between, the last one first", "ab174", all, []string{"ab/17/4", "AB-17 4"}},
		{"not the ID itself", "AB-17 4", all, []string{"ab/17/4"}},
		{"the number without zeros", "123", all, []string{"#000123"}},
		{"another prefix", "Order 123", all, []string{"#000123"}},
		{"another number", "124", all, nil},
		{"a part of the number", "23", all, nil},
		{"letters beyond ASCII", "ÜMLAUT1", all, []string{"ümlaut-1"}},
		{"two numbers are no number at the end", "99", all, []string{"9-9"}},
		{"what began after the moment", "500", all, nil},
		{"nothing", "", all, nil},
		{"signs alone", "-#", all, nil},
		{"outside of the scope", "ab174", insight.Viewer{Rights: insight.Customers, Journeys: []string{"ticket"}}, []string{"AB-17 4"}},
		{"another segment", "ab174", insight.Viewer{Rights: insight.Customers, Segments: []string{"iron"}}, nil},
	} {
		list, err := table.View(c.viewer, at(6.5)).Near(t.Context(), c.id)
		var got []string
		for _, r := range list {
			got = append(got, r.ID)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q is near %q (%v), want %q", c.reason, c.id, got, err, c.want)
		}
	}
	if _, err := table.View(insight.Viewer{Rights: insight.Numbers | insight.Words | insight.Act}, at(6)).Near(t.Context(), "123"); !errors.Is(err, insight.ErrDenied) {
		t.Errorf("without the right: %v", err)
	}
}

// TestNearIsBounded: those that began last.
func TestNearIsBounded(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for i := range 60 {
		m.events = append(m.events, storyEvent("ticket", fmt.Sprintf("%c-%d", 'a'+i%26, 5), float64(i*37%60), event.JourneyStarted, nil), storyEvent("order", fmt.Sprintf("%c%d-5", 'a'+i%26, i), 1, event.JourneyStarted, nil))
	}
	list, err := tableOf(t, m).View(insight.Everything(), at(100)).Near(t.Context(), "5")
	if err != nil || len(list) != insight.MaxNear {
		t.Fatalf("%d runs (%v), want %d", len(list), err, insight.MaxNear)
	}
}
