package pages

import (
	"strings"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/internal/text"
)

// queues writes the queues with their service levels, and what customers come for.
func (g *generator) queues(b *strings.Builder) {
	bp := g.blueprint
	if len(bp.Queues) > 0 {
		b.WriteString("## Queues\n\nA queue is a team or a line for which customers wait.\n\n")
		rows := make([][]string, len(bp.Queues))
		for i, q := range bp.AllQueues() {
			of := &bp.Queues[i]
			open := "always"
			if of.Hours != "" {
				open = "in the hours " + plain(of.Hours)
			}
			rows[i] = []string{plain(of.Name), plain(of.Description), open, inTime(q.Level), plain(of.Owner)}
		}
		table(b, []string{"Queue", "What it is", "Open", "In time", "Owner"}, rows)
	}
	g.words(b, "## What customers come for\n\n", bp.Intents)
	g.words(b, "## Why something fails\n\n", bp.RootCauses)
}

func (g *generator) words(b *strings.Builder, heading string, names []string) {
	if len(names) == 0 {
		return
	}
	b.WriteString(heading)
	for _, name := range names {
		b.WriteString("- " + plain(name) + "\n")
	}
	b.WriteString("\n")
}

// inTime says when a contact is answered in time.
func inTime(l assist.Level) string {
	if l == (assist.Level{}) {
		return ""
	}
	said := "answered within " + text.Spell(l.Within)
	switch l.Variant {
	case assist.Ignored:
		said += "; a customer who leaves earlier does not count"
	case assist.Positive:
		said += "; a customer who leaves earlier counts as answered"
	default:
		said += "; a customer who leaves earlier counts as missed"
	}
	short := l.ShortWait()
	if l.Variant != assist.Ignored && short > time.Millisecond {
		said += "; one who leaves in less than " + text.Spell(short) + " does not count"
	}
	if l.FlowOuts {
		said += "; one who is moved on, called back or turned away counts as missed"
	}
	return said
}
