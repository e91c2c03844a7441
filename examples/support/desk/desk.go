// Package desk is the application of the demonstration: the website of Larkfield for its customers on the left, the desk of its employees
// on the right, and the pages to read. It reports with Cairn what happens to a customer who needs help:
//
//   - website.go has self-service, of which a step may fail
//   - live.go has chats and calls: the queue, the bot, and what the customer does
//   - employee.go has what the employee does: answers, holds, transfers, decides, looks something up
//   - callback.go promises to call back, and does
//   - social.go has a thread of public messages
//   - ask.go asks the customer after a contact, and shows what the team leads have answered
//   - matter.go has the journey, whose trace shows all of it
//   - crowd.go lets weeks pass with other customers, and switches faults
//   - visit.go keeps one customer for each browser
package desk

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/care"
	"cairncx.dev/cairn/examples/shop/service"
	"cairncx.dev/cairn/examples/shop/storefront"
	"cairncx.dev/cairn/examples/support/journal"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// The names of the blueprint that the program uses.
const (
	queueOrders  = "orders"
	queueBilling = "billing"
	queueSocial  = "social"

	intentAddress = "change-address"
	intentOrder   = "order-late"
	intentRefund  = "refund"

	causeAuthority     = "no-authority"
	causeNotUnderstood = "not-understood"
	causeOutOfStock    = "out-of-stock"
	causeUnknownTown   = "unknown-town"
	causeCarrier       = "carrier-silent"

	roleLead = "team_lead"
	currency = "EUR"
)

// Config has the settings of the application. All are needed.
type Config struct {
	// Blueprint has the touchpoints, the queues and the hours.
	Blueprint *blueprint.Blueprint
	// Journal has the numbers and the stories. It has to see the client's events.
	Journal *journal.Journal
	// Window is the time without a further contact after which a matter is over, as the client has it.
	Window time.Duration
	// Now is the clock of the client, and Advance moves it ahead and tells what is over by then.
	Now     func() time.Time
	Advance func(ctx context.Context, d time.Duration) error
	Log     *slog.Logger
	// LinkKey signs the tokens of questions, at least [intake.MinKey] bytes.
	LinkKey []byte
	// Care is the page of the team leads, at [care.Path].
	Care http.Handler
	// Crowd are the other customers; nil is none.
	Crowd *Crowd
}

// App is the application. Make it with [New]. It is safe for concurrent use.
type App struct {
	cfg   Config
	pages *template.Template
	hours *calendar.Hours
	zone  *time.Location

	matter                                      *journey.Definition
	changeAddress, trackOrder, chat, call, post *touchpoint.Definition

	help      *feedback.Survey
	complaint *feedback.FollowUp
	intake    http.Handler
	signer    *intake.Signer
	loop      loop

	clock  sync.Mutex    // held while the clock moves
	ahead  time.Duration // how far it has moved in all
	visits visits
}

// ErrBlueprint is the error of [New] for a blueprint without a name that the program uses.
var ErrBlueprint = errors.New("desk: the blueprint does not fit the program")

// New returns the application. It fails if the blueprint lacks what the program uses.
func New(cfg Config) (*App, error) {
	a := &App{cfg: cfg, pages: parsePages()}
	for name, def := range map[string]**touchpoint.Definition{
		"change-address": &a.changeAddress, "track-order": &a.trackOrder, "chat": &a.chat, "call": &a.call, "post": &a.post,
	} {
		if *def = cfg.Blueprint.Touchpoint(name); *def == nil {
			return nil, fmt.Errorf("%w: it has no touchpoint %q", ErrBlueprint, name)
		}
	}
	if a.matter = cfg.Blueprint.Journey("matter"); a.matter == nil {
		return nil, fmt.Errorf("%w: it has no journey %q", ErrBlueprint, "matter")
	}
	if a.help, a.complaint = cfg.Blueprint.Survey("help"), cfg.Blueprint.FollowUp("complaint"); a.help == nil || a.complaint == nil {
		return nil, fmt.Errorf("%w: it has no survey %q, or no follow-up %q", ErrBlueprint, "help", "complaint")
	}
	const office = "office"
	var ok bool
	if a.hours, ok = cfg.Blueprint.Calendar(office); !ok {
		return nil, fmt.Errorf("%w: it has no hours %q", ErrBlueprint, office)
	}
	var err error
	if a.zone, err = time.LoadLocation(a.hours.Zone()); err != nil {
		return nil, fmt.Errorf("desk: %w", err)
	}
	in, signer, err := newIntake(&cfg, a.help)
	if err != nil {
		return nil, err
	}
	a.intake, a.signer = in, signer
	return a, nil
}

