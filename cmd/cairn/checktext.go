package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/logcheck"
	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// checkTitle is the title of the findings.
const checkTitle = "Does the log fit the blueprint?"

// text returns the findings for a terminal of that width.
func (s *checkSettings) text(r *logcheck.Result, width int) string {
	var b strings.Builder
	b.WriteString(checkTitle + "\n" + strings.Repeat("─", len(checkTitle)) + "\n")
	names := make([]string, len(s.files))
	for i, name := range s.files {
		names[i] = shownName(name)
	}
	b.WriteString(wrap("  Log        ", strings.Join(names, ", "), width))
	b.WriteString(wrap("  Blueprint  ", s.blueprint, width))
	fmt.Fprintf(&b, "  Rows       %s of %s, %s to %s (%s)\n", grouped(r.Rows), times(r.Cases, "case"),
		r.First.In(s.location).Format("2006-01-02 15:04"), r.Last.In(s.location).Format("2006-01-02 15:04"), s.location)
	for i := range r.Findings {
		s.finding(&b, &r.Findings[i], width)
	}
	switch failed := s.judge(r) != nil; {
	case failed:
		b.WriteString("\nThe log does not fit yet.\n")
	case len(r.Findings) == 0:
		b.WriteString("\nThe log fits the blueprint: nothing is dubious.\n")
	default:
		b.WriteString("\nThe log fits the blueprint.\n")
	}
	return b.String()
}

// finding writes one finding.
func (s *checkSettings) finding(b *strings.Builder, f *logcheck.Finding, width int) {
	const indent = "        "
	mark := "  few   "
	switch {
	case f.Note:
		mark = "  note  "
	case s.fails(f):
		mark = "  FAIL  "
	case s.kinds[f.Kind]:
		mark = "  let   "
	}
	b.WriteString("\n" + wrap(mark, fmt.Sprintf("%s (%s): %s", f.Title, f.Kind, amount(f.N, f.Of, f.What)), width))
	if f.Where != nil {
		b.WriteString(wrap(indent, fmt.Sprintf("for example %s:%d", f.Where.File, f.Where.Line), width))
	}
	for _, item := range f.Items {
		text := strconv.Quote(item.Name)
		if item.Note != "" && item.N == 0 {
			text = item.Note + " " + text
		}
		if item.N > 0 {
			text += " " + grouped(item.N)
		}
		if item.Of > 0 {
			text += " of " + grouped(item.Of)
		}
		if item.Note != "" && item.N > 0 {
			text += ", " + item.Note
		}
		if item.Meant != "" {
			text += ": did you mean " + strconv.Quote(item.Meant) + "?"
		}
		b.WriteString(wrap(indent+"- ", text, width))
	}
	if f.More > 0 {
		fmt.Fprintf(b, "%s- and %d more\n", indent, f.More)
	}
	b.WriteString(wrap(indent, f.Remedy, width))
}

// amount returns "3 of 1,200 rows (0.3%)".
func amount(n, of int64, what string) string {
	if n == of {
		return "all " + grouped(of) + " " + what
	}
	share := 100 * float64(n) / float64(max(1, of))
	text := strconv.FormatFloat(share, 'f', 1, 64) + "%"
	if n > 0 && share < 0.1 {
		text = "less than 0.1%"
	}
	return fmt.Sprintf("%s of %s %s (%s)", grouped(n), grouped(of), what, text)
}

// grouped returns the number with a comma between thousands.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func times(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

// writeJSON writes the findings as JSON.
func (s *checkSettings) writeJSON(w io.Writer, r *logcheck.Result) error {
	type finding struct {
		logcheck.Finding

		Fails bool `json:"fails"`
	}
	out := struct {
		Title     string   `json:"title"`
		Blueprint string   `json:"blueprint"`
		Files     []string `json:"files"`
		Fits      bool     `json:"fits"`
		*logcheck.Result

		Findings []finding `json:"findings"`
	}{Title: checkTitle, Blueprint: s.blueprint, Fits: s.judge(r) == nil, Result: r, Findings: []finding{}}
	for _, name := range s.files {
		out.Files = append(out.Files, shownName(name))
	}
	for i := range r.Findings {
		out.Findings = append(out.Findings, finding{r.Findings[i], s.fails(&r.Findings[i])})
	}
	if err := report.JSON(w, out, ""); err != nil {
		return fmt.Errorf("writing the findings: %w", err)
	}
	return nil
}
