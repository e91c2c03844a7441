package crowd_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/examples/shop/payments"
)

// fakeShop answers as the shop does, and keeps the forms that it gets, by path.
type fakeShop struct {
	fail   string // the request, such as "POST /cart", that is answered with how
	how    http.HandlerFunc
	mu     sync.Mutex
	now    int // requests that are being served
	most   int // of them at the same time
	orders int
	forms  map[string][]url.Values
	agents map[string]bool
}

func (s *fakeShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	s.now++
	s.most = max(s.most, s.now)
	defer func() {
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}()
	s.agents[r.UserAgent()] = true
	if r.Method == http.MethodPost {
		s.forms[r.URL.Path] = append(s.forms[r.URL.Path], r.PostForm)
	}
	if r.URL.Path == "/cart" && r.Method == http.MethodPost {
		s.orders++
		http.SetCookie(w, &http.Cookie{Name: "order", Value: fmt.Sprintf("order-%d", s.orders)})
	}
	s.mu.Unlock()
	at := r.Method + " " + r.URL.Path
	if at == s.fail {
		s.how(w, r)
		return
	}
	order := ""
	if c, err := r.Cookie("order"); err == nil {
		order = c.Value
	}
	switch at {
	case "POST /cart":
		http.Redirect(w, r, "/cart", http.StatusSeeOther)
	case "POST /address":
		http.Redirect(w, r, "/payment", http.StatusSeeOther)
	case "POST /payment":
		if c := r.PostForm.Get("card"); c == payments.CardDeclined || c == payments.CardBroken {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = fmt.Fprint(w, `<p data-problem="declined">`)
			return
		}
		http.Redirect(w, r, "/confirmation", http.StatusSeeOther)
	case "GET /confirmation":
		_, _ = fmt.Fprintf(w, `<p data-trace="trace-of-%s" data-ask="page">`, order)
	case "POST /mail":
		_, _ = fmt.Fprintf(w, "sent\nhttp://shop.example/feedback/r/%s\n", r.PostForm.Get("order"))
	default:
		_, _ = fmt.Fprintf(w, `<p data-order="%s">`, order)
	}
}

// open returns a driver of the customers, and the shop that they come to.
func open(t *testing.T, customers int) (crowd.Driver, *fakeShop) {
	t.Helper()
	shop := &fakeShop{forms: map[string][]url.Values{}, agents: map[string]bool{}}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	return crowd.Driver{Storefront: server.URL + "/", Customers: customers, Parallel: 1}, shop
}

// TestDriver: each customer sends what crowd.At says, and remembers the order and the trace.
func TestDriver(t *testing.T) {
	t.Parallel()
	d, shop := open(t, 20)
	visits, err := d.FirstDay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.NextDay(t.Context(), visits); err != nil {
		t.Fatal(err)
	}
	var orders, cards, wantCards, votes, wantVotes, calls, wantCalls, nps, wantNPS []string
	for i, v := range visits {
		who := crowd.At(i)
		if v.Customer.Index != i || v.Order == "" || slices.Contains(orders, v.Order) {
			t.Errorf("the customer %d remembers %+v", i, v)
		}
		orders = append(orders, v.Order)
		if want := map[bool]string{true: "trace-of-" + v.Order}[who.Leaves == ""]; v.TraceID != want {
			t.Errorf("the customer %d has seen the trace %q, want %q", i, v.TraceID, want)
		}
		wantCards = append(wantCards, who.Cards...)
		if who.CSAT > 0 {
			wantVotes = append(wantVotes, fmt.Sprint(who.CSAT)+who.Comment)
		}
		switch who.Call {
		case crowd.NoCall:
		case crowd.Resolved:
			wantCalls = append(wantCalls, v.Order+" yes")
		case crowd.Unresolved:
			wantCalls = append(wantCalls, v.Order+" no")
		}
		if who.NPSVia != 0 {
			wantNPS = append(wantNPS, fmt.Sprint(v.Order, " ", who.NPS, " ", who.NPSVia))
		}
	}
	for _, f := range shop.forms["/payment"] {
		cards = append(cards, f.Get("card"))
	}
	for _, f := range shop.forms["/feedback/r/page"] {
		votes = append(votes, f.Get("score")+f.Get("comment"))
	}
	for _, f := range shop.forms["/support"] {
		calls = append(calls, f.Get("order")+" "+f.Get("resolved"))
	}
	for _, f := range shop.forms["/nps"] {
		nps = append(nps, f.Get("order")+" "+f.Get("score")+" "+f.Get("via"))
	}
	for path, forms := range shop.forms {
		if order, ok := strings.CutPrefix(path, "/feedback/r/"); ok && order != "page" { // the links of the mails
			nps = append(nps, order+" "+forms[0].Get("score")+" email")
		}
	}
	for what, both := range map[string][2][]string{"cards": {cards, wantCards}, "answers": {votes, wantVotes}, "calls": {calls, wantCalls}, "recommendations": {nps, wantNPS}} {
		slices.Sort(both[0]) // one customer at a time, but a group starts them in any order
		slices.Sort(both[1])
		if !slices.Equal(both[0], both[1]) {
			t.Errorf("the %s are %q, want %q", what, both[0], both[1])
		}
	}
	if shop.most != 1 {
		t.Errorf("%d customers come at once, want one after the other", shop.most)
	}
	if n := len(shop.forms["/address"]); n != 17 || len(shop.forms["/cart"]) != 20 {
		t.Errorf("%d customers give an address, and %d have a basket", n, len(shop.forms["/cart"]))
	}
	if !shop.agents["crowd/1 (desktop)"] || !shop.agents["crowd/1 (Mobile)"] || len(shop.agents) != 2 {
		t.Errorf("the browsers are %v", shop.agents)
	}
}

