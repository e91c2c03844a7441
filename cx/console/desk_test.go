package console_test

import (
	"net/http"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
)

// TestFiltersAreNotMixed: two filters that read alike have answers of their own.
func TestFiltersAreNotMixed(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")))
	for _, of := range []struct {
		address, reason string
		runs            bool
	}{
		{"/runs?where=team:red,blue", "two values", true},
		{"/runs?where=team:red+blue", "one value with a space in it", false},
		{"/runs?where=team:red&where=team:blue", "two conditions", false},
		{"/runs?where=team:red,blue", "two values again", true},
		{"/runs?where=team!red+blue", "all that are not of one value", true},
	} {
		w := request(c, http.MethodGet, of.address)
		if got := strings.Contains(w.Body.String(), `<th scope="row">`); w.Code != http.StatusOK || got != of.runs {
			t.Errorf("%s: %s is answered with %d and lists runs: %t, want %t", of.reason, of.address, w.Code, got, of.runs)
		}
	}
}

// TestScopesAreNotMixed: a reader has the answers of the own scope, whoever has asked before.
func TestScopesAreNotMixed(t *testing.T) {
	t.Parallel()
	table := loaded(t, desk("ticket"), worsened())
	scope := []string{"ticket"}
	c := served(t, table, console.WithViewer(func(*http.Request) (insight.Viewer, error) {
		return insight.Viewer{Rights: insight.Numbers, Journeys: scope}, nil
	}))
	all := part(t, request(c, http.MethodGet, "/").Body.String(), "running")
	scope = []string{"order"}
	if none := part(t, request(c, http.MethodGet, "/").Body.String(), "running"); none == all || strings.Contains(none, "ticket") {
		t.Errorf("another scope sees %s", none)
	}
	scope = []string{"order", "ticket"}
	if again := part(t, request(c, http.MethodGet, "/").Body.String(), "running"); again != all {
		t.Errorf("a wider scope sees %s, want %s", again, all)
	}
}
