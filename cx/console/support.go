package console

import (
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
)

// supportPage says how contacts with people go.
func supportPage(v *visit) (*page, error) {
	p := &page{name: "support", title: "Support", filtered: true}
	day, err := v.day()
	if err != nil {
		return nil, err
	}
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
		part("short", "In short", "tiles", func(a *insight.Support) any { return v.supportTiles(a) }),
		part("queues", "By queue", "grids", func(a *insight.Support) any { return v.queues(a) }),
		part("hours", "By half hour", "grids", func(a *insight.Support) any { return v.halfHours(a, day) }),
		part("decisions", "What employees decided", "grids", func(a *insight.Support) any { return v.decisions(a) }),
	}
	return p, nil
}

func (v *visit) support(ctx context.Context) (insight.Support, error) {
	w := v.which(insight.Begun)
	return question(ctx, v, "support", w, func(ctx context.Context) (insight.Support, error) { return v.view.Support(ctx, w) })
}

var queueHead = []string{"Answered", "In time", "Mean wait", "Longest wait", "Left", "Mean handling", "Passed on"}

// supportTiles are the numbers of all queues together.
func (v *visit) supportTiles(a *insight.Support) tiles {
	if a.Hidden {
		return tiles{Empty: &empty{"Too few customers to show.", "Choose a longer period."}}
	}
	if a.Contacts.All == 0 {
		return tiles{Empty: noContacts()}
	}
	share := func(name string, s score.Share, note string) tile {
		t := tile{Name: name, Value: writeShare(s), Note: note}
		if s.OK() {
			t.Note = countOf(s.Count, s.N) + ", " + number.Range(number.Share(s.Low), number.Share(s.High))
		}
		return t
	}
	took := func(name string, d time.Duration, n int, mean, of string) tile {
		t := tile{Name: name, Value: number.None, Note: "None " + of + "."}
		switch {
		case d > 0:
			t.Value, t.Note = number.Duration(d), mean+"of "+number.Count(int64(n))+" "+of
		case n > 0:
			t.Note = "Too few customers to show, or no time at all."
		}
		return t
	}
	all := &a.All
	first := share("First contact resolution", a.Resolution.First, "No effort is over.")
	if a.Resolution.First.OK() && a.Resolution.Coverage.OK() {
		first.Note += "; known of " + writeShare(a.Resolution.Coverage) + " of the contacts"
	}
	return tiles{Tiles: []tile{
		{Name: "Contacts", Value: number.Count(int64(a.Contacts.All)), Note: number.Count(int64(a.Contacts.Answered)) + " answered by a person"},
		share("Service level", all.Level, "No queue of these contacts has a service level in the blueprint."),
		took("Speed of answer", all.Speed, all.Answered, "mean ", "answered"),
		took("Longest wait", all.Longest, all.Answered, "", "answered"),
		share("Abandonment", all.Left, "None waited in a queue."),
		took("Handle time", all.Handle, all.Handled, "mean ", "handled"),
		share("Transfers", all.PassedOn, "None was handled."),
		first,
		share("Came again", a.Resolution.Again, notAgain(a)),
		share("Said to be resolved", a.Claimed, "No contact says whether it was resolved."),
	}}
}

// notAgain says why there is no share of contacts that came again.
func notAgain(a *insight.Support) string {
	switch {
	case a.Resolution.Told:
		return "The application tells efforts when they are over, not contacts: see first contact resolution."
	case a.Resolution.Known == 0:
		return "No contact of the period has both its customer and its intent."
	default:
		return "Too few customers to show."
	}
}

func noContacts() *empty {
	return &empty{"No contact with people in this period.", "Record calls, chats and threads with touchpoint.Contact, or map them in a log."}
}

func (v *visit) queues(a *insight.Support) grids {
	g := grid{Head: slices.Concat([]string{"Queue"}, queueHead)}
	for i := range a.Queues {
		q := &a.Queues[i]
		g.Rows = append(g.Rows, append([]cell{{Text: known(q.Queue), Link: v.runsWith(insight.Queue, q.Queue)}}, queueCells(q)...))
	}
	if len(g.Rows) == 0 {
		g.Empty = noContacts()
	}
	return grids{Grids: []grid{g}}
}

func queueCells(q *insight.QueueNumbers) []cell {
	if q.Hidden {
		return plain(few, "", "", "", "", "", "")
	}
	return plain(
		number.Count(int64(q.Answered)), writeShare(q.Level), writeKnown(q.Speed), writeKnown(q.Longest), writeShare(q.Left), writeKnown(q.Handle), writeShare(q.PassedOn),
	)
}

func (v *visit) decisions(a *insight.Support) grids {
	g := grid{Head: []string{"Decision", "Times", "Without approval", "Refused", "Waited in all", "Resolved without approval", "Resolved with approval"}}
	for i := range a.Decisions {
		d := &a.Decisions[i]
		if d.Hidden {
			g.Rows = append(g.Rows, plain(known(d.What), few, "", "", "", "", ""))
			continue
		}
		g.Rows = append(g.Rows, plain(known(d.What), number.Count(d.N), writeShare(d.Alone), writeShare(d.Refused), writeKnown(d.Waited), writeShare(d.Resolved), writeShare(d.ResolvedApproved)))
	}
	if len(g.Rows) == 0 {
		g.Empty = &empty{"No decision is recorded in this period.", "Record what employees decide with Contact.Decide."}
	}
	return grids{Grids: []grid{g}}
}

// known is a name, or the words for one that events do not have.
func known(name string) string {
	if name == "" {
		return "not known"
	}
	return name
}
