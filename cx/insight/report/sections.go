package report

import "cairncx.dev/cairn/cx/insight/chart"

// part is a section of the page: a heading, sentences, and pictures. It has at least one of them.
type part struct {
	ID, Title string
	Lines     []Line
	Charts    []chart.Chart
	Quotes    []shownQuote
	Next      []step
}

// parts are the sections after the first page, without the empty ones.
func (r *Report) parts() (list []part) {
	for _, p := range []part{
		{ID: "breakdowns", Title: "Breakdowns", Lines: r.allBreakdowns(), Charts: r.worsened()},
		{ID: "promises", Title: "Promises", Lines: r.allPromises(), Charts: r.changes()},
		{ID: "trends", Title: "Trends", Charts: rest(r.trends())},
		{ID: "backlog", Title: "Late and open", Lines: r.allBacklog(), Charts: r.lateBars(), Next: r.listLate()},
		{ID: "open", Title: "Open now", Charts: r.open(), Next: r.listBreaking()},
		{ID: "flow", Title: "What came and what ended", Charts: r.outcomes()},
		{ID: "time", Title: "Where the time goes", Charts: r.stages()},
		{ID: "groups", Title: "Groups that lag", Charts: r.lagging()},
		{ID: "reopened", Title: "Taken up again", Charts: r.again()},
		{ID: "voice", Title: "What customers say", Charts: r.complained(), Quotes: r.quotes()},
		{ID: "support", Title: "Contacts with people", Charts: r.levels()},
		{ID: "goes-with", Title: "What goes with bad runs, and what to mend first", Lines: r.causes(), Charts: r.findings()},
	} {
		if len(p.Lines)+len(p.Charts)+len(p.Quotes)+len(p.Next) > 0 {
			list = append(list, p)
		}
	}
	return list
}

// rest are the charts without the first one, which is on the first page.
func rest(list []chart.Chart) []chart.Chart {
	if len(list) == 0 {
		return nil
	}
	return list[1:]
}

// allPromises says how the promises stand that the first page has no room for.
func (r *Report) allPromises() (list []Line) {
	for i := mostPromises; i < len(r.Promises); i++ {
		p := &r.Promises[i]
		list = append(list, line(SectionPromises, p.bad(), r.promiseClauses(p)...))
	}
	return list
}
