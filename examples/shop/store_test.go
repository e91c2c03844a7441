package main

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/payments"
)

// shopper is one customer's browser. Its cookies outlast the shop's process.
type shopper struct {
	t      *testing.T
	client *http.Client
}

func newShopper(t *testing.T) *shopper {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &shopper{t: t, client: &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}}
}

// send posts the form, or gets the page if the form is nil, and returns the path of the page on which it ends.
func (s *shopper) send(base, path string, form ...string) (at, page string) {
	s.t.Helper()
	method, body := http.MethodGet, ""
	if len(form) > 0 {
		values := url.Values{}
		for i := 0; i < len(form); i += 2 {
			values.Set(form[i], form[i+1])
		}
		method, body = http.MethodPost, values.Encode()
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.Request.URL.Path, string(text)
}

func (s *shopper) address(base string) {
	s.t.Helper()
	s.send(base, "/address")
	if at, _ := s.send(base, "/address", "name", "Robin", "mail", "r@example.com", "street", "1", "city", "X"); at != "/payment" {
		s.t.Fatalf("the address form leads to %s", at)
	}
}

func (s *shopper) pay(base string) (page string) {
	s.t.Helper()
	at, page := s.send(base, "/payment", "card", payments.CardGood)
	if at != "/confirmation" {
		s.t.Fatalf("the payment leads to %s:\n%s", at, page)
	}
	return page
}

// eventsOf parses the events in JSON lines and skips other lines.
func eventsOf(t *testing.T, r io.Reader) (all []event.Event) {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "{") {
			e, err := event.ParseJSON([]byte(line))
			if err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			all = append(all, e)
		}
	}
	return all
}

// oneRun checks that the events belong to one journey, which started once and was completed once. It returns the
// number of each touchpoint.
func oneRun(t *testing.T, events []event.Event) map[string]int {
	t.Helper()
	ids, customers, kinds, touchpoints := map[string]bool{}, map[string]bool{}, map[event.Kind]int{}, map[string]int{}
	for _, e := range events {
		ids[e.Journey.ID] = true
		kinds[e.Kind]++
		if e.Customer.ID != "" {
			customers[e.Customer.ID] = true
		}
		if e.Kind == event.TouchpointEnded {
			touchpoints[e.Touchpoint]++
		}
		if e.Kind == event.JourneyEnded && (e.Outcome != event.Completed || e.Transition.Partial) {
			t.Errorf("the journey ended %s, partial %v", e.Outcome, e.Transition.Partial)
		}
	}
	if len(ids) != 1 || kinds[event.JourneyStarted] != 1 || kinds[event.JourneyEnded] != 1 || len(customers) > 1 {
		t.Errorf("the events have %d journeys of %d customers, %v; want one of each", len(ids), len(customers), kinds)
	}
	return touchpoints
}

// TestJourneySurvivesRestart: the shop stops twice in the middle of a purchase, and the customer goes on with the
// same basket. It remains one journey.
func TestJourneySurvivesRestart(t *testing.T) {
	db := filepath.Join(t.TempDir(), "journeys.db")
	who := newShopper(t)
	var all []event.Event

	for _, day := range []func(base string){
		func(base string) { who.send(base, "/cart", "product", "mug") },
		func(base string) {
			if _, page := who.send(base, "/cart"); !strings.Contains(page, "Enamel mug") {
				t.Errorf("the basket is lost:\n%s", page)
			}
			who.address(base)
		},
		func(base string) {
			who.address(base)
			who.pay(base)
		},
	} {
		pay := startProcess(t, "payments", "-store", "sqlite:"+db) // another process on the same store
		front := startProcess(t, "storefront", "-store", "sqlite:"+db, "-payments", pay.url)
		day(front.url)
		all = append(all, eventsOf(t, front.kill(t))...)
		all = append(all, eventsOf(t, pay.kill(t))...)
	}
	got := oneRun(t, all)
	for _, d := range []event.Definition{experience.ViewCart, experience.SubmitPayment, experience.ChargeCard, experience.OrderConfirmed} {
		if got[d.Name()] == 0 {
			t.Errorf("the file %s is missing: %v", d.Name(), got)
		}
	}
	info, err := os.Stat(db + ".key")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of the customers' key has %v, %v", info, err)
	}
}