// Close ends the contacts and the follow-ups that are open, so that they are recorded. The context has the client. Call it when the server has
// stopped, and everything before was flushed.
func (a *App) Close(ctx context.Context) {
	a.visits.close()
	a.abandon(ctx)
}

// maxBody bounds a request's body.
const maxBody = intake.DefaultMaxBytes

// Handler returns the pages.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET /numbers", a.numbers)
	mux.HandleFunc("GET /story", a.story)
	mux.HandleFunc("POST /do/{what}", a.do)
	mux.HandleFunc("POST /clock", a.moveClock)
	mux.HandleFunc("POST /crowd", a.moveCrowd)
	mux.HandleFunc("POST /customer", a.nextCustomer)
	mux.HandleFunc("GET /style.css", storefront.Style) // the colours and the forms of the shop
	mux.HandleFunc("GET /layout.css", layout)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.Handle(intakePath+"/", http.StripPrefix(intakePath, a.intake))
	if a.cfg.Care != nil {
		mux.Handle(care.Path, a.cfg.Care)
	}
	mux.HandleFunc("/", a.notFound)
	return http.MaxBytesHandler(http.NewCrossOriginProtection().Handler(service.Secure(service.OnlyLoopback(mux))), maxBody)
}

// act is one thing that the visitor does, as the customer or as the employee. It returns what the page says about it. The context is that
// of the request without its end, because a contact lives longer than a request.
type act func(a *App, ctx context.Context, v *visit, r *http.Request) (said string, err error)

// errUnfit is the error of an act that does not fit what has happened, such as a button of an old page.
var errUnfit = errors.New("that does not fit any more: the page shows what is possible now")

// acts has the acts by the last element of their path.
func acts() map[string]act {
	return map[string]act{
		"address": (*App).takeAddress, "track": (*App).takeTracking,
		"chat-open": (*App).openChat, "chat-say": (*App).sayInChat, "chat-person": (*App).wantPerson, "chat-leave": (*App).leaveChat,
		"call-dial": (*App).dial, "call-hangup": (*App).hangUp, "call-callback": (*App).takeCallback, "call-pickup": (*App).pickUp,
		"desk-seat": (*App).seat, "desk-ring": (*App).ring, "desk-answer": (*App).answer, "desk-reply": (*App).reply, "desk-hold": (*App).hold,
		"desk-transfer": (*App).transfer, "desk-again": (*App).askAgain, "desk-look": (*App).look, "desk-decide": (*App).decide,
		"desk-lead": (*App).askLead, "desk-unable": (*App).unable, "desk-claim": (*App).claim, "desk-end": (*App).endContact,
		"desk-callback": (*App).callBack,
		"post-write":    (*App).writePost, "desk-post": (*App).answerPost, "desk-close": (*App).closePost, "reply": (*App).takeReply,
	}
}

// do runs one act and shows the page again. The fragment brings a keyboard back to where it was.
func (a *App) do(w http.ResponseWriter, r *http.Request) {
	f, ok := acts()[r.PathValue("what")]
	if !ok {
		a.notFound(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		a.message(w, r, http.StatusBadRequest, "This form cannot be read", "It is too long, or damaged. Go back and try again.")
		return
	}
	v := a.visit(w, r)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.gone {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	v.said, v.problem = "", ""
	said, err := f(a, context.WithoutCancel(r.Context()), v, r)
	if err != nil {
		v.problem = err.Error()
	}
	v.said = said
	http.Redirect(w, r, "/#said", http.StatusSeeOther)
}

// id returns the company's own ID of the customer.
func (v *visit) id() string { return "customer-" + v.number }

// customer returns the customer of a visit, as Cairn knows it.
func (v *visit) customer() touchpoint.StartOption {
	return touchpoint.From(event.Customer{ID: v.id()})
}
