package console

import (
	"context"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// TestRewritten: what is rewritten of HTML, and what is left.
func TestRewritten(t *testing.T) {
	t.Parallel()
	german, _ := number.ParseLocale("de")
	v := &visit{numbers: german}
	of := &names{page: &names{}}
	of.add("release 1.5")
	of.page.add("rate 7.5%")
	for _, c := range []struct{ html, want, reason string }{
		{`<p>1,234 runs</p>`, `<p>1.234 runs</p>`, "a text"},
		{`1.5 and 2.5 <b>1.5</b> 7.5%`, `1.5 and 2,5 <b>1.5</b> 7.5%`, "numbers of names are kept in sentences"},
		{`<td class="n"><a href="/runs?x=1.5"><bdi>1.5 of 2,000</bdi></a></td><td>1.5</td>`, `<td class="n"><a href="/runs?x=1.5"><bdi>1,5 of 2.000</bdi></a></td><td>1.5</td>`, "a cell of numbers has no name"},
		{`<p class="value">1.5%</p>`, "<p class=\"value\">1,5\u00a0%</p>", "the value of a tile"},
		{
			`<bdi>2.5</bdi> <q>2.5</q><code>2.5</code><time datetime="2.5">2.5</time><option value="2.5">2.5</option><blockquote><p>2.5</p></blockquote>2.5`,
			`<bdi>2.5</bdi> <q>2.5</q><code>2.5</code><time datetime="2.5">2.5</time><option value="2.5">2.5</option><blockquote><p>2.5</p></blockquote>2,5`, "names, words, times and values of forms",
		},
		{`<dd><bdi>1,234 runs of release 1.5</bdi></dd><bdi>1,234</bdi>`, `<dd><bdi>1.234 runs of release 1.5</bdi></dd><bdi>1,234</bdi>`, "a fact is a sentence"},
		{
			`<svg role="img" aria-label="last 2.5" viewBox="0 0 1.5 2.5"><title id="2.5">n 1,234</title><text x="2.5">12.3%</text></svg>`,
			"<svg role=\"img\" aria-label=\"last 2,5\" viewBox=\"0 0 1.5 2.5\"><title id=\"2.5\">n 1.234</title><text x=\"2.5\">12,3\u00a0%</text></svg>", "a picture",
		},
		{`<html><head><title>2.5</title><style>a{top:2.5%}</style></head><body class="x">2.5<input value="2.5"><img alt=""/>2.5`, `<html><head><title>2.5</title><style>a{top:2.5%}</style></head><body class="x">2,5<input value="2.5"><img alt=""/>2,5`, "a whole page"},
		{`<!-- 2.5 --><br/>2.5`, `<!-- 2.5 --><br/>2,5`, "a comment"},
		{`2.5<bdi>2.5`, `2,5<bdi>2.5`, "an element without an end"},
		{`2.5<b`, `2,5<b`, "a tag without an end"},
		{``, ``, "nothing"},
	} {
		if got := v.rewritten(c.html, of); got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
	if got := (&visit{}).rewritten("1,234", nil); got != "1,234" {
		t.Errorf("for a reader of English it is %s", got)
	}
}

// secret is an answer that points to what is no part of it.
type secret struct {
	Name    string
	Deep    []map[string]*[2]string
	Warning insight.Comparison
	words   []string
	table   *string
}

// TestRemember: which texts of an answer are remembered.
func TestRemember(t *testing.T) {
	t.Parallel()
	table := "6.5"
	n := &names{}
	v := &visit{names: n}
	list := []section{{id: "a", fill: func(ctx context.Context) (any, error) { return ctx, nil }}}
	v.named(list)
	got, _ := list[0].fill(t.Context())
	ctx, part := got.(context.Context), v.parts["a"]
	remember(ctx, &secret{Name: "a 1.5", Deep: []map[string]*[2]string{{"2.5": {"", "3\u202e.5"}}}, Warning: insight.Comparison{Warning: "4.5 runs"}, words: []string{"5.5%"}, table: &table})
	for number, want := range map[string]bool{"1.5": true, "2.5": true, "3.5": true, "4.5": false, "5.5%": true, "5.5": true, "6.5": false} {
		if part.has(number) != want {
			t.Errorf("%s is remembered: %t, want %t", number, !want, want)
		}
	}
	if n.has("1.5") {
		t.Error("the page has the names of one part")
	}
	remember(t.Context(), table) // a reader of English
	english := &visit{}
	if english.named(list); english.namesIn(shown{ID: "a"}).has("1.5") {
		t.Error("a reader of English has names")
	}
	if v.namesIn(shown{ID: "a"}) != part || v.namesIn(&frame{}) != n {
		t.Error("a part of a page has the names of another one")
	}
}

func FuzzRewritten(f *testing.F) {
	f.Add(`<td class="n"><bdi>1.5</bdi></td><p>1,234`)
	german, _ := number.ParseLocale("de")
	f.Fuzz(func(t *testing.T, html string) {
		v := &visit{numbers: german}
		got := v.rewritten(html, &names{})
		bare := strings.NewReplacer(".", "", ",", "", "\u00a0", "")
		if bare.Replace(got) != bare.Replace(html) {
			t.Errorf("%q becomes %q", html, got)
		}
	})
}

// TestWordsAreNoNames: a number that a customer has written does not stay English elsewhere on the page. "1,050" is 1.05 for a German reader.
func TestWordsAreNoNames(t *testing.T) {
	t.Parallel()
	voice := insight.Voice{Verbatims: []insight.Quote{{Text: "I waited 1,050 minutes", Causes: []string{"plan 2,050"}}}}
	n := newNames(voice)
	if n.has("1,050") || !n.has("2,050") {
		t.Errorf("the words are a name: %v; the cause is one: %v, want that alone", n.has("1,050"), n.has("2,050"))
	}
}
