package console

import (
	"context"
	"errors"
	"fmt"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/slo"
)

// isUnknown reports whether the reader may not see what a question is about.
func isUnknown(err error) bool { return errors.Is(err, insight.ErrWhich) }

// objectives says how the objectives of the client stand, and how much of their budgets is left.
func (v *visit) objectives(context.Context) (tiles, error) {
	if !v.may(insight.Numbers) {
		return tiles{}, &insight.DeniedError{Question: "Objectives", Right: insight.Numbers}
	}
	var list tiles
	for _, s := range v.c.cfg.client.Objectives() {
		if o := &s.Objective; len(v.viewer.Segments) == 0 && v.sees(o.Journey) {
			list.Tiles = append(list.Tiles, objectiveTile(&s))
		}
	}
	if len(list.Tiles) == 0 {
		list.Empty = &empty{"There is no objective.", "Write objectives: in the blueprint: which share of what customers experience is to be good, over which time."}
	}
	return list, nil
}

func objectiveTile(s *slo.Status) tile {
	t := tile{Name: s.Name, Value: number.None, Note: "Not enough events to say."}
	if !s.Enough {
		return t
	}
	t.Value = number.Share(s.Ratio)
	t.Note = fmt.Sprintf("target %s, %s", number.Share(s.Objective.Target), number.Of(s.Total(), "event", "events"))
	left := s.Budget.Share
	t.Tone, t.Verdict = "good", number.Share(max(left, 0))+" of the budget left"
	if left <= 0 {
		t.Tone, t.Verdict = "bad", "The budget is used up"
	}
	return t
}

// sees reports whether a journey is in the reader's scope; an objective without one is of all.
func (v *visit) sees(journey string) bool {
	if len(v.viewer.Journeys)+len(v.viewer.Owners) == 0 {
		return true
	}
	if journey == "" {
		return false
	}
	_, err := v.view.Outcomes(v.r.Context(), insight.Which{Journey: journey, Until: v.from, From: v.from.AddDate(0, 0, -1)})
	return !isUnknown(err)
}
