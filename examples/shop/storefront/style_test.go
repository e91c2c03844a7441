package storefront_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// palettes returns the colours of the style sheet by name, for light and dark mode.
func palettes(t *testing.T) (light, dark map[string]string, rules string) {
	t.Helper()
	text, err := os.ReadFile("pages/style.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatchIndex(string(text), -1)
	if len(blocks) != 2 || !strings.Contains(string(text[blocks[0][1]:blocks[1][0]]), "@media (prefers-color-scheme: dark) {") {
		t.Fatalf("the style sheet has %d palettes, want a light and a dark one", len(blocks))
	}
	read := func(b []int) map[string]string {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]+);`).FindAllStringSubmatch(string(text[b[2]:b[3]]), -1) {
			colours[m[1]] = m[2]
		}
		return colours
	}
	return read(blocks[0]), read(blocks[1]), string(text[blocks[1][1]:])
}

// luminance returns the relative luminance (WCAG 2.2, section "relative luminance").
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	hex = strings.TrimPrefix(hex, "#")
	if len(hex) == 3 {
		hex = hex[:1] + hex[:1] + hex[1:2] + hex[1:2] + hex[2:] + hex[2:]
	}
	n, err := strconv.ParseUint(hex, 16, 24)
	if err != nil {
		t.Fatalf("%q is no colour: %v", hex, err)
	}
	channel := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

// contrast returns the contrast ratio (WCAG 2.2), from 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrastFormula(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"#000", "#fff", 21},
		{"#fff", "#ffffff", 1},
		{"#777777", "#ffffff", 4.48}, // the well-known grey that narrowly fails
	} {
		if got := contrast(t, c.a, c.b); math.Abs(got-c.want) > 0.005 {
			t.Errorf("%s on %s: %.3f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

// TestContrast: in both modes text has a contrast of at least 4.5 to its background (WCAG 2.2, 1.4.3 AA), and
// other visible parts have at least 3 (1.4.11).
func TestContrast(t *testing.T) {
	light, dark, rules := palettes(t)
	const text, shape = 4.5, 3
	pairs := []struct {
		front, back string
		least       float64
	}{
		{"ink", "paper", text},
		{"ink", "card", text},
		{"ink", "field", text},
		{"ink", "green-pale", text},
		{"ink", "red-pale", text},
		{"ink", "note", text},
		{"soft", "paper", text},
		{"soft", "card", text},
		{"soft", "note", text},
		{"soft", "green-pale", text},
		{"green", "paper", text},
		{"green", "card", text},
		{"green", "note", text},        // links and quiet buttons
		{"green", "green-pale", shape}, // pictures
		{"on-green", "green", text},
		{"on-green", "green-dark", text},
		{"on-top", "top", text},
		{"on-top-soft", "top", text},
		{"red", "red-pale", text},
		{"red", "card", text},
		{"edge", "field", shape},
		{"edge", "card", shape},
		{"focus", "paper", shape},
		{"focus", "card", shape},
		{"focus", "note", shape},
	}
	tested := map[string]bool{"line": true} // decoration
	for mode, colours := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, p := range pairs {
			tested[p.front], tested[p.back] = true, true
			if got := contrast(t, colours[p.front], colours[p.back]); got < p.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %v", mode, p.front, p.back, got, p.least)
			}
		}
		for name := range colours {
			if !tested[name] {
				t.Errorf("%s: no case tests %s", mode, name)
			}
		}
	}
	for name := range light {
		if dark[name] == "" {
			t.Errorf("%s has no colour in dark mode", name)
		}
	}
	if m := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(|: (white|black)\b`).FindString(rules); m != "" {
		t.Errorf("%s is a colour of one mode only: give it a name in both palettes", m)
	}
}

// TestNarrow: the pages fit 360 px, the width of a small phone. No rule has a fixed width beyond the space between
// the page's margins, and the browser breaks a long word, such as a town's name.
func TestNarrow(t *testing.T) {
	t.Parallel()
	_, _, rules := palettes(t)
	if body := regexp.MustCompile(`(?s)\nbody \{(.*?)\}`).FindString(rules); !strings.Contains(body, "overflow-wrap: break-word;") {
		t.Errorf("the browser does not break a long word:\n%s", body)
	}
	const room = (360 - 2*16) / 16.0 // rem
	widths := regexp.MustCompile(`(?:[^-]width|min-width|minmax\(|columns): *([^;{}]*)`).FindAllStringSubmatch(rules, -1)
	if len(widths) < 5 {
		t.Fatalf("found %d widths, want more", len(widths))
	}
	for _, m := range append(widths, regexp.MustCompile(`minmax\(([^,)]*)`).FindAllStringSubmatch(rules, -1)...) {
		if strings.Contains(m[1], "100%") {
			continue // at most the available width
		}
		for _, n := range regexp.MustCompile(`([0-9.]+)(rem|px)`).FindAllStringSubmatch(m[1], -1) {
			v, err := strconv.ParseFloat(n[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			if n[2] == "px" {
				v /= 16
			}
			if v > room {
				t.Errorf("%q exceeds the width that 360 px leave, %.1frem", m[0], room)
			}
		}
	}
	layout, err := os.ReadFile("pages/layout.html")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(layout), `name="viewport" content="width=device-width, initial-scale=1"`) {
		t.Error("the layout has no viewport for phones")
	}
}
