package console

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
)

// Console serves the pages. Make it with [New]. It is safe for concurrent use.
type Console struct {
	table  *insight.Table
	cfg    config
	desk   *desk
	live   *live
	pens   chan struct{} // turns to write a part of a page
	pages  *templates
	routes http.Handler

	does  *definitions // of what employees move on
	keyed bool         // the client has a key, with which it says which employee it was
	done  *doneMoves
	looks looks
}

// New returns a console over the table, which the caller loads: before, or while the console serves. The caller closes it: see [Console.Close]. It returns every
// faulty option, joined.
func New(table *insight.Table, opts ...Option) (*Console, error) {
	cfg := defaults()
	var faults []error
	if table == nil {
		faults = append(faults, errors.New("console: the table is nil: make one with insight.New"))
	}
	for _, o := range opts {
		if o != nil {
			faults = append(faults, o.apply(&cfg))
		}
	}
	if cfg.signIn != nil && cfg.viewer == nil {
		faults = append(faults, errors.New("console: WithSignIn: who has signed in is said by WithViewer: give it too"))
	}
	if cfg.leaving != nil && cfg.subscriptions == nil {
		faults = append(faults, errors.New("console: WithUnsubscribe: there is nothing to leave: give WithSubscriptions too"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	pages, err := parse()
	if err != nil {
		return nil, err
	}
	c := &Console{table: table, cfg: cfg, desk: newDesk(cfg.questions), live: newLive(), pens: make(chan struct{}, cfg.questions), pages: pages, does: newDefinitions(table.Blueprint(), cfg.definitions), done: newDoneMoves()}
	c.desk.rows = table.Edition
	_, err = cfg.client.CustomerHash("a customer")
	c.keyed = err == nil
	c.routes = c.guarded(c.route())
	return c, nil
}

// ServeHTTP implements http.Handler.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.routes.ServeHTTP(w, r) }

// Close ends the streams that keep pages current and the questions that run, and waits for the questions, at most 10 s. Later requests for pages are answered with 503.
// Call it first when the service stops: http.Server.Shutdown waits for streams, and what questions read, such as an archive, may be closed after Close only. It
// logs if a source or a function of the application does not end with its context. It may be called again.
func (c *Console) Close() {
	c.live.close()
	if !c.desk.close() {
		c.cfg.log.Warn("console: a question did not end with its context: its source or function may still be in use", "waited", maxClose)
	}
}

// path returns a path of the console, such as "journeys/ticket".
func (c *Console) path(rest string) string { return c.cfg.path + strings.TrimPrefix(rest, "/") }

// now is the moment of pages: the zero time is that of the latest event.
func (c *Console) now() time.Time {
	if c.cfg.now == nil {
		return time.Time{}
	}
	return c.cfg.now()
}

var _ http.Handler = (*Console)(nil)