// TestCustomers: what the comment of crowd.At leaves open.
func TestCustomers(t *testing.T) {
	t.Parallel()
	for i := range 40 {
		c, again := crowd.At(i), crowd.At(i+20)
		if c.Index != i || c.Mobile != (i%2 == 1) {
			t.Errorf("the customer %d is %+v", i, c)
		}
		if want := map[bool]event.Channel{true: event.Phone, false: event.Email}[i%20 >= 12]; c.NPSVia != 0 && c.NPSVia != want {
			t.Errorf("the customer %d recommends by %v, want %v", i, c.NPSVia, want)
		}
		if c.Leaves != again.Leaves || c.Call != again.Call || c.CSAT != again.CSAT || c.NPS != again.NPS || !slices.Equal(c.Cards, again.Cards) {
			t.Errorf("the customer %d is not as the customer %d", i+20, i)
		}
	}
}

// TestDriverStops: the first page that is not the expected one is an error that names the customer and the page.
func TestDriverStops(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, fail, says string
		how              http.HandlerFunc
	}{
		{"the shop is broken", "GET /", "500", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", 500) }},
		{"the basket is refused", "POST /cart", "400", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", 400) }},
		{"no form for the address", "GET /address", "/cart, want /address", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/cart", http.StatusSeeOther) }},
		{"the address is refused", "POST /address", "/address, want /payment", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(422) }},
		{"the payment is refused", "POST /payment", "want /confirmation", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(422) }},
		{"a problem on the confirmation", "GET /confirmation", `the page's problem is "x"`, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, `<p data-problem="x" data-trace="1">`)
		}},
		{"no thanks", "POST /feedback/r/page", "want /feedback/r/page", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/cart", http.StatusSeeOther) }},
		{"no trace on the page", "GET /confirmation", "the page has no trace ID", func(http.ResponseWriter, *http.Request) {}},
		{"a page is cut", "GET /", "unexpected EOF", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "9") }},
		{"no support", "POST /support", "502", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }},
		{"no mail", "POST /mail", "502", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, shop := open(t, 5)
			shop.fail, shop.how = c.fail, c.how
			visits, err := d.FirstDay(t.Context())
			if err == nil {
				err = d.NextDay(t.Context(), visits)
			}
			if err == nil || !strings.HasPrefix(err.Error(), "crowd: customer ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v, want one with the customer and %q", err, c.says)
			}
		})
	}
	d, _ := open(t, 40)
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := d.FirstDay(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is done the crowd returns %v", err)
	}
	if visits, err := (crowd.Driver{Customers: -1}).FirstDay(t.Context()); err != nil || len(visits) != 0 {
		t.Errorf("a crowd of less than none: %v, %v", visits, err)
	}
}

// TestNoProblem: a customer whose card is declined expects to read why.
func TestNoProblem(t *testing.T) {
	t.Parallel()
	d, shop := open(t, 20)
	shop.fail = "POST /payment"
	shop.how = func(w http.ResponseWriter, r *http.Request) {
		if c := r.PostForm.Get("card"); c == payments.CardDeclined {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		shop.mu.Lock()
		defer shop.mu.Unlock()
		http.Redirect(w, r, "/confirmation", http.StatusSeeOther)
	}
	d.Parallel = 0
	if _, err := d.FirstDay(t.Context()); err == nil || !strings.Contains(err.Error(), `the page's problem is ""`) && !strings.Contains(err.Error(), "want /payment") {
		t.Errorf("the error is %v, want that the page has no problem", err)
	}
}

// TestAdd: each kind of event counts once.
func TestAdd(t *testing.T) {
	t.Parallel()
	var got crowd.Counts
	for _, e := range []event.Event{
		{Kind: event.JourneyStarted},
		{Kind: event.JourneyStageEntered, Stage: "cart"},
		{Kind: event.JourneyEnded, Stage: "cart", Outcome: event.Abandoned},
		{Kind: event.JourneyEnded, Stage: "confirmation", Outcome: event.Completed},
		{Kind: event.TouchpointEnded, Touchpoint: "view-cart", Outcome: event.OK},
		{Kind: event.SurveyRequested, Feedback: &event.Feedback{Survey: "nps"}},
		{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: "nps", Verdict: event.Neutral}},
		{Kind: event.JourneyStalled},
		{Kind: event.JourneyStarted, Journey: event.Run{Name: "recovery", ID: "1"}, FollowUp: &event.FollowUp{Rule: "detractor"}},
		{Kind: event.JourneyStageEntered, Stage: "received", Journey: event.Run{Name: "recovery", ID: "1"}, FollowUp: &event.FollowUp{}},
		{Kind: event.PromiseMade, Journey: event.Run{Name: "complaint", ID: "2"}, Promise: &event.Promise{Name: "answered"}},
	} {
		got.Add(&e)
	}
	want := crowd.Counts{
		Started: 1, Ended: map[string]int{"abandoned": 1, "completed": 1}, Abandoned: map[string]int{"cart": 1}, Entered: map[string]int{"cart": 1},
		Touchpoints: map[string]map[string]int{"view-cart": {"ok": 1}}, Asked: map[string]int{"nps": 1}, Answers: map[string]map[string]int{"nps": {"neutral": 1}},
		FollowUps: map[string]map[string]int{"recovery": {"detractor": 1}},
	}
	if diff := got.Diff(want); len(diff) > 0 {
		t.Errorf("the counts differ: %q", diff)
	}
	want.Asked["nps"]++
	if diff := got.Diff(want); !slices.Equal(diff, []string{"asked: nps: 1, want 2"}) {
		t.Errorf("the difference is %q", diff)
	}
}
