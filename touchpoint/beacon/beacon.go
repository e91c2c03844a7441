package beacon

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/log"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/journey"
)

//go:embed cairn-beacon.js
var source string

// Handler serves the module and takes its requests. The package's comment has the rules. It sets no cookie and writes no log. Safe for
// concurrent use. A nil Handler and the zero value answer every request with 404.
//
// Mount it at a folder, such as /cairn/, of the host that serves the pages. Inside of touchpoint.Handler, name that pattern with
// touchpoint.WithSkip: a request of the module is nothing that a customer does. The server around it bounds the time that a request may take
// ([http.Server.ReadTimeout]).
type Handler struct {
	cookie  *journey.Cookie
	client  *cx.Client
	every   time.Duration
	burst   int
	address func(*http.Request) string
	logger  log.Logger

	promised   map[string]bool // the touchpoints that make or keep a promise of the journey
	limit      *limiter
	protection *http.CrossOriginProtection
	script     []byte
	hash       string
}

// New returns a handler for the pages whose run the cookie has. It returns an error that joins every fault of the options, and for a nil cookie.
func New(cookie *journey.Cookie, opts ...Option) (*Handler, error) {
	h := &Handler{cookie: cookie, every: defaultEvery, burst: defaultBurst, protection: http.NewCrossOriginProtection()}
	for _, o := range opts {
		if o != nil {
			o.apply(h)
		}
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	h.promised = map[string]bool{}
	for p := range cookie.Journey().Promises() {
		h.promised[p.SinceTouchpoint], h.promised[p.UntilTouchpoint] = true, true
	}
	h.limit = newLimiter(h.every, h.burst)
	h.script = served(source)
	sum := sha256.Sum256(h.script)
	h.hash = hex.EncodeToString(sum[:8])
	return h, nil
}

// served returns the module without indentation and without the lines that are only comments.
func served(module string) []byte {
	var b bytes.Buffer
	for line := range strings.Lines(module) {
		if line = strings.TrimLeft(line, " "); line != "\n" && !strings.HasPrefix(line, "//") {
			b.WriteString(line)
		}
	}
	return b.Bytes()
}

// Script returns the name of the module that changes with its content, such as beacon-0123456789abcdef.js. Browsers keep it for a year, and ask again
// each hour for beacon.js.
func (h *Handler) Script() string {
	if h == nil {
		return ""
	}
	return "beacon-" + h.hash + ".js"
}

// ServeHTTP implements [http.Handler]. GET sends the module as beacon.js and under [Handler.Script]. POST takes a request of the module, and
// answers with an empty body: 204 where it was taken or the browser is in no run, 400 for a body that the module does not send, 403 for another
// origin, 413 above 16 KiB, 415 for another type than text/plain, 429 beyond the rate.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h == nil || h.limit == nil {
		http.NotFound(w, r)
		return
	}
	head := w.Header()
	head.Set("X-Content-Type-Options", "nosniff")
	switch name := path.Base(r.URL.Path); {
	case r.Method == http.MethodPost:
		head.Set("Cache-Control", "no-store")
		w.WriteHeader(h.take(w, r))
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		head.Set("Allow", "GET, HEAD, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	case name == "beacon.js" || name == h.Script():
		head.Set("Cache-Control", "public, max-age=3600")
		if name != "beacon.js" {
			head.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		head.Set("Content-Type", "text/javascript; charset=utf-8")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("ETag", `"`+h.hash+`"`)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(h.script))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// take takes a request of the module, and returns the status of the answer.
func (h *Handler) take(w http.ResponseWriter, r *http.Request) int {
	c := h.client
	if c == nil {
		c = cx.FromContext(r.Context())
	} else {
		r = r.WithContext(cx.NewContext(r.Context(), c))
	}
	refuse := func(status int, f fault.Fault, why string) int {
		c.RecordFault(r.Context(), fault.Report{Fault: f, Name: "touchpoint/beacon", Detail: why})
		return status
	}
	if h.protection.Check(r) != nil {
		return refuse(http.StatusForbidden, fault.BadBeacon, "a page of another origin has sent it")
	}
	now := nowOf(r)
	run := h.cookie.ID(r)
	if wait, ok := h.allow(r, run, now); !ok {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
		return refuse(http.StatusTooManyRequests, fault.BeaconRate, "the client sends too many requests")
	}
	if run == "" {
		return http.StatusNoContent
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "text/plain" {
		return refuse(http.StatusUnsupportedMediaType, fault.BadBeacon, "its type is not text/plain")
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return refuse(http.StatusRequestEntityTooLarge, fault.BadBeacon, "its body is larger than 16 KiB")
	} else if err != nil {
		return refuse(http.StatusBadRequest, fault.BadBeacon, "its body did not arrive")
	}
	b, ok := readBody(string(text))
	if !ok {
		return refuse(http.StatusBadRequest, fault.BadBeacon, "its body is not of the form that the module sends")
	}
	x := &recording{h: h, c: c, r: r, body: b, now: now, session: h.cookie.Session(r), run: event.Run{
		Namespace: c.Namespace(), Name: h.cookie.Journey().Name(), ID: run,
	}}
	x.record()
	return http.StatusNoContent
}

// allow draws what a request costs. A request without a run is its network's. One that is beyond the rate of its run costs the network nothing,
// so that a single run cannot use up the rate of all others there.
func (h *Handler) allow(r *http.Request, run string, now time.Time) (wait time.Duration, ok bool) {
	network := networkOf(h.addressOf(r))
	if run == "" {
		return h.limit.take(client{network: network}, 1, now)
	}
	all := client{network: network, runs: true}
	if wait, ok = h.limit.take(all, perNetwork, now); !ok {
		return wait, false
	}
	sum := sha256.Sum256([]byte(run))
	if wait, ok = h.limit.take(client{run: [16]byte(sum[:16])}, 1, now); !ok {
		h.limit.giveBack(all, perNetwork)
	}
	return wait, ok
}

// addressOf returns the address of the client as text, or "" where the application's function has none.
func (h *Handler) addressOf(r *http.Request) (address string) {
	if h.address == nil {
		return r.RemoteAddr
	}
	defer func() {
		if recover() != nil {
			address = ""
		}
	}()
	return h.address(r)
}
