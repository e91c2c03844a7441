package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/text"
)

// minGroup is the number of customers from which a group is shown.
const minGroup = score.MinGroup

// The numbers of lines of a section on the first page.
const (
	mostPromises = 4
	mostJourneys = 3
)

// lines are the first page, in the order of its sections.
func (r *Report) lines() []Line {
	list := make([]Line, 0, textLines)
	for _, part := range []func() []Line{
		r.breakdownLines, r.promiseLines, r.backlogLines, r.openLines, r.flowLines, r.timeLines, r.groupLines, r.reopenedLines, r.voiceLines, r.supportLines, r.goesWithLines, r.mendedLines,
	} {
		list = append(list, part()...)
	}
	return list
}

func (r *Report) promiseLines() (list []Line) {
	for i := range r.Promises {
		if len(list) == mostPromises {
			list = append(list, Line{Section: SectionPromises, Text: number.Of(int64(len(r.Promises)-mostPromises), "more promise is", "more promises are") + " further down."})
			break
		}
		p := &r.Promises[i]
		list = append(list, line(SectionPromises, p.bad(), r.promiseClauses(p)...))
	}
	return list
}

// line makes a sentence of clauses.
func line(s Section, bad bool, clauses ...string) Line {
	return Line{Section: s, Text: strings.Join(clauses, "; ") + ".", Bad: bad, clauses: clauses}
}

// bad reports whether the promise misses its target, or is kept less often than before, by more than chance.
func (p *Promise) bad() bool {
	return p.Verdict == Missed || p.Change.worse(false)
}

// worse reports whether a share got worse by more than chance.
func (c *Change) worse(lowerIsBetter bool) bool {
	return c != nil && c.Differs && (c.Difference.Value > 0) == lowerIsBetter
}

// promiseClauses say how a promise stands.
func (r *Report) promiseClauses(p *Promise) []string {
	switch p.Verdict {
	case NotKnown:
		return []string{fmt.Sprintf("%s fell due for fewer than %d customers, whose numbers are not shown", p.title(), minGroup)}
	case NothingIsDue:
		return []string{fmt.Sprintf("%s: none fell due in this %s", p.title(), r.Kind)}
	default:
	}
	list := []string{fmt.Sprintf("%s: %s kept, %s broken", p.title(), share(p.kept()), number.Count(p.broken()))}
	if p.Target > 0 {
		list = append(list, p.beside())
	}
	if !r.Before.IsZero() {
		list = append(list, p.Change.against(p.Before.Matured, r.Kind.before()))
	}
	if p.ChangeYear != nil {
		list = append(list, p.ChangeYear.against(p.YearAgo.Matured, "a year ago"))
	}
	return list
}

func (r *Report) flowLines() (list []Line) {
	for i := range r.Journeys {
		j := &r.Journeys[i]
		if len(list) == mostJourneys {
			break
		}
		if clauses := r.flowClauses(j); clauses != nil {
			list = append(list, line(SectionFlow, j.Completed.worse(false), clauses...))
		}
	}
	return list
}

// flowClauses say how many runs of a journey began and ended.
func (r *Report) flowClauses(j *Journey) []string {
	if j.Began+j.Ended.Runs == 0 {
		return nil
	}
	said := fmt.Sprintf("%s: %s began", quote(j.Name), number.Count(j.Began))
	if !r.Before.IsZero() {
		said += fmt.Sprintf(" (%s before)", number.Count(j.BeganBefore))
	}
	said += fmt.Sprintf(" and %s ended", number.Count(j.Ended.Runs))
	if j.Ended.Completed.OK() {
		said += ", " + number.Share(j.Ended.Completed.Value) + " of them completed"
	}
	var ends []string
	for _, other := range []struct {
		share score.Share
		word  string
	}{{j.Ended.Failed, "failed"}, {j.Ended.Cancelled, "cancelled"}, {j.Ended.Silent, "silent"}} {
		if other.share.Count > 0 {
			ends = append(ends, number.Count(other.share.Count)+" "+other.word)
		}
	}
	list := []string{strings.Join(append([]string{said}, ends...), ", ")}
	if j.Completed != nil && (j.Completed.Differs || len(r.Promises) == 0) { // a tile has the change of a promise
		list = append(list, "share completed: "+j.Completed.against(j.EndedBefore.Completed, r.Kind.before()))
	}
	if j.Ended.Took.N > 0 {
		list = append(list, fmt.Sprintf("half took up to %s, nine of ten up to %s", spell(j.Ended.Took.Median), spell(j.Ended.Took.P90)))
	}
	return list
}

func (r *Report) openLines() (list []Line) {
	var parts []string
	oldest, total := time.Duration(0), int64(0)
	for i := range r.Journeys {
		if j := &r.Journeys[i]; j.Open.Open.Count > 0 && len(parts) < mostJourneys {
			parts = append(parts, fmt.Sprintf("%s %s", number.Count(j.Open.Open.Count), quote(j.Name)))
			oldest, total = max(oldest, j.Open.Oldest), total+j.Open.Open.Count
		}
	}
	if len(parts) == 0 {
		return nil
	}
	clauses := append([]string{text.List(parts, "and") + " " + areOpen(total)}, r.breaking()...)
	if len(r.Backlog) > 0 && r.late() == 0 {
		clauses = append(clauses, "none of them is late")
	}
	return []Line{line(SectionOpen, false, append(clauses, "the oldest open run is "+spell(oldest)+" old")...)}
}

