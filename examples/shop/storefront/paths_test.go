package storefront_test

import (
	"net/http"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/examples/shop/payments"
)

// TestWhereTo: a page that comes too early or too late in the checkout leads to the page that is next for the customer.
func TestWhereTo(t *testing.T) {
	empty := func(*browser) {}
	filled := func(b *browser) { b.post("/cart", "product", "mug") }
	addressed := func(b *browser) { b.toPayment() }
	paid := func(b *browser) {
		b.toPayment()
		b.post("/payment", "card", payments.CardDeclined)
		b.post("/payment", "card", payments.CardGood)
	}
	failed := func(b *browser) { b.toPayment(); b.post("/payment", "card", payments.CardDeclined) }
	gaveUp := func(b *browser) { failed(b); b.post("/give-up") }
	for _, c := range []struct {
		name   string
		before func(b *browser)
		path   string
		form   []string
		want   string
	}{
		{"an address for nothing", empty, "/address", nil, "/cart"},
		{"an address for a basket", filled, "/address", nil, "/address"},
		{"an address for what is paid", paid, "/address", nil, "/cart"},
		{"the form of an address for nothing", empty, "/address", []string{"name", "N", "mail", "m", "street", "S", "city", "C"}, "/cart"},
		{"a payment for nothing", empty, "/payment", nil, "/cart"},
		{"a payment without an address", filled, "/payment", nil, "/address"},
		{"a payment", addressed, "/payment", nil, "/payment"},
		{"a payment of what is paid", paid, "/payment", nil, "/confirmation"},
		{"a card for nothing", empty, "/payment", []string{"card", payments.CardGood}, "/cart"},
		{"a card without an address", filled, "/payment", []string{"card", payments.CardGood}, "/address"},
		{"a card for what is paid", paid, "/payment", []string{"card", payments.CardGood}, "/confirmation"},
		{"a card that the shop does not know", addressed, "/payment", []string{"card", "1"}, "/payment"},
		{"a confirmation of nothing", empty, "/confirmation", nil, "/cart"},
		{"a confirmation", paid, "/confirmation", nil, "/confirmation"},
		{"giving up nothing", empty, "/give-up", []string{"", ""}, "/"},
		{"giving up before a payment has failed", addressed, "/give-up", []string{"", ""}, "/"},
		{"giving up", failed, "/give-up", []string{"", ""}, "/sorry"},
		{"giving up what was paid after a failure", paid, "/give-up", []string{"", ""}, "/"},
		{"an apology for nothing", empty, "/sorry", nil, "/"},
		{"an apology", gaveUp, "/sorry", nil, "/sorry"},
		{"a card after giving up", gaveUp, "/payment", []string{"card", payments.CardGood}, "/cart"},
		{"the end of what was given up", gaveUp, "/cancel", []string{"", ""}, "/"},
		{"the end of nothing", empty, "/cancel", []string{"", ""}, "/"},
		{"a new basket after the old one", paid, "/cart", nil, "/cart"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newShop(t).browser()
			b.AllowFaults(fault.OutsideJourney) // without a basket the customer is in no checkout
			c.before(b)
			n := len(b.Touchpoint("submit-payment").Events())
			var at, page string
			if c.form == nil {
				_, at, page = b.get(c.path)
			} else {
				_, at, page = b.post(c.path, c.form...)
			}
			if at != c.want {
				t.Errorf("%s leads to %s, want %s:\n%s", c.path, at, c.want, page)
			}
			for _, e := range b.Touchpoint("submit-payment").Events()[n:] {
				if e.Outcome != event.Cancelled {
					t.Errorf("a payment that the shop does not try is %v", e.Outcome)
				}
			}
			if c.path == "/cart" && !strings.Contains(page, "Your basket is empty") {
				t.Errorf("the basket that was paid for is still there:\n%s", page)
			}
		})
	}
}

// TestCompleteAddress: each field of the address is needed.
func TestCompleteAddress(t *testing.T) {
	b := newShop(t).browser()
	b.post("/cart", "product", "socks")
	fields := []string{"name", "mail", "street", "city"}
	for _, missing := range fields {
		var form []string
		for _, f := range fields {
			if f != missing {
				form = append(form, f, "filled in")
			}
		}
		if status, _, page := b.post("/address", form...); status != http.StatusUnprocessableEntity || strings.Count(page, "aria-invalid") != 1 || strings.Count(page, `value="filled in"`) != 3 {
			t.Errorf("without %s the status is %d:\n%s", missing, status, page)
		}
		if _, at, _ := b.get("/payment"); at != "/address" {
			t.Errorf("without %s the customer pays at %s", missing, at)
		}
	}
	b.Touchpoint("enter-address").Failed().Times(len(fields))
}

