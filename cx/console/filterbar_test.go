package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestConditionsAreSaid: a condition is said in the same words above the page and elsewhere, also one of runs of which the value is not known.
func TestConditionsAreSaid(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")))
	body := request(c, http.MethodGet, "/?where=team:,red&where=segment!gold").Body.String()
	for _, want := range []string{"Remove the condition team is not known or red", "Remove the condition segment is not gold"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
