package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAddressesOfHand asks for pages at addresses that no page has: each is answered, none is a fault of the console, and none makes a page that is much larger than usual.
func TestAddressesOfHand(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")))
	for _, of := range []struct {
		address string
		want    int
		reason  string
	}{
		{"/journeys/ticket?" + strings.Repeat("way="+strings.Repeat("a", 500)+"&", 1900), 400, "parameters that stand in each link of a page"},
		{"/?" + strings.Repeat("x=1&", 9999), 400, "many short ones, which stand in its forms"},
		{"/hits?customer=" + strings.Repeat("a", 500) + strings.Repeat("&customer="+strings.Repeat("b", 500), 39), 200, "the longest list of hits"},
		{"/runs?where=team:50%", 400, "a percent sign alone: without the condition the numbers would be of all runs"},
		{"/?from=2026-01-01;until=2026-01-02", 400, "semicolons"},
		{"/?from=0001-01-01&until=0001-01-02", 400, "the day that is the zero time"},
		{"/?from=1899-12-31&until=1900-01-02", 400, "before the first year"},
		{"/?from=1900-01-01&until=1900-01-02", 200, "the first year"},
		{"/?from=9998-12-30&until=9998-12-31", 200, "the last year"},
		{"/?from=9999-12-30&until=9999-12-31", 400, "after the last year"},
		{"/reports/year/0001-01-01.html", 400, "a report of the zero time"},
		{"/reports/week/9999-12-31.json", 400, "a report that ends in the year 10000"},
		{"/reports/week/9998-12-31.json", 200, "a report of the last year"},
		{"/?zone=Pacific/Apia&from=2011-12-25&until=2012-01-03", 200, "a period with a day that the zone left out"},
		{"/?zone=America/Sao_Paulo&from=2018-11-01&until=2018-11-06", 200, "a day without a midnight"},
	} {
		w := request(c, http.MethodGet, of.address)
		if w.Code != of.want {
			t.Errorf("%s: %.60s is answered with %d, want %d", of.reason, of.address, w.Code, of.want)
		}
		if body := w.Body.String(); w.Code == http.StatusOK && strings.Contains(body, `class="fault"`) || len(body) > 256<<10 {
			t.Errorf("%s: %.60s has a part that could not be answered, or %d bytes", of.reason, of.address, len(body))
		}
	}
}