// TestCards: the page has the cards in groups of four digits. The good one is chosen, and the one that has just failed is
// marked.
func TestCards(t *testing.T) {
	b := newShop(t).browser()
	b.toPayment()
	_, _, page := b.get("/payment")
	for _, shown := range []string{"4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 0341", "4000 0000 0000 0119"} {
		if strings.Count(page, shown) != 1 {
			t.Errorf("the page lacks the card %s:\n%s", shown, page)
		}
	}
	if strings.Count(page, " checked") != 1 || !strings.Contains(page, `value="`+payments.CardGood+`" required checked`) || strings.Contains(page, "Did not work") {
		t.Errorf("before the first attempt another card than the good one is chosen, or one has failed:\n%s", page)
	}
	_, _, page = b.post("/payment", "card", payments.CardDeclined)
	_, after, _ := strings.Cut(page, "choice failed")
	if strings.Count(page, "Did not work just now") != 1 || !strings.Contains(after[:min(len(after), 200)], payments.CardDeclined) {
		t.Errorf("the card that was declined is not the one that is marked:\n%s", page)
	}
}

// TestHome: the first page offers all products, and any other unknown page does not.
func TestHome(t *testing.T) {
	b := newShop(t).browser()
	for path, want := range map[string]int{"/": http.StatusOK, "/none": http.StatusNotFound, "/cart/none": http.StatusNotFound} {
		status, _, page := b.get(path)
		products := 0
		for _, id := range []string{"mug", "socks", "pack"} {
			products += strings.Count(page, `value="`+id+`"`)
		}
		if status != want || (products == 3) != (want == http.StatusOK) {
			t.Errorf("%s has the status %d and %d products:\n%s", path, status, products, page)
		}
	}
}

// TestBesideTheCheckout: a check of the service's health and the style are no touchpoints.
func TestBesideTheCheckout(t *testing.T) {
	s := newShop(t)
	if w := s.direct(http.MethodGet, "/healthz", "", nil); w.Code != http.StatusNoContent {
		t.Errorf("the service's health is %d", w.Code)
	}
	if w := s.direct(http.MethodGet, "/style.css", "", nil); w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "max-age=3600" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("the style is answered with %d, %v", w.Code, w.Header())
	}
	if n := len(s.Events()); n != 0 {
		t.Errorf("there are %d events", n)
	}
}

// TestForms: each field of the forms that the company's own systems send is needed, and nothing is recorded of a form that
// is refused.
func TestForms(t *testing.T) {
	here := func(r *http.Request) { r.RemoteAddr = "127.0.0.1:9" }
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"/support", "order=7KQ2-M4XA-ZP6T&wait=40&resolved=yes", 400},
		{"/support", "order=7KQ2-M4XA-ZP6T&seconds=x&wait=40", 400},
		{"/support", "order=7KQ2-M4XA-ZP6T&seconds=180&wait=x", 400},
		{"/support", "order=7KQ2-M4XA-ZP61&seconds=180&wait=40", 400},
		{"/support", "order=7KQ2-M4XA-ZP6TA&seconds=180&wait=40", 400},
		{"/support", "order=7KQ2M-4XA-ZP6T&seconds=180&wait=40", 400},
		{"/support", "order=7KQ2-M4XAZ-P6T&seconds=180&wait=40", 400},
		{"/support", "order=7KQ2-M4XA-ZP6t&seconds=180&wait=40", 400},
		{"/support", "order=ABZ2-AAAA-AAA7&seconds=180&wait=40&resolved=yes", 204},
		{"/nps", "order=7KQ2-M4XA-ZP6T&score=x&via=email", 400},
		{"/nps", "order=7KQ2-M4XA-ZP6T&score=-1&via=email", 400},
		{"/nps", "order=x&score=9&via=email", 400},
		{"/nps", "order=7KQ2-M4XA-ZP6T&score=0&via=phone", 204},
	} {
		s := newShop(t)
		w := s.direct(http.MethodPost, c.path, c.body, here)
		events := len(s.Touchpoint("call-support").Events()) + len(s.Events(event.FeedbackReceived))
		if w.Code != c.want || (events == 1) != (c.want == 204) || (w.Body.Len() > 0) != (c.want == 400) {
			t.Errorf("%s %s: the status is %d, want %d, with %d events: %s", c.path, c.body, w.Code, c.want, events, w.Body)
		}
		if c.want == 204 && c.path == "/support" {
			s.Touchpoint("call-support").OK().Times(1)
		}
	}
}
