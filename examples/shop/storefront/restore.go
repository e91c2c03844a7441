package storefront

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// Baskets are in this process's memory. Where the journeys outlast the process, an open basket has to,
// too, or its customer would come back to an empty one: then it is also in a cookie, signed, beside
// the session that it belongs to. Only the number and the products are in it: no address.
const basketCookie = "basket"

// rememberBasket puts the open basket of the session into its cookie.
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

// forgetBasket deletes the cookie: the basket is bought or cancelled.
func (s *Shop) forgetBasket(w http.ResponseWriter) {
	if s.cfg.BasketKey != nil {
		http.SetCookie(w, &http.Cookie{Name: basketCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // no TLS here: see setCookie
	}
}

// restoring opens the basket of a session that this process does not know from its cookie.
func (s *Shop) restoring(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id := session(r); s.cfg.BasketKey != nil && id != "" {
			if _, known := s.baskets.get(id); !known {
				if b, ok := s.basketOf(r, id); ok {
					s.baskets.put(id, b)
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// basketOf reads the cookie. What this shop has not signed for this session is no basket.
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
	_, _ = m.Write([]byte("basket\x00" + session + "\x00" + text)) // never fails
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
