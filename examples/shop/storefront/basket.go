package storefront

import (
	"crypto/rand"
	"fmt"
	"slices"
	"sync"

	"cairncx.dev/cairn/cx/event"
)

// Product is a product of the shop.
type Product struct {
	ID    string
	Name  string
	About string
	Price int64 // in cents
}

func products() []Product {
	return []Product{
		{ID: "mug", Name: "Enamel mug", About: "For coffee at the summit. 35 cl.", Price: 14_00},
		{ID: "socks", Name: "Wool socks", About: "Merino, warm even when wet.", Price: 18_50},
		{ID: "pack", Name: "Day pack", About: "22 litres, with a rain cover.", Price: 89_00},
	}
}

// euros writes an amount in cents as a price.
func euros(cents int64) string { return fmt.Sprintf("€%d.%02d", cents/100, cents%100) }

const (
	currency   = "EUR"
	maxItems   = 20     // bound of one basket
	maxBaskets = 10_000 // bound of all baskets in memory; the oldest one makes room
)

// basket is the basket of one browser. Its number, the order number, is the journey's ID, so it appears in traces,
// on the phone and in mails, and must not give access to the basket. The session, which only the cookie has, gives
// access.
type basket struct {
	Number   string
	Items    []Product
	Delivery delivery
	Paying   bool // a payment is running
	Paid     bool
	Seen     bool   // the customer has seen the confirmation
	Failed   string // why the last payment has failed, or ""
	GaveUp   bool
	Question string         // the token of the question that the customer was asked, or ""
	Customer event.Customer // the visitor
}

// over reports whether the customer cannot buy the basket any more.
func (b basket) over() bool { return b.Paid || b.GaveUp }

// delivery is the address for the order: personal data that stays in this process's memory.
type delivery struct{ Name, Mail, Street, City string }

func (d delivery) complete() bool {
	return d.Name != "" && d.Mail != "" && d.Street != "" && d.City != ""
}

func (b basket) total() (cents int64) {
	for _, p := range b.Items {
		cents += p.Price
	}
	return cents
}

// baskets are the shop's open and recent baskets by session. Safe for concurrent use.
type baskets struct {
	mu    sync.Mutex
	by    map[string]*basket
	order []string // sessions, oldest first
}

// get returns a copy of the session's basket and reports whether the session has one.
func (s *baskets) get(session string) (basket, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.by[session]
	if !ok {
		return basket{}, false
	}
	return *b, true // the copies share the items, which the shop only appends to
}

// numbered returns a copy of the basket with the order number.
func (s *baskets) numbered(number string) (basket, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.by {
		if b.Number == number {
			return *b, true
		}
	}
	return basket{}, false
}

// add opens a basket and returns its session.
func (s *baskets) add(b basket) (session string) {
	session = rand.Text()
	s.put(session, b)
	return session
}

// put opens a basket for the session.
func (s *baskets) put(session string, b basket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[string]*basket{}
	}
	if len(s.order) >= maxBaskets {
		delete(s.by, s.order[0])
		s.order = slices.Delete(s.order, 0, 1)
	}
	if s.by[session] == nil {
		s.order = append(s.order, session)
	}
	s.by[session] = &b
}

// update calls change on the session's basket, if there is one, and returns change's result.
func (s *baskets) update(session string, change func(*basket) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.by[session]
	return ok && change(b)
}

// remove forgets the session and its basket.
func (s *baskets) remove(session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, session)
	s.order = slices.DeleteFunc(s.order, func(o string) bool { return o == session })
}

// newNumber returns a new order number, such as 7KQ2-M4XA-ZP6T. Its 60 random bits cannot be guessed, and its form
// can be read out on the phone.
func newNumber() string {
	t := rand.Text()
	return t[:4] + "-" + t[4:8] + "-" + t[8:12]
}

// isNumber reports whether s looks like an order number.
func isNumber(s string) bool {
	if len(s) != 14 {
		return false
	}
	for i, c := range []byte(s) {
		letter := c >= 'A' && c <= 'Z' || c >= '2' && c <= '7'
		if dash := i == 4 || i == 9; dash != (c == '-') || !dash && !letter {
			return false
		}
	}
	return true
}
