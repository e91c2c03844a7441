package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"slices"

	_ "embed"

	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
)

//go:embed mail.html
var mailText string

var mailTemplate = template.Must(template.New("mail").Parse(mailText))

// mailPage is what the template of the mail reads.
type mailPage struct {
	*Report

	When, Against string
	Tiles         []card // in one row
	Width         int    // of a tile, in percent
	More          string // what has no tile
	Short         []Line
	Next          []step
	Figures       []template.HTML
	Quotes        []shownQuote
	Rests         []string
}

const (
	// mailSize is the number of bytes of pictures in a mail. Some programs cut a mail of more than 102 kB.
	mailSize = 60_000
	// mailTiles is what a row of a telephone has room for, mailLines the number of sentences below it, and mailPictures that of pictures.
	mailTiles    = 3
	mailLines    = 5
	mailPictures = 3
)

// MailHTML writes the report for an e-mail: the headline, the promises in a row, at most five sentences, what to do next, quotes, and at most three pictures as
// tables that mail programs show. It has no style sheet, no class, no SVG, no address and nothing to load. It is shorter than 100 kB, which some programs
// cut: pictures beyond that are left out.
func (r *Report) MailHTML(w io.Writer) error {
	p := mailPage{Report: r, When: r.when(), Against: r.comparedWith(), Next: r.next(), Quotes: r.quotes(), Rests: r.rests()}
	for _, c := range r.cards() {
		if c.Value != number.None && len(p.Tiles) < mailTiles {
			p.Tiles = append(p.Tiles, c)
		}
	}
	p.Width, p.Short = 100/max(1, len(p.Tiles)), r.mailLines(len(p.Tiles) > 0)
	if n := len(r.Promises) - len(p.Tiles); n > 0 && len(p.Tiles) == mailTiles {
		p.More = number.Of(int64(n), "more promise is", "more promises are") + " in the other forms of the report, none further below its target."
	}
	size := 0
	add := func(list []chart.Chart) {
		for _, c := range list {
			figure := chart.Mail(c)
			if size += len(figure); size > mailSize || len(p.Figures) == mailPictures {
				return
			}
			p.Figures = append(p.Figures, figure)
		}
	}
	if trends := r.trends(); len(trends) > 0 {
		add([]chart.Chart{recent(trends[0])})
	}
	for _, list := range [][]chart.Chart{r.lateBars(), r.lagging(), r.findings(), r.complained(), r.stages()} {
		add(list[:min(len(list), 1)])
	}
	var b bytes.Buffer
	if err := mailTemplate.Execute(&b, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err //nolint:wrapcheck // the writer's own
}

// mailPoints is the number of periods that a mail has of a trend.
const mailPoints = 6

// recent cuts a trend to its last periods.
func recent(c chart.Chart) chart.Chart {
	t, ok := c.(chart.Trend)
	if !ok || len(t.Points) <= mailPoints {
		return c
	}
	t.Points = t.Points[len(t.Points)-mailPoints:]
	t.Note += ". Here are the last " + number.Count(mailPoints)
	return t
}

// mailLines are the sentences that matter most, in their order: those of what is bad, and then by the section. The promises of the tiles need none.
func (r *Report) mailLines(tiles bool) []Line {
	matters := func(l Line) int {
		l.clauses = l.clauses[:min(len(l.clauses), 1)]
		n := l.weight()
		if l.Bad {
			n += 100
		}
		return n
	}
	list := slices.DeleteFunc(slices.Clone(r.Lines), func(l Line) bool { return tiles && l.Section == SectionPromises })
	for len(list) > mailLines {
		least := 0
		for i := range list {
			if matters(list[i]) <= matters(list[least]) {
				least = i
			}
		}
		list = slices.Delete(list, least, least+1)
	}
	return list
}
