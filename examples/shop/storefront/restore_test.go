package storefront_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/examples/shop/payments"
	"cairncx.dev/cairn/examples/shop/storefront"
)

func keeps(key string) func(*storefront.Config) {
	return func(c *storefront.Config) { c.BasketKey = []byte(key) }
}

// after returns the customer's browser in a shop that has just started.
func (b *browser) after(s *shop) *browser { return &browser{s, b.http} }

// cookies returns the browser's cookies by name.
func (b *browser) cookies() map[string]string {
	b.t.Helper()
	site, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	all := map[string]string{}
	for _, c := range b.http.Jar.Cookies(site) {
		all[c.Name] = c.Value
	}
	return all
}

// with returns a browser that has these cookies.
func (s *shop) with(cookies map[string]string) *browser {
	s.t.Helper()
	site, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for name, value := range cookies {
		jar.SetCookies(site, []*http.Cookie{{Name: name, Value: value}})
	}
	return &browser{s, &http.Client{Jar: jar}}
}

// TestBasketOutlastsTheShop: the shop restores a basket from the cookie that it has signed for the session. A customer
// with any other cookie begins with an empty basket and gets an order number of its own.
func TestBasketOutlastsTheShop(t *testing.T) {
	const key = "a key for tests only"
	before := newShop(t, keeps(key)).browser()
	_, _, page := before.post("/cart", "product", "mug")
	order := orderMark.FindStringSubmatch(page)
	for range 30 { // a basket keeps no more than 20 products
		before.post("/cart", "product", "socks")
	}
	cookies := before.cookies()
	body, signature := cookies["basket"][:strings.LastIndexByte(cookies["basket"], '.')], cookies["basket"][strings.LastIndexByte(cookies["basket"], '.'):]
	for _, c := range []struct {
		name, key, session, basket string
		opens                      bool
	}{
		{"the customer's own", key, cookies["session"], cookies["basket"], true},
		{"none", key, cookies["session"], "", false},
		{"that of another session", key, cookies["session"] + "x", cookies["basket"], false},
		{"with another product", key, cookies["session"], strings.Replace(body, ".mug.", ".pack.", 1) + signature, false},
		{"with another number", key, cookies["session"], "7KQ2-M4XA-ZP6T" + body[14:] + signature, false},
		{"without a signature", key, cookies["session"], body, false},
		{"without a point", key, cookies["session"], order[1], false},
		{"a long one", key, cookies["session"], body + strings.Repeat(".mug", 200) + signature, false},
		{"of a shop with another key", "another key", cookies["session"], cookies["basket"], false},
		{"for a shop that keeps none", "", cookies["session"], cookies["basket"], false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var change []func(*storefront.Config)
			if c.key != "" {
				change = append(change, keeps(c.key))
			}
			b := newShop(t, change...).with(map[string]string{"session": c.session, "basket": c.basket})
			b.AllowFaults(fault.OutsideJourney) // without a basket the customer is in no checkout
			b.AllowFaults(fault.UnknownRun)     // the run is in the memory of the first shop only
			if _, at, _ := b.get("/address"); (at == "/address") != c.opens {
				t.Errorf("the customer goes on at %s", at)
			}
			if _, _, page := b.get("/cart"); strings.Contains(page, order[0]) != c.opens || (strings.Count(page, "Wool socks") == 19) != c.opens {
				t.Errorf("the basket is not what the customer has left, or it is another's:\n%s", page)
			}
			_, _, page := b.post("/cart", "product", "mug")
			if m := orderMark.FindStringSubmatch(page); m == nil || (m[1] == order[1]) != c.opens || len(m[1]) != len(order[1]) {
				t.Errorf("the next product belongs to the order %v, and the one before was %s", m, order[1])
			}
		})
	}
}

// TestBasketIsForgotten: a basket that is paid for or cancelled does not come back with a cookie.
func TestBasketIsForgotten(t *testing.T) {
	for _, how := range [][]string{{"/payment", "card", payments.CardGood}, {"/cancel"}} {
		b := newShop(t, keeps("a key")).browser()
		b.toPayment()
		if b.cookies()["basket"] == "" {
			t.Error("the shop does not keep an open basket")
		}
		b.post(how[0], how[1:]...)
		if c := b.cookies()["basket"]; c != "" {
			t.Errorf("after %s the browser has the cookie %s", how[0], c)
		}
		b = b.after(newShop(t, keeps("a key")))
		b.AllowFaults(fault.OutsideJourney)
		if _, _, page := b.get("/cart"); !strings.Contains(page, "Your basket is empty") {
			t.Errorf("after %s and a restart the basket is back:\n%s", how[0], page)
		}
	}
}

// TestNothingIsKeptWithoutAKey: a shop whose journeys do not outlast it writes no basket into a cookie.
func TestNothingIsKeptWithoutAKey(t *testing.T) {
	b := newShop(t).browser()
	b.toPayment()
	if c, ok := b.cookies()["basket"]; ok {
		t.Errorf("the browser has the cookie %s", c)
	}
}