// TestTwoStorefronts: a customer moves from one process to another and back, as behind a load balancer.
func TestTwoStorefronts(t *testing.T) {
	db := filepath.Join(t.TempDir(), "journeys.db")
	pay := startProcess(t, "payments", "-store", "sqlite:"+db)
	a := startProcess(t, "storefront", "-store", "sqlite:"+db, "-payments", pay.url)
	b := startProcess(t, "storefront", "-store", "sqlite:"+db, "-payments", pay.url)
	who := newShopper(t)
	who.send(a.url, "/cart", "product", "mug")
	who.send(b.url, "/cart")
	who.address(a.url)
	who.pay(a.url)
	var all []event.Event
	for _, p := range []*process{a, b, pay} {
		all = append(all, eventsOf(t, p.kill(t))...)
	}
	oneRun(t, all)
}

// TestBasketCookie: a cookie restores a basket only if the shop has signed it for this session.
func TestBasketCookie(t *testing.T) {
	db := filepath.Join(t.TempDir(), "journeys.db")
	who := newShopper(t)
	pay := startProcess(t, "payments")
	front := startProcess(t, "storefront", "-store", "sqlite:"+db, "-payments", pay.url)
	who.send(front.url, "/cart", "product", "mug")
	site, err := url.Parse(front.url)
	if err != nil {
		t.Fatal(err)
	}
	front.kill(t)
	front = startProcess(t, "storefront", "-store", "sqlite:"+db, "-payments", pay.url)
	cookies := map[string]string{}
	for _, c := range who.client.Jar.Cookies(site) {
		cookies[c.Name] = c.Value
	}
	for _, c := range []struct {
		name, session, basket string
		opens                 bool
	}{
		{"another session", "x" + cookies["session"], cookies["basket"], false},
		{"another product", cookies["session"], strings.Replace(cookies["basket"], ".mug.", ".pack.", 1), false},
		{"one more product", cookies["session"], strings.Replace(cookies["basket"], ".mug.", ".mug.mug.", 1), false},
		{"no signature", cookies["session"], strings.TrimRight(cookies["basket"], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), false},
		{"nothing", cookies["session"], "", false},
		{"the customer's own", cookies["session"], cookies["basket"], true},
	} {
		other := newShopper(t)
		other.client.Jar.SetCookies(site, []*http.Cookie{{Name: "session", Value: c.session}, {Name: "basket", Value: c.basket}})
		if _, page := other.send(front.url, "/cart"); strings.Contains(page, "Enamel mug") != c.opens || strings.Contains(page, "Day pack") {
			t.Errorf("%s: the cookie restores the basket: want %v", c.name, c.opens)
		}
	}
	front.kill(t)
	pay.kill(t)
}

// TestWhatToLookAt: the page and the terminal show the same trace, search, query and files.
func TestWhatToLookAt(t *testing.T) {
	dir := t.TempDir()
	env := func(k string) string {
		return map[string]string{"SHOP_TRACE_URL": "http://jaeger.example/trace/%s", "SHOP_PROMETHEUS_URL": "http://prometheus.example/"}[k]
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := &lines{first: make(chan string, 1)}
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"-export", "jsonl:" + filepath.Join(dir, "e.jsonl"), "-export", "sqlite:" + filepath.Join(dir, "e.db")}, env, out, io.Discard)
	}()
	<-out.first // the first line is that of payments
	base := storefrontOf(t, out, done)
	who := newShopper(t)
	who.send(base, "/cart", "product", "mug")
	who.address(base)
	page := who.pay(base)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(out.reader())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"http://jaeger.example/trace/", "cx.journey.id=", "cx_journey_ended_total", "http://prometheus.example/graph?",
		"e.jsonl", "e.db", "examples/shop/storefront/payment.go",
	} {
		for where, shown := range map[string]string{"the page": page, "the terminal": string(text)} {
			if !strings.Contains(shown, want) {
				t.Errorf("%q is missing on %s:\n%s", want, where, shown)
			}
		}
	}
}

