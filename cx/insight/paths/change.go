package paths

import (
	"errors"
	"fmt"

	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
)

// ErrIncomparable is the error of funnels that cannot be compared.
var ErrIncomparable = errors.New("paths: the funnels are not comparable")

// FunnelChange is how a funnel differs from an earlier one, or from that of another group.
type FunnelChange struct {
	// Completed is the difference of the shares that completed. It is the zero value where one of them is not shown.
	Completed score.Difference `json:"completed"`
	Stages    []StageChange    `json:"stages"`
	// Young means that less than half of the runs of one of the funnels are old enough. The difference is then that of a small part of the runs,
	// the earliest ones.
	Young bool `json:"young"`
}

// StageChange is how a stage of a funnel differs. A difference is the zero value where one of the shares is not shown.
type StageChange struct {
	Name    string           `json:"name"`
	Reached score.Difference `json:"reached"`
	Onward  score.Difference `json:"onward"`
}

// Since returns how the funnel differs from another one, stage by stage: this one less the other. The two should have no run in common. The error wraps
// [ErrIncomparable] if the ages or the stages differ, because the runs then had different times or ways.
func (f Funnel) Since(before Funnel) (FunnelChange, error) {
	if f.Age.Age != before.Age.Age {
		return FunnelChange{}, fmt.Errorf("%w: one counts runs from %s on, the other from %s: give both the same age", ErrIncomparable, number.Spell(f.Age.Age), number.Spell(before.Age.Age))
	}
	if f.Few || before.Few || f.Runs == 0 || before.Runs == 0 {
		return FunnelChange{}, fmt.Errorf("%w: one has fewer than five customers that are old enough: compare longer periods", ErrIncomparable)
	}
	if len(f.Stages) != len(before.Stages) {
		return FunnelChange{}, fmt.Errorf("%w: one has %d stages, the other %d: give both the same stages", ErrIncomparable, len(f.Stages), len(before.Stages))
	}
	change := FunnelChange{
		Completed: score.Shares(f.Completed, before.Completed, confidence), Stages: []StageChange{},
		Young: f.Runs < f.Young || before.Runs < before.Young,
	}
	for i, now := range f.Stages {
		then := before.Stages[i]
		if now.Name != then.Name {
			return FunnelChange{}, fmt.Errorf("%w: stage %d of one is %q, that of the other %q: give both the same stages", ErrIncomparable, i+1, now.Name, then.Name)
		}
		change.Stages = append(change.Stages, StageChange{
			now.Name, score.Shares(now.Reached, then.Reached, confidence), score.Shares(now.Onward, then.Onward, confidence),
		})
	}
	return change, nil
}

// Sentence is like [Time.Sentence].
func (c FunnelChange) Sentence() string {
	var said string
	switch d := c.Completed; {
	case !d.OK():
		said = "The shares that completed cannot be compared, because one of them is not shown."
	case !d.Differs():
		said = fmt.Sprintf("The share that completed differs by no more than chance: %s.", difference(d))
	case d.Value > 0:
		said = fmt.Sprintf("More completed: %s.", difference(d))
	default:
		said = fmt.Sprintf("Fewer completed: %s.", difference(d))
	}
	if c.Young {
		said += " Most runs of one of the two are too young to count, so this may change."
	}
	return said
}
