package report

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// The maximum length of lists in the text. The JSON form has longer lists.
const (
	shownFiles  = 5
	shownNames  = 20
	shownCauses = 20
)

// WriteText writes the report as plain text for people. No line is wider than width if that is [DefaultWidth] or more. In
// a narrower text a table of numbers may be wider, because numbers are never cut. The least width is 40 characters. A
// width of 0 is DefaultWidth.
func (r *Report) WriteText(w io.Writer, width int) error {
	if width == 0 {
		width = DefaultWidth
	}
	width = max(width, minWidth)
	var b strings.Builder
	r.writeHead(&b, width)
	r.writeUnknown(&b, width)
	for i := range r.Journeys {
		r.Journeys[i].write(&b, width)
	}
	if len(r.Touchpoints) > 0 {
		heading(&b, "Touchpoints in no journey", width)
		writeTouchpoints(&b, r.Touchpoints, width)
		writeFailures(&b, r.Failures, width)
	}
	r.writeFeedback(&b, width)
	r.writePeople(&b, width)
	r.writeEfforts(&b, width)
	r.writeContacts(&b, width)
	if _, err := io.WriteString(w, strings.TrimSuffix(b.String(), "\n")); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// heading writes the heading of a part of the report.
func heading(b *strings.Builder, title string, width int) {
	title = strings.TrimSpace(cut(clean(title), width))
	fmt.Fprintf(b, "%s\n%s\n", title, strings.Repeat("─", displayed(title)))
}

// writeHead writes the head of the report: its log, its period and the numbers of rows.
func (r *Report) writeHead(b *strings.Builder, width int) {
	heading(b, Title, width)
	const label = 11
	line := func(name, text string, cut func(string, int) string) {
		text = fmt.Sprintf("%s%-*s%s", indent, label, name, cut(text, width-len(indent)-label))
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	for i, file := range r.Files {
		name := ""
		if i == 0 {
			name = "Log"
		}
		if i == shownFiles {
			line(name, fmt.Sprintf("and %d more files", len(r.Files)-i), cut)
			break
		}
		line(name, clean(file), cutPath)
	}
	if r.Blueprint != "" {
		line("Blueprint", clean(r.Blueprint), cutPath)
	}
	p := &r.Period
	if p.First != nil && p.Last != nil {
		line("Events", r.at(*p.First)+" to "+r.at(*p.Last)+" "+r.zone(), cut)
	}
	if p.From != nil || p.Until != nil {
		line("Period", "runs that began "+r.period(), cut)
	}
	if p.Followed != nil && p.LogLast != nil && !p.Followed.Equal(*p.LogLast) {
		line("Followed", "to "+r.until(*p.Followed)+", later than the last event of the log", cut)
	} else if p.LogLast != nil && p.Last != nil && !p.LogLast.Equal(*p.Last) {
		line("Followed", "to "+r.at(*p.LogLast)+", the last event of the log", cut)
	}
	b.WriteByte('\n')
	all := r.Events + r.Rejected
	t := table{columns: []column{{head: "Rows"}, {right: true}, {right: true}}}
	row := func(name string, n int64) {
		_, part := counted(n, all)
		t.add(name, grouped(n), part)
	}
	row("replayed", r.Events)
	row("  with a name that the blueprint does not have", r.Unknown)
	row("  after the end of their journey", r.Late)
	row("rejected", r.Rejected)
	if p.From != nil || p.Until != nil {
		t.add("outside the period", grouped(r.Outside), "")
	}
	if r.Again > 0 {
		t.add("duplicates of events", grouped(r.Again), "")
	}
	t.write(b, width)
}

func (r *Report) location() *time.Location {
	if r.Location == nil {
		return time.UTC
	}
	return r.Location
}

func (r *Report) zone() string { return "(" + r.location().String() + ")" }

func (r *Report) at(t time.Time) string { return t.In(r.location()).Format(time.DateTime) }

// period describes the requested period, in days if both ends are whole days.
func (r *Report) period() string {
	var parts []string
	if t := r.Period.From; t != nil {
		text := r.at(*t)
		if whole(t.In(r.location())) {
			text = t.In(r.location()).Format(time.DateOnly)
		}
		parts = append(parts, "from "+text)
	}
	if t := r.Period.Until; t != nil {
		parts = append(parts, "until "+r.until(*t))
	}
	return strings.Join(parts, " ") + " " + r.zone()
}

// until formats the inclusive end of a period, as a date if it is the end of a day.
func (r *Report) until(t time.Time) string {
	if whole(t.In(r.location()).Add(1)) {
		return t.In(r.location()).Format(time.DateOnly)
	}
	return r.at(t)
}

// whole reports whether t is the beginning of a day.
func whole(t time.Time) bool {
	y, m, d := t.Date()
	return t.Equal(time.Date(y, m, d, 0, 0, 0, 0, t.Location()))
}

// writeUnknown lists the names that are not in the blueprint.
func (r *Report) writeUnknown(b *strings.Builder, width int) {
	if len(r.UnknownNames) > 0 {
		const least = 16
		t := table{columns: []column{
			{head: "Not in the blueprint", least: least}, {head: "kind"}, {head: "times", right: true}, {head: "did you mean", least: least},
		}}
		names, count := r.UnknownRest.Names, r.UnknownRest.Count
		for i, u := range r.UnknownNames {
			if i >= shownNames {
				names++
				count += u.Count
				continue
			}
			name := clean(u.Name)
			if name == "" {
				name = "(no name)"
			}
			t.add(name, u.Kind, grouped(u.Count), clean(u.Suggestion))
			if u.Stage {
				t.notes = append(t.notes, fmt.Sprintf("%s is a stage: add a touchpoint with stage: %[1]s", name))
			}
		}
		if count > 0 {
			t.add(plural(names, "other name", "other names"), "", grouped(count), "")
		}
		t.write(b, width)
	}
	if n := len(r.UnknownChannels); n > 0 {
		list := make([]string, 0, shownNames)
		for _, spelling := range r.UnknownChannels[:min(n, shownNames)] {
			list = append(list, clean(spelling))
		}
		if n > shownNames {
			list = append(list, ellipsis)
		}
		sentence(b, width, "Channels that the blueprint does not have, counted as other: "+strings.Join(list, ", "))
		b.WriteByte('\n')
	}
}

// rest counts the entries that a list in the text omits.
type rest struct{ n, count int64 }

// has reports whether the index is beyond the list, and counts the entry if it is.
func (r *rest) has(index int, count int64) bool {
	if index < shownCauses {
		return false
	}
	r.n++
	r.count += count
	return true
}

func (r *rest) name() string { return plural(r.n, "other", "others") }
