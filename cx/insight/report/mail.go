package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"

	_ "embed"

	"cairncx.dev/cairn/cx/insight/chart"
)

//go:embed mail.html
var mailText string

var mailTemplate = template.Must(template.New("mail").Parse(mailText))

// mailPage is what the template of the mail reads.
type mailPage struct {
	*Report

	When, Against string
	Figures       []template.HTML
	Quotes        []shownQuote
	Rests         []string
}

// mailSize is the number of bytes of pictures in a mail. Some programs cut a mail of more than 102 kB.
const mailSize = 60_000

// MailHTML writes the first page for an e-mail, with its pictures as tables that mail programs show. It has no style sheet, no class, no SVG, no address and
// nothing to load. It is shorter than 100 kB, which some programs cut: pictures beyond that are left out.
func (r *Report) MailHTML(w io.Writer) error {
	p := mailPage{Report: r, When: r.when(), Against: r.comparedWith(), Quotes: r.quotes(), Rests: r.rests()}
	size := 0
	add := func(list []chart.Chart) {
		for _, c := range list {
			figure := chart.Mail(c)
			if size += len(figure); size > mailSize {
				return
			}
			p.Figures = append(p.Figures, figure)
		}
	}
	if trends := r.trends(); len(trends) > 0 {
		add(trends[:1])
	}
	for _, part := range r.parts() {
		if part.ID != "trends" && len(part.Charts) > 0 {
			add(part.Charts[:1])
		}
	}
	var b bytes.Buffer
	if err := mailTemplate.Execute(&b, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err //nolint:wrapcheck // the writer's own
}
