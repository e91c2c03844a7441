package console

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/chart"
)

//go:embed pages
var files embed.FS

// templates are the pages' templates, with their style and their script.
type templates struct {
	all           *template.Template
	style, script asset
}

// asset is a file that pages load. Its address has its digest, so that a browser keeps it until it changes.
type asset struct {
	name, kind string
	bytes      []byte
}

func parse() (*templates, error) {
	all, err := template.New("").Funcs(template.FuncMap{
		"count": writeCount, "share": writeShare, "took": writeTook, "figure": figure, "spark": chart.Spark, "long": long, "list": func(v ...any) []any { return v },
	}).ParseFS(files, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	style, err := files.ReadFile("pages/console.css")
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	script, err := files.ReadFile("pages/console.js")
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	style = append([]byte(chart.Style()), style...)
	return &templates{all: all, style: newAsset("console", "css", "text/css; charset=utf-8", style), script: newAsset("console", "js", "text/javascript; charset=utf-8", script)}, nil
}

func newAsset(name, end, kind string, content []byte) asset {
	sum := sha256.Sum256(content)
	return asset{name: name + "-" + hex.EncodeToString(sum[:8]) + "." + end, kind: kind, bytes: content}
}

// longest is how many bytes of a name stand in three lines of a list, which the style sheet shows of it.
const longest = 80

// long returns a name that may be longer than what is shown of it, for the title that has the whole; "" is a shorter one.
func long(name string) string {
	if len(name) <= longest {
		return ""
	}
	return name
}

// ServeHTTP implements http.Handler.
func (a asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.bytes))
}

// frame is what surrounds every page.
type frame struct {
	Title, Company, Base string
	Style, Script        string
	// State is that of the table, and Live the address of the stream that tells of a newer one; "" is none.
	State, Live string
	// Retry means that the page comes later: a browser asks again.
	Retry bool
	// SignOut means that the frame has a button to sign out, and Who says who is signed in.
	SignOut bool
	Who     string
	// Next is the text of a link to Address below the message of a page, and Leave lets the browser go there by itself.
	Next, Address string
	Leave         bool
	Nav           []navItem
	// Home and Find are the addresses of the first page and of the search, with the reader's choices.
	Home, Find string
	// Zone is the name of the zone of times, and Reader the form in which the reader chooses it.
	Zone   string
	Reader *readerForm
	// Filter has the form above a page; nil is none.
	Filter *filterBar
	// At is the moment in words, and Stamp for a machine.
	At, Stamp string
	// Parts are the parts of a long page, for readers on a telephone.
	Parts []partLink
	// Eyebrow is above the headline.
	Eyebrow, Headline, Note string
}

// partLink leads to a part of the page.
type partLink struct{ ID, Title string }

// longPage is of how many parts a page is long.
const longPage = 5

// partLinks lead to the parts of a long page.
func (p *page) partLinks() (list []partLink) {
	for i := range p.sections {
		if len(p.sections) >= longPage && p.sections[i].title != "" {
			list = append(list, partLink{p.sections[i].id, p.sections[i].title})
		}
	}
	return list
}

// navItem is a place of the navigation.
type navItem struct {
	Name, Address string
	Here          bool
}

// page is a page before it is written: its frame, and sections that are written in their order.
type page struct {
	name, title, eyebrow, headline, note string
	filtered                             bool
	// own are the names of parameters of the page's own address that stay when its period changes.
	own      []string
	sections []section
}

// section is a part of a page.
type section struct {
	id, title, note string
	// template writes what fill returns. A fault of fill stands in the place of the section. Fill runs in a goroutine of its own, beside those of other sections.
	template string
	fill     func(ctx context.Context) (any, error)
	// half means that two of them stand side by side where there is room.
	half bool
}

// shown is a section as its template reads it.
type shown struct {
	ID, Title, Note string
	Half            bool
	Content         template.HTML
	Fault           *fault
}

