package chart

import (
	"fmt"
	"html/template"
	"strings"
)

// scheme is the colours of one colour scheme.
type scheme struct {
	surface string // what is behind the picture
	ink     string // texts
	soft    string // texts of less importance
	axis    string // marks of less importance
	grid    string // decoration
	on      string // texts on a tone, and its texture
	tones   [tones]string
}

// The colours of both schemes. Texts have a contrast of at least 4.5 to what is behind them, and marks one of 3 (WCAG 2.2, 1.4.3 and 1.4.11). Tones that stand
// side by side are told apart with each kind of colour blindness. The package's tests compute it.
var (
	light = scheme{
		surface: "#ffffff", ink: "#1b1f26", soft: "#545c69", axis: "#7b8490", grid: "#dfe3e8", on: "#ffffff",
		tones: [tones]string{Main: "#1d5fa6", Bad: "#c0430c", Neutral: "#74757d", Good: "#004f4a", Second: "#7d22c9", Third: "#4f3a00"},
	}
	dark = scheme{
		surface: "#14171c", ink: "#eceff3", soft: "#a9b1bd", axis: "#7d8794", grid: "#2d333c", on: "#14171c",
		tones: [tones]string{Main: "#6cb0f5", Bad: "#ff8c55", Neutral: "#8f949f", Good: "#8fe0cf", Second: "#b163fa", Third: "#f5e27e"},
	}
)

// variables declares the colours of a scheme.
func (s scheme) variables() string {
	var b strings.Builder
	fmt.Fprintf(&b, "--cx-surface:%s;--cx-ink:%s;--cx-soft:%s;--cx-axis:%s;--cx-grid:%s;--cx-on:%s", s.surface, s.ink, s.soft, s.axis, s.grid, s.on)
	for i, t := range s.tones {
		fmt.Fprintf(&b, ";--cx-%d:%s", i, t)
	}
	return b.String()
}

// Style returns the style sheet of figures. A page has it once, in a <style> element. It sets nothing outside of figures and of [Spark]. The
// colours follow the reader's colour scheme. A page with one scheme only says so on an element around the figures, with the class cx-light or
// cx-dark. In print they are those of paper.
func Style() template.CSS {
	var b strings.Builder
	const of = ".cx-figure,.cx-spark"
	fmt.Fprintf(&b, "%s{%s}\n", of, light.variables())
	fmt.Fprintf(&b, "@media screen and (prefers-color-scheme:dark){%s{%s}}\n", of, dark.variables())
	fmt.Fprintf(&b, ".cx-light .cx-figure,.cx-light .cx-spark{%s}\n", light.variables())
	fmt.Fprintf(&b, "@media screen{.cx-dark .cx-figure,.cx-dark .cx-spark{%s}}\n", dark.variables())
	b.WriteString(rules)
	for i := range tones {
		fmt.Fprintf(&b, ".cx-f%d{fill:var(--cx-%d)}\n", i, i)
	}
	return template.CSS(b.String()) //nolint:gosec // it is made of constants
}

