package console

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// WithUnsubscribe lets subscribers leave a plan by the address in a mail, without being signed in, with one click (RFC 8058): a POST to unsubscribe/TOKEN below the
// console's path takes the address of the token off its plan, and a GET shows a button that does so. The function says which plan and whose address a token has, and
// false for any other text: Open of subscribe.Links, whose URL is for mail.WithUnsubscribe. It needs [WithSubscriptions]. Default: none.
func WithUnsubscribe(open func(token string) (plan, address string, ok bool)) Option {
	return option(func(c *config) error {
		if open == nil {
			return errors.New("console: WithUnsubscribe: the function is nil")
		}
		c.leaving = open
		return nil
	})
}

// unsubscribePath is the path below the console's own.
const unsubscribePath = "unsubscribe/{token}"

// routeUnsubscribe mounts the address of WithUnsubscribe.
func (c *Console) routeUnsubscribe(mux *http.ServeMux) {
	if c.cfg.leaving == nil {
		return
	}
	mux.HandleFunc("GET "+c.path(unsubscribePath), func(w http.ResponseWriter, r *http.Request) {
		if plan, _, ok := c.cfg.leaving(r.PathValue("token")); ok {
			c.askToLeave(w, r, plan)
			return
		}
		c.noLink(w)
	})
	mux.HandleFunc("POST "+c.path(unsubscribePath), c.leave)
}

func (c *Console) noLink(w http.ResponseWriter) {
	c.refuse(w, http.StatusNotFound, "This link is not one of ours.", "Use the link of the latest mail, or the page of reports.")
}

// leave takes the address of the token off its plan. It says the same the second time.
func (c *Console) leave(w http.ResponseWriter, r *http.Request) {
	plan, address, ok := c.cfg.leaving(r.PathValue("token"))
	if !ok {
		c.noLink(w)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeCall)
	defer cancel()
	if err := c.cfg.subscriptions.Subscribe(ctx, plan, address, false); err != nil {
		c.failed(w, r, c.subscriptionFault(ctx, err))
		return
	}
	c.pages.fault(w, c.bare(0), fault{http.StatusOK, "You get no more reports of “" + plan + "”.", "The page of reports lets you subscribe again."})
}

// askToLeave shows the button: programs that look at the links of a mail do not press it.
func (c *Console) askToLeave(w http.ResponseWriter, r *http.Request, plan string) {
	f := c.bare(0)
	f.Headline, f.Note = "Do you want no more reports of “"+plan+"”?", "They are sent to the address at which you got the mail."
	f.Next, f.Address = "Unsubscribe", r.URL.EscapedPath()
	text, err := c.pages.text("unsubscribe", f)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, text)
}
