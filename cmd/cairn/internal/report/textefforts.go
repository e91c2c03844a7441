package report

import (
	"fmt"
	"strings"
	"time"
)

// writeEfforts writes the part about matters of customers.
func (r *Report) writeEfforts(b *strings.Builder, width int) {
	f := r.Efforts
	if f == nil {
		return
	}
	heading(b, "Efforts", width)
	sentence(b, width, fmt.Sprintf("An effort is all contacts of one customer about one intent, each within %s of those before. Customer and intent are known of %s of the contacts.",
		human(durationOf(f.Window).Round(time.Second)), share(f.Known, f.Contacts)))
	if f.Answered > 0 {
		sentence(b, width, fmt.Sprintf("Resolved at the first answered contact: %s of %s that people answered, %s.",
			grouped(f.FirstContact), plural(f.Answered, "effort", "efforts"), share(f.FirstContact, f.Answered)))
	}
	if f.Unanswered > 0 {
		sentence(b, width, "Nobody answered "+plural(f.Unanswered, "effort", "efforts")+".")
	}
	if f.Open > 0 {
		sentence(b, width, "Not over at the end of the log: "+plural(f.Open, "effort", "efforts")+".")
	}
	if f.Lost > 0 {
		sentence(b, width, "In no effort, because the customer has more than 16 that are open: "+plural(f.Lost, "contact", "contacts")+".")
	}
	b.WriteByte('\n')
	t := &table{columns: []column{
		{head: "Intent", least: leastName},
		{head: "answered", right: true},
		{head: "at once", right: true},
		{right: true},
		{head: "unanswered", right: true, spare: 1},
		{head: "repeats", right: true},
		{head: "switches", right: true, spare: 2},
	}}
	for i := range f.Intents {
		n := &f.Intents[i]
		resolution := ""
		if n.Resolution != nil {
			resolution = percent(*n.Resolution)
		}
		t.add(clean(n.Name), grouped(n.Answered), grouped(n.FirstContact), resolution, grouped(n.Unanswered), grouped(n.Repeats), grouped(n.Switches))
	}
	t.write(b, width)
	if len(f.From) == 0 {
		return
	}
	t = &table{columns: []column{{head: "After this failed", least: leastName}, {head: "efforts", right: true}, {right: true}}}
	for _, from := range f.From {
		t.add(clean(from.Touchpoint), grouped(from.Count), percent(ratio(from.Count, f.Answered+f.Unanswered)))
	}
	t.write(b, width)
}
