package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/paths"
)

// PathMap is the map of the ways that runs take from touchpoint to touchpoint, with the blueprint's stages as its columns.
type PathMap struct {
	Basis

	// Unknown is the number of runs that have ended, of which the table does not know when. They are left out.
	Unknown int64 `json:"unknown,omitempty"`
	// Map has the numbers, all of which are counted on the runs that it covers.
	Map paths.Follows `json:"map"`
	// Columns are the stages in the order of the blueprint, with the touchpoints of the map that belong to each. Stages that it does not name come after these,
	// where runs come to them. The column "" is last, and has the touchpoints that belong to no stage. A stage without a touchpoint has no column.
	Columns []MapColumn `json:"columns"`
	// Variants are the twenty most frequent paths of all runs of the question, whichever ways the map is of.
	Variants paths.Variants `json:"variants"`
	// Loops is what is done again, and Detours are the paths that cost the most time, of all runs of the question, too.
	Loops   paths.Loops   `json:"loops"`
	Detours paths.Detours `json:"detours"`
}

// MapColumn is a stage of a map.
type MapColumn struct {
	Stage string `json:"stage"`
	// Steps are the touchpoints, in the order of the blueprint. Those that it does not name come after these, where runs come to them: by their mean place
	// in the most frequent ways.
	Steps []string `json:"steps"`
}

// MaxWays is the most ways that [View.PathMap] takes.
const MaxWays = 50

// PathMap answers which touchpoint follows which one, for runs that took one of the ways: each is the touchpoints of a variant of [Paths], in their order. No
// way stands for the most frequent variants of 80% of the runs; if none of these has two touchpoints, the most frequent ones of 80% of the runs with two or more
// are added, so that the map shows moves wherever there are some: see [paths.Paths.Follows]. A way that no run took is left out, and so is one of fewer than five customers. It needs the
// right [Numbers], and returns [ErrWhich] for more than [MaxWays] ways.
//
// A touchpoint belongs to the stage that the blueprint gives it in the journey of the question, else to a stage that an event of it in the runs of the question has: to
// the one that the table has had first, if there are several.
func (v *View) PathMap(ctx context.Context, w Which, ways [][]string) (PathMap, error) {
	answer := PathMap{Columns: []MapColumn{}}
	if len(ways) > MaxWays {
		return answer, fmt.Errorf("%w: %d ways are asked for: give at most %d", ErrWhich, len(ways), MaxWays)
	}
	err := v.ask(ctx, "PathMap", &w, func(p *pick, chunks []*cases.Chunk) {
		answer.Basis = p.basis(&w, chunks)
		all := p.selected(chunks)
		if answer.Hidden = all.few(); answer.Hidden {
			return
		}
		answer.Runs = int64(len(all.rows))
		all, answer.Unknown = all.known()
		of := all.paths(byTouchpoint)
		switch {
		case of == nil:
			return
		case len(ways) == 0:
			answer.Map = of.Follows(mapped)
		default:
			answer.Map = of.FollowsOf(ways)
		}
		answer.Variants, answer.Loops, answer.Detours = of.Variants(mostVariants), of.Loops(), of.Detours(nil, of.EndAge())
		answer.Columns = p.columnsOf(chunks, &answer.Map, meanPlaces(&answer.Variants))
	})
	return answer, err
}

// meanPlaces returns where runs come to each step for the first time, on average, in the variants.
func meanPlaces(all *paths.Variants) map[string]float64 {
	sum, runs := map[string]float64{}, map[string]float64{}
	for i := range all.Shown {
		of := &all.Shown[i]
		for n, name := range of.Steps {
			if slices.Index(of.Steps, name) == n {
				sum[name] += float64(n) * float64(of.Share.Count)
				runs[name] += float64(of.Share.Count)
			}
		}
	}
	for name := range sum {
		sum[name] /= runs[name]
	}
	return sum
}

// spot is where a step stands in a map.
type spot struct {
	stage string
	rank  float64
}

// lastRank is beyond the ranks of the steps that the blueprint names.
const lastRank = 1 << 30

