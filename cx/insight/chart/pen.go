package chart

import (
	"html"
	"math"
	"strconv"
	"strings"
)

const (
	wide   = 640.0 // px, the widths that pictures are drawn for
	narrow = 288.0

	fontSize  = 13.0 // px, of texts that say something
	smallSize = 12.0 // px, of axes and counts
)

// pen draws a picture.
type pen struct {
	b             strings.Builder
	id            string // unique on the page, the beginning of what the picture refers to
	width, height float64
	textures      [tones]bool
}

func (p *pen) narrow() bool { return p.width < 480 }

// pick returns the one for a wide, or for a narrow picture.
func pick[T any](p *pen, wide, narrow T) T {
	if p.narrow() {
		return narrow
	}
	return wide
}

// coordinate writes a coordinate to a tenth of a pixel.
func coordinate(f float64) string {
	if !finite(f) {
		f = 0
	}
	f = math.Round(min(max(f, -1e5), 1e5)*10) / 10
	if f == 0 {
		return "0" // not -0
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// tag writes an element: its name, its class, then pairs of an attribute and a coordinate.
func (p *pen) tag(name, class string, of ...any) {
	p.b.WriteString("<" + name + ` class="` + class + `"`)
	for i := 0; i+1 < len(of); i += 2 {
		p.b.WriteString(" " + of[i].(string) + `="`) //nolint:forcetypeassert // every call in this package has a name first
		switch v := of[i+1].(type) {
		case float64:
			p.b.WriteString(coordinate(v))
		case string:
			p.b.WriteString(v)
		}
		p.b.WriteString(`"`)
	}
	p.b.WriteString("/>\n")
}

func (p *pen) line(class string, x1, y1, x2, y2 float64) {
	p.tag("line", class, "x1", x1, "y1", y1, "x2", x2, "y2", y2)
}

func (p *pen) circle(class string, x, y, r float64) { p.tag("circle", class, "cx", x, "cy", y, "r", r) }

func (p *pen) path(class, d string) { p.tag("path", class, "d", d) }

// diamond is the mark of a value that misses its target.
func (p *pen) diamond(x, y, r float64) {
	p.path("cx-f1", trace("M", x, y-r, "L", x+r, y, "L", x, y+r, "L", x-r, y, "Z"))
}

// bar draws a rectangle in the colour and the texture of its tone. A bar that stands for something is at least a pixel wide.
func (p *pen) bar(t Tone, x, y, w, h float64) {
	p.fill(t, true, x, y, w, h)
}

// plain is a bar without a texture, for pictures in which the tone says nothing.
func (p *pen) plain(t Tone, x, y, w, h float64) {
	p.fill(t, false, x, y, w, h)
}

func (p *pen) fill(t Tone, textured bool, x, y, w, h float64) {
	t = min(t, tones-1)
	w, h = max(w, 0), max(h, 0)
	p.tag("rect", "cx-f"+strconv.Itoa(int(t)), "x", x, "y", y, "width", w, "height", h)
	if textured && t != Main && w >= 3 {
		p.textures[t] = true
		p.tag("rect", "cx-x", "x", x, "y", y, "width", w, "height", h, "fill", "url(#"+p.texture(t)+")")
	}
}

func (p *pen) texture(t Tone) string { return p.id + "-x" + strconv.Itoa(int(t)) }

// anchors of texts.
const (
	start  = "start"
	middle = "middle"
	end    = "end"
)

// text writes a text whose baseline is at y.
func (p *pen) text(class, anchor string, x, y float64, s string) {
	if s == "" {
		return
	}
	p.b.WriteString(`<text class="` + class + `" x="` + coordinate(x) + `" y="` + coordinate(y) + `"`)
	if anchor != start {
		p.b.WriteString(` text-anchor="` + anchor + `"`)
	}
	p.b.WriteString(">" + isolated(s) + "</text>\n")
}

// isolated escapes a text. One with characters from right to left gets the marks that isolate it (Unicode Standard Annex #9), so that it stays
// at its anchor and does not turn what is beside it.
func isolated(s string) string {
	if strings.ContainsFunc(s, leftward) {
		return "\u2068" + html.EscapeString(s) + "\u2069"
	}
	return html.EscapeString(s)
}

// leftward reports whether a character is in a block that is written from right to left.
func leftward(r rune) bool {
	return r >= 0x590 && r <= 0x8ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfeff || r >= 0x10800 && r <= 0x10fff || r >= 0x1e800 && r <= 0x1efff
}

// trace writes the data of a path: letters and coordinates.
func trace(of ...any) string {
	var b strings.Builder
	for _, v := range of {
		switch v := v.(type) {
		case string:
			b.WriteString(v)
		case float64:
			b.WriteString(coordinate(v) + " ")
		}
	}
	return strings.TrimSpace(b.String())
}

// textureShapes are drawn over a tone, in the order of the tones, in squares of 6 pixels.
var textureShapes = [tones]string{
	Bad:     "M-1 7L7 -1M-1 1L1 -1M5 7L7 5",
	Neutral: "M3 0V6",
	Good:    "M1 1H2.6V2.6H1ZM4 4H5.6V5.6H4Z",
	Second:  "M-1 -1L7 7M5 -1L7 1M-1 5L1 7",
	Third:   "M0 3H6",
}

// picture draws the chart at a width.
func picture(c Chart, a About, class string, width float64) string {
	p := &pen{id: a.ID + strings.TrimPrefix(class, "cx"), width: width, height: 40}
	c.draw(p)
	w, h := coordinate(p.width), coordinate(p.height)
	var b strings.Builder
	b.WriteString(`<svg class="` + class + `" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="` + p.id + `-t" aria-describedby="` + p.id + `-d" width="` +
		w + `" height="` + h + `" viewBox="0 0 ` + w + " " + h + "\">\n")
	b.WriteString(`<title id="` + p.id + `-t">` + html.EscapeString(a.Title) + "</title>\n")
	b.WriteString(`<desc id="` + p.id + `-d">` + html.EscapeString(a.Description) + "</desc>\n")
	for t, used := range p.textures {
		if used {
			b.WriteString(`<pattern id="` + p.texture(Tone(t)) + `" width="6" height="6" patternUnits="userSpaceOnUse"><path class="cx-p" d="` +
				textureShapes[t] + "\"/></pattern>\n")
		}
	}
	b.WriteString(p.b.String() + "</svg>\n")
	return b.String()
}
