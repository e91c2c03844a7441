package report

import (
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// nature counts a mention with this nature.
func (m *Mentions) nature(n event.Nature) {
	switch n {
	case event.Complaint:
		m.Complaints++
	case event.Compliment:
		m.Compliments++
	case event.Question:
		m.Questions++
	case event.Suggestion:
		m.Suggestions++
	default: // not known
	}
}

// natures returns the natures that were counted, such as "3 complaints, 1 question".
func (m *Mentions) natures() string {
	var list []string
	for _, n := range []struct {
		count     int64
		one, many string
	}{
		{m.Complaints, "complaint", "complaints"},
		{m.Compliments, "compliment", "compliments"},
		{m.Questions, "question", "questions"},
		{m.Suggestions, "suggestion", "suggestions"},
	} {
		if n.count > 0 {
			list = append(list, plural(n.count, n.one, n.many))
		}
	}
	return strings.Join(list, ", ")
}