// write writes the page. The frame comes first, and each section as soon as it is answered, so that a long answer does not hold back the others.
func (v *visit) write(w http.ResponseWriter, p *page) {
	f := v.frame(p)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	control := http.NewResponseController(w)
	v.named(p.sections)
	send := func(name string, data any) bool {
		part, err := v.text(name, data)
		part = v.rewritten(part, v.namesIn(data))
		_ = control.SetWriteDeadline(time.Now().Add(maxRead)) // a reader who does not read keeps the rows of the page in memory
		if err == nil {
			_, err = io.WriteString(w, part) //nolint:gosec // html/template has escaped it
		}
		if flushed := control.Flush(); !errors.Is(flushed, http.ErrNotSupported) { // a writer that cannot sends it later
			err = errors.Join(err, flushed)
		}
		return err == nil // otherwise the reader has left
	}
	if !send("head", f) {
		return
	}
	left := false
	v.filled(p.sections, func(s *section, data any, err error) bool {
		left = !send("section", v.section(s, data, err))
		return !left
	})
	if !left {
		send("foot", f)
	}
}

// harmless leaves out the characters that no page has: those that turn the direction of what follows them, which in a name would turn the page around it, and control
// characters, with which a name could command the terminal of a reader who fetches the page there.
var harmless = strings.NewReplacer(harmful()...)

func harmful() (pairs []string) {
	leave := func(from, to rune) {
		for r := from; r <= to; r++ {
			pairs = append(pairs, string(r), "")
		}
	}
	leave('\u202a', '\u202e')
	leave('\u2066', '\u2069')
	leave(0, '\b')
	leave('\v', '\f')
	leave(0x0e, 0x1f)
	leave(0x7f, 0x9f)
	return pairs
}

// text executes a template.
func (t *templates) text(name string, data any) (string, error) {
	var b strings.Builder
	if err := t.all.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("console: %w", err)
	}
	return harmless.Replace(b.String()), nil
}

// text executes a template when it is its turn. Many readers at once then wait, and the service that mounts the console goes on.
func (v *visit) text(name string, data any) (string, error) {
	select {
	case v.c.pens <- struct{}{}:
	case <-v.r.Context().Done():
		return "", fmt.Errorf("console: %w", context.Cause(v.r.Context()))
	}
	defer func() { <-v.c.pens }()
	return v.c.pages.text(name, data)
}

// section is a section as its template reads it, from what fill has returned.
func (v *visit) section(s *section, data any, err error) shown {
	got := shown{ID: s.id, Title: s.title, Note: s.note, Half: s.half}
	if err == nil {
		var text string
		if text, err = v.text(s.template, data); err == nil {
			got.Content = template.HTML(text) //nolint:gosec // a template wrote it
			return got
		}
	}
	f := faultOf(err)
	if f.Status == http.StatusInternalServerError {
		v.c.cfg.log.ErrorContext(v.r.Context(), "console: a part of a page could not be answered", "part", s.id, "error", err)
	}
	got.Fault = &f
	return got
}

// frame is that of a page.
func (v *visit) frame(p *page) *frame {
	c := v.c
	f := &frame{
		Title: p.title + " · " + c.cfg.title, Company: c.cfg.title, Base: c.cfg.path, Style: c.path(c.pages.style.name), Script: c.path(c.pages.script.name),
		State: v.state, Live: c.path("live"), Nav: v.nav(p.name), Parts: p.partLinks(), Eyebrow: p.eyebrow, Headline: p.headline, Note: p.note,
		At: v.at.In(v.zone).Format("2 January 2006, 15:04 MST"), Stamp: v.at.UTC().Format(time.RFC3339),
	}
	own := v.filter.own()
	f.Home, f.Find, f.Zone, f.Reader = v.linkOf(own, ""), v.linkOf(own, "find"), v.zone.String(), v.readerForm()
	if c.cfg.signIn != nil {
		f.SignOut, f.Who = true, v.who()
	}
	if p.headline == "" {
		f.Headline = p.title
	}
	if p.filtered {
		f.Filter = v.filterBar(p.own...)
	}
	return f
}

// fault writes a page that says what is wrong.
func (t *templates) fault(w http.ResponseWriter, f *frame, say fault) {
	f.Headline, f.Note = say.Say, say.Mends
	text, err := t.text("fault", f)
	if err != nil {
		http.Error(w, say.Say+" "+say.Mends, say.Status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(say.Status)
	_, _ = io.WriteString(w, text) //nolint:gosec // html/template has escaped it
}

// figure is a chart with its table.
func figure(c chart.Chart) template.HTML { return chart.Figure(c) }
