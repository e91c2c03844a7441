package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/slo/backtest"
	"cairncx.dev/cairn/cx/slo/rules"
)

// PastTitle is the title of the report about the alerts of the past.
const PastTitle = "Would it have paged?"

// PastHead says what a report about the alerts of the past is made of.
type PastHead struct {
	Files     []string
	Blueprint string
	Location  *time.Location // of the times in the text. Default: UTC.
	Hints     []string       // what a reader should know before the numbers
}

// hints writes the hints, each a paragraph.
func (h *PastHead) hints(b *strings.Builder, width int) {
	for _, text := range h.Hints {
		sentence(b, width, clean(text))
		b.WriteByte('\n')
	}
}

// shownFirings is how many times of an alert the text has at most. The JSON form has all.
const shownFirings = 12

// WritePast writes the report about the alerts of the past as plain text for people. The width is that of [Report.WriteText].
func WritePast(w io.Writer, r *backtest.Report, head PastHead, width int) error {
	if width == 0 {
		width = DefaultWidth
	}
	p := &pastText{Report: r, width: max(width, minWidth), zone: head.Location}
	if p.zone == nil {
		p.zone = time.UTC
	}
	p.head(head)
	p.objectives()
	for i := range r.Objectives {
		p.objective(&r.Objectives[i])
	}
	p.limits()
	if _, err := io.WriteString(w, p.b.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// pastText is the text while it is written.
type pastText struct {
	*backtest.Report

	b     strings.Builder
	width int
	zone  *time.Location
}

const minutes = "2006-01-02 15:04"

func (p *pastText) at(t time.Time) string { return t.In(p.zone).Format(minutes) }

// head writes what the report is of, and the verdict.
func (p *pastText) head(h PastHead) {
	heading(&p.b, PastTitle, p.width)
	const label = 11
	line := func(name, text string, cut func(string, int) string) {
		fmt.Fprintf(&p.b, "%s%-*s%s\n", indent, label, name, cut(text, p.width-len(indent)-label))
	}
	for i, file := range h.Files {
		if i == shownFiles {
			line("", fmt.Sprintf("and %d more files", len(h.Files)-i), cut)
			break
		}
		name := ""
		if i == 0 {
			name = "Log"
		}
		line(name, clean(file), cutPath)
	}
	line("Blueprint", clean(h.Blueprint), cutPath)
	line("Period", p.at(p.From)+" to "+p.at(p.Until)+" ("+p.zone.String()+")", cut)
	line("Step", "the rules are evaluated every "+backtest.Length(time.Duration(p.Step)*time.Second), cut)
	p.b.WriteByte('\n')
	verdict := p.Verdict()
	sentence(&p.b, p.width, "The rules "+verdict+".")
	p.b.WriteByte('\n')
	h.hints(&p.b, p.width)
}

// objectives writes the table of the objectives.
func (p *pastText) objectives() {
	t := table{columns: []column{
		{head: "Objective", least: leastName},
		{head: "promised", right: true},
		{head: "over", spare: 2},
		{head: "events", right: true},
		{head: "good", right: true},
		{head: "95% interval", right: true, spare: 1},
		{head: "budget gone", right: true},
	}}
	for i := range p.Objectives {
		o := &p.Objectives[i]
		events, good, interval := "", "", ""
		if o.Ratio != nil {
			events, good = grouped(o.Total()), percent(*o.Ratio)
			interval = fmt.Sprintf("%.1f–%.1f%%", o.Interval.Low*100, o.Interval.High*100)
		}
		gone := gone(o.Gone)
		if !o.Enough {
			gone = "too few"
		}
		t.add(clean(o.Name), target(o.Target), o.Window, events, good, interval, gone)
	}
	t.notes = []string{
		"Events are those of the period. The budget is that of the window that ends with the period. Alerts of one objective with the same " +
			"severity that fire at the same time are one page, or one ticket.",
	}
	t.write(&p.b, p.width)
}

// target writes a target with all of its digits.
func target(share float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(math.Round(share*1e12)/1e10, 'f', 8, 64), "0"), ".") + "%"
}

// gone writes a share of the budget in whole percent. It writes neither 0% nor 100% for what is not.
func gone(share float64) string {
	switch p := math.Round(share * 100); {
	case share > 0 && p == 0:
		return "<1%"
	case share < 1 && p == 100:
		return "99%"
	case share > 1 && p == 100:
		return "101%"
	default:
		return grouped(int64(p)) + "%"
	}
}