// spots returns the stages that the blueprint names for the question's journeys, in their order, and where the touchpoints of the blueprint stand.
func (p *pick) spots() (stages []string, spots map[string]spot) {
	spots = map[string]spot{}
	b := p.v.table.blueprint
	for i := range b.Journeys {
		j := &b.Journeys[i]
		if !p.about(j.Name) {
			continue
		}
		for n := range j.Stages {
			if !slices.Contains(stages, j.Stages[n].Name) {
				stages = append(stages, j.Stages[n].Name)
			}
		}
		for n := range b.Touchpoints {
			t := &b.Touchpoints[n]
			if _, known := spots[t.Name]; !known && t.Journey == j.Name {
				spots[t.Name] = spot{t.Stage, float64(len(spots))}
			}
		}
	}
	return stages, spots
}

// rankOthers gives the steps that the blueprint does not name their places after those that it names.
func rankOthers(steps []string, places map[string]float64, spots map[string]spot) {
	for _, step := range steps {
		if _, known := spots[step]; known {
			continue
		}
		at := spot{rank: 2 * lastRank}
		if place, ok := places[step]; ok {
			at.rank = lastRank + place
		}
		spots[step] = at
	}
}

// stagesOfEvents gives the steps without a stage the one that their events have. The codes of the table are also those of runs outside of the question, which the viewer may not
// see: a code counts if an event of the question has it.
func (p *pick) stagesOfEvents(chunks []*cases.Chunk, steps []string, spots map[string]spot) {
	codes := p.t.Codes()
	var happened []bool
	for i := range codes {
		code := &codes[i]
		if code.Kind != cases.Touched || code.Late || code.Stage == 0 {
			continue
		}
		name := p.t.Names.Text(uint32(code.Name))
		at := spots[name]
		if at.stage != "" || !slices.Contains(steps, name) {
			continue
		}
		if happened == nil {
			happened = fan(p, chunks, func() *happenings { return &happenings{make([]bool, len(codes))} }).codes
		}
		if happened[i] {
			at.stage = p.t.Stages.Text(uint32(code.Stage))
			spots[name] = at
		}
	}
}

// happenings are the codes that events of the question have, up to the moment of the view.
type happenings struct{ codes []bool }

func (h *happenings) add(p *pick, c *cases.Chunk, rows []uint16) {
	for _, row := range rows {
		for _, word := range c.Words(int(row)) {
			if c.At(int(row), word) > p.at {
				break
			}
			h.codes[cases.CodeOf(word)] = true
		}
	}
}

func (h *happenings) merge(o *happenings) {
	for i, has := range o.codes {
		h.codes[i] = h.codes[i] || has
	}
}

// columnsOf puts the steps of a map into columns.
func (p *pick) columnsOf(chunks []*cases.Chunk, f *paths.Follows, places map[string]float64) []MapColumn {
	stages, spots := p.spots()
	steps := make([]string, len(f.Steps))
	for i := range f.Steps {
		steps[i] = f.Steps[i].Name
	}
	rankOthers(steps, places, spots)
	p.stagesOfEvents(chunks, steps, spots)
	slices.SortStableFunc(steps, func(x, y string) int { return cmp.Compare(spots[x].rank, spots[y].rank) })
	for _, step := range steps { // stages that the blueprint does not name
		if stage := spots[step].stage; stage != "" && !slices.Contains(stages, stage) {
			stages = append(stages, stage)
		}
	}
	list := []MapColumn{}
	for _, stage := range append(stages, "") {
		column := MapColumn{Stage: stage}
		for _, step := range steps {
			if spots[step].stage == stage {
				column.Steps = append(column.Steps, step)
			}
		}
		if len(column.Steps) > 0 {
			list = append(list, column)
		}
	}
	return list
}

// Sentence says what the map is of, in words.
func (m *PathMap) Sentence() string {
	switch {
	case m.Hidden:
		return few()
	case len(m.Map.Steps) == 0:
		return "No run of the map has a touchpoint."
	default:
		return m.Map.Sentence()
	}
}
