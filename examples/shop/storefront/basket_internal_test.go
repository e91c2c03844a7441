package storefront

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// TestBasketsAreBounded: the shop keeps 10,000 baskets. The oldest one makes room for a new one, and a removed one leaves
// room.
func TestBasketsAreBounded(t *testing.T) {
	t.Parallel()
	var all baskets
	for i := range maxBaskets {
		all.put(strconv.Itoa(i), basket{Number: strconv.Itoa(i)})
	}
	has := func(session string) bool { _, ok := all.get(session); return ok }
	if !has("0") || !has(strconv.Itoa(maxBaskets-1)) {
		t.Error("a basket is lost before there is no room")
	}
	all.put("new", basket{})
	if has("0") || !has("1") || !has("new") {
		t.Error("the oldest basket does not make room")
	}
	all.remove("5")
	all.put("newer", basket{})
	if has("5") || !has("1") || !has("newer") {
		t.Error("a removed basket leaves no room")
	}
	if all.update("5", func(*basket) bool { return true }) || !all.update("1", func(b *basket) bool { b.Paid = true; return true }) || all.update("1", func(*basket) bool { return false }) {
		t.Error("update does not say what changed")
	}
	if b, _ := all.get("1"); !b.Paid || len(all.order) != len(all.by) {
		t.Errorf("the basket is %+v, and there are %d sessions of %d baskets", b, len(all.order), len(all.by))
	}
}

// TestWhatTheShopHasSigned: a signature alone restores no basket. The number and the products must be some that the
// shop knows today.
func TestWhatTheShopHasSigned(t *testing.T) {
	t.Parallel()
	s := &Shop{cfg: Config{BasketKey: []byte("a key")}}
	for _, c := range []struct {
		name, text string
		items      int
		ok         bool
	}{
		{"a basket", "7KQ2-M4XA-ZP6T.mug.pack", 2, true},
		{"a product that is no longer sold", "7KQ2-M4XA-ZP6T.mug.boat", 0, false},
		{"a product without a name", "7KQ2-M4XA-ZP6T.", 0, false},
		{"no number", "mug.mug", 1, false},
		{"the longest", "7KQ2-M4XA-ZP6T.pack.pack" + strings.Repeat(".mug", 111), 113, true},
		{"a longer one", "7KQ2-M4XA-ZP6T.socks.pack" + strings.Repeat(".mug", 111), 0, false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/cart", nil)
		r.AddCookie(&http.Cookie{Name: basketCookie, Value: c.text + "." + s.sign("session", c.text)})
		if b, ok := s.basketOf(r, "session"); ok != c.ok || len(b.Items) != c.items {
			t.Errorf("%s: the shop restores %d products, %v", c.name, len(b.Items), ok)
		}
	}
}
