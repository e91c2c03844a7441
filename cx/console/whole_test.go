package console_test

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestRunsOfASmallJourney: the number of all runs is not shown where it would tell how many runs a journey has whose numbers are hidden.
func TestRunsOfASmallJourney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		orders, customers int
		journeys          []string
		says              string
		reason            string
	}{
		{0, 1, nil, "240 runs", "one journey alone"},
		{7, 2, nil, "", "a journey of two customers beside it"},
		{7, 2, []string{"ticket"}, "240 runs", "the small journey is out of the scope"},
		{7, 2, []string{"order", "ticket"}, "", "both are in the scope"},
		{7, 7, nil, "247 runs", "a journey of enough customers"},
	} {
		m := crowd("ticket", "")
		for i := range c.orders {
			e := event.Event{Kind: event.JourneyStarted, Time: now.AddDate(0, 0, -50), Journey: event.Run{Name: "order", ID: fmt.Sprint(i), Started: now.AddDate(0, 0, -50)}, Customer: event.Customer{Hash: fmt.Sprint("few", i%c.customers)}}
			binary.BigEndian.PutUint64(e.ID[:], uint64(i+1)) //nolint:gosec // it is not negative
			m.events = append(m.events, e)
		}
		page := served(t, loaded(t, desk("ticket"), m), console.WithViewer(func(*http.Request) (insight.Viewer, error) {
			return insight.Viewer{Rights: insight.Numbers, Journeys: c.journeys}, nil
		}))
		_, body, _ := strings.Cut(request(page, http.MethodGet, "/").Body.String(), "Rests on")
		body, _, _ = strings.Cut(body, "</dd>")
		if c.says != "" && !strings.Contains(body, c.says) || strings.Contains(body, "247") != (c.says == "247 runs") || c.says == "" && !strings.Contains(body, "fewer than 5 customers") {
			t.Errorf("%s: it rests on %q, want %q", c.reason, body, c.says)
		}
	}
}
