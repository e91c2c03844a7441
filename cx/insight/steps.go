package insight

import (
	"slices"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/paths"
)

// stepKind says what the steps of a run are.
type stepKind uint8

const (
	byTouchpoint stepKind = iota
	byStage
	byTeam  // that handled a touchpoint
	byQueue // in which a contact waited
)

// noStep is the code of an event that is no step. It is beyond [paths.MaxCodes].
const noStep = paths.MaxCodes

// stepper gives the runs of a selection to package paths.
type stepper struct {
	*selected

	kind  stepKind
	codes []paths.Code
	// step has for each code of the table the step that an event with it is. Seen has the stages of touchpoints, for runs that are not told to have
	// entered a stage.
	step, seen []uint16
	sees       bool // one of seen is a step
}

// paths returns the answers about the steps of this kind, and nil if no run has one.
func (s *selected) paths(kind stepKind) *paths.Paths {
	x := s.stepper(kind)
	if len(x.codes) == 0 || !slices.ContainsFunc(s.rows, func(at uint32) bool {
		return len(x.steps(s.chunks[at/cases.Rows], int(at%cases.Rows), nil)) > 0
	}) {
		return nil
	}
	return x.paths()
}

func (s *selected) stepper(kind stepKind) *stepper {
	x := &stepper{selected: s, kind: kind}
	x.number()
	return x
}

// paths returns the answers about the steps.
func (x *stepper) paths() *paths.Paths {
	answers, err := paths.New(paths.Log{
		Rows: len(x.rows), Run: x.run, At: x.at, Codes: x.codes, Currencies: x.currencies(), Workers: x.v.workers,
		Steps: func(n int, into []paths.Step) []paths.Step {
			c, row := x.place(n)
			return x.steps(c, row, into)
		},
	})
	if err != nil { // it has its functions, and no more codes than there can be
		return &paths.Paths{}
	}
	return answers
}

// number numbers the steps.
func (x *stepper) number() {
	codes := x.t.Codes()
	x.step, x.seen = make([]uint16, len(codes)), make([]uint16, len(codes))
	numbers := map[string]uint16{}
	number := func(name string) uint16 {
		n, ok := numbers[name]
		if !ok {
			if len(x.codes) == paths.MaxCodes {
				return noStep
			}
			n = uint16(len(x.codes)) //nolint:gosec // below MaxCodes
			numbers[name] = n
			x.codes = append(x.codes, paths.Code{Name: name})
		}
		return n
	}
	for i := range codes {
		x.step[i], x.seen[i] = noStep, noStep
		code := &codes[i]
		switch {
		case x.kind == byStage && code.Kind == cases.Entered && code.Stage != 0:
			x.step[i] = number(x.t.Stages.Text(uint32(code.Stage)))
		case code.Kind != cases.Touched:
		case x.kind == byStage && code.Stage != 0 && !code.Late:
			x.seen[i], x.sees = number(x.t.Stages.Text(uint32(code.Stage))), true
		case x.kind == byTouchpoint:
			x.step[i] = number(x.t.Names.Text(uint32(code.Name)))
		case x.kind == byTeam && code.Team != 0:
			x.step[i] = number(x.t.Teams.Text(uint32(code.Team)))
		case x.kind == byQueue && code.Queue != 0:
			x.step[i] = number(x.t.Queues.Text(uint32(code.Queue)))
		}
	}
	x.promise(numbers)
}

// promise adds what the blueprint says of the steps: their order, and whether they are a wait.
func (x *stepper) promise(numbers map[string]uint16) {
	b := x.v.table.blueprint
	last := 0
	set := func(name string, waits bool) {
		if n, ok := numbers[name]; ok {
			last++
			code := &x.codes[n]
			code.Wait = code.Wait || waits
			if code.Rank == 0 {
				code.Rank = last
			}
		}
	}
	for i := range b.Journeys {
		j := &b.Journeys[i]
		if !x.about(j.Name) {
			continue
		}
		pauses := pausesOf(j)
		for n := range j.Stages {
			if x.kind == byStage {
				set(j.Stages[n].Name, slices.Contains(pauses, j.Stages[n].Name))
			}
		}
		for n := range b.Touchpoints {
			if t := &b.Touchpoints[n]; x.kind == byTouchpoint && t.Journey == j.Name {
				set(t.Name, t.Stage != "" && slices.Contains(pauses, t.Stage))
			}
		}
	}
	for i := range x.codes {
		if x.codes[i].Rank == 0 { // the blueprint does not know it: after the others
			x.codes[i].Rank = last + 1
		}
	}
}

// pausesOf returns the stages in which the clock of a promise stops: the company waits there for the customer or for another company.
func pausesOf(j *blueprint.Journey) (stages []string) {
	for i := range j.Promises {
		stages = append(stages, j.Promises[i].Pause...)
	}
	return stages
}

// about reports whether the question is about the journey of the name.
func (p *pick) about(journey string) bool {
	for code, run := range p.t.Journeys {
		if run.Name == journey && p.journeys[code] {
			return true
		}
	}
	return false
}

// steps appends the steps of a run up to the moment of the view.
func (x *stepper) steps(c *cases.Chunk, row int, into []paths.Step) []paths.Step {
	words := c.Words(row)
	for n := len(words); n > 0 && c.At(row, words[n-1]) > x.at; n-- {
		words = words[:n-1]
	}
	for _, w := range words {
		if to := x.step[cases.CodeOf(w)]; to != noStep {
			into = append(into, stepOf(w, to))
		}
	}
	if x.kind != byStage || !x.sees || len(into) > 0 {
		return into
	}
	// No event says that the run came to a stage, as in a log: its touchpoints say where they happened.
	last := uint16(noStep)
	for _, w := range words {
		if to := x.seen[cases.CodeOf(w)]; to != noStep && to != last {
			into, last = append(into, stepOf(w, to)), to
		}
	}
	return into
}

// stepOf returns the word with another code. Words and steps both have the microseconds since the run's start above 16 bits of a code.
func stepOf(word uint64, code uint16) paths.Step {
	return paths.Step(word&^uint64(paths.MaxCodes) | uint64(code))
}

// run returns what package paths needs of a run.
func (x *stepper) run(n int) paths.Run {
	c, row := x.place(n)
	r := paths.Run{Start: c.Base[row], Customer: customer(c, row)}
	if x.told(c, row) != untold {
		r.End, r.Ended, r.Completed = c.Ended[row], true, event.Outcome(c.Outcome[row]) == event.Completed
	} else if r.End = x.ended(c, row); r.End != 0 {
		r.Ended = true
	}
	if c.Amount != nil {
		r.Value, r.Currency = c.Amount[row], c.Currency[row]
	}
	return r
}

func (x *stepper) currencies() []string {
	names := make([]string, x.t.Currencies.Len())
	for code := range names {
		names[code] = x.t.Currencies.Text(uint32(code))
	}
	return names
}
