// Package storefront is the shop that customers see: a basket, an address, a payment and a confirmation, rendered
// on the server. It reports with Cairn what its customers experience:
//
//   - storefront.go makes routes touchpoints and assigns requests to the customer's journey
//   - checkout.go starts the journey and moves it from stage to stage
//   - payment.go calls the payments service and marks what went wrong for the customer
//   - after.go ends the journey, and takes calls on the next day
//   - ask.go asks the customer, and mounts what takes in the answers
//   - answer.go shows the customer what the support team has answered
//   - mail.go sends mails, if the contact policy allows, and takes complaints
package storefront

import (
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/guide"
	"cairncx.dev/cairn/examples/shop/service"
	"cairncx.dev/cairn/feedback/intake"
	"cairncx.dev/cairn/touchpoint"
)

// Config has the settings of the shop.
type Config struct {
	SDK *otelsetup.SDK
	Log *slog.Logger
	// Payments is the URL of the payments service.
	Payments string
	// Backend says that the services send telemetry to a backend, so that pages show what to search for there.
	Backend bool
	// TraceURL is the URL of a journey's trace, with %s in place of the trace's ID, such as
	// "http://localhost:16686/trace/%s". Default: pages show the ID without a link.
	TraceURL string
	// QueryURL is the base URL of a Prometheus, for a link to a query. Default: pages show the query alone.
	QueryURL string
	// Files are commands that show the events of one journey, with %s in place of its ID. Default: none.
	Files []string
	// BasketKey signs the cookie that keeps an open basket. Set it in a shop whose journeys outlast the process.
	// Default: baskets are in memory only.
	BasketKey []byte
	// Care is the path of the support team's page, for a link to it. Default: no link.
	Care string
	// LinkKey signs the links by which customers answer a question, at least [intake.MinKey] bytes.
	LinkKey []byte
	// Now is the shop's clock. Default: [time.Now].
	Now func() time.Time
}

// Shop is the storefront. Safe for concurrent use.
type Shop struct {
	cfg      Config
	look     guide.Config
	pages    *template.Template
	baskets  baskets
	payments *paymentsClient
	intake   http.Handler
	signer   *intake.Signer
	answers  answers
}

// New returns a shop. It fails if a URL or the key of the configuration is invalid.
func New(cfg Config) (*Shop, error) {
	payments, err := url.Parse(cfg.Payments)
	if err != nil || payments.Host == "" || !isHTTP(payments) {
		return nil, fmt.Errorf("storefront: %q is not the URL of the payments service: want http://host:port", cfg.Payments)
	}
	look := guide.Config{Backend: cfg.Backend, TraceURL: cfg.TraceURL, QueryURL: cfg.QueryURL, Files: cfg.Files}
	if err := look.Validate(); err != nil {
		return nil, fmt.Errorf("storefront: %w", err)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	in, signer, err := newIntake(&cfg)
	if err != nil {
		return nil, err
	}
	return &Shop{cfg: cfg, look: look, pages: parsePages(), payments: newPaymentsClient(cfg.SDK, payments), intake: in, signer: signer}, nil
}

func isHTTP(u *url.URL) bool { return u.Scheme == "http" || u.Scheme == "https" }

// Close closes the idle connections to the payments service.
func (s *Shop) Close() { s.payments.close() }

// Handler returns the shop's pages.
func (s *Shop) Handler() http.Handler {
	mux := http.NewServeMux()
	s.routes(mux)

	// Inside, the Handler makes routes touchpoints and finds each request's journey. It believes the result of
	// orderOf, which therefore returns only numbers of baskets that the shop itself has made. It believes no
	// position from outside: the options have no Trust.
	app := touchpoint.Handler(mux,
		touchpoint.WithJourneyID(experience.Checkout, s.orderOf),
		touchpoint.WithChannel(channel),
		touchpoint.WithRoute("GET /cart", experience.ViewCart),
		touchpoint.WithRoute("POST /address", experience.EnterAddress),
		touchpoint.WithRoute("POST /payment", experience.SubmitPayment),
		touchpoint.WithOnlyRoutes(),
	)
	// Outside, otelhttp makes the request's own span. The span links to a stranger's trace instead of joining it,
	// and the service does not pass on a stranger's baggage.
	traced := otelhttp.NewHandler(app, "storefront",
		otelhttp.WithTracerProvider(s.cfg.SDK.TracerProvider),
		otelhttp.WithMeterProvider(s.cfg.SDK.MeterProvider),
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return true }))
	return http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(service.Secure(s.restoring(traced))), intake.DefaultMaxBytes)
}

func (s *Shop) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /cart", s.addToCart)
	mux.HandleFunc("GET /cart", s.viewCart)
	mux.HandleFunc("POST /cancel", s.cancel)
	mux.HandleFunc("GET /address", s.askAddress)
	mux.HandleFunc("POST /address", s.takeAddress)
	mux.HandleFunc("GET /payment", s.askPayment)
	mux.HandleFunc("POST /payment", s.pay)
	mux.HandleFunc("GET /confirmation", s.confirm)
	mux.HandleFunc("POST /give-up", s.giveUp)
	mux.HandleFunc("GET /sorry", s.sorry)
	mux.HandleFunc("POST /answer", s.takeAnswer)
	mux.Handle(intakePath+"/", http.StripPrefix(intakePath, s.intake))
	mux.HandleFunc("GET /style.css", Style)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/", s.notFound)
	// The company's own systems send these: the telephone system, the mailing system and the one with the complaints.
	mux.Handle("POST /support", service.OnlyLoopback(http.HandlerFunc(s.support)))
	mux.Handle("POST /mail", service.OnlyLoopback(http.HandlerFunc(s.mail)))
	mux.Handle("POST /died", service.OnlyLoopback(http.HandlerFunc(s.died)))
	mux.Handle("POST /complaint", service.OnlyLoopback(http.HandlerFunc(s.complain)))
	mux.Handle("POST /nps", service.OnlyLoopback(http.HandlerFunc(s.takeNPS)))
}

const (
	sessionCookie = "session"
	visitorCookie = "visitor"
)

// orderOf returns the number of the open basket of the request's session, or "". A session that the shop does not
// know is in no journey.
func (s *Shop) orderOf(r *http.Request) string {
	b, _ := s.baskets.get(session(r))
	return b.Number
}

func session(r *http.Request) string { return cookie(r, sessionCookie) }

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil || len(c.Value) > 64 {
		return ""
	}
	return c.Value
}

// setCookie sets a cookie that no script can read and no other site can use. The cookie is not Secure, because the
// demonstration has no TLS; a real shop sets Secure.
func setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // see above: no TLS here
		Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// channel tells a phone from a computer by the word that every mobile browser puts into its User-Agent.
func channel(r *http.Request) event.Channel {
	if strings.Contains(r.UserAgent(), "Mobi") {
		return event.Mobile
	}
	return event.Web
}
