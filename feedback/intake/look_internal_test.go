package intake

import (
	"bytes"
	"compress/gzip"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func asset(t *testing.T, path string) string {
	t.Helper()
	b, err := assets.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestWidgetIsSmall: the module has no dependency and, as gzip sends it, less than 4 kB.
func TestWidgetIsSmall(t *testing.T) {
	t.Parallel()
	module := asset(t, "widget/cairn-feedback.js")
	var sent bytes.Buffer
	w := gzip.NewWriter(&sent)
	if _, err := w.Write([]byte(module)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, %d with gzip", len(module), sent.Len())
	if sent.Len() >= 4000 {
		t.Errorf("the widget has %d bytes with gzip: want less than 4000", sent.Len())
	}
	for _, found := range regexp.MustCompile(`(?m)^\s*import\b.*|\bimport\s*\(.*`).FindAllString(module, -1) {
		t.Errorf("the widget imports something: %s", found)
	}
}

// TestScriptsMakeNoMarkup: texts become text nodes. The browser's tests see it for some texts, and this for all.
func TestScriptsMakeNoMarkup(t *testing.T) {
	t.Parallel()
	sinks := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|setHTML|document\.write|parseFromString|createContextualFragment|\beval\b|new Function|srcdoc|\.style\b`)
	for _, path := range []string{"widget/cairn-feedback.js", "page/page.js"} {
		for _, found := range sinks.FindAllString(asset(t, path), -1) {
			t.Errorf("%s uses %s", path, found)
		}
	}
	for _, found := range regexp.MustCompile(`\sstyle=|\son[a-z]+=|<style|<script(>|[^>]*[^"]>)|javascript:`).FindAllString(asset(t, "page/page.tmpl"), -1) {
		t.Errorf("the page has %q, which its policy forbids", found)
	}
}

// contrast is the ratio of WCAG 2.2 of two colours such as #ffffff, 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is the relative luminance of WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil || len(colour) != len("#ffffff") {
			t.Fatalf("%q is no colour", colour)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// TestContrastOfKnownColours: values of the WebAIM contrast checker.
func TestContrastOfKnownColours(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.47}, {"#767676", "#ffffff", 4.54}, {"#ff0000", "#ffffff", 3.99}} {
		if got := contrast(t, tt.a, tt.b); math.Abs(got-tt.want) > 0.01 {
			t.Errorf("%s on %s: %.3f, want %.2f", tt.a, tt.b, got, tt.want)
		}
	}
}

// palettes returns the colours of the page and the widget by their names, for light and dark.
func palettes(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	light, dark, ok := strings.Cut(asset(t, "page/page.css"), "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("the page has no dark colours")
	}
	for name, css := range map[string]string{"page, light": light, "page, dark": dark} {
		all[name] = map[string]string{}
		for _, m := range regexp.MustCompile(`--([\w-]+): (#\w+);`).FindAllStringSubmatch(css, -1) {
			all[name][m[1]] = m[2]
		}
	}
	all["widget, light"], all["widget, dark"] = map[string]string{}, map[string]string{}
	for _, m := range regexp.MustCompile(`--([\w-]+): light-dark\((#\w+), (#\w+)\)`).FindAllStringSubmatch(asset(t, "widget/cairn-feedback.js"), -1) {
		all["widget, light"][m[1]], all["widget, dark"][m[1]] = m[2], m[3]
	}
	return all
}

// TestContrasts: WCAG 2.2 asks for 4.5 between text and its ground (1.4.3), and for 3 between a control and what is beside it (1.4.11).
func TestContrasts(t *testing.T) {
	t.Parallel()
	pairs := []struct {
		front, ground string
		least         float64
		reason        string
	}{
		{"text", "card", 4.5, "all text"},
		{"text", "tint", 4.5, "what is chosen, or under the pointer"},
		{"soft", "card", 4.5, "hints"},
		{"accent", "card", 4.5, "links and quiet buttons; rings of the focus"},
		{"on-accent", "accent", 4.5, "buttons and the chosen score"},
		{"wrong", "card", 4.5, "mistakes"},
		{"line", "card", 3, "the edges of what can be chosen"},
		{"accent", "tint", 3, "the edge of what is chosen"},
	}
	for name, colours := range palettes(t) {
		for _, p := range pairs {
			if colours[p.front] == "" || colours[p.ground] == "" {
				t.Errorf("%s: --%s or --%s is missing", name, p.front, p.ground)
				continue
			}
			if got := contrast(t, colours[p.front], colours[p.ground]); got < p.least {
				t.Errorf("%s: --%s on --%s has the contrast %.2f, want %.1f: %s", name, p.front, p.ground, got, p.least, p.reason)
			}
		}
		if ground := colours["ground"]; ground != "" && contrast(t, colours["soft"], ground) < 4.5 {
			t.Errorf("%s: the company's name on --ground has too little contrast", name)
		}
	}
}
