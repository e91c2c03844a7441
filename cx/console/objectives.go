package console

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/slo"
)

// hasObjectives reports whether the console knows of objectives.
func (c *Console) hasObjectives() bool { return c.cfg.stand != nil || c.cfg.client != nil }

// objectivesTitle says whose objectives they are.
func (c *Console) objectivesTitle() string {
	if c.cfg.stand != nil {
		return "Objectives"
	}
	return "Objectives, by this process"
}

// statuses returns how the objectives stand that the reader may see, the one with the least of its budget left first.
func (v *visit) statuses(ctx context.Context) ([]slo.Status, error) {
	if !v.may(insight.Numbers) {
		return nil, &insight.DeniedError{Question: "Objectives", Right: insight.Numbers}
	}
	all, err := v.c.statuses(ctx)
	if err != nil {
		return nil, err
	}
	remember(ctx, all)
	var list []slo.Status
	for i := range all {
		if len(v.viewer.Segments) == 0 && v.sees(all[i].Objective.Journey) {
			list = append(list, all[i])
		}
	}
	slices.SortStableFunc(list, func(a, b slo.Status) int {
		return cmp.Or(compareBool(b.Enough, a.Enough), cmp.Compare(a.Budget.Share, b.Budget.Share))
	})
	return list, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// statuses asks the application, once a minute for all readers, or else the client.
func (c *Console) statuses(ctx context.Context) ([]slo.Status, error) {
	if c.cfg.stand == nil {
		return c.cfg.client.Objectives(), nil
	}
	minute := time.Now().Unix() / int64(passing/time.Second)
	return askIn(ctx, c.desk, c.desk.calls, objectivesKey+strconv.FormatInt(minute, 10), c.cfg.stand)
}

// objectives says how the objectives stand, and how much of their budgets is left.
func (v *visit) objectives(ctx context.Context) (tiles, error) {
	all, err := v.statuses(ctx)
	if err != nil {
		return tiles{}, err
	}
	var list tiles
	for i := range all {
		list.Tiles = append(list.Tiles, v.objectiveTile(&all[i]))
	}
	if len(list.Tiles) == 0 {
		list.Empty = &empty{"There is no objective.", "Write objectives: in the blueprint: which share of what customers experience is to be good, over which time."}
	}
	return list, nil
}

func (v *visit) objectiveTile(s *slo.Status) tile {
	o := &s.Objective
	t := tile{Name: s.Name, Value: number.None, Note: "Not enough events to say."}
	v.behind(&t, o)
	if !s.Enough {
		return t
	}
	t.Value = number.Share(s.Ratio)
	t.Note = "target " + number.Share(o.Target)
	if n := s.Total(); n > 0 { // a composite has none
		t.Note += ", " + number.Of(n, "event", "events")
	}
	if !s.Since.IsZero() {
		t.Note += ", counted since " + s.Since.In(v.zone).Format("2 Jan 15:04")
	}
	left := s.Budget.Share
	bar := int(math.Round(100 * min(max(left, 0), 1)))
	t.Left = &bar
	t.Tone, t.Verdict = "good", number.Share(max(left, 0))+" of the budget left"
	if left <= 0 {
		t.Tone, t.Verdict = "bad", "The budget is used up"
	}
	return t
}

// behind links an objective to what it is about. It has no link to runs: an objective counts events of its own window, which no list of the period selects.
func (v *visit) behind(t *tile, o *slo.Objective) {
	switch {
	case o.Journey != "":
		t.Link = v.link("journeys/" + segments(o.Journey))
	case o.Survey != "":
		t.Link = v.link("voice")
	case o.Queue != "":
		t.Link = v.link("support") + "#queues"
	case o.Effort != "":
		t.Link = v.link("support")
	}
}

// sees reports whether a journey is in the reader's scope; an objective without one is of all.
func (v *visit) sees(journey string) bool {
	if len(v.viewer.Journeys)+len(v.viewer.Owners) == 0 {
		return true
	}
	return journey != "" && v.view.Sees(journey)
}
