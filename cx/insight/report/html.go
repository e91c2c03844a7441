package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template of the page reads.
type page struct {
	*Report

	Policy, Style template.HTML
	Up, UpTo      string // the link above the headline, and where it leads
	When          string
	Beside        bool // the cards stand beside the picture
	Against       string
	Cards         []card
	First         template.HTML // the picture of the first page
	Short         []said        // what the first page says beside the cards
	Parts         []shownPart
	Rests         []string
	Words         []word
}

type shownPart struct {
	part
	Figures []template.HTML
}

// card is a promise on the first page.
type card struct {
	Name, Value, Verdict, Of, Range string
	Against                         []string
	Bad, Good                       bool
	Spark                           template.HTML
}

// style is the page's style sheet.
func style() string { return string(chart.Style()) + pageStyle }

// Policy returns the Content-Security-Policy of the page that [Report.HTML] writes, by which its own style and nothing else is used. The page has it in itself.
// A server whose other pages have a stricter policy sends it with the page.
func Policy() string {
	sum := sha256.Sum256([]byte(style()))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

// HTML writes the page in one file: its pictures are in it, and it has no script and no address. It prints on A4 and Letter, follows the reader's colour
// scheme, and can be read on a telephone.
func (r *Report) HTML(w io.Writer) error { return r.html(w, "", "") }

// HTMLWithin writes the page of [Report.HTML] for a site that has other pages: with a link of this name to this address above the headline. The link is not printed.
// The page has the same [Policy].
func (r *Report) HTMLWithin(w io.Writer, name, address string) error { return r.html(w, name, address) }

func (r *Report) html(w io.Writer, up, to string) error {
	p := page{
		Report: r, Up: up, UpTo: to, When: r.when(), Against: r.comparedWith(), Cards: r.cards(), Short: r.short(), Rests: r.rests(), Words: r.words(),
		Policy: template.HTML(`<meta http-equiv="Content-Security-Policy" content="` + Policy() + `">`), //nolint:gosec // it is a digest
		Style:  template.HTML("<style>" + style() + "</style>"),                                         //nolint:gosec // it is made of constants
	}
	if trends := r.trends(); len(trends) > 0 {
		p.First = chart.Figure(trends[0], chart.Folded())
		p.Beside = len(p.Cards) > 0 && len(p.Cards) <= 2
	}
	for _, part := range r.parts() {
		s := shownPart{part: part}
		for _, c := range part.Charts {
			s.Figures = append(s.Figures, chart.Figure(c))
		}
		p.Parts = append(p.Parts, s)
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err //nolint:wrapcheck // the writer's own
}

// comparedWith names the periods that the report compares with.
func (r *Report) comparedWith() string {
	if r.Before.IsZero() {
		return ""
	}
	return "compared with " + r.Before.Label()
}

// cards are the promises of the first page.
func (r *Report) cards() (list []card) {
	for i := range r.Promises {
		if len(list) == mostPromises {
			break
		}
		p := &r.Promises[i]
		kept := p.kept()
		c := card{Name: label(p.Name), Verdict: string(p.Verdict), Value: number.None}
		if p.Within != "" {
			c.Name += " within " + p.Within
		}
		switch p.Verdict {
		case NotKnown:
			c.Of = fmt.Sprintf("fewer than %d customers: not shown", minGroup)
		case NothingIsDue:
			c.Of = "none fell due in this " + r.Kind.String()
		case Met, MetMaybe, Missed, MissedMaybe, NoTarget:
			c.Value = number.Share(kept.Value)
			c.Of = fmt.Sprintf("%s of %s kept, %s broken", number.Count(kept.Count), number.Count(kept.N), number.Count(p.broken()))
			c.Range = "95% interval " + interval(kept)
			if p.Target > 0 {
				c.Verdict = "target " + targetOf(p.Target) + " " + string(p.Verdict)
			}
			if !r.Before.IsZero() {
				c.Against = append(c.Against, sentence(p.Change.against(p.Before.Matured, r.Kind.before())))
			}
			if p.ChangeYear != nil {
				c.Against = append(c.Against, sentence(p.ChangeYear.against(p.YearAgo.Matured, "a year ago")))
			}
			c.Bad, c.Good = p.Verdict == Missed || p.Verdict == MissedMaybe, p.Verdict == Met || p.Verdict == MetMaybe
		}
		if spark := sparkOf(p.Trend); i > 0 && len(spark) > 2 {
			c.Spark = chart.Spark(p.title()+" by "+r.Kind.String(), chart.Share, spark)
		}
		list = append(list, c)
	}
	return list
}

// sparkOf returns the values of a trend; those of few are gaps.
func sparkOf(list []Point) (values []float64) {
	for i := range list {
		v := list[i].Share.Value
		if len(values) == 0 && list[i].Share.N == 0 {
			continue // the log begins later
		}
		if !visible(list[i].Share) {
			v = nan
		}
		values = append(values, v)
	}
	return values
}

// said are the lines of the first page under one heading.
type said struct {
	Heading string
	Lines   []Line
	Bad     bool
}

// short are the lines of the first page that no card says.
func (r *Report) short() (list []said) {
	for _, l := range r.Lines {
		switch last := len(list) - 1; {
		case l.Section == SectionPromises:
		case last >= 0 && list[last].Heading == l.Heading():
			list[last].Lines = append(list[last].Lines, l)
			list[last].Bad = list[last].Bad || l.Bad
		default:
			list = append(list, said{l.Heading(), []Line{l}, l.Bad})
		}
	}
	return list
}
