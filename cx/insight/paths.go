package insight

import (
	"context"
	"strings"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/paths"
)

// Paths says which paths runs take.
type Paths struct {
	Basis

	// Unknown is the number of runs that have ended, of which the table does not know when. They are left out.
	Unknown int64 `json:"unknown,omitempty"`
	// Follows says which touchpoints follow which ones, of all runs, and Map the same of the most frequent paths of 80% of the runs, without hidden ones: what a
	// map of the paths shows.
	Follows paths.Follows `json:"follows"`
	Map     paths.Follows `json:"map"`
	// Variants are the twenty most frequent paths, Loops what is done again, and Detours the paths that cost the most time.
	Variants paths.Variants `json:"variants"`
	Loops    paths.Loops    `json:"loops"`
	Detours  paths.Detours  `json:"detours"`
	// Teams and Queues say how runs change hands; nil if no run was in the hands of one.
	Teams  *Hands `json:"teams,omitempty"`
	Queues *Hands `json:"queues,omitempty"`
}

// Hands says how runs change hands between teams, or between queues.
type Hands struct {
	Handovers paths.Handovers `json:"handovers"`
	PingPong  paths.PingPong  `json:"ping_pong"`
}

const (
	// mapped is the share of the runs that the map is of.
	mapped = 0.8
	// mostVariants is the number of variants of an answer.
	mostVariants = 20
)

// Paths answers which paths runs take from touchpoint to touchpoint: what follows what, the most frequent paths, loops, the paths that cost customers the
// most time, and how runs change hands. It needs the right [Numbers].
func (v *View) Paths(ctx context.Context, w Which) (Paths, error) {
	var answer Paths
	err := v.ask(ctx, "Paths", &w, func(p *pick, chunks []*cases.Chunk) {
		answer.Basis = p.basis(&w, chunks)
		all := p.selected(chunks)
		if answer.Hidden = all.few(); answer.Hidden {
			return
		}
		answer.Runs = int64(len(all.rows))
		all, answer.Unknown = all.known()
		if of := all.paths(byTouchpoint); of != nil {
			answer.Follows, answer.Map = of.Follows(1), of.Follows(mapped)
			answer.Variants, answer.Loops, answer.Detours = of.Variants(mostVariants), of.Loops(), of.Detours(nil, of.EndAge())
		}
		answer.Teams, answer.Queues = all.hands(byTeam), all.hands(byQueue)
	})
	return answer, err
}

// hands returns how runs change hands.
func (s *selected) hands(kind stepKind) *Hands {
	of := s.paths(kind)
	if of == nil {
		return nil
	}
	return &Hands{of.Handovers(), of.PingPong()}
}

// Sentence says which paths runs take, in words.
func (r *Paths) Sentence() string {
	switch {
	case r.Hidden:
		return few()
	case r.Variants.Runs == 0:
		return "No run has a touchpoint."
	}
	said := []string{r.Variants.Sentence()}
	if r.Loops.Runs.Count > 0 {
		said = append(said, r.Loops.Sentence())
	}
	if r.Detours.Tested > 0 {
		said = append(said, r.Detours.Sentence())
	}
	if r.Teams != nil && r.Teams.Handovers.Times > 0 {
		said = append(said, r.Teams.Handovers.Sentence())
		if r.Teams.PingPong.Runs.Count > 0 {
			said = append(said, r.Teams.PingPong.Sentence())
		}
	}
	return strings.Join(said, " ")
}
