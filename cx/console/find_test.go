package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// TestFindWhatIsMeant: a run by any form of its ID, a customer by the pseudonym or the application's own ID, which is in no address.
func TestFindWhatIsMeant(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	placed := order.Start(o.ctx, "AB-100 200", event.Customer{ID: "alice"})
	order.Enter(placed, "paid")
	order.Start(o.ctx, "#000042", event.Customer{ID: "bob"})
	order.Start(o.ctx, "C-1", event.Customer{ID: "bob"})
	order.Start(o.ctx, "bob", event.Customer{ID: "bob"})
	order.Start(o.ctx, "x/y ?#", event.Customer{ID: "bob"})
	o.load()
	started := o.rec.Events(event.JourneyStarted)
	alice, bob := started[0].Customer.Hash, started[3].Customer.Hash
	for _, c := range []struct {
		reason, text string
		to           string // of the redirect; "" is a page that says that there is none
		says         []string
	}{
		{"an order", "17", "/runs/order/17", []string{"17"}},
		{"with spaces around it", "  17 ", "/runs/order/17", nil},
		{"any byte in an ID", "x/y ?#", "/runs/order/x%2Fy%20%3F%23", []string{"x/y ?#"}},
		{"two journeys: the first one's page lists the others", "C-1", "/runs/complaint/C-1", []string{"The same ID in other journeys", "/runs/order/C-1"}},
		{"a pseudonym", alice, "/customers/" + alice, nil},
		{"the application's own ID", "alice", "/customers/" + alice, []string{"Open follow-ups"}},
		{"a customer and an order", "bob", "/hits?customer=" + bob, []string{"/runs/order/bob", "/customers/" + bob}},
		{"in small letters without signs", "ab100200", "/hits?near=true&run=", []string{"/runs/order/AB-100%20200", "another form"}},
		{"the number alone", "42", "/hits?near=true&run=", []string{"#000042", "Did you mean this one?"}},
		{"another number", "43", "", nil},
		{"signs alone", "--", "", nil},
		{"a control character", "17\n", "/runs/order/17", nil},
		{"too long", strings.Repeat("7", 129), "", nil},
		{"hostile", hostile, "", nil},
	} {
		w := o.post("/find", "q", c.text)
		to := w.Header().Get("Location")
		page := strings.TrimSuffix(to, "?namespace=default")
		if c.to == "" {
			if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "<script>alert") {
				t.Errorf("%s: it is answered with %d to %q", c.reason, w.Code, to)
			}
			continue
		}
		near := c.to[len(c.to)-1] == '='
		if w.Code != http.StatusSeeOther || page != c.to && !(near && strings.HasPrefix(to, c.to)) && !strings.HasPrefix(to, c.to+"&run=") {
			t.Errorf("%s: it is answered with %d to %q, want %q: %s", c.reason, w.Code, to, c.to, w.Body)
			continue
		}
		if c.text == "alice" && strings.Contains(to, "alice") {
			t.Errorf("%s: the address has it: %s", c.reason, to)
		}
		code, body := o.get(to)
		if code != http.StatusOK {
			t.Errorf("%s: %s is answered with %d: %s", c.reason, to, code, body)
		}
		for _, want := range c.says {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %s does not say %q:\n%s", c.reason, to, want, body)
			}
		}
	}
	o.viewer.Journeys = []string{"complaint"}
	for _, text := range []string{"17", "ab100200", "42"} {
		if w := o.post("/find", "q", text); w.Code != http.StatusNotFound {
			t.Errorf("%q is outside of the scope, and is answered with %d to %q", text, w.Code, w.Header().Get("Location"))
		}
	}
}

// TestHitsOfHand asks for lists that no search makes.
func TestHitsOfHand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for address, want := range map[string]int{
		"/hits":                                 200,
		"/hits?run=x":                           400,
		"/hits?run=%2Forder%2F18%2F":            400,
		"/hits?run=%2Forder%2F18":               404,
		"/hits?" + strings.Repeat("run=a&", 41): 400,
	} {
		if code, body := o.get(address); code != want {
			t.Errorf("%s is answered with %d, want %d: %s", address, code, want, body)
		}
	}
}

// TestCustomerHash: the application says how its IDs become pseudonyms.
func TestCustomerHash(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")), console.WithCustomerHash(func(id string) string { return "c" + strings.TrimPrefix(id, "client-") }),
		console.WithViewer(func(*http.Request) (insight.Viewer, error) { return insight.Everything(), nil }))
	o := &office{t: t, console: c}
	if w := o.post("/find", "q", "client-003"); w.Header().Get("Location") != "/customers/c003" {
		t.Errorf("it is answered with %d to %q", w.Code, w.Header().Get("Location"))
	}
}

// TestHitsThatAreGone: a list that was sent is there still when one of its runs was erased. When all were, it says so.
func TestHitsThatAreGone(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")))
	there, gone := "run="+url.QueryEscape(`/ticket/T\/4 `), "run=%2Fticket%2Fgone"
	if w := request(c, http.MethodGet, "/hits?"+gone+"&"+there); w.Code != http.StatusOK || strings.Count(w.Body.String(), "/runs/ticket/T%2F4%20") != 1 {
		t.Errorf("the list is answered with %d: %s", w.Code, w.Body)
	}
	if w := request(c, http.MethodGet, "/hits?"+gone); w.Code != http.StatusNotFound {
		t.Errorf("a list of nothing is answered with %d", w.Code)
	}
}

// TestFindNothing: a search for nothing says what to write.
func TestFindNothing(t *testing.T) {
	t.Parallel()
	w := newOffice(t).post("/find", "q", "  ")
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "There is nothing to look for.") {
		t.Errorf("it is answered with %d: %s", w.Code, w.Body)
	}
}
