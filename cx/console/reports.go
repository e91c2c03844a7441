package console

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
)

// reportsPage lists the reports of past periods.
func reportsPage(v *visit) (*page, error) {
	p := &page{name: "reports", title: "Reports", note: "One page for each week, month, quarter and year: what was promised and kept, what is open, and what to mend first."}
	for _, of := range []struct {
		kind  report.Kind
		title string
		n     int
	}{{report.Week, "Weeks", 8}, {report.Month, "Months", 6}, {report.Quarter, "Quarters", 4}, {report.Year, "Years", 2}} {
		s := ready(of.kind.String()+"s", of.title, "reports", v.reports(of.kind, of.n))
		s.half = true
		p.sections = append(p.sections, s)
	}
	if v.c.cfg.subscriptions != nil {
		p.sections = append(p.sections, section{id: "mail", title: "By e-mail", template: "subscribable", fill: func(ctx context.Context) (any, error) { return v.subscribable(ctx) }})
	}
	return p, nil
}

type reportRow struct {
	Name, Page string
	Files      []anchor
}

// format is a kind of file of a report.
type format struct {
	name, end, media string
	write            func(v *visit, r *report.Report, w io.Writer) error
}

// formats are the files of a report. The first one is for reading.
var formats = []format{
	{"Page", "html", "text/html; charset=utf-8", func(v *visit, r *report.Report, w io.Writer) error {
		return r.HTMLWithin(w, "Reports", v.link("reports"))
	}},
	{"Markdown", "md", "text/markdown; charset=utf-8", func(_ *visit, r *report.Report, w io.Writer) error { return r.Markdown(w) }},
	{"CSV", "csv", "text/csv; charset=utf-8", func(_ *visit, r *report.Report, w io.Writer) error { return r.CSV(w) }},
	{"JSON", "json", "application/json", func(_ *visit, r *report.Report, w io.Writer) error { return r.JSON(w) }},
}

func (v *visit) reports(kind report.Kind, n int) (list []reportRow) {
	if v.at.IsZero() {
		return nil
	}
	state, err := v.c.table.State() // a period before the first run has no report, whatever the reader may see
	period := kind.Current(v.at.In(v.zone))
	for i := range n {
		of := period
		if i > 0 {
			of = kind.Before(period, i)
		}
		if err != nil || state.Oldest.IsZero() || !of.Until.After(state.Oldest) {
			break
		}
		name := "reports/" + kind.String() + "/" + of.From.Format(dateForm)
		row := reportRow{Name: of.Label(), Page: v.link(name + ".html")}
		for _, f := range formats[1:] {
			row.Files = append(row.Files, anchor{f.name, v.link(name + "." + f.end)})
		}
		list = append(list, row)
	}
	return list
}

// report serves a report as a file: as a page, Markdown, CSV or JSON.
func (c *Console) report(w http.ResponseWriter, r *http.Request) {
	v, err := c.visit(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	name, end, _ := strings.Cut(r.PathValue("file"), ".")
	text, kind, err := v.report(r.PathValue("kind"), name, end)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	if end == "html" {
		w.Header().Add("Vary", "Accept-Language")
		text = []byte(v.rewritten(string(text), v.names))
		w.Header().Set("Content-Security-Policy", report.Policy()+"; frame-ancestors 'none'")
	} else {
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "report-" + r.PathValue("kind") + "-" + name + "." + end}))
	}
	_, _ = w.Write(text) //nolint:gosec // a report escapes its texts, and has a policy of its own
}

// report makes a report, once for a state of the table.
func (v *visit) report(word, day, end string) (text []byte, media string, err error) {
	kind, err := report.ParseKind(word)
	at, faulty := time.ParseInLocation(dateForm, day, v.zone)
	n := slices.IndexFunc(formats, func(f format) bool { return f.end == end })
	if err != nil || faulty != nil || n < 0 || at.Year() < firstYear || at.Year() > lastYear {
		return nil, "", fmt.Errorf("%w: %s/%s.%s: give a kind of period, its first day and html, md, csv or json", errAddress, shorten(word), shorten(day), shorten(end))
	}
	period := kind.Current(at)
	settings := report.Settings{Title: v.c.cfg.title, From: period.From, Until: period.Until, Zone: v.zone, Journey: v.filter.Journey, Namespace: v.filter.Namespace, Where: v.filter.Where}
	r, err := question(v.r.Context(), v, "report", fmt.Sprintf("%+v", settings), func(ctx context.Context) (*report.Report, error) {
		return report.Make(ctx, v.c.table, v.viewer, settings)
	})
	if err != nil {
		return nil, "", err
	}
	var b bytes.Buffer
	if err := formats[n].write(v, r, &b); err != nil {
		return nil, "", err
	}
	return b.Bytes(), formats[n].media, nil
}