// rules are the parts of the style that have no colour of their own.
const rules = `.cx-figure{container-type:inline-size;margin:0 0 2rem;padding:0;background:var(--cx-surface);color:var(--cx-ink);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;break-inside:avoid}
.cx-figure figcaption{margin:0 0 .6rem}
.cx-title{display:block;font-size:17px;font-weight:650;line-height:1.3;text-wrap:balance;overflow-wrap:anywhere}
.cx-note,.cx-foot{display:block;margin:.2rem 0 0;color:var(--cx-soft);font-size:13px;overflow-wrap:anywhere}
.cx-picture svg,.cx-spark{direction:ltr}
.cx-picture svg{display:block;max-width:100%;height:auto;overflow:visible}
.cx-picture .cx-narrow{display:none;width:100%;max-width:400px}
.cx-numbers{margin-top:.6rem;font-size:13px}
.cx-numbers summary{cursor:pointer;width:max-content;max-width:100%;padding:4px 0;color:var(--cx-soft)}
.cx-scroll{overflow-x:auto;max-width:100%}
.cx-scroll:focus-visible,.cx-numbers summary:focus-visible{outline:2px solid var(--cx-0);outline-offset:2px}
.cx-figure table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.cx-figure th,.cx-figure td{padding:3px 14px 3px 0;border-bottom:1px solid var(--cx-grid);vertical-align:top;font-weight:400}
.cx-figure thead th{color:var(--cx-soft);border-bottom-color:var(--cx-axis);vertical-align:bottom}
.cx-figure tr>:last-child{padding-right:0}
.cx-text{text-align:start}
.cx-figure td.cx-text{min-width:8em}
.cx-figure tbody th{min-width:9em;max-width:22em;overflow-wrap:anywhere}
.cx-number{text-align:end;white-space:nowrap}
.cx-figure thead .cx-number{white-space:normal}
.cx-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@container (max-width:619px){.cx-picture .cx-wide{display:none}.cx-picture .cx-narrow{display:block}}
@container (min-width:1040px){.cx-beside{display:grid;grid-template-columns:640px minmax(0,1fr);gap:0 40px;align-items:start}.cx-beside .cx-numbers{margin-top:0}}
.cx-figure text,.cx-spark text{font-size:13px;fill:var(--cx-ink);font-variant-numeric:tabular-nums}
.cx-figure .cx-b{font-weight:650}
.cx-figure .cx-s,.cx-spark .cx-s{font-size:12px;fill:var(--cx-soft)}
.cx-figure .cx-h{paint-order:stroke;stroke:var(--cx-surface);stroke-width:4px;stroke-linejoin:round}
.cx-figure .cx-on{font-size:12px;fill:var(--cx-on)}
.cx-grid{stroke:var(--cx-grid)}
.cx-axis{stroke:var(--cx-axis)}
.cx-target{stroke:var(--cx-ink);stroke-width:1.5;stroke-dasharray:5 4;fill:none}
.cx-band{fill:var(--cx-0);fill-opacity:.16}
.cx-edge{stroke:var(--cx-0);stroke-width:.75;stroke-opacity:.75;fill:none}
.cx-trend{stroke:var(--cx-0);stroke-width:2.25;fill:none;stroke-linejoin:round;stroke-linecap:round}
.cx-day{stroke:var(--cx-0);stroke-width:1.25;stroke-opacity:.7;fill:none;stroke-linejoin:round}
.cx-limits{fill:var(--cx-2);fill-opacity:.22}
.cx-usual{stroke:var(--cx-soft);stroke-width:1;fill:none}
.cx-shade{fill:var(--cx-grid);fill-opacity:.45}
.cx-out{fill:var(--cx-axis)}
.cx-since{stroke:var(--cx-ink);stroke-width:1.75}
.cx-when{stroke:var(--cx-axis);stroke-width:1.25;stroke-dasharray:2 3}
.cx-figure .cx-k{font-size:12px;font-weight:620}
.cx-whisker{stroke:var(--cx-ink);stroke-width:1.5;fill:none}
.cx-whisker-on{stroke:var(--cx-surface);stroke-width:4.5;fill:none}
.cx-p{fill:none;stroke:var(--cx-on);stroke-width:1;stroke-opacity:.5}
.cx-box{fill:var(--cx-surface);stroke:var(--cx-axis);stroke-width:1.25}
.cx-arrow{stroke:var(--cx-axis);stroke-width:1.25;fill:none}
.cx-mark{stroke:var(--cx-ink);stroke-width:1.25}
.cx-ring{fill:var(--cx-surface);stroke:var(--cx-ink);stroke-width:1.75}
.cx-maybe{stroke:var(--cx-axis);stroke-width:2;stroke-dasharray:3 3}
.cx-d0{stroke:var(--cx-0);stroke-width:3}.cx-d1{stroke:var(--cx-1);stroke-width:3}
.cx-m0{stroke:var(--cx-0);stroke-opacity:.75;fill:none}.cx-m1{stroke:var(--cx-1);stroke-opacity:.75;fill:none}
.cx-m0h{fill:var(--cx-0)}.cx-m1h{fill:var(--cx-1)}
@media print{.cx-figure{font-size:12px}.cx-scroll{overflow:visible}.cx-numbers::details-content{content-visibility:visible;block-size:auto}.cx-numbers summary{list-style:none}.cx-number{white-space:normal}.cx-figure td.cx-text,.cx-figure tbody th{min-width:0}.cx-figure th,.cx-figure td{padding-right:8px}}
`
