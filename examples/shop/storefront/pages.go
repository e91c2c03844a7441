package storefront

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/guide"
	"cairncx.dev/cairn/journey"
)

//go:embed pages
var files embed.FS

// page is the input of a template.
type page struct {
	Title  string
	Stage  string // the page's stage in the checkout, or ""
	Basket basket
	Total  string
	Alert  *alert

	Products []Product
	Cards    []card
	Answers  []answered
	Care     string // the path of the support team's page
	TraceID  string // the trace of the customer's journey
	Look     []guide.Hint
}

// alert says what went wrong, in the customer's words. Problem is for programs.
type alert struct{ Problem, Title, Text string }

// step is one stage in the progress at the top of a page.
type step struct {
	Name    string
	Done    bool
	Current bool
}

// Steps returns the progress of the checkout that the page shows.
func (p page) Steps() []step {
	stages := []struct{ stage, name string }{
		{experience.StageCart, "Basket"},
		{experience.StageAddress, "Address"},
		{experience.StagePayment, "Payment"},
		{experience.StageConfirmation, "Done"},
	}
	steps := make([]step, 0, len(stages))
	done := true
	for _, s := range stages {
		current := s.stage == p.Stage
		done = done && !current
		steps = append(steps, step{Name: s.name, Done: done, Current: current})
	}
	return steps
}

// parsePages parses the pages, which are a part of the program: every start shows that they are valid.
func parsePages() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{"euros": euros}).ParseFS(files, "pages/*.html"))
}

// show renders a page with the status. It sends nothing of a page that fails to render.
func (s *Shop) show(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	p.Total, p.Care = euros(p.Basket.total()), s.cfg.Care
	if j, ok := journey.FromContext(r.Context()); ok {
		p.TraceID = j.TraceID()
		p.Look = s.look.Journey(p.Basket.Number, p.TraceID)
	}
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, p); err != nil {
		s.cfg.Log.ErrorContext(r.Context(), "rendering", "page", name, "error", err)
		http.Error(w, "This page is broken. We are sorry.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // an error means that the customer has gone
}

// Style serves the style sheet of the pages, with its palettes for light and dark mode.
func Style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=3600")
	http.ServeFileFS(w, r, files, "pages/style.css")
}

func (s *Shop) notFound(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusNotFound, "message.html", page{
		Title: "There is nothing here",
		Alert: &alert{Text: "The page that you asked for does not exist. Perhaps it moved, perhaps the address has a typing mistake."},
	})
}
