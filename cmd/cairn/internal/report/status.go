package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// StatusTitle is the title of the report of how objectives stand.
const StatusTitle = "How the objectives stand"

// StatusHead says what a report of how objectives stand is made of.
type StatusHead struct {
	Blueprint string
	Source    string // the address of the server, without credentials
	Now       time.Time
	Location  *time.Location // of the times in the text. Default: UTC.
}

// State is how an objective stands, in a word.
type State string

// The states of an objective.
const (
	Kept       State = "kept"
	Missed     State = "missed"      // more events were bad than the target allows
	TooFew     State = "too few"     // there are events, and not enough of them to say
	NoEvents   State = "no events"   // there are none, or no part of a composite has enough
	NotCounted State = "not counted" // the server has no count of it, not even zero
)

// StateOf returns how the objective stands.
func StateOf(s *slo.Status) State {
	const exact = 1e-9 // the error of a mean of shares
	counted := s.Since.Before(s.Now) || s.Total()+s.Excluded > 0
	if s.Objective.Subject() == slo.OfObjectives {
		counted = slices.ContainsFunc(s.Parts, func(p slo.Status) bool { return StateOf(&p) != NotCounted })
	}
	switch {
	case !counted:
		return NotCounted
	case !s.Enough && s.Total() > 0:
		return TooFew
	case !s.Enough:
		return NoEvents
	case s.Budget.Left < 0 || s.Budget.Share < -exact:
		return Missed
	default:
		return Kept
	}
}

// StatusVerdict says in a few sentences how all objectives stand.
func StatusVerdict(list []slo.Status) string {
	names := map[State][]string{}
	for i := range list {
		state := StateOf(&list[i])
		names[state] = append(names[state], clean(list[i].Name))
	}
	named := func(states ...State) string {
		var all []string
		for _, s := range states {
			all = append(all, names[s]...)
		}
		return strings.Join(all, ", ")
	}
	if len(names[NotCounted]) == len(list) {
		return "Prometheus has no count of any objective. See that services run with this blueprint, that Prometheus scrapes them, and that " +
			"--match has a label of theirs."
	}
	var said []string
	switch missed, kept := len(names[Missed]), len(names[Kept]); {
	case missed > 0:
		said = append(said, howMany(missed, len(list))+" missed: "+named(Missed)+".")
	case kept == len(list) && kept == 1:
		said = append(said, "The objective is kept.")
	case kept == len(list):
		said = append(said, fmt.Sprintf("All %d objectives are kept.", kept))
	case kept > 0:
		said = append(said, "No objective is missed.")
	}
	if few := named(TooFew, NoEvents); few != "" {
		said = append(said, "Not enough events to say: "+few+".")
	}
	if not := named(NotCounted); not != "" {
		said = append(said, "No service counts "+not+": deploy the blueprint that has it.")
	}
	return strings.Join(said, " ")
}

// howMany writes how many of all objectives.
func howMany(n, all int) string {
	switch {
	case all == 1:
		return "The objective is"
	case n == 1:
		return fmt.Sprintf("1 of %d objectives is", all)
	default:
		return fmt.Sprintf("%d of %d objectives are", n, all)
	}
}

// WriteStatus writes how the objectives stand as plain text for people. The width is that of [Report.WriteText].
func WriteStatus(w io.Writer, list []slo.Status, head StatusHead, width int) error {
	if width == 0 {
		width = DefaultWidth
	}
	width = max(width, minWidth)
	zone := head.Location
	if zone == nil {
		zone = time.UTC
	}
	var b strings.Builder
	heading(&b, StatusTitle, width)
	const label = 12
	line := func(name, text string, cut func(string, int) string) {
		fmt.Fprintf(&b, "%s%-*s%s\n", indent, label, name, cut(text, width-len(indent)-label))
	}
	line("Blueprint", clean(head.Blueprint), cutPath)
	line("Prometheus", clean(head.Source), cut)
	line("At", head.Now.In(zone).Format(minutes)+" ("+zone.String()+")", cut)
	b.WriteByte('\n')
	sentence(&b, width, StatusVerdict(list))
	b.WriteByte('\n')
	statusTable(list).write(&b, width)
	heading(&b, "In words", width)
	for i := range list {
		statusWords(&b, &list[i], width)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing how the objectives stand: %w", err)
	}
	return nil
}

// statusTable returns the table of the objectives.
func statusTable(list []slo.Status) *table {
	t := &table{columns: []column{
		{head: "Objective", least: leastName},
		{head: "stands"},
		{head: "promised", right: true},
		{head: "good", right: true},
		{head: "over", spare: 2},
		{head: "events", right: true, spare: 1},
		{head: "budget gone", right: true},
		{head: "pace", right: true},
	}}
	for i := range list {
		s := &list[i]
		good, events, spent, pace := "", "", "", ""
		if s.Enough || s.Total() > 0 {
			good = percent(s.Ratio)
		}
		if s.Total() > 0 {
			events = grouped(s.Total())
		}
		if s.Enough {
			spent = gone(1 - s.Budget.Share)
		}
		if n := len(s.Burn); n > 0 && s.Burn[n-1].Total() > 0 {
			pace = strconv.FormatFloat(s.Burn[n-1].Rate, 'f', 1, 64)
		}
		t.add(clean(s.Name), string(StateOf(s)), target(s.Objective.Target), good, s.Objective.Window.String(), events, spent, pace)
	}
	if slices.ContainsFunc(list, func(s slo.Status) bool { return s.Enough }) {
		t.notes = []string{
			"100% of the budget is as many bad events as the target allows. Pace is how fast the budget went in the last tenth of the window: at 1 " +
				"it lasts exactly as long as the window.",
		}
	}
	return t
}

// statusWords writes how an objective stands in words. It says of a missed one who is told and what to do.
func statusWords(b *strings.Builder, s *slo.Status, width int) {
	var words strings.Builder
	said := clean(s.String())
	if StateOf(s) == NotCounted { // it would be counted since now
		said = "no service has counted it; promised " + target(s.Objective.Target)
	}
	sentence(&words, width-len(indent), said)
	if StateOf(s) == Missed {
		sentence(&words, width-len(indent), clean(s.Objective.Sentence()))
		if o := s.Objective.Owner; o != "" {
			sentence(&words, width-len(indent), "Owner: "+clean(o))
		}
		if r := s.Objective.Runbook; r != "" {
			words.WriteString(indent + "Runbook: " + clean(r) + "\n") // whole, so that it can be opened
		}
	}
	b.WriteString(indent + cut(clean(s.Name), width-len(indent)) + "\n")
	for line := range strings.Lines(words.String()) {
		b.WriteString(indent + line)
	}
}
