package desk

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/examples/support/journal"
)

//go:embed pages
var files embed.FS

// page is the input of a template.
type page struct {
	Title string
	Path  string // of the page, for the navigation
	Now   time.Time
	Text  string // of a message

	Number        string // of the customer
	Said, Problem string

	Visit *view
	Story []journal.Line

	Report journal.Report
	Window time.Duration

	Care bool // there is a page of the team leads

	Crowd []shownFault // empty without other customers
}

// view is a visit as the page shows it. The visit is locked meanwhile.
type view struct {
	Address, Intent         string
	Towns, Orders, Intents  []string
	Seat                    *employee
	Employees               []*employee
	Chat, Call              *deskView
	Thread                  []message
	Callbacks               []callback
	Question                string // its token
	Replies                 []reply
	CanDial, CanChat, Posts bool // what the customer may begin; Posts says that there is a thread
}

// deskView is one open chat or call.
type deskView struct {
	On, State, Queue, Helper string
	Messages                 []message
	Notes                    []string
	Asks                     string // the amount that waits for the team lead
	Waits, Rings, Talks      bool
	Holds, Wraps, Dials, Bot bool
	Serves                   bool // the employee at the desk has the skill
}

func newDeskView(l *live, seat *employee) *deskView {
	if l == nil {
		return nil
	}
	d := &deskView{
		On: l.on, State: l.state, Queue: l.queue, Messages: l.messages, Notes: l.notes, Serves: seat.Serves(l.queue),
		Bot: l.in(withBot), Waits: l.in(inQueue), Rings: l.in(ringing), Talks: l.in(talking), Holds: l.in(onHold), Wraps: l.in(wrapping), Dials: l.in(dialling),
	}
	if l.helper != nil {
		d.Helper = l.helper.Name
	}
	if l.question != nil {
		d.Asks = journal.Money(l.asked.Amount)
	}
	return d
}

// parsePages parses the pages, which are a part of the program: every start shows that they are valid.
func parsePages() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"jumps":       jumps,
		"sentence":    sentence,
		"days":        func(d time.Duration) int { return int(d / (24 * time.Hour)) },
		"within":      func(l assist.Level) string { return took(l.Within, l.Within > 0) },
		"target":      func(share float64) string { return percent(share, share > 0) },
		"level":       func(n assist.Numbers) string { return percent(n.ServiceLevel()) },
		"abandonment": func(n assist.Numbers) string { return percent(n.Abandonment()) },
		"speed":       func(n assist.Numbers) string { return took(n.SpeedOfAnswer()) },
		"longest":     func(n assist.Numbers) string { return took(n.Longest, n.Answered > 0) },
		"handle":      func(n assist.Numbers) string { return took(handleTime(n)) },
		"reply": func(n assist.Numbers) string {
			after, _, ok := n.FirstReplies.Mean()
			return took(after, ok)
		},
		"coverage": func(r assist.Resolution) string { return percent(r.Coverage()) },
		"resolved": func(r assist.Resolution) string { return percent(r.FirstContactResolution()) },
	}).ParseFS(files, "pages/*.html"))
}

// sentence returns the text of an error as the page shows it: with a capital at its begin, and a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// percent returns a share in words, or a dash where there is none.
func percent(share float64, ok bool) string {
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%.1f%%", 100*share)
}

// took returns a duration in words, or a dash where there is none.
func took(d time.Duration, ok bool) string {
	switch {
	case !ok:
		return "–"
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	default:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
}

// show renders a page. It sends nothing of a page that fails to render.
func (a *App) show(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	p.Care = a.cfg.Care != nil
	p.Now, p.Path = a.cfg.Now().In(a.zone), r.URL.Path
	var b bytes.Buffer
	if err := a.pages.ExecuteTemplate(&b, name, p); err != nil {
		a.cfg.Log.ErrorContext(r.Context(), "rendering", "page", name, "error", err)
		http.Error(w, "This page is broken. We are sorry.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // an error means that the visitor has gone
}

// home is the page to click.
func (a *App) home(w http.ResponseWriter, r *http.Request) {
	v := a.visit(w, r)
	v.mu.Lock()
	defer v.mu.Unlock()
	a.show(w, r, http.StatusOK, "home.html", page{
		Title: "Who needs help?", Number: v.number, Said: v.said, Problem: v.problem, Story: a.cfg.Journal.Story(v.number),
		Visit: &view{
			Address: v.address, Intent: v.intent, Towns: towns(), Orders: orders(), Intents: intents(), Seat: v.seat, Employees: employees(),
			Chat: newDeskView(v.chat, v.seat), Call: newDeskView(v.call, v.seat), Thread: v.thread.Messages(), Callbacks: v.callbacks,
			Question: v.question, Replies: a.loop.of(v.number),
			CanDial: v.call == nil, CanChat: v.chat == nil, Posts: v.thread != nil,
		},
		Crowd: a.cfg.Crowd.faults(),
	})
}

// numbers is the page to read.
func (a *App) numbers(w http.ResponseWriter, r *http.Request) {
	a.show(w, r, http.StatusOK, "numbers.html", page{
		Title: "The numbers", Report: a.cfg.Journal.Report(a.cfg.Now(), a.cfg.Window), Window: a.cfg.Window,
	})
}

// story is what happened to the visitor's customer.
func (a *App) story(w http.ResponseWriter, r *http.Request) {
	v := a.visit(w, r)
	v.mu.Lock()
	number := v.number
	v.mu.Unlock()
	a.show(w, r, http.StatusOK, "story.html", page{Title: "What happened to customer " + number, Number: number, Story: a.cfg.Journal.Story(number)})
}

func layout(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=3600")
	http.ServeFileFS(w, r, files, "pages/layout.css")
}

func (a *App) notFound(w http.ResponseWriter, r *http.Request) {
	a.message(w, r, http.StatusNotFound, "There is nothing here", "The page that you asked for does not exist.")
}

func (a *App) message(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	a.show(w, r, status, "message.html", page{Title: title, Text: text})
}

// handleTime is the mean handle time. That of threads of messages is not known, and is none.
func handleTime(n assist.Numbers) (time.Duration, bool) {
	mean, ok := n.HandleTime()
	return mean, ok && n.Handling() > 0
}
