package console

import (
	"errors"
	"net/http"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// maxForm bounds the body of a form.
const maxForm = 64 << 10

// find looks for a run or a customer, and sends the reader there. What is looked for is in the body of the request, because an address is kept in logs.
func (c *Console) find(w http.ResponseWriter, r *http.Request) {
	v, err := c.visit(r)
	if err == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		err = r.ParseForm()
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	address, err := v.find(strings.TrimSpace(r.PostForm.Get("q")))
	if err != nil {
		c.failed(w, r, err)
		return
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// find returns the address of the page of what has the ID.
func (v *visit) find(id string) (string, error) {
	if !event.ValidID(id) {
		return "", insight.ErrNotFound
	}
	runs, err := v.view.Find(v.r.Context(), event.RunRef{ID: id})
	if err == nil {
		return v.runLink(runs[0]), nil
	}
	if !errors.Is(err, insight.ErrNotFound) {
		return "", err
	}
	if _, err := v.view.Customer(v.r.Context(), id); err != nil {
		return "", err
	}
	return v.link("customers/" + segments(id)), nil
}
