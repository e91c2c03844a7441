package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
)

// Handler takes in what customers answer over HTTP. The package's comment has its addresses. It sets no cookie, writes no log and keeps no
// state but the rates of clients. Safe for concurrent use.
//
// The server around it bounds the time that a request may take ([http.Server.ReadTimeout]).
type Handler struct {
	config

	surveys map[string]*asked
	tongues *tongues
	limit   *limiter
	counter *counter
	page    *template.Template
	files   map[string]*file
}

// file is a file that browsers get.
type file struct {
	body []byte
	kind string
	etag string
}

// sources has the files that browsers get, by the end of their address.
var sources = map[string]string{"widget.js": "widget/cairn-feedback.js", "page.js": "page/page.js", "page.css": "page/page.css"}

// New returns a handler. It returns an error that names every fault of the options, joined. [WithSurveys] is required, and [WithSigner] for
// links.
func New(opts ...Option) (*Handler, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	h := &Handler{config: *c, surveys: newCatalogue(c), limit: newLimiter(c), files: map[string]*file{}}
	if h.tongues, err = newTongues(c.texts); err != nil {
		return nil, err
	}
	if h.counter, err = newCounter(c.meters); err != nil {
		return nil, err
	}
	if h.page, err = template.ParseFS(assets, "page/page.tmpl"); err != nil {
		return nil, fmt.Errorf("intake: the page: %w", err)
	}
	for name, from := range sources {
		body, err := assets.ReadFile(from)
		if err != nil {
			return nil, fmt.Errorf("intake: the file %s: %w", from, err)
		}
		sum := sha256.Sum256(body)
		f := &file{body: body, kind: "text/javascript; charset=utf-8", etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
		if strings.HasSuffix(name, ".css") {
			f.kind = "text/css; charset=utf-8"
		}
		h.files[name] = f
	}
	return h, nil
}

// place is what a path names.
type place struct {
	file   string
	token  string
	survey string
	became string // shown or dismissed, after the token
}

// placeOf returns what the path names, and false for nothing. It reads the last segments of the path, so that it does not matter where the handler is mounted.
func (h *Handler) placeOf(u *url.URL) (p place, ok bool) {
	segments := strings.Split(u.EscapedPath(), "/")
	at := func(i int) string {
		if i >= len(segments) {
			return ""
		}
		s, err := url.PathUnescape(segments[len(segments)-1-i])
		if err != nil {
			return ""
		}
		return s
	}
	last := at(0)
	switch {
	case last == "":
		return p, false
	case h.files[last] != nil: // no token has a dot
		p.file = last
	case at(1) == "surveys":
		p.survey = last
	case at(1) == "r":
		p.token = last
	case (last == "shown" || last == "dismissed") && at(2) == "r" && at(1) != "":
		p.became, p.token = last, at(1)
	default:
		return p, false
	}
	return p, true
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, ok := h.placeOf(r.URL)
	if p.file != "" {
		h.file(w, r, p.file)
		return
	}
	h.headers(w, r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	x := &exchange{h: h, w: w, r: r, place: p, now: h.now()}
	if wait, ok := h.limit.allow(r, x.now); !ok {
		no := refuse(tooMany, "the client sends too many requests: wait")
		no.retry = int((wait + time.Second - 1) / time.Second)
		x.refuse(no)
		return
	}
	if no := x.serve(); no != nil {
		x.refuse(no)
	}
}

// file sends a file. Pages of every origin may load the widget.
func (h *Handler) file(w http.ResponseWriter, r *http.Request, name string) {
	f, head := h.files[name], w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		head.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are allowed", http.StatusMethodNotAllowed)
		return
	}
	head.Set("Content-Type", f.kind)
	head.Set("Cache-Control", "public, max-age=3600")
	head.Set("ETag", f.etag)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Access-Control-Allow-Origin", "*")
	head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.body))
}

