package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// visit is one request for a page: who asks, about what, at which moment.
type visit struct {
	c      *Console
	r      *http.Request
	viewer insight.Viewer
	view   *insight.View
	filter filter
	zone   *time.Location
	// numbers is how the reader writes numbers, and names are those of the page, and parts those of its sections by ID; nil for a reader of English.
	numbers number.Locale
	names   *names
	parts   map[string]*names
	// at is the moment of the page, edition that of its rows, and state the name of both for the script.
	at      time.Time
	edition uint64
	state   string
	// from and until are the period, and was and then the one before it; zero without a comparison.
	from, until, was, then time.Time
	// breakdown is the one that a form moves on; nil for other requests.
	breakdown *aBreakdown
	// scope is that of the reader, and address the filter, as the keys of answers have them.
	scope, address string
}

// visit reads a request.
func (c *Console) visit(r *http.Request) (*visit, error) {
	if err := c.desk.closed(); err != nil {
		return nil, err
	}
	viewer, err := c.viewer(r)
	if err != nil {
		return nil, refusal{err}
	}
	v := &visit{c: c, r: r, viewer: viewer, zone: c.cfg.zone, at: c.moment()}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil { // a condition that cannot be read would be left out of all numbers
		return nil, fmt.Errorf("%w: its parameters cannot be read: write a percent sign as %%25, and & between them", errAddress)
	}
	if v.filter, err = parseFilter(query, c.cfg.zone); err != nil {
		return nil, err
	}
	if v.filter.Zone != nil {
		v.zone = v.filter.Zone
	}
	v.readLocale()
	v.view = c.table.View(viewer, v.at).Workers(c.workers())
	v.edition = v.view.Edition()
	c.desk.since(v.edition)
	v.state = c.stateOf(v.edition, v.at)
	if v.at, err = v.view.Moment(); err != nil {
		return nil, err
	}
	v.from, v.until = v.filter.period(v.at, v.zone)
	if !v.filter.Alone {
		v.was, v.then = v.filter.before(v.from, v.until)
	}
	v.address = v.filter.answersBy().Encode()
	v.scope = fmt.Sprintf("%d%q%q%q", viewer.Rights, viewer.Journeys, viewer.Owners, viewer.Segments)
	return v, nil
}

// may reports whether the reader has the rights.
func (v *visit) may(rights insight.Right) bool { return v.viewer.Rights&rights == rights }

// which is the question about the period of the page.
func (v *visit) which(by insight.By) insight.Which {
	return insight.Which{Journey: v.filter.Journey, Namespace: v.filter.Namespace, From: v.from, Until: v.until, By: by, Where: v.filter.Where}
}

// earlier is the question about the period before.
func (v *visit) earlier(by insight.By) insight.Which {
	w := v.which(by)
	w.From, w.Until = v.was, v.then
	return w
}

// question asks the desk. The name and what it is about say what the answer depends on, beside the reader's scope, the rows of the table, the moment, and the filter of the
// address: its text tells values apart which read alike in what the question is about.
func question[T any](ctx context.Context, v *visit, name string, about any, f func(context.Context) (T, error)) (T, error) {
	return questionOf(ctx, v, fmt.Sprintf("%s|%d|%s|%s|%+v", v.scope, v.at.UnixNano(), v.address, name, about), f)
}

// questionOf is question with the rest of the key, after that of the rows of the table.
func questionOf[T any](ctx context.Context, v *visit, key string, f func(context.Context) (T, error)) (T, error) {
	key = editionKey(v.edition) + key
	got, err := ask(ctx, v.c.desk, key, f)
	if err == nil && v.names != nil {
		rememberNames(ctx, v.c.desk.namesOf(key, got))
	}
	return got, err
}

// link is the address of a page with the filter of this one, and with more in its query: pairs of a name and a value.
func (v *visit) link(path string, more ...string) string { return v.linkOf(v.filter, path, more...) }

// linkOf is link with another filter.
func (v *visit) linkOf(f filter, path string, more ...string) string {
	q := f.query()
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	address := v.c.path(path)
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	return address
}

// segments joins parts of a path, each of which may have any byte. A part that a browser would walk, also with its escapes, has a "~" before it: see isDots.
func segments(parts ...string) string {
	list := make([]string, len(parts))
	for i, part := range parts {
		if isDots(part) {
			part = "~" + part
		}
		list[i] = url.PathEscape(part)
	}
	return strings.Join(list, "/")
}

// isDots reports whether a part of a path is "." or "..", or one of these after signs "~": such a part has one more of them in an address.
func isDots(part string) bool {
	part = strings.TrimLeft(part, "~")
	return part == "." || part == ".."
}

// part returns the part of the request's path that segments has written.
func part(r *http.Request, name string) string {
	text := r.PathValue(name)
	if strings.HasPrefix(text, "~") && isDots(text) {
		return text[1:]
	}
	return text
}

// refusal is the error of the application's viewer function. Its text is not shown: it may say more than the reader should know.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// errNotHere is the error of a page that does not exist.
var errNotHere = errors.New("console: there is no such page")
