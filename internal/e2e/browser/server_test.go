package browser_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
	"cairncx.dev/cairn/touchpoint"
)

// hostile is a text that must never become markup. hostile of page.mjs is the same.
const hostile = `"><img src=x onerror=alert(3)><script>alert(4)</script>{{.}}`

var (
	contacts = touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.Cap(10, 24*time.Hour)),
		touchpoint.ContactWait(touchpoint.MaxContactWait))
	surveys = []*feedback.Survey{
		feedback.Define("delivery", feedback.CSAT, feedback.Ask("en", "How satisfied are you with the delivery of your order?"),
			feedback.Ask("de", "Wie zufrieden sind Sie mit der Lieferung Ihrer Bestellung?"), feedback.Choices("late", "damaged"),
			feedback.TestimonialConsent("1", "en", "You may publish my comment with my first name."),
			feedback.TestimonialConsent("1", "de", "Sie dürfen meinen Kommentar mit meinem Vornamen veröffentlichen.")),
		feedback.Define("recommend", feedback.NPS, feedback.Ask("en", "How likely are you to recommend us to a friend or colleague?"),
			feedback.Ask("de", "Wie wahrscheinlich ist es, dass Sie uns Freunden oder Kollegen empfehlen?"),
			feedback.Ask("ar", "ما مدى احتمال أن توصي بنا صديقًا أو زميلًا؟"), feedback.Choices("price", "range", "service")),
		feedback.Define("ease", feedback.CES, feedback.Ask("en", "How easy was it to pay?"), feedback.Ask("de", "Wie einfach war das Bezahlen?")),
		feedback.Define("rating", feedback.Stars, feedback.Ask("en", "How do you like the book?"), feedback.Ask("de", "Wie gefällt Ihnen das Buch?")),
		feedback.Define("helpful", feedback.Thumbs, feedback.Ask("en", "Did this page help you?"), feedback.Ask("de", "Hat Ihnen diese Seite geholfen?")),
		feedback.Define("hostile", feedback.CSAT, feedback.Ask("en", hostile), feedback.Choices("cause"), feedback.TestimonialConsent("1", "en", hostile)),
	}
)

// shop is a server with the handler of feedback, and what its client has recorded.
type shop struct {
	client *cx.Client
	signer *intake.Signer

	mu     sync.Mutex
	events []event.Event
	asked  map[string]event.ID // by token
	drops  map[string][]string // by path: when to cut the next connections
}

// newShop returns the addresses of a shop, and of pages of another origin.
func newShop(t *testing.T) (origin, elsewhere string) {
	t.Helper()
	s := &shop{asked: map[string]event.ID{}, drops: map[string][]string{}}
	mux := http.NewServeMux()
	here, there := httptest.NewServer(mux), httptest.NewServer(mux)
	here.Config.SetKeepAlivesEnabled(false) // Chromium repeats a request itself if a kept connection is cut
	t.Cleanup(here.Close)
	t.Cleanup(there.Close)

	definitions := []event.Definition{contacts}
	for _, d := range surveys {
		definitions = append(definitions, d)
	}
	var err error
	if s.client, err = cx.New(cx.WithStore(new(memory.Store)), cx.WithCustomerKey([]byte("a key of at least 16 bytes")),
		cx.WithDefinitions(definitions...), cx.WithProcessors(s), cx.WithUnredactedText()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.client.Shutdown(context.Background()) })
	if s.signer, err = intake.NewSigner([]byte("a key of links of 32 bytes or so")); err != nil {
		t.Fatal(err)
	}
	for path, company := range map[string]string{"/feedback/": "Nordlicht Books", "/hostile/": hostile} {
		h, err := intake.New(intake.WithClient(s.client), intake.WithSigner(s.signer), intake.WithSurveys(surveys...), intake.WithUnsolicited("helpful"),
			intake.WithCompany(company), intake.WithTrustedOrigins(there.URL), intake.WithRate(rate.Inf, 1), intake.WithChoice("en", "cause", hostile),
			intake.WithChoice("de", "late", "zu spät"), intake.WithChoice("de", "damaged", "beschädigt"))
		if err != nil {
			t.Fatal(err)
		}
		mux.Handle(path, s.cutting(h))
	}
	mux.HandleFunc("POST /test/ask", s.ask)
	mux.HandleFunc("GET /test/recorded", s.recorded)
	mux.HandleFunc("POST /test/drop", s.drop)
	mux.HandleFunc("GET /host", host(here.URL))
	mux.Handle("GET /host/", http.StripPrefix("/host/", http.FileServer(http.Dir("testdata"))))
	mux.HandleFunc("GET /charts/{page}", charts("../../../cx/insight/chart/testdata"))
	mux.HandleFunc("GET /report/{page}", charts("../../../cx/insight/report/testdata"))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return here.URL, there.URL
}

