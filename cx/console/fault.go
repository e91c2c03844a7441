package console

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"cairncx.dev/cairn/cx/insight"
)

// fault is an error as a reader sees it.
type fault struct {
	Status     int
	Say, Mends string
}

// toldError is a fault that a page has found itself: the reader hears all of it.
type toldError struct{ fault }

// Error implements error.
func (e *toldError) Error() string { return "console: " + e.Say }

// tells returns an error that a page tells the reader.
func tells(status int, say, mends string) error { return &toldError{fault{status, say, mends}} }

// faultOf says an error in words. What an application's function or a source returned is not shown.
func faultOf(err error) fault {
	var denied *insight.DeniedError
	var refused refusal
	var told *toldError
	switch {
	case errors.As(err, &told):
		return told.fault
	case errors.As(err, &refused) && errors.Is(err, ErrNotSignedIn):
		return fault{http.StatusUnauthorized, "Please sign in.", "The console does not know who you are."}
	case errors.As(err, &refused):
		return fault{http.StatusForbidden, "You may not see the console.", "Ask the people who run it for the rights that you need."}
	case errors.As(err, &denied):
		return fault{http.StatusForbidden, "You may not see this.", "It needs the right “" + denied.Right.String() + "”. Ask the people who run the console."}
	case errors.Is(err, insight.ErrLoading):
		return fault{http.StatusServiceUnavailable, "The events are being loaded.", "This page comes by itself when they are there. Without a script, reload it in a few seconds."}
	case errors.Is(err, errBusy):
		return fault{http.StatusServiceUnavailable, "Many questions are being answered.", "Reload this page in a few seconds, or choose a shorter period."}
	case errors.Is(err, errClosed):
		return fault{http.StatusServiceUnavailable, "The console is being closed.", "Reload this page in a few seconds: the service may be starting again."}
	case errors.Is(err, context.DeadlineExceeded):
		return fault{http.StatusServiceUnavailable, "The answer took too long.", "Choose a shorter period or a single journey."}
	case errors.Is(err, insight.ErrNotFound), errors.Is(err, errNotHere):
		return fault{http.StatusNotFound, "There is nothing here that you may see.", "Look at the address, or search for it at the top of the page."}
	case errors.Is(err, insight.ErrWhich), errors.Is(err, errAddress):
		return fault{http.StatusBadRequest, "This address cannot be read.", plainly(err)}
	default:
		return fault{http.StatusInternalServerError, "This could not be answered.", "The people who run the console find the reason in its log."}
	}
}

// isUnknown reports whether the reader may not see what a question is about.
func isUnknown(err error) bool { return errors.Is(err, insight.ErrWhich) }

// plainly is the text of an error without the names of packages before it.
func plainly(err error) string {
	text := err.Error()
	for _, prefix := range []string{errAddress.Error() + ": ", insight.ErrWhich.Error() + ": ", "console: ", "insight: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	if text == "" {
		return ""
	}
	if name, _, _ := strings.Cut(text, " "); strings.Contains(name, "=") { // a part of the address, as it is written there
		return text + "."
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// refuse answers a request without a visit.
func (c *Console) refuse(w http.ResponseWriter, status int, say, mends string) {
	c.pages.fault(w, c.bare(status), fault{status, say, mends})
}

// failed answers a request that ended in an error.
func (c *Console) failed(w http.ResponseWriter, r *http.Request, err error) {
	if c.sentToSignIn(w, r, err) {
		return
	}
	f := faultOf(err)
	if f.Status == http.StatusInternalServerError {
		c.cfg.log.ErrorContext(r.Context(), "console: a page could not be answered", "error", err)
	}
	if f.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	around := c.bare(f.Status)
	if f.Status != http.StatusServiceUnavailable {
		around.Nav = c.leads(r, err)
	}
	around.Retry = f.Status == http.StatusServiceUnavailable && (r.Method == http.MethodGet || r.Method == http.MethodHead) // a form comes by POST alone
	c.pages.fault(w, around, f)
}

// leads are the places to which a reader goes on from a fault; none for one who may not see the console.
func (c *Console) leads(r *http.Request, err error) (list []navItem) {
	var refused refusal
	if errors.As(err, &refused) {
		return nil
	}
	viewer, err := c.viewer(r)
	if err != nil {
		return nil
	}
	for _, p := range places {
		if p.name != "runs" || viewer.Rights&insight.Customers != 0 {
			list = append(list, navItem{p.title, c.path(p.path), false})
		}
	}
	return list
}