// policy is the Content-Security-Policy of the page: its own files, and nothing inline. An answer goes to where the page is from.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers sets what each answer has.
func (h *Handler) headers(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Security-Policy", policy)
	head.Set("Referrer-Policy", "same-origin") // no-referrer would make a browser send "Origin: null" with the form
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Frame-Options", "DENY")
	head.Set("X-Robots-Tag", "noindex, nofollow")
	head["Vary"] = append(head["Vary"], "Accept, Accept-Language, Origin")
	if origin := r.Header.Get("Origin"); slices.Contains(h.origins, origin) {
		head.Set("Access-Control-Allow-Origin", origin)
		head.Set("Access-Control-Expose-Headers", "Retry-After")
	}
}

// exchange is one request and its answer.
type exchange struct {
	h *Handler
	w http.ResponseWriter
	r *http.Request
	place

	now  time.Time
	lang string // that the link or the answer asks for
}

// serve answers the request, or returns why not.
func (x *exchange) serve() *refusal {
	switch x.r.Method {
	case http.MethodGet, http.MethodHead:
		return x.get()
	case http.MethodPost:
		if err := x.h.protection.Check(x.r); err != nil {
			return refuse(crossOrigin, "the request comes from another origin: name the origin with WithTrustedOrigins if it may send answers")
		}
		x.r.Body = http.MaxBytesReader(x.w, x.r.Body, x.h.maxBytes)
		return x.post()
	case http.MethodOptions:
		head := x.w.Header()
		head.Set("Allow", x.methods())
		if head.Get("Access-Control-Allow-Origin") != "" {
			head.Set("Access-Control-Allow-Methods", x.methods())
			head.Set("Access-Control-Allow-Headers", "Accept, Content-Type")
			head.Set("Access-Control-Max-Age", "600")
		}
		x.w.WriteHeader(http.StatusNoContent)
		return nil
	default:
		return x.wrongMethod()
	}
}

// methods returns the methods of the place.
func (x *exchange) methods() string {
	if x.became != "" {
		return "POST, OPTIONS"
	}
	return "GET, HEAD, POST, OPTIONS"
}

func (x *exchange) wrongMethod() *refusal {
	x.w.Header().Set("Allow", x.methods())
	no := refuse(badRequest, "the method is none of %s", x.methods())
	no.status = http.StatusMethodNotAllowed
	return no
}

func (x *exchange) get() *refusal {
	switch {
	case x.became != "":
		return x.wrongMethod()
	case x.survey != "":
		a := x.asked(x.survey)
		if a == nil {
			return refuse(unknownSurvey, "there is no survey of this name: add it with WithSurveys")
		}
		x.json(http.StatusOK, x.surveyJSON(a.version(a.current.Version()), a.unasked, nil))
		return nil
	default:
		l, no := x.link()
		if no != nil {
			return no
		}
		if x.wantsJSON() {
			x.json(http.StatusOK, x.surveyJSON(l.asking, false, l))
			return nil
		}
		v := x.form(l.asking, l)
		if score, err := strconv.Atoi(x.r.URL.Query().Get("score")); err == nil && onScale(l.asking.survey.Scale(), score) {
			v.choose(score)
		}
		x.html(http.StatusOK, v)
		return nil
	}
}

func (x *exchange) post() *refusal {
	switch {
	case x.survey != "":
		return x.unasked()
	case x.became != "":
		return x.becomes()
	default:
		return x.answer()
	}
}

// client returns the client that records, or nil.
func (x *exchange) client() *cx.Client {
	if x.h.client != nil {
		return x.h.client
	}
	return cx.FromContext(x.r.Context())
}

// apart returns a context in which the client records, and that knows nothing of the customer who sends the request. Whoever opens a link
// may be logged in as somebody else, or be in another journey: the store knows to whom the link was sent.
func (x *exchange) apart() context.Context {
	span := trace.SpanFromContext(x.r.Context())
	return cx.NewContext(trace.ContextWithSpan(context.Background(), span), x.client())
}
