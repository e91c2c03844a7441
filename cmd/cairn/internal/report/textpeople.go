package report

import (
	"fmt"
	"strings"
	"time"
)

// writePeople writes the part about contacts with people.
func (r *Report) writePeople(b *strings.Builder, width int) {
	p := r.People
	if p == nil {
		return
	}
	heading(b, "Contacts with people", width)
	words := fmt.Sprintf("People answered %s of %s", grouped(p.Answered), plural(p.Contacts, "contact", "contacts"))
	if p.Transfers > 0 {
		words += ", and passed them on " + plural(p.Transfers, "time", "times")
		if p.Returns > 0 {
			words += fmt.Sprintf(", %s back to a queue of before", grouped(p.Returns))
		}
	}
	sentence(b, width, words+".")
	if p.Claimed > 0 {
		sentence(b, width, fmt.Sprintf("Resolved, as claimed at the end: %s of %s.", grouped(p.Resolved), grouped(p.Claimed)))
	}
	sentence(b, width, fmt.Sprintf("The customer is known of %s of them, the intent of %s, and both of %s.",
		share(p.WithCustomer, p.Contacts), share(p.WithIntent, p.Contacts), share(p.WithBoth, p.Contacts)))
	b.WriteByte('\n')
	p.waits().write(b, width)
	p.work().write(b, width)
}

// named returns the name of a queue and, if there are several, of the channel.
func (q *Queue) named() (queue, channel string) {
	queue, channel = clean(q.Name), q.Channel
	if queue == "" {
		queue = "(none)"
	}
	if channel == "" {
		channel = "(none)"
	}
	return queue, channel
}

// waits returns the table of the queues.
func (p *People) waits() *table {
	t := &table{columns: []column{
		{head: "Queue", least: leastName},
		{head: "channel", spare: 2},
		{head: "queued", right: true},
		{head: "answered", right: true},
		{head: "mean wait", right: true},
		{head: "abandoned", right: true},
		{right: true, spare: 1},
		{head: "in time", right: true},
	}}
	for i := range p.ByChannel {
		q := &p.ByChannel[i]
		if q.Queued == 0 {
			continue
		}
		name, channel := q.named()
		abandonment, inTime := "", ""
		if q.Abandonment != nil {
			abandonment = percent(*q.Abandonment)
		}
		if q.ServiceLevel != nil {
			inTime = percent(*q.ServiceLevel)
		}
		t.add(name, channel, grouped(q.Queued), grouped(q.Answered), mean(q.SpeedOfAnswer), grouped(q.Abandoned), abandonment, inTime)
	}
	var short, others int64
	for i := range p.Queues {
		q := &p.Queues[i]
		if q.Queued == 0 {
			continue
		}
		name, _ := q.named()
		if l := q.Level; l != nil {
			words := fmt.Sprintf("%s: in time is within %s; a customer who leaves in time counts as %s", name, human(durationOf(l.Within)), map[string]string{
				"negative": "missed", "positive": "answered", "ignored": "nothing",
			}[l.Variant])
			if l.FlowOuts {
				words += ", and a callback, an overflow and a closed line as missed"
			}
			t.notes = append(t.notes, words+".")
		}
		short, others = short+q.ShortAbandons, others+q.Others
	}
	if short > 0 {
		t.notes = append(t.notes, fmt.Sprintf("Customers who left almost at once, and are in neither share: %s.", grouped(short)))
	}
	if others > 0 {
		t.notes = append(t.notes, fmt.Sprintf("Ended otherwise, by a callback, an overflow or a closed line, or in a way that is not known: %s.", grouped(others)))
	}
	return t
}

// work returns the table of the work of employees.
func (p *People) work() *table {
	t := &table{columns: []column{
		{head: "Handled by", least: leastName}, {head: "channel", spare: 1}, {head: "contacts", right: true}, {head: "handled", right: true}, {head: "mean time", right: true}, {head: "transfers", right: true},
	}}
	for i := range p.ByChannel {
		q := &p.ByChannel[i]
		name, channel := q.named()
		t.add(name, channel, grouped(q.Contacts), grouped(q.Handled), mean(q.HandleTime), grouped(q.Transfers))
	}
	return t
}

// mean returns a mean time in words, or "".
func mean(seconds *float64) string {
	if seconds == nil {
		return ""
	}
	return human(durationOf(*seconds).Round(time.Millisecond))
}
