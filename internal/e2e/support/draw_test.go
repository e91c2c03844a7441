package support_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the picture in docs")

// golden compares a picture with the file of a page.
func golden(t *testing.T, path string, picture []byte) {
	t.Helper()
	if err := xml.Unmarshal(picture, new(struct{})); err != nil {
		t.Errorf("the picture is no XML: %v", err)
	}
	if *update {
		if err := os.WriteFile(path, picture, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || !bytes.Equal(picture, want) {
		t.Errorf("%s is not what the Collector has received (%v): run go test -run TestTrace -update ./support and look at the picture", path, err)
	}
}

// The measures of the picture.
const (
	width    = 948
	margin   = 24
	axis     = 220 // where the time begins
	lineHigh = 26
	headHigh = 64 // of a trace: its title and its times
	plot     = width - axis - margin
)

// painter draws traces. Each second is as wide in one as in the other.
type painter struct {
	bytes.Buffer

	y      int
	second float64
}

// draw draws traces below each other, line by line.
func draw(traces ...[]line) []byte {
	longest, lines := time.Duration(0), 0
	for _, t := range traces {
		longest = max(longest, t[0].span.End.Sub(t[0].span.Start))
		lines += len(t)
	}
	p := &painter{second: plot / longest.Seconds()}
	high := 16 + lines*lineHigh + len(traces)*headHigh
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="13" role="img" aria-labelledby="t">`, width, high)
	p.printf(`  <title id="t">Two traces. %s</title>`, described(traces))
	p.printf(`  <rect width="%d" height="%d" rx="10" fill="#f7f8fa"/>`, width, high)
	for _, t := range traces {
		p.trace(t)
	}
	p.printf("</svg>")
	return p.Bytes()
}

func (p *painter) printf(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// described says in words what the picture shows.
func described(traces [][]line) string {
	var all []string
	for _, t := range traces {
		for _, l := range t {
			all = append(all, escaped(strings.TrimSpace(l.told(t[0].span.Start))))
		}
	}
	return strings.Join(all, "; ") + "."
}

func escaped(text string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		return ""
	}
	return b.String()
}

func (p *painter) trace(t []line) {
	began := t[0].span.Start
	p.printf(`  <text x="%d" y="%d" font-weight="600" font-size="15" fill="#1f2933">The trace of the journey %s</text>`, margin, p.y+34, escaped(t[0].span.Name))
	p.y += headHigh
	bottom := p.y + len(t)*lineHigh
	for at := time.Duration(0); at <= t[0].span.End.Sub(began); at += time.Minute {
		x := p.at(at)
		p.printf(`  <path d="M%.1f %dV%d" stroke="#d9dee5"/><text x="%.1f" y="%d" text-anchor="middle" font-size="11" fill="#5b6b7b">%s</text>`, x, p.y, bottom, x, p.y-4, minutes(at))
	}
	for _, l := range t {
		p.line(l, began)
	}
	p.y = bottom
}

func (p *painter) at(d time.Duration) float64 { return axis + d.Seconds()*p.second }

// line draws one span: its name, its time, and what it tells beside it, or within it where there is no room.
func (p *painter) line(l line, began time.Time) {
	from, to := p.at(l.span.Start.Sub(began)), p.at(l.span.End.Sub(began))
	fill, ink := colors(l)
	weight := ""
	if l.span.Name == helpline.Name() {
		weight = ` font-weight="600"`
	}
	p.printf(`  <text x="%d" y="%d" fill="#1f2933"%s>%s</text>`, margin+14*l.depth, p.y+18, weight, escaped(l.span.Name))
	p.printf(`  <rect x="%.1f" y="%d" width="%.1f" height="16" rx="3" fill="%s"/>`, from, p.y+5, max(to-from, 2), fill)
	text := minutes(l.span.End.Sub(l.span.Start))
	if what := l.what(); what != "" {
		text += " " + what
	}
	const letter = 6.4 // of a wide font
	x, anchor, color := to+6, "start", "#3e4c59"
	switch long := letter * float64(len(text)); {
	case to+long < width-margin:
	case to-from > long+8:
		x, color = from+6, ink
	default:
		x, anchor = from-6, "end"
	}
	p.printf(`  <text x="%.1f" y="%d" text-anchor="%s" font-size="12" fill="%s">%s</text>`, x, p.y+17, anchor, color, escaped(text))
	p.y += lineHigh
}

// colors returns the colours of a span's bar and of a text on it.
func colors(l line) (fill, ink string) {
	a := l.span.Attributes
	switch l.span.Name {
	case "queue":
		if a["cx.queue.result"] == "bad" || a["cx.queue.end"] == "abandoned" {
			return "#c0392b", "#fff"
		}
		return "#b7791f", "#fff"
	case "ring":
		return "#d9a441", "#1f2933"
	case "talk":
		if a["cx.actor"] != nil {
			return "#5b6b7b", "#fff"
		}
		return "#1a7f5a", "#fff"
	case helpline.Name():
		return "#2b6cb0", "#fff"
	default:
		return "#cbd2d9", "#1f2933"
	}
}
