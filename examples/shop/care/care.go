// Package care is the page of a support team that answers customers: the follow-ups that are open, the overdue ones first, each with what
// the customer said and what the team can do next; and what the company changes because of it. The shop and the support department both
// have it.
//
//   - care.go has the handler, and shows the page
//   - move.go takes what the team has done for one customer
//   - change.go takes what the company has changed, and tells the customers who said so
//
// The page reads the archive, and keeps nothing but the changes of this process.
package care

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// Path is where the page is.
const Path = "/care/"

// maxShown bounds the follow-ups on the page.
const maxShown = 100

//go:embed pages
var files embed.FS

// Config has the settings of the page. All but TraceURL are needed.
type Config struct {
	// Company is the name above the page.
	Company string
	// FollowUps are the definitions of the follow-ups, and Action that of what the company changes.
	FollowUps []*feedback.FollowUp
	Action    *feedback.Action
	// Mail is the touchpoint by which a customer is told.
	Mail *touchpoint.Definition
	// Remedies are what the team can do for a customer.
	Remedies []string
	// Example is the change that the form suggests.
	Example string
	// Archive is the path of the archive that the client of the requests exports to.
	Archive string
	// TraceURL is the URL of a trace, with %s in place of its ID. Default: the page shows the ID.
	TraceURL string
	Now      func() time.Time
	Log      *slog.Logger
}

// Page is the page. Make it with [New]. It is safe for concurrent use.
type Page struct {
	cfg   Config
	pages *template.Template

	mu      sync.Mutex
	changes []change
}

// New returns the page.
func New(cfg Config) *Page {
	p := &Page{cfg: cfg}
	p.pages = template.Must(template.New("").Funcs(template.FuncMap{"words": words, "near": near}).ParseFS(files, "pages/*.html")) // a part of the program
	return p
}

// Handler returns the handler of [Path]. The application decides who may see it.
func (p *Page) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"{$}", p.list)
	mux.HandleFunc("GET "+Path+"care.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		http.ServeFileFS(w, r, files, "pages/care.css")
	})
	mux.HandleFunc("POST "+Path+"move", p.move)
	mux.HandleFunc("POST "+Path+"change", p.takeChange)
	mux.HandleFunc("POST "+Path+"verify", p.verify)
	return mux
}

// view is the input of the template.
type view struct {
	Company  string
	Now      time.Time
	Problem  string
	Open     []item
	Ended    int
	Remedies []string
	Causes   []cause
	Changes  []change
	Example  string
}

// item is a follow-up on the page.
type item struct {
	sqlarchive.FollowUp

	Said     string   // what has caused it, in words
	Comment  string   // the customer's own words
	Causes   []string // that the customer chose
	Next     string   // the promise that the customer waits for; "" is none
	Due      time.Time
	Overdue  bool
	TraceID  string
	TraceURL string
}

// At reports whether the last step is one of these.
func (i *item) At(steps ...string) bool { return slices.Contains(steps, i.Step()) }

// list shows the page.
func (p *Page) list(w http.ResponseWriter, r *http.Request) {
	v := view{Company: p.cfg.Company, Now: p.cfg.Now(), Remedies: p.cfg.Remedies, Example: p.cfg.Example}
	all, err := p.read(r.Context())
	if err != nil {
		p.cfg.Log.ErrorContext(r.Context(), "reading the archive", "error", err)
		v.Problem = "The archive does not answer. Try again in a moment."
	}
	v.Causes = causes(all)
	for _, i := range all {
		if i.Ended.IsZero() {
			v.Open = append(v.Open, i)
		} else {
			v.Ended++
		}
	}
	slices.SortStableFunc(v.Open, func(a, b item) int { // a customer to whom nothing is due comes last
		if a.Due.IsZero() != b.Due.IsZero() {
			return map[bool]int{true: 1, false: -1}[a.Due.IsZero()]
		}
		return a.Due.Compare(b.Due)
	})
	p.mu.Lock()
	v.Changes = slices.Clone(p.changes)
	p.mu.Unlock()
	var b bytes.Buffer
	if err := p.pages.ExecuteTemplate(&b, "care.html", v); err != nil {
		p.cfg.Log.ErrorContext(r.Context(), "rendering", "error", err)
		http.Error(w, "This page is broken.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(w) // an error means that the visitor has gone
}

// read returns the latest follow-ups from the archive, with what caused them.
func (p *Page) read(ctx context.Context) (items []item, err error) {
	if err := cx.FromContext(ctx).Flush(ctx); err != nil { // the archive has what was recorded before
		p.cfg.Log.WarnContext(ctx, "flushing", "error", err)
	}
	r, err := sqlarchive.ReadSQLite(ctx, p.cfg.Archive)
	if err != nil {
		return nil, fmt.Errorf("care: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	all, err := r.FollowUps(ctx, sqlarchive.WhichFollowUps{Ended: true})
	if err != nil {
		return nil, fmt.Errorf("care: %w", err)
	}
	for _, f := range all[max(0, len(all)-maxShown):] {
		i := item{FollowUp: f}
		if next, overdue := f.Overdue(p.cfg.Now()); next.Name != "" {
			i.Next, i.Due, i.Overdue = next.Name, next.Due, overdue
		}
		if f.About.ID != "" {
			run := event.Run{Namespace: f.About.Namespace, Name: f.About.Name, ID: f.About.ID}
			i.TraceID = run.TraceID().String()
			if p.cfg.TraceURL != "" {
				i.TraceURL = fmt.Sprintf(p.cfg.TraceURL, i.TraceID)
			}
		}
		var id event.ID
		if id.UnmarshalText([]byte(f.CausedBy)) == nil {
			if e, ok, err := r.Event(ctx, id); err != nil {
				return nil, fmt.Errorf("care: %w", err)
			} else if ok {
				i.caused(&e)
			}
		}
		items = append(items, i)
	}
	return items, nil
}

// caused notes the event that has caused the follow-up.
func (i *item) caused(e *event.Event) {
	switch f := e.Feedback; {
	case f != nil && e.Mention != nil:
		i.Said = e.Mention.Nature.String() + " by " + words(f.Source)
	case f != nil:
		i.Said = fmt.Sprintf("%d of %d in the survey %s", f.Score, f.Scale.Max(), words(f.Survey))
	case e.Kind == event.JourneyEnded:
		i.Said = strings.TrimSuffix(fmt.Sprintf("the %s %s: %s", e.Journey.Name, e.Outcome, words(e.Cause)), ": ")
	default:
		i.Said = string(e.Kind)
	}
	if e.Feedback != nil {
		i.Comment, i.Causes = e.Feedback.Comment, e.Feedback.Causes
	}
}

// words returns a name as the page shows it.
func words(name string) string { return strings.NewReplacer("-", " ", "_", " ").Replace(name) }

// near returns how far a time is from now, in words.
func near(at, now time.Time) string {
	d := at.Sub(now).Abs()
	unit, word := time.Minute, "minute"
	switch {
	case d >= 48*time.Hour:
		unit, word = 24*time.Hour, "day"
	case d >= 2*time.Hour:
		unit, word = time.Hour, "hour"
	}
	n := int(d.Round(unit) / unit)
	if n != 1 {
		word += "s"
	}
	return fmt.Sprint(n, " ", word)
}