func areOpen(n int64) string { return isOrAre(int(n)) + " open" }

// breaking says which promises break by Friday.
func (r *Report) breaking() (list []string) {
	var parts []string
	var stopped, breaking int64
	for i := range r.Promises {
		p := &r.Promises[i]
		stopped, breaking = stopped+p.Stopped, breaking+p.Breaking
		if p.Breaking > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", number.Count(p.Breaking), quote(p.Name)))
		}
	}
	switch {
	case len(parts) > 0:
		verb := "break"
		if breaking == 1 {
			verb = "breaks"
		}
		list = append(list, fmt.Sprintf("%s %s by %s if nothing is done", text.List(parts, "and"), verb, r.friday()))
	case len(r.Promises) > 0:
		list = append(list, "no open promise breaks by "+r.friday())
	}
	if stopped > 0 {
		list = append(list, "the clock of "+number.Count(stopped)+" stands still")
	}
	return list
}

func (r *Report) timeLines() (list []Line) {
	for i := range r.Journeys {
		j := &r.Journeys[i]
		if j.Time != nil && !j.Time.Few && len(list) == 0 {
			if clauses := timeClauses(j); clauses != nil {
				list = append(list, line(SectionTime, false, clauses...))
			}
		}
	}
	return list
}

func (r *Report) groupLines() (list []Line) {
	for i := range r.Groups {
		g := &r.Groups[i]
		for n := range g.List {
			if in := &g.List[n]; in.Differs && in.Excess > 0 && len(list) < mostJourneys {
				list = append(list, line(SectionGroups, true, groupClauses(g, in)...))
			}
		}
	}
	switch columns, few := r.columns(true), r.columns(false); {
	case len(list) > 0:
	case columns != "":
		list = append(list, line(SectionGroups, false, "No group keeps its promises less often than the others by more than chance", "compared by "+columns))
	case few != "":
		list = append(list, line(SectionGroups, false, "Too few promises fell due to compare groups by "+few))
	}
	if s := r.slowest(); s != nil {
		list = append(list, line(SectionGroups, false, slowClauses(s)...))
	}
	return list
}

// columns returns the columns in which groups were compared, or those that have groups, none of which can be.
func (r *Report) columns(compared bool) string {
	var names []string
	can := map[insight.Column]bool{}
	for i := range r.Groups {
		g := &r.Groups[i]
		can[g.Column] = can[g.Column] || slices.ContainsFunc(g.List, func(in Group) bool { return in.Difference.OK() })
	}
	for i := range r.Groups {
		if name := columnName(r.Groups[i].Column); can[r.Groups[i].Column] == compared && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// groupClauses say how a group keeps a promise beside the others.
func groupClauses(g *Groups, in *Group) []string {
	return []string{
		fmt.Sprintf("%s %s keeps %s in %s, the others in %s", sentenceCase(columnName(g.Column)), quote(in.Value), quote(g.Promise), share(in.Kept), number.Share(in.Others.Value)),
		fmt.Sprintf("that is %s broken more than at the rate of the others (association, not proof)", number.Decimal(in.Excess, 0)),
	}
}

// slowest is the slowest group, if it is slower than its journey.
func (r *Report) slowest() *Slow {
	if len(r.Slow) == 0 || r.Slow[0].Took.Median <= r.Slow[0].All.Median {
		return nil
	}
	return &r.Slow[0]
}

func slowClauses(s *Slow) []string {
	return []string{
		fmt.Sprintf("Slowest: half of %s %s take up to %s (n %s)", columnName(s.Column), quote(s.Value), spell(s.Took.Median), number.Count(s.Took.N)),
		fmt.Sprintf("half of all %s take up to %s", quote(s.Journey), spell(s.All.Median)),
	}
}

func (r *Report) reopenedLines() (list []Line) {
	for i := range r.Reopened[:min(len(r.Reopened), mostJourneys)] {
		list = append(list, r.reopenedLine(&r.Reopened[i]))
	}
	return list
}

func (r *Report) reopenedLine(of *Reopened) Line {
	now, what := &of.Now, ""
	if len(r.Reopened) > 1 {
		what = " in " + quote(of.Journey)
	}
	if now.Count == 0 {
		return line(SectionReopened, false, "None of "+number.Of(now.N, "run", "runs")+" that ended"+what+" has been taken up again so far")
	}
	said := share(now.Share) + " of what ended" + what + " has been taken up again so far"
	if i := slices.IndexFunc(now.Before, func(b insight.Named) bool { return !b.Hidden && b.Name != "" }); i >= 0 {
		said += ", most often after " + quote(now.Before[i].Name)
	}
	clauses := []string{said}
	if now.Cost.N > 0 {
		clauses = append(clauses, "half of them for "+spell(now.Cost.Median)+" or longer")
	}
	if !r.Before.IsZero() {
		clauses = append(clauses, of.Change.against(of.Before.Share, r.Kind.before()))
	}
	return line(SectionReopened, of.Change.worse(true), clauses...)
}

// sentenceCase makes the first letter a capital.
func sentenceCase(s string) string { return strings.TrimSuffix(sentence(s), ".") }
