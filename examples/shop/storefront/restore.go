package storefront

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// Baskets are in this process's memory. If journeys outlast the process, an open basket has to outlast it too,
// because its customer would return to an empty one. The shop then also keeps the basket in a signed cookie,
// beside the cookie of its session. The cookie has the number and the products only, and no address.
const basketCookie = "basket"

// rememberBasket writes the session's open basket to its cookie.
func (s *Shop) rememberBasket(w http.ResponseWriter, session string, b basket) {
	if s.cfg.BasketKey == nil {
		return
	}
	ids := make([]string, len(b.Items))
	for i, p := range b.Items {
		ids[i] = p.ID
	}
	text := b.Number + "." + strings.Join(ids, ".")
	setCookie(w, basketCookie, text+"."+s.sign(session, text))
}

// forgetBasket deletes the cookie after the customer has paid for the basket or cancelled it.
func (s *Shop) forgetBasket(w http.ResponseWriter) {
	if s.cfg.BasketKey != nil {
		http.SetCookie(w, &http.Cookie{Name: basketCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // no TLS here: see setCookie
	}
}

// restoring restores the basket from the cookie if this process does not know the session.
func (s *Shop) restoring(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id := session(r); s.cfg.BasketKey != nil && id != "" {
			if _, known := s.baskets.get(id); !known {
				if b, ok := s.basketOf(r, id); ok {
					b.Customer = event.Customer{ID: cookie(r, visitorCookie), Segment: segmentReturning}
					s.baskets.put(id, b)
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// basketOf reads the cookie. It refuses a cookie that this shop has not signed for this session.
func (s *Shop) basketOf(r *http.Request, session string) (basket, bool) {
	c, err := r.Cookie(basketCookie)
	if err != nil || len(c.Value) > 512 {
		return basket{}, false
	}
	i := strings.LastIndexByte(c.Value, '.')
	if i < 0 || !hmac.Equal([]byte(c.Value[i+1:]), []byte(s.sign(session, c.Value[:i]))) {
		return basket{}, false
	}
	parts := strings.Split(c.Value[:i], ".")
	b := basket{Number: parts[0]}
	all := products()
	for _, id := range parts[1:] {
		j := slices.IndexFunc(all, func(p Product) bool { return p.ID == id })
		if j < 0 {
			return basket{}, false
		}
		b.Items = append(b.Items, all[j])
	}
	return b, isNumber(b.Number)
}

func (s *Shop) sign(session, text string) string {
	m := hmac.New(sha256.New, s.cfg.BasketKey)
	_, _ = m.Write([]byte("basket\x00" + session + "\x00" + text)) // a hash's Write never fails
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
