package desk

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"cairncx.dev/cairn/examples/support/journal"
	"cairncx.dev/cairn/touchpoint"
)

// visitCookie names the cookie that tells browsers apart.
const visitCookie = "visit"

// The bounds of what visitors can make the program keep.
const (
	maxVisits    = 100
	maxMessages  = 60 // of one chat or thread
	maxText      = 500
	maxCallbacks = 5
)

// visit is what one browser shows: one customer, and the employees' desk for this customer.
type visit struct {
	mu     sync.Mutex
	number string // of the customer
	gone   bool   // another customer has taken its place

	said, problem string // what the page says of the last act

	address   string
	intent    string         // the matter that the customer named last
	contacts  map[string]int // by intent
	matters   map[string]matter
	seat      *employee // who sits at the desk
	last      string    // the ID of the employee who helped last
	chat      *live
	call      *live
	thread    *thread
	callbacks []callback
	question  string // the token of the question on the page, or ""
}

// visits are the visits by their cookie. The zero value is ready.
type visits struct {
	mu    sync.Mutex
	made  int
	of    map[string]*visit
	order []string // the oldest first
}

// visit returns the visit of the request's browser, and begins one for a new browser.
func (a *App) visit(w http.ResponseWriter, r *http.Request) *visit {
	if c, err := r.Cookie(visitCookie); err == nil {
		a.visits.mu.Lock()
		v := a.visits.of[c.Value]
		a.visits.mu.Unlock()
		if v != nil {
			return v
		}
	}
	return a.begin(w)
}

// begin begins a visit with a new customer. The oldest visit ends if there are too many.
func (a *App) begin(w http.ResponseWriter) *visit {
	id := rand.Text()
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // the demonstration has no TLS; a real application sets Secure
		Name: visitCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	s := &a.visits
	s.mu.Lock()
	s.made++
	v := &visit{number: strconv.Itoa(s.made), seat: employees()[0], contacts: map[string]int{}, matters: map[string]matter{}}
	if s.of == nil {
		s.of = map[string]*visit{}
	}
	s.of[id], s.order = v, append(s.order, id)
	var old *visit
	if len(s.order) > maxVisits {
		old = s.of[s.order[0]]
		delete(s.of, s.order[0])
		s.order = slices.Delete(s.order, 0, 1)
	}
	s.mu.Unlock()
	old.end()
	return v
}

// nextCustomer replaces the customer of the browser by a new one.
func (a *App) nextCustomer(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(visitCookie); err == nil {
		s := &a.visits
		s.mu.Lock()
		old := s.of[c.Value]
		delete(s.of, c.Value)
		s.order = slices.DeleteFunc(s.order, func(id string) bool { return id == c.Value })
		s.mu.Unlock()
		old.end()
	}
	a.begin(w)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// end ends what is open, so that it is recorded.
func (v *visit) end() {
	if v == nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gone = true
	v.chat.end()
	v.call.end()
	if v.thread != nil {
		v.thread.record()
	}
	v.chat, v.call = nil, nil
	for _, m := range v.matters {
		m.cancel()
	}
}

func (s *visits) close() {
	s.mu.Lock()
	all := make([]*visit, 0, len(s.order))
	for _, id := range s.order {
		all = append(all, s.of[id])
	}
	s.of, s.order = nil, nil
	s.mu.Unlock()
	for _, v := range all {
		v.end()
	}
}

// numbered tells the journal whose event it is. A company has no such attribute: its archive has the customer's hash.
func (v *visit) numbered() touchpoint.StartOption {
	return touchpoint.Attributes(journal.CustomerKey.String(v.number))
}

// text returns a field of the form in one line and without control characters, at most maxText runes of it.
func text(r *http.Request, name string) string {
	s := strings.ToValidUTF8(r.PostFormValue(name), "")
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > maxText {
		s = string([]rune(s)[:maxText])
	}
	return s
}

// choice returns a field of the form if it is one of the list, else the first of the list.
func choice(r *http.Request, name string, of ...string) string {
	if s := r.PostFormValue(name); slices.Contains(of, s) {
		return s
	}
	return of[0]
}
