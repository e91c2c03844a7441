package chart

import (
	"html"
	"html/template"
	"strings"

	"cairncx.dev/cairn/cx/insight/number"
)

// Spark returns a small trend for the cell of a table: a line of 120 by 28 pixels from the first to the last value, without an axis. Its scale
// begins at zero, except with a value below zero. A NaN is a gap. The name says what it shows to those who do not see it. The page needs
// [Style].
func Spark(name string, u Unit, values []float64) template.HTML {
	return sparkOf(name, u, values, false)
}

// SparkRange is [Spark] with a scale from the least to the greatest value, which it writes beside the line: as wide as [Spark]. It shows changes that are small against
// the values themselves, and does not show how large the values are by the height of the line.
func SparkRange(name string, u Unit, values []float64) template.HTML {
	return sparkOf(name, u, values, true)
}

const (
	sparkWidth  = 120.0
	rangeLine   = 60.0 // with labels beside it, which stay readable where a tile is narrow
	sparkHeight = 28.0
)

func sparkOf(name string, u Unit, values []float64, ranged bool) template.HTML {
	points := make([]shownPoint, len(values))
	for i, v := range values {
		v, ok := Value{Value: v, N: 1}.shown(u, -1)
		points[i] = shownPoint{Point: Point{Value: v}, ok: ok}
	}
	n := len(points)
	points = thin(points, mostPoints)
	p := &pen{width: sparkWidth, height: sparkHeight}
	var e extent
	said := clean(name)
	if some := seen(&e, points); some {
		f := frame{x0: 0, x1: p.width, y0: 4, y1: 24}
		if ranged {
			f.x1 = rangeLine
		} else {
			e.add(0)
		}
		y := axis{low: e.low, high: max(e.high, e.low+1e-9), a: f.y1, b: f.y0}
		switch {
		case !ranged:
			p.line("cx-axis", 0, y.at(0), p.width, y.at(0))
		case e.high > e.low:
			p.text("cx-s", start, f.x1+8, f.y0+7, u.Write(e.high))
			p.text("cx-s", start, f.x1+8, f.y1+2, u.Write(e.low))
		default: // all are equal
			y.a, y.b = (f.y0+f.y1)/2, (f.y0+f.y1)/2
			p.text("cx-s", start, f.x1+8, y.a+4, u.Write(e.low))
		}
		p.series(f, y, points, false)
		if last := points[len(points)-1]; last.ok {
			p.circle("cx-f0", f.at(len(points)-1, len(points)), y.at(last.Value.Value), 3)
			said += ": " + number.Of(int64(n), "value", "values") + ", last " + u.Write(last.Value.Value)
		}
	}
	said = html.EscapeString(strings.TrimPrefix(said, ": "))
	if said == "" {
		said = "no values"
	}
	return template.HTML(`<svg class="cx-spark" xmlns="http://www.w3.org/2000/svg" role="img" width="120" height="28" viewBox="0 0 120 28"><title>` + //nolint:gosec // the text is escaped, and the pen writes numbers
		said + "</title>\n" + p.b.String() + "</svg>")
}
