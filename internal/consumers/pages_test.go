package consumers_test

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	goldmarkhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/pages"
	"cairncx.dev/cairn/internal/sample"
)

var tags = regexp.MustCompile(`</?[a-zA-Z][^>]*>`)

// shown is a text of the blueprint as a page has to show it.
func shown(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)), " ")
}

// TestPagesShowTexts: a reader of the rendered page sees the names and texts of the blueprint as they are. None of them is a heading, a
// link, a picture, code or HTML.
func TestPagesShowTexts(t *testing.T) {
	t.Parallel()
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(goldmarkhtml.WithUnsafe()))
	for name, b := range map[string]*blueprint.Blueprint{"shop": sample.Shop(), "hostile": sample.Hostile()} {
		list, err := pages.Generate(b, pages.WithSource(name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			var out bytes.Buffer
			if err := markdown.Convert(p.Text, &out); err != nil {
				t.Fatal(err)
			}
			rendered := out.String()
			for _, tag := range tags.FindAllString(rendered, -1) {
				if !ours(tag) {
					t.Errorf("%s: the page has the tag %s", p.Name, tag)
				}
			}
			read := html.UnescapeString(tags.ReplaceAllString(rendered, ""))
			for i := range b.Contact.Purposes {
				u := &b.Contact.Purposes[i]
				if p.Name != pages.Contact {
					continue
				}
				for what, said := range map[string]string{"name": u.Name, "description": u.Description, "owner": u.Owner, "hours": u.QuietHours} {
					if !strings.Contains(read, shown(said)) {
						t.Errorf("%s: a reader does not see the %s %q", p.Name, what, shown(said))
					}
				}
			}
			for i := range b.Journeys {
				j := &b.Journeys[i]
				if j.Name != p.Journey {
					continue
				}
				for what, said := range map[string]string{"name": j.Name, "description": j.Description, "owner": j.Owner} {
					if !strings.Contains(read, shown(said)) {
						t.Errorf("%s: a reader does not see the %s %q", p.Name, what, shown(said))
					}
				}
			}
			headings(t, markdown, p, b)
		}
	}
}

// ours reports whether the pages themselves write such a tag: those of headings, tables, lists, quotes and their own links.
func ours(tag string) bool {
	switch name := strings.ToLower(strings.Trim(strings.Fields(strings.Trim(tag, "</>"))[0], "/")); name {
	case "h1", "h2", "h3", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "strong", "b", "hr":
		return true
	case "a":
		return tag == "</a>" || strings.HasPrefix(tag, `<a href="https://wiki.example/`) || strings.HasPrefix(tag, `<a href="journeys/`) || tag == `<a href="../journeys.md">` ||
			tag == `<a href="journeys.md">` || tag == `<a href="contact.md">`
	default:
		return false
	}
}

// headings checks that a page has the headings that it is made of and no others.
func headings(t *testing.T, markdown goldmark.Markdown, p pages.Page, b *blueprint.Blueprint) {
	t.Helper()
	known := map[string]bool{}
	for _, h := range []string{
		"What we promise our customers", "Journeys", "Objectives", "Touchpoints that belong to no journey", "Surveys that belong to no journey", "Who it is for",
		"What we promise each customer", "How we know whether we keep it", "Stages", "Touchpoints", "What we ask", "When we are open", "Planned maintenance",
		"When we may contact a customer", "Several purposes together", "Contacting customers",
		"Queues", "What customers come for", "Why something fails", "What we change because of what customers said", "What we do about breakdowns",
		"How we answer", "What opens it", "When it is over", "Steps",
	} {
		known[h] = true
	}
	for _, o := range b.AllObjectives() {
		known[o.Name] = true
	}
	known[p.Journey] = true
	if p.Name == pages.Contact {
		for _, name := range b.PurposeNames() {
			known[shown(name)] = true
		}
	}
	doc := markdown.Parser().Parse(text.NewReader(p.Text))
	n := 0
	_ = ast.Walk(doc, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if h, ok := node.(*ast.Heading); ok && entering {
			n++
			var out bytes.Buffer
			if err := markdown.Renderer().Render(&out, p.Text, h); err != nil {
				return ast.WalkStop, err
			}
			if said := strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(out.String(), ""))); !known[said] {
				t.Errorf("%s has the heading %q", p.Name, said)
			}
		}
		return ast.WalkContinue, nil
	})
	if n < 2 {
		t.Errorf("%s has %d headings", p.Name, n)
	}
}
