package storefront

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func (s *Shop) home(w http.ResponseWriter, r *http.Request) {
	b, _ := s.baskets.get(session(r))
	if b.over() {
		b = basket{}
	}
	s.show(w, r, http.StatusOK, "home.html", page{
		Title: "Good things for a day outside", Products: products(), Basket: b, Answers: s.answers.unconfirmed(cookie(r, visitorCookie)),
	})
}

// addToCart puts a product into the basket. The first product starts the journey. The journey's ID is the new
// order number, and its value is the total of the basket.
func (s *Shop) addToCart(w http.ResponseWriter, r *http.Request) {
	all := products()
	i := slices.IndexFunc(all, func(p Product) bool { return p.ID == r.PostFormValue("product") })
	if i < 0 {
		s.notFound(w, r)
		return
	}
	var b basket
	added := s.baskets.update(session(r), func(open *basket) bool {
		if open.over() || open.Paying {
			return false // the customer begins a new one
		}
		if len(open.Items) < maxItems {
			open.Items = append(open.Items, all[i])
		}
		b = *open
		return true
	})
	id := session(r)
	customer := visitor(w, r)
	if !added {
		b = basket{Number: newNumber(), Items: all[i : i+1 : i+1], Customer: customer}
		id = s.baskets.add(b)
		setCookie(w, sessionCookie, id)
	}
	s.rememberBasket(w, id, b)
	// Start resumes a journey that has begun already. Only its value changes.
	experience.Checkout.Start(r.Context(), b.Number, customer,
		journey.Via(channel(r)), journey.Worth(b.total(), currency))
	http.Redirect(w, r, "/cart", http.StatusSeeOther)
}

// segmentReturning is that of customers who have shopped here before. The shop values them.
const segmentReturning = "returning"

// visitor returns the customer: a browser that the shop remembers, and nothing else. Cairn sends only a keyed hash
// of the ID.
func visitor(w http.ResponseWriter, r *http.Request) event.Customer {
	if id := cookie(r, visitorCookie); id != "" {
		return event.Customer{ID: id, Segment: segmentReturning}
	}
	id := rand.Text()
	setCookie(w, visitorCookie, id)
	return event.Customer{ID: id, Segment: "new"}
}

// viewCart is the handler of the touchpoint view-cart. It makes no call to Cairn.
func (s *Shop) viewCart(w http.ResponseWriter, r *http.Request) {
	b, ok := s.baskets.get(session(r))
	if ok && b.over() {
		b = basket{}
	}
	s.show(w, r, http.StatusOK, "cart.html", page{Title: "Your basket", Stage: experience.StageCart, Basket: b})
}

// cancel empties the basket. The customer has asked for it, which differs from leaving without a word.
func (s *Shop) cancel(w http.ResponseWriter, r *http.Request) {
	if b, ok := s.open(r); ok && !b.Paying {
		experience.Checkout.Cancel(r.Context(), journey.Because("changed-mind"))
		s.baskets.remove(session(r))
		s.forgetBasket(w)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// open returns the request's basket if the customer can still buy it.
func (s *Shop) open(r *http.Request) (basket, bool) {
	b, ok := s.baskets.get(session(r))
	return b, ok && !b.over() && len(b.Items) > 0
}

// askAddress shows the address form. A customer who sees it is in the address stage, whether or not the form is
// ever sent.
func (s *Shop) askAddress(w http.ResponseWriter, r *http.Request) {
	b, ok := s.open(r)
	if !ok {
		http.Redirect(w, r, "/cart", http.StatusSeeOther)
		return
	}
	experience.Checkout.Enter(r.Context(), experience.StageAddress)
	if b.Delivery == (delivery{}) {
		// This invented person makes a demonstration quick.
		b.Delivery = delivery{Name: "Robin Example", Mail: "robin@example.com", Street: "1 Sample Street", City: "Exampleton"}
	}
	s.show(w, r, http.StatusOK, "address.html", page{Title: "Where shall we send it?", Stage: experience.StageAddress, Basket: b})
}

// formError is an error in the customer's input.
type formError struct{ error }

// ErrorType returns the error's class.
func (formError) ErrorType() string { return "incomplete_form" }

var errIncomplete = formError{errors.New("storefront: a field of the address is empty")}

// takeAddress is the handler of the touchpoint enter-address. The shop keeps the address in memory for the
// confirmation page and never records it.
func (s *Shop) takeAddress(w http.ResponseWriter, r *http.Request) {
	tp := touchpoint.FromContext(r.Context())
	field := func(name string) string {
		v := strings.TrimSpace(r.PostFormValue(name))
		return strings.ToValidUTF8(v[:min(len(v), 100)], "")
	}
	d := delivery{Name: field("name"), Mail: field("mail"), Street: field("street"), City: field("city")}
	b, ok := s.open(r)
	switch {
	case !ok:
		tp.Cancel() // the form belongs to a basket that is no longer open
		http.Redirect(w, r, "/cart", http.StatusSeeOther)
	case !d.complete():
		tp.Fail(errIncomplete)
		tp.Because("incomplete-form")
		b.Delivery = d
		s.show(w, r, http.StatusUnprocessableEntity, "address.html", page{
			Title: "Where shall we send it?", Stage: experience.StageAddress, Basket: b,
			Alert: &alert{"incomplete-form", "Something is missing", "Please fill in every field, so that your order finds you."},
		})
	default:
		s.baskets.update(session(r), func(b *basket) bool { b.Delivery = d; return true })
		http.Redirect(w, r, "/payment", http.StatusSeeOther)
	}
}
