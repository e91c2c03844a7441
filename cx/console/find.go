package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// maxForm bounds the body of a form.
const maxForm = 64 << 10

// find looks for runs and customers, and sends the reader there. What is looked for is in the body of the request, because an address is kept in logs.
func (c *Console) find(w http.ResponseWriter, r *http.Request) {
	v, err := c.visit(r)
	if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		err = formFault(r.ParseForm())
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	text := strings.TrimSpace(r.PostForm.Get("q"))
	if text == "" {
		c.failed(w, r, errNothingAsked)
		return
	}
	address, err := v.find(text)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	http.Redirect(w, r, address, http.StatusSeeOther) //nolint:gosec // the address is one of the console: see visit.link
}

// hits are what may be meant by a text.
type hits struct {
	Runs []event.RunRef
	// Customers are pseudonyms.
	Customers []string
	// Near means that no run has the ID itself: Runs have other forms of it.
	Near bool
}

// find returns the address of the page of what is meant: that of the only hit, or the list of several ones.
func (v *visit) find(text string) (string, error) {
	h, err := v.hits(text)
	switch {
	case err != nil:
		return "", err
	case len(h.Runs)+len(h.Customers) == 0:
		return "", errNothingFound
	case len(h.Customers) == 0 && !h.Near && sameIDs(h.Runs):
		return v.runLink(h.Runs[0]), nil // its page lists the others
	case len(h.Runs) == 0:
		return v.link("customers/" + segments(h.Customers[0])), nil
	}
	return v.hitsLink(h), nil
}

func sameIDs(runs []event.RunRef) bool {
	return !slices.ContainsFunc(runs, func(r event.RunRef) bool { return r.ID != runs[0].ID })
}

// hits looks for what may be meant: runs with this ID, a customer with this pseudonym, a customer with this ID of the application's own; and without any of them,
// runs with another form of the ID.
func (v *visit) hits(text string) (h hits, err error) {
	if !event.ValidID(text) {
		return h, errNothingFound
	}
	ctx := v.r.Context()
	if h.Runs, err = direct(ctx, v, func(ctx context.Context) ([]event.RunRef, error) { return v.view.Find(ctx, event.RunRef{ID: text}) }); err != nil && !errors.Is(err, insight.ErrNotFound) {
		return h, err
	}
	for _, hash := range []string{text, v.c.customerHash(text)} {
		if hash == "" {
			continue
		}
		switch _, err := v.customer(ctx, hash); {
		case err == nil:
			h.Customers = append(h.Customers, hash)
		case !errors.Is(err, insight.ErrNotFound):
			return h, err
		}
	}
	if len(h.Runs)+len(h.Customers) > 0 {
		return h, nil
	}
	h.Near = true
	h.Runs, err = direct(ctx, v, func(ctx context.Context) ([]event.RunRef, error) { return v.view.Near(ctx, text) })
	return h, err
}

// customerHash is the pseudonym of a customer by the application's own ID; "" is not known.
func (c *Console) customerHash(id string) string {
	if c.cfg.hash != nil {
		return c.cfg.hash(id)
	}
	hash, err := c.cfg.client.CustomerHash(id)
	if err != nil {
		return "" // without a client or a key, the console knows customers by their pseudonyms alone
	}
	return hash
}

// formFault is the error of a form that cannot be read.
func formFault(err error) error {
	if err == nil {
		return nil
	}
	return tells(http.StatusBadRequest, "The form could not be read.", "It may be too long: make the text shorter, and send it again.")
}

// errNothingAsked is the error of a search for nothing.
var errNothingAsked = tells(http.StatusBadRequest, "There is nothing to look for.", "Write the ID of an order or a ticket, or of a customer, and search again.")

// errNothingFound is the error of a search without a hit.
var errNothingFound = tells(http.StatusNotFound, "Nothing is found that you may see.",
	"Search for the whole ID of an order or a ticket, or for a customer: by the ID that your systems have, or by the pseudonym.")
