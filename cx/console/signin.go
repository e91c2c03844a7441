package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// The paths below the console's own that the handler of [WithSignIn] answers.
const (
	signInPath    = "sign-in"
	signOutPath   = "sign-out"
	signedOutPath = "signed-out"
)

// WithSignIn mounts a handler by which readers sign in and out. Below the console's path it answers GET of sign-in and of what is below it, POST of sign-out,
// and GET of signed-out. A reader whom the viewer function does not know, and who opens a page, is sent to sign-in?to=ADDRESS, where ADDRESS is the path and
// the query of the page. Any other request of such a reader is answered with 401. The frame of pages has a button that posts to sign-out. The handler says
// what it has to say by [Tell]. It needs [WithViewer]. Package cx/console/oidc has a handler for OpenID Connect. Default: none.
func WithSignIn(h http.Handler) Option {
	return option(func(c *config) error {
		if h == nil {
			return errors.New("console: WithSignIn: the handler is nil")
		}
		c.signIn = h
		return nil
	})
}

// Notice is a page with a single message.
type Notice struct {
	// Status is that of the answer. 0 is 200.
	Status int
	// Say is what is the matter, and Mends what the reader can do about it: plain text.
	Say, Mends string
	// Next is the text of a link to Address. Empty is no link. The caller has checked the address: it may be one of another server.
	Next, Address string
	// Leave lets the browser go to Address by itself. A redirect cannot do so after a form: the page's policy keeps the targets of forms on this server.
	Leave bool
}

// Tell answers a request with the notice, in the frame of the console that passed the request to the handler of [WithSignIn]. Without a console it writes the
// text alone.
func Tell(w http.ResponseWriter, r *http.Request, n Notice) {
	if n.Status == 0 {
		n.Status = http.StatusOK
	}
	c, ok := r.Context().Value(consoleKey{}).(*Console)
	if !ok {
		http.Error(w, n.Say+" "+n.Mends, n.Status)
		return
	}
	f := c.bare(0)
	f.Next, f.Address, f.Leave = n.Next, n.Address, n.Leave && n.Address != ""
	c.pages.fault(w, f, fault{n.Status, n.Say, n.Mends})
}

// consoleKey is the key of the console in the context of a request to the handler of WithSignIn.
type consoleKey struct{}

// routeSignIn mounts the handler of WithSignIn.
func (c *Console) routeSignIn(mux *http.ServeMux) {
	if c.cfg.signIn == nil {
		return
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.cfg.signIn.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), consoleKey{}, c)))
	})
	mux.Handle("GET "+c.path(signInPath), h)
	mux.Handle("GET "+c.path(signInPath)+"/{rest...}", h)
	mux.Handle("POST "+c.path(signOutPath), h)
	mux.Handle("GET "+c.path(signedOutPath), h)
}

// sentToSignIn sends a reader who opens a page, and who is not known, to sign in. It returns false if the request is another one.
func (c *Console) sentToSignIn(w http.ResponseWriter, r *http.Request, err error) bool {
	var refused refusal
	if c.cfg.signIn == nil || !errors.As(err, &refused) || !errors.Is(err, ErrNotSignedIn) || !opens(r) {
		return false
	}
	w.Header().Set("Location", c.signInAddress(r.URL.RequestURI()))
	w.WriteHeader(http.StatusSeeOther)
	return true
}

// signInAddress is where a reader signs in who wants to go to the address; "" is the first page.
func (c *Console) signInAddress(to string) string {
	if to == "" {
		return c.path(signInPath)
	}
	return c.path(signInPath) + "?" + url.Values{"to": {to}}.Encode()
}

// opens reports whether a person opens a page by the request. A script that reads a page cannot follow to another server: it gets the status.
func opens(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && (mode == "" || mode == "navigate")
}

// bare is the frame of a page without a visit. A reader who is refused can sign out, to come back as another one.
func (c *Console) bare(status int) *frame {
	f := &frame{Title: c.cfg.title, Company: c.cfg.title, Base: c.cfg.path, Style: c.path(c.pages.style.name), Script: c.path(c.pages.script.name), Home: c.cfg.path, Find: c.path("find")}
	switch {
	case c.cfg.signIn == nil:
	case status == http.StatusUnauthorized:
		f.Next, f.Address = "Sign in", c.signInAddress("")
	case status == http.StatusForbidden:
		f.SignOut = true
	}
	return f
}

// who is the reader as the frame names them.
func (v *visit) who() string {
	if v.viewer.Mail != "" {
		return v.viewer.Mail
	}
	return v.viewer.Name
}