// storefrontOf waits until the storefront has printed its address.
func storefrontOf(t *testing.T, out *lines, done <-chan error) string {
	t.Helper()
	for {
		text, err := io.ReadAll(out.reader())
		if err != nil {
			t.Fatal(err)
		}
		if _, rest, ok := strings.Cut(string(text), "storefront listening on "); ok {
			if url, _, ok := strings.Cut(rest, "\n"); ok {
				return url
			}
		}
		select {
		case err := <-done:
			t.Fatalf("the shop ended: %v", err)
		default:
		}
	}
}

func TestStoreFlag(t *testing.T) {
	key := map[string]string{"SHOP_CUSTOMER_KEY": "0123456789abcdef"}
	for _, c := range []struct {
		name, args string
		env        map[string]string
		want       string // part of the error; "" means no error
	}{
		{"memory", "-store memory", nil, ""},
		{"a file", "-store sqlite:journeys.db", nil, ""},
		{"redis", "-store redis:redis://localhost:6379/0", key, ""},
		{"redis, as people write it", "-store redis://localhost:6379", key, ""},
		{"redis with TLS", "-store rediss://localhost:6379", key, ""},
		{"postgres", "-store postgres:postgres://shop@localhost/shop", key, ""},
		{"postgres, as people write it", "-store postgres://shop@localhost/shop", key, ""},
		{"a server without a key", "-store redis://localhost:6379", nil, "set SHOP_CUSTOMER_KEY"},
		{"a short key", "-store redis://localhost:6379", map[string]string{"SHOP_CUSTOMER_KEY": "short"}, "at least 16"},
		{"no such kind", "-store mysql:x", nil, "want memory, sqlite:PATH"},
		{"no file", "-store sqlite", nil, "sqlite:PATH"},
		{"no URL", "-store redis:localhost", key, "redis://localhost:6379/0"},
		{"another scheme", "-store redis:http://localhost", key, "another scheme"},
		{"a place for memory", "-store memory:x", nil, "nothing may follow"},
		{"a moved clock", "-store sqlite:x -clock -24h", nil, "has a clock of its own"},
		{"a crowd", "-store sqlite:x -traffic 5", nil, "has a clock of its own"},
		{"a crowd in memory", "-store memory -traffic 5", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(strings.Fields(c.args), func(k string) string { return c.env[k] }, io.Discard)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("the error is %v, want %q in it", err, c.want)
			}
		})
	}
	// Open reports at once a server that does not answer, without the password.
	for _, where := range []string{"redis://:hunter2@127.0.0.1:1/0", "postgres://shop:hunter2@127.0.0.1:1/shop"} {
		err := run(t.Context(), []string{"-events", "none", "-store", where}, func(k string) string { return key[k] }, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}

// TestHelpNamesAll: -help names all flags and variables.
func TestHelpNamesAll(t *testing.T) {
	var b strings.Builder
	if _, err := parse([]string{"-help"}, noEnv, &b); err == nil {
		t.Error("no error")
	}
	for _, want := range []string{"-store KIND:WHERE", "-export KIND:WHERE", "-spool", "-traffic", "-serve", "-clock", "-sample", "-events", "-service", "SHOP_PROMETHEUS_URL", "SHOP_TRACE_URL", "SHOP_CUSTOMER_KEY"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("-help does not name %s:\n%s", want, &b)
		}
	}
}
