package console

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
)

// changed is a share now and before.
type changed struct {
	Name, Now, Before, Points, Tone, Verdict, Link, Why string
}

// changes are what differs between the period and the one before. Chance are those that differ by no more than chance.
type changes struct {
	Worse, Better, Chance []changed
	Note                  string
	// Nothing says that nothing got worse.
	Nothing string
	Empty   *empty
}

// compared is a change, with where its runs are.
type compared struct {
	insight.Change

	name, link, why string
}

// changes compares the period with the one before: of each journey the completed share, and of each promise the kept share. What got worse is first.
func (v *visit) changes(ctx context.Context) (changes, error) {
	if v.filter.Alone {
		return changes{Empty: &empty{"There is no period to compare with.", "Remove compare=none from the address."}}, nil
	}
	all, err := v.compareAll(ctx)
	if err != nil {
		return changes{}, err
	}
	var s changes
	tested := int64(0)
	for i := range all {
		c := &all[i]
		if !c.Tested {
			continue
		}
		tested++
		row := changed{
			Name: c.name, Link: c.link, Why: c.why, Now: withN(c.Periods.Share), Before: withN(c.Periods.ShareBefore), Points: number.Points(c.Periods.Difference.Value), Verdict: "within chance",
		}
		switch {
		case !c.Differs:
			s.Chance = append(s.Chance, row)
		case c.Periods.Difference.Value < 0:
			row.Tone, row.Verdict = "bad", "worse"
			s.Worse = append(s.Worse, row)
		default:
			row.Tone, row.Verdict = "good", "better"
			s.Better = append(s.Better, row)
		}
	}
	if tested == 0 {
		return changes{Empty: &empty{"There is nothing to compare.", "Both periods need at least five customers whose runs are old enough. Choose longer ones."}}, nil
	}
	s.Note = fmt.Sprintf("Runs that began in the period, against those of the %s before, at the same age: what is too young to compare is left out. %s", v.periodWords(), chanceWords(tested))
	if len(s.Worse) == 0 {
		s.Nothing = "Nothing got worse by more than chance."
	}
	return s, nil
}

// chanceWords says what more than chance means, for a reader who knows no statistics. The method is that of insight.View.Changes.
func chanceWords(tested int64) string {
	if tested == 1 {
		return "“Worse” and “better” are said of a difference that chance alone would make at most one time in twenty."
	}
	return "“Worse” and “better” are said of differences larger than chance makes them. " + number.Of(tested, "comparison", "comparisons") +
		" are made at once, which is allowed for: at most one in twenty of those named is expected to be chance."
}

func withN(s score.Share) string {
	if !s.OK() {
		return number.None
	}
	return writeShare(s) + " of " + number.Count(s.N)
}

// periodWords are the period in words, such as "28 days".
func (v *visit) periodWords() string {
	return number.Of(int64(dayNumber(v.until)-dayNumber(v.from)), "day", "days")
}

// compareAll asks what changed, in each journey and each promise of the blueprint that the reader may see. The largest loss is first, and the largest gain last.
func (v *visit) compareAll(ctx context.Context) ([]compared, error) {
	now, before := v.which(insight.Begun), v.earlier(insight.Begun)
	got, err := question(ctx, v, "changes", fmt.Sprintf("%+v%+v", now, before), func(ctx context.Context) (insight.Changes, error) { return v.view.Changes(ctx, now, before) })
	if err != nil {
		return nil, err
	}
	list := make([]compared, len(got.List))
	for i := range got.List {
		c := compared{Change: got.List[i]}
		f := v.filter
		f.Journey = c.Journey
		bad := notCompleted
		if c.name = c.Journey + ": completed"; c.Promise != "" {
			c.name, bad = c.Journey+": "+c.Promise+" kept", "broken:"+c.Promise
		}
		c.link, c.why = v.link("journeys/"+segments(c.Journey)), v.linkOf(f, "goes-with", "bad", bad)
		list[i] = c
	}
	return list, nil
}
