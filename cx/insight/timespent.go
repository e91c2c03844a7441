package insight

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// TimeSpent says where the time of customers goes.
type TimeSpent struct {
	Basis

	// Unknown is the number of runs that have ended, of which the table does not know when. They are left out.
	Unknown int64 `json:"unknown,omitempty"`
	// Stages is the time by the stage of the journey, nil if no run came to one. A stage waits if the clock of a promise stops in it: what the
	// blueprint calls pause. Stages of one name are one, whichever journey they are of: ask for one journey.
	Stages *paths.Time `json:"stages,omitempty"`
	// Touchpoints is the time from each touchpoint to the next one, nil if no run had one. A touchpoint waits if its stage does.
	Touchpoints *paths.Time `json:"touchpoints,omitempty"`
	// Queues is how long customers waited for people to answer. It is the time of all contacts of a run, as the table knows it last.
	Queues Waiting `json:"queues"`
}

// Waiting is how long customers waited. It is the zero value if fewer than five customers did.
type Waiting struct {
	// Runs is the share of the runs in which the customer waited, Each the time in each of those, and Total the sum in seconds.
	Runs  score.Share `json:"runs"`
	Each  Times       `json:"each"`
	Total float64     `json:"total_seconds"`
}

// Time answers where the time of customers goes: by stage and by touchpoint, how much of it is waiting, and how much is rework. An open run counts with the
// time until the moment of the view. It needs the right [Numbers].
func (v *View) Time(ctx context.Context, w Which) (TimeSpent, error) {
	var answer TimeSpent
	err := v.ask(ctx, "Time", &w, func(p *pick, chunks []*cases.Chunk) {
		answer.Basis = p.basis(&w, chunks)
		all := p.selected(chunks)
		if answer.Hidden = all.few(); answer.Hidden {
			return
		}
		answer.Runs = int64(len(all.rows))
		all, answer.Unknown = all.known()
		answer.Stages, answer.Touchpoints = all.time(byStage), all.time(byTouchpoint)
		answer.Queues = all.waiting()
	})
	return answer, err
}

// time returns the time by the steps of this kind.
func (s *selected) time(kind stepKind) *paths.Time {
	p := s.paths(kind)
	if p == nil {
		return nil
	}
	t := p.Time()
	return &t
}

// waiting returns how long customers waited.
func (s *selected) waiting() Waiting {
	var each spans
	var people smallgroup.People
	var w Waiting
	for n := range s.rows {
		c, row := s.place(n)
		if c.Waits == nil || c.Waits[row] == 0 {
			continue
		}
		waited := time.Duration(c.Waits[row]) * time.Millisecond
		each.add(waited.Microseconds())
		w.Total += waited.Seconds()
		people.AddSome(customer(c, row))
	}
	if people.Size() == 0 || smallgroup.Small(people.Size()) {
		return Waiting{}
	}
	w.Runs, w.Each = score.ShareOf(int64(each.n), int64(len(s.rows)), s.v.table.confidence), each.times()
	return w
}

// Sentence says where the time goes, in words.
func (s *TimeSpent) Sentence() string {
	if s.Hidden {
		return few()
	}
	var said []string
	switch {
	case s.Stages != nil:
		said = append(said, s.Stages.Sentence())
	case s.Touchpoints != nil:
		said = append(said, s.Touchpoints.Sentence())
	default:
		return "No run has a stage or a touchpoint."
	}
	if s.Queues.Total > 0 {
		said = append(said, fmt.Sprintf("In %s the customer waited for people, half of them for %s or longer, %s in all.",
			share(s.Queues.Runs), spell(s.Queues.Each.Median), number.SpellSeconds(s.Queues.Total)))
	}
	return strings.Join(said, " ")
}
