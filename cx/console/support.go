package console

import (
	"context"
	"slices"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// supportPage says how contacts with people go.
func supportPage(v *visit) (*page, error) {
	p := &page{name: "support", title: "Support", filtered: true}
	part := func(id, title, name string, f func(*insight.Support) any) section {
		return section{id: id, title: title, template: name, fill: func(ctx context.Context) (any, error) {
			a, err := v.support(ctx)
			if err != nil {
				return nil, err
			}
			return f(&a), nil
		}}
	}
	p.sections = []section{
		part("short", "In short", "said", func(a *insight.Support) any { return said{Lines: []string{a.Sentence()}} }),
		part("queues", "Queues", "queues", func(a *insight.Support) any { return v.queues(a) }),
		part("hours", "By half hour", "queues", func(a *insight.Support) any { return v.halfHours(a) }),
		part("decisions", "What employees decided", "decisions", func(a *insight.Support) any { return v.decisions(a) }),
	}
	return p, nil
}

func (v *visit) support(ctx context.Context) (insight.Support, error) {
	w := v.which(insight.Begun)
	return question(ctx, v, "support", w, func(ctx context.Context) (insight.Support, error) { return v.view.Support(ctx, w) })
}

// table is a table of texts. The first column has the names of rows.
type table struct {
	Label string
	Head  []string
	Rows  [][]string
	Empty *empty
}

var queueHead = []string{"Answered", "Left", "In time", "Mean wait", "Longest", "Mean handling", "Passed on"}

func (v *visit) queues(a *insight.Support) table {
	t := table{Label: "Queues", Head: slices.Concat([]string{"Queue"}, queueHead)}
	for i := range a.Queues {
		t.Rows = append(t.Rows, append([]string{known(a.Queues[i].Queue)}, queueCells(&a.Queues[i])...))
	}
	if len(t.Rows) == 0 {
		t.Empty = &empty{"No contact with people in this period.", "Record calls, chats and threads with touchpoint.Contact, or map them in a log."}
	}
	return t
}

func (v *visit) halfHours(a *insight.Support) table {
	t := table{Label: "Half hours", Head: slices.Concat([]string{"From", "Queue"}, queueHead)}
	for i := range a.Rows {
		r := &a.Rows[i]
		t.Rows = append(t.Rows, append([]string{v.clock(r.Begin), known(r.Queue)}, queueCells(&r.QueueNumbers)...))
	}
	if len(t.Rows) == 0 {
		t.Empty = &empty{"No half hour has contacts.", "They are listed for periods with contacts in queues."}
	}
	return t
}

func queueCells(q *insight.QueueNumbers) []string {
	if q.Hidden {
		return []string{"few customers", "", "", "", "", "", ""}
	}
	return []string{
		number.Count(int64(q.Answered)), writeShare(q.Left), writeShare(q.Level), number.Duration(q.Speed), number.Duration(q.Longest), number.Duration(q.Handle), writeShare(q.PassedOn),
	}
}

func (v *visit) decisions(a *insight.Support) table {
	t := table{Label: "Decisions", Head: []string{"Decision", "Times", "Alone", "Waited"}}
	for i := range a.Decisions {
		d := &a.Decisions[i]
		if d.Hidden {
			t.Rows = append(t.Rows, []string{known(d.What), "few customers", "", ""})
			continue
		}
		t.Rows = append(t.Rows, []string{known(d.What), number.Count(int64(d.N)), writeShare(d.Alone), number.Duration(d.Waited)})
	}
	if len(t.Rows) == 0 {
		t.Empty = &empty{"No decision is recorded in this period.", "Record what employees decide with Contact.Decide."}
	}
	return t
}

func known(name string) string {
	if name == "" {
		return "not known"
	}
	return name
}