// objective writes what the alerts of an objective did.
func (p *pastText) objective(o *backtest.Objective) {
	heading(&p.b, o.Name, p.width)
	if o.Description != "" {
		sentence(&p.b, p.width, clean(o.Description)+".")
	}
	pages, tickets := o.Calls(rules.Page, p.Until), o.Calls(rules.Ticket, p.Until)
	sentence(&p.b, p.width, strings.Join([]string{
		plural(int64(len(pages)), "page", "pages"), plural(int64(len(tickets)), "ticket", "tickets"), worst(o),
	}, " · "))
	p.b.WriteByte('\n')
	var silent []string
	for i := range o.Alerts {
		a := &o.Alerts[i]
		if len(a.Fired) == 0 {
			silent = append(silent, alertName(a))
			continue
		}
		p.alert(o, a)
	}
	if len(silent) > 0 {
		sentence(&p.b, p.width, "Never fired: "+strings.Join(silent, "; ")+".")
		p.b.WriteByte('\n')
	}
}

// limits writes what the report cannot say.
func (p *pastText) limits() {
	heading(&p.b, "What the report cannot say", p.width)
	full, hidden, step := map[string]bool{}, []string(nil), 0.0
	for i := range p.Objectives {
		o := &p.Objectives[i]
		if o.FullFrom != nil && !full[o.Window] {
			full[o.Window] = true
			sentence(&p.b, p.width, fmt.Sprintf("The log is as long as a window of %s from %s on. Before that, the window has fewer events than it would "+
				"have had, and few bad ones may spend the budget.", o.Window, p.at(*o.FullFrom)))
		}
		if o.Hidden > 0 {
			hidden = append(hidden, clean(o.Name))
			if step == 0 || o.Hidden < step {
				step = o.Hidden
			}
		}
	}
	if len(hidden) > 0 {
		sentence(&p.b, p.width, fmt.Sprintf("Some alerts look at less than a step: those of %s. Prometheus evaluates rules more often than this "+
			"report, so they may also have fired for less than %s in between. Use --step %gm to see that.", strings.Join(hidden, ", "),
			backtest.Length(time.Duration(p.Step)*time.Second), step/60))
	}
	sentence(&p.b, p.width, "The alerts about processes and about contacts are left out: "+strings.Join(p.LeftOut, ", ")+".")
}

func worst(o *backtest.Objective) string {
	switch {
	case o.Worst != nil:
		return fmt.Sprintf("worst day %s: %s of %s bad", o.Worst.Date, grouped(o.Worst.Bad), grouped(o.Worst.Events))
	case o.Ratio != nil:
		return "no bad event"
	case len(o.Parts) > 0:
		return "made of " + clean(strings.Join(o.Parts, ", "))
	default:
		return "no events in the period"
	}
}

// alertName says in a few words what an alert is.
func alertName(a *backtest.Alert) string {
	name := map[string]string{
		rules.BudgetSpent: "budget spent", rules.BelowTarget: "below the target for a day",
	}[a.Name]
	if a.Long > 0 {
		name = fmt.Sprintf("burn rate %s in %s", strconv.FormatFloat(a.Factor, 'g', 3, 64), backtest.Length(time.Duration(a.Long)*time.Second))
	}
	return string(a.Severity) + ", " + name
}

// alert writes when an alert fired.
func (p *pastText) alert(o *backtest.Objective, a *backtest.Alert) {
	t := table{columns: []column{{head: upper(alertName(a))}, {head: "for", right: true}, {head: "budget gone"}, {head: "bad", right: true}}}
	for i, f := range a.Fired {
		if i == shownFirings {
			t.notes = append(t.notes, fmt.Sprintf("… and %s more: --json has all.", grouped(int64(len(a.Fired)-i))))
			break
		}
		bad := ""
		if f.Events > 0 {
			bad = grouped(f.Bad) + " of " + grouped(f.Events)
		}
		t.add(p.stretch(&f), backtest.Length(time.Duration(f.Seconds)*time.Second), gone(f.GoneFrom)+" → "+gone(f.GoneUntil), bad)
	}
	if o.Ratio == nil {
		t.columns[3].head = ""
	}
	t.write(&p.b, p.width)
}

// stretch writes from when to when an alert fired.
func (p *pastText) stretch(f *backtest.Firing) string {
	from := p.at(f.From)
	if f.Earlier {
		from = "before " + p.at(p.From)
	}
	switch {
	case f.Until == nil:
		return from + " to the end"
	case p.at(*f.Until)[:10] == p.at(f.From)[:10]:
		return from + " – " + f.Until.In(p.zone).Format("15:04")
	default:
		return from + " – " + f.Until.In(p.zone).Format("01-02 15:04")
	}
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
