package storefront_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/payments"
	"cairncx.dev/cairn/examples/shop/storefront"
)

// paysAt lets the shop charge cards at this server.
func paysAt(url string) func(*storefront.Config) {
	return func(c *storefront.Config) { c.Payments = url }
}

const receipt = `{"status": "paid"}`

// TestOnePaymentAtATime: while a payment runs, the shop charges no second card, keeps the basket, and puts nothing
// more into it.
func TestOnePaymentAtATime(t *testing.T) {
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	pay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, receipt)
	}))
	defer pay.Close()
	s := newShop(t, paysAt(pay.URL))
	b := s.browser()
	order := b.toPayment()
	session := b.cookies()["session"]
	first := make(chan *httptest.ResponseRecorder)
	go func() {
		first <- s.direct(http.MethodPost, "/payment", "card="+payments.CardGood, func(r *http.Request) {
			r.AddCookie(&http.Cookie{Name: "session", Value: session})
		})
	}()
	<-arrived
	if _, at, _ := b.post("/payment", "card", payments.CardGood); at != "/payment" {
		t.Errorf("the second payment leads to %s", at)
	}
	b.post("/cancel")
	if _, _, page := b.get("/cart"); !strings.Contains(page, order) {
		t.Errorf("the basket that is being paid for is gone:\n%s", page)
	}
	other := s.with(map[string]string{"session": session})
	if _, _, page := other.post("/cart", "product", "socks"); strings.Contains(page, order) {
		t.Errorf("a product is in the basket after its price was charged:\n%s", page)
	}
	close(release)
	if w := <-first; w.Header().Get("Location") != "/confirmation" {
		t.Errorf("the first payment leads to %q", w.Header().Get("Location"))
	}
	if _, _, page := b.get("/confirmation"); strings.Contains(page, "Wool socks") {
		t.Errorf("the customer gets more than was charged:\n%s", page)
	}
	if len(arrived) > 0 {
		t.Error("the shop charged two cards")
	}
	outcomes := map[event.Outcome]int{}
	for _, e := range b.Touchpoint("submit-payment").Events() {
		outcomes[e.Outcome]++
	}
	if outcomes[event.OK] != 1 || outcomes[event.Cancelled] != 1 {
		t.Errorf("the payments are %v, want one that is ok and one cancelled", outcomes)
	}
}

// TestCharge: the payments service gets the basket's total and the card, as JSON.
func TestCharge(t *testing.T) {
	got, form := make(chan payments.Charge, 1), make(chan string, 1)
	pay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c payments.Charge
		if err := json.NewDecoder(r.Body).Decode(&c); err != nil || r.URL.Path != "/charges" {
			t.Errorf("%s: %v", r.URL, err)
		}
		got <- c
		form <- r.Header.Get("Content-Type")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, receipt)
	}))
	defer pay.Close()
	b := newShop(t, paysAt(pay.URL)).browser()
	b.post("/cart", "product", "socks")
	order := b.toPayment() // adds a mug
	b.post("/payment", "card", payments.CardSlow)
	if c, want := <-got, (payments.Charge{Order: order, Amount: 18_50 + 14_00, Currency: "EUR", Card: payments.CardSlow}); c != want {
		t.Errorf("the charge is %+v, want %+v", c, want)
	}
	if f := <-form; f != "application/json" {
		t.Errorf("its form is %s", f)
	}
}

// TestAnswersOfPayments: the customer has paid only if the payments service says so. The touchpoint has the class of
// any other answer.
func TestAnswersOfPayments(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		class  string // "" if the customer has paid
		cause  string
	}{
		{"paid", 201, receipt, "", ""},
		{"paid, with more than the shop knows", 201, `{"status": "paid", "id": 7}`, "", ""},
		{"declined, whatever the body says", 402, receipt, "card_declined", "card-declined"},
		{"declined, in spite of the status", 201, `{"status": "declined"}`, "payments_answer", "payments-unavailable"},
		{"another status", 200, receipt, "payments_200", "payments-unavailable"},
		{"busy", 503, "", "payments_503", "payments-unavailable"},
		{"no receipt", 201, "", "payments_answer", "payments-unavailable"},
		{"half a receipt", 201, receipt[:len(receipt)-1], "payments_answer", "payments-unavailable"},
		{"an endless receipt", 201, `{"id": "` + strings.Repeat("7", 5<<10) + `", "status": "paid"}`, "payments_answer", "payments-unavailable"},
		{"no answer", 0, "", "payments_unreachable", "payments-unavailable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			pay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c.status == 0 {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer pay.Close()
			b := newShop(t, paysAt(pay.URL)).browser()
			b.toPayment()
			_, at, page := b.post("/payment", "card", payments.CardGood)
			if (at == "/confirmation") != (c.class == "") {
				t.Errorf("the payment leads to %s:\n%s", at, page)
			}
			if e := b.Touchpoint("submit-payment").Times(1).Events()[0]; e.ErrorType != c.class || e.Cause != c.cause || (e.Outcome == event.OK) != (c.class == "") {
				t.Errorf("submit-payment is %s with the cause %q and the error %q, want %q and %q", e.Outcome, e.Cause, e.ErrorType, c.cause, c.class)
			}
			if c.class == "" {
				return
			}
			if _, at, _ := b.get("/payment"); at != "/payment" {
				t.Errorf("the customer cannot try again: the way leads to %s", at)
			}
		})
	}
}

// TestClose: a shop that is closed holds no connection to the payments service.
func TestClose(t *testing.T) {
	closed := make(chan struct{}, 10)
	pay := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, receipt)
	}))
	pay.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
	pay.Start()
	defer pay.Close()
	s := newShop(t, paysAt(pay.URL))
	b := s.browser()
	b.toPayment()
	b.post("/payment", "card", payments.CardGood)
	s.front.Close()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Error("the connection is still open")
	}
}
