package report

import (
	"io"
	"strings"

	"cairncx.dev/cairn/cx/insight/chart"
)

// Markdown writes the report as Markdown (CommonMark with tables), with the numbers of each picture in a table. What is special in Markdown and in HTML is
// escaped.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# " + marked(r.ReportTitle()+", "+r.when()) + "\n\n**" + marked(r.Headline) + "**\n")
	writeLines(&b, r.Lines, true)
	if trends := r.trends(); len(trends) > 0 {
		b.WriteString("\n## Trend\n")
		writeTable(&b, trends[0])
	}
	for _, p := range r.parts() {
		b.WriteString("\n## " + marked(p.Title) + "\n")
		writeLines(&b, p.Lines, false)
		for _, s := range p.Next {
			b.WriteString("\n" + marked(s.Text) + ":\n\n    " + s.Command + "\n")
		}
		for _, q := range p.Quotes {
			b.WriteString("\n> " + marked(q.Text) + "\n>\n> " + marked(q.From) + "\n")
		}
		for _, c := range p.Charts {
			writeTable(&b, c)
		}
	}
	if len(r.Missing) > 0 {
		b.WriteString("\n## What this report cannot say yet\n")
		writeLines(&b, r.Missing, false)
	}
	b.WriteString("\n## What the numbers rest on\n\n")
	for _, s := range r.rests() {
		b.WriteString("- " + marked(s) + "\n")
	}
	for _, word := range r.words() {
		b.WriteString("- *" + marked(word.Term) + "*: " + marked(word.Means) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err //nolint:wrapcheck // the writer's own
}

func writeLines(b *strings.Builder, list []Line, headed bool) {
	if len(list) > 0 {
		b.WriteString("\n")
	}
	for _, l := range list {
		b.WriteString("- ")
		if headed {
			b.WriteString("**" + marked(l.Heading()) + "**: ")
		}
		b.WriteString(marked(l.Text) + "\n")
	}
}

func writeTable(b *strings.Builder, c chart.Chart) {
	t := chart.Numbers(c)
	if len(t.Rows) == 0 {
		return
	}
	a := chart.Described(c)
	b.WriteString("\n### " + marked(a.Title) + "\n\n")
	if a.Note != "" {
		b.WriteString(marked(a.Note) + "\n\n")
	}
	b.WriteString("|")
	for _, h := range t.Head {
		b.WriteString(" " + marked(h) + " |")
	}
	b.WriteString("\n|")
	for i := range t.Head {
		if i == 0 || i < len(t.Text) && t.Text[i] {
			b.WriteString(" --- |")
		} else {
			b.WriteString(" ---: |")
		}
	}
	for _, row := range t.Rows {
		b.WriteString("\n|")
		for _, cell := range row {
			b.WriteString(" " + marked(cell) + " |")
		}
	}
	b.WriteString("\n")
}

// marked escapes a text for Markdown.
func marked(s string) string {
	return escapes.Replace(strings.Join(strings.Fields(s), " "))
}

var escapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "#", `\#`, "~", `\~`, "!", `\!`, "$", `\$`, "@", "&#64;", "://", "&#58;//", "www.", "www&#46;",
)
