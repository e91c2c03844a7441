package console

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// matters are what follow-ups are about.
type matters map[event.RunRef]insight.Matter

// matters asks what the follow-ups of a list are about: a person knows the order, and not the ID of the complaint about it. Nil is a list without follow-ups. The
// answer is from the archive. A list without it is better than none, so that a fault is logged, and the rows have the IDs of the follow-ups.
func (v *visit) matters(ctx context.Context, list []insight.ListedRun) matters {
	var runs []event.RunRef
	for i := range list {
		if v.c.does.followUps[list[i].Run.Name] != nil {
			runs = append(runs, list[i].Run)
		}
	}
	if len(runs) == 0 {
		return nil
	}
	got, err := question(ctx, v, "matters", fmt.Sprintf("%+v", runs), func(ctx context.Context) ([]insight.Matter, error) { return v.view.Matters(ctx, runs) })
	if err != nil {
		if ctx.Err() == nil {
			v.c.cfg.log.WarnContext(ctx, "console: it is not known what listed follow-ups are about", "error", err)
		}
		return nil
	}
	about := make(matters, len(got))
	for i := range got {
		about[got[i].Run] = got[i]
	}
	return about
}