// charts replies with a golden page of the folder. Its policy allows the style sheet of the page, styles of elements in an e-mail, and nothing
// else.
func charts(folder string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page, err := os.ReadFile(filepath.Join(folder, filepath.Base(r.PathValue("page"))))
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		_, rest, _ := strings.Cut(string(page), "<style>")
		style, _, _ := strings.Cut(rest, "</style>")
		sum := sha256.Sum256([]byte(style))
		policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if r.PathValue("page") == "mail.html" {
			policy = "default-src 'none'; style-src 'unsafe-inline'"
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	}
}

// Process implements [event.Processor].
func (s *shop) Process(_ context.Context, e *event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, *e)
}

// Shutdown implements [event.Processor].
func (*shop) Shutdown(context.Context) error { return nil }

// ask asks a customer whom nobody has asked before.
func (s *shop) ask(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	i := slices.IndexFunc(surveys, func(d *feedback.Survey) bool { return d.Name() == q.Get("survey") })
	s.mu.Lock()
	customer := event.Customer{ID: "customer-" + strconv.Itoa(len(s.asked))}
	s.mu.Unlock()
	var until time.Time
	if q.Get("expired") != "" {
		until = time.Now().Add(-time.Hour)
	}
	req := surveys[i].Ask(cx.NewContext(r.Context(), s.client), customer, feedback.Via(event.Email))
	token, err := s.signer.Token(req, intake.InLanguage(q.Get("lang")), intake.Until(until))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.mu.Lock()
	s.asked[token] = req.ID()
	s.mu.Unlock()
	folder := "/feedback"
	if q.Get("survey") == "hostile" {
		folder = "/hostile"
	}
	reply(w, map[string]string{"token": token, "path": folder + "/r/" + token})
}

func reply(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// recorded sends what became of the token's request, a line each. Without a token it sends what came without a request.
func (s *shop) recorded(w http.ResponseWriter, r *http.Request) {
	if err := s.client.Flush(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.asked[r.URL.Query().Get("token")]
	var found []event.Event
	for i := range s.events {
		e := &s.events[i]
		if e.Feedback != nil && e.Feedback.Request == id && e.Kind != event.SurveyRequested {
			found = append(found, *e)
		}
	}
	slices.SortStableFunc(found, func(a, b event.Event) int { return cmp.Compare(a.Time.UnixNano(), b.Time.UnixNano()) })
	lines := []string{}
	for i := range found {
		lines = append(lines, line(&found[i], id.IsZero()))
	}
	reply(w, lines)
}

func line(e *event.Event, named bool) string {
	f, words := e.Feedback, []string{string(e.Kind)}
	if named {
		words = append([]string{f.Survey + ":"}, words...)
	}
	switch e.Kind {
	case event.SurveyShown:
	case event.SurveyClosed:
		words = append(words, f.Ended.String())
	default:
		words = append(words, strconv.Itoa(f.Score), fmt.Sprint(f.Causes))
		if f.Comment != "" {
			words = append(words, f.Comment)
		}
		if f.Testimonial != nil {
			words = append(words, "testimonial")
		}
	}
	return strings.Join(words, " ")
}

// drop says that the next connections with a POST to the path are cut.
func (s *shop) drop(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops[q.Get("path")] = strings.FieldsFunc(q.Get("when"), func(r rune) bool { return r == ',' })
	reply(w, len(s.drops[q.Get("path")]))
}

// cutting cuts connections before or after the handler has handled the request.
func (s *shop) cutting(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		when := ""
		if r.Method == http.MethodPost {
			s.mu.Lock()
			if left := s.drops[r.URL.Path]; len(left) > 0 {
				when, s.drops[r.URL.Path] = left[0], left[1:]
			}
			s.mu.Unlock()
		}
		switch when {
		case "":
			h.ServeHTTP(w, r)
			return
		case "after":
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
		panic(http.ErrAbortHandler)
	})
}

var page = template.Must(template.New("host").Parse(`<!doctype html>
<html lang="{{or .Lang "en"}}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Your order</title>
<link rel="stylesheet" href="/host/host.css">
<script src="/host/host.js"></script>
<script type="module" src="{{.Script}}"></script>
<body class="{{.Scheme}}">
<main>
<h1>Your order</h1>
<p>It has arrived. <button id="before">Print</button></p>
{{if .Below}}<div class="tall"></div>{{end}}
{{if or .Token .Survey}}<cairn-feedback{{with .Survey}} survey="{{.}}"{{end}}{{with .Token}} token="{{.}}"{{end}}{{with .Base}} base="{{.}}"{{end}}><a href="{{.Link}}">Tell us how it went</a></cairn-feedback>{{end}}
</main>
`))

// host returns a page of an application, under a policy that allows no inline script and style, and no script that makes markup of texts.
func host(origin string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		get := r.URL.Query().Get
		w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; require-trusted-types-for 'script'; style-src 'self'; "+
			"script-src 'self' "+origin+"; connect-src 'self' "+origin)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, map[string]string{
			"Lang": get("lang"), "Script": cmp.Or(get("script"), "/feedback/widget.js"), "Scheme": cmp.Or(get("scheme"), "both"), "Below": get("below"),
			"Token": get("token"), "Survey": get("survey"), "Base": get("base"), "Link": get("link"),
		})
	}
}
