package insight

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Reopened says which runs were not over when they had ended, or when a promise was kept.
type Reopened struct {
	Basis

	// Ends are about the ends of runs by completion, failure or cancellation, journey by journey in the order of their names: a contact may be in the runs of
	// several journeys, which are not added up. Promises are about each promise, in the order of journeys and names.
	Ends     []Reopening `json:"ends"`
	Promises []Reopening `json:"promises"`
}

// Reopening is how many runs had a touchpoint after they had ended, or after a promise was kept. The touchpoint that ends the run is none, nor
// is one at the same time as the end or the keeping.
type Reopening struct {
	// Journey and Promise name the promise. Promise is empty for ends.
	Journey string `json:"journey"`
	Promise string `json:"promise,omitempty"`
	// Share is that of the runs which ended, or in which the promise was kept.
	score.Share
	// Before is which touchpoint was the last one until then, and With which one was the first one afterwards.
	Before []Named `json:"before"`
	With   []Named `json:"with"`
	// Cost is the time from then to the last touchpoint of each reopened run, and Total the sum in seconds.
	Cost  Times   `json:"cost"`
	Total float64 `json:"total_seconds"`
	// Hidden means that fewer than five customers were reopened, or not. All numbers are then 0.
	Hidden bool `json:"hidden,omitempty"`
}

// Named is a share of a group with a name. The groups of fewer than five customers, and those that are hidden with them, are one without a name.
type Named struct {
	Name string `json:"name"`
	score.Share
	// Hidden marks the groups that are not shown.
	Hidden bool `json:"hidden,omitempty"`
}

// promiseKey tells promises apart: by the code of the journey and of the name.
type promiseKey struct{ journey, name uint16 }

// reopenings collects.
type reopenings struct {
	n, again     int64
	all, people  smallgroup.People
	before, with map[string]*tallied
	cost         spans
}

type tallied struct {
	n      int64
	people smallgroup.People
}

// Reopened answers which runs went on after their end, or after what kept a promise: what came before, what came then, and what it cost in time. It needs the
// right [Numbers].
func (v *View) Reopened(ctx context.Context, w Which) (Reopened, error) {
	answer := Reopened{Ends: []Reopening{}, Promises: []Reopening{}}
	err := v.ask(ctx, "Reopened", &w, func(p *pick, chunks []*cases.Chunk) {
		r := fan(p, chunks, func() *reopenedPart {
			return &reopenedPart{ends: make([]*reopenings, len(p.t.Journeys)), promises: map[promiseKey]*reopenings{}}
		})
		answer.Basis = p.basis(&w, chunks)
		if answer.Hidden = smallgroup.Small(r.people.Size()); answer.Hidden {
			return
		}
		answer.Runs, answer.Ends = r.runs, p.reopenedEnds(r.ends)
		answer.Promises = p.reopenedPromises(r.promises)
	})
	return answer, err
}

// reopenedPart is what was reopened in a part of the table.
type reopenedPart struct {
	ends     []*reopenings // by code of the journey; nil if none of its runs has ended
	promises map[promiseKey]*reopenings
	runs     int64
	people   smallgroup.People
}

func (r *reopenedPart) add(p *pick, c *cases.Chunk, rows []uint16) {
	crowd(&r.people, c, rows)
	r.runs += int64(len(rows))
	for _, row := range rows {
		p.reopened(c, int(row), r.ends, r.promises)
	}
}

func (r *reopenedPart) merge(o *reopenedPart) {
	r.people.Merge(&o.people)
	r.runs += o.runs
	for code, other := range o.ends {
		switch {
		case other == nil:
		case r.ends[code] == nil:
			r.ends[code] = other
		default:
			r.ends[code].merge(other)
		}
	}
	for key, other := range o.promises {
		if r.promises[key] == nil {
			r.promises[key] = &reopenings{}
		}
		r.promises[key].merge(other)
	}
}

func (r *reopenings) merge(o *reopenings) {
	r.n, r.again = r.n+o.n, r.again+o.again
	r.all.Merge(&o.all)
	r.people.Merge(&o.people)
	r.cost.merge(&o.cost)
	r.before, r.with = mergeTallies(r.before, o.before), mergeTallies(r.with, o.with)
}

func mergeTallies(into, from map[string]*tallied) map[string]*tallied {
	if into == nil {
		return from
	}
	for name, g := range from {
		if into[name] == nil {
			into[name] = &tallied{}
		}
		into[name].n += g.n
		into[name].people.Merge(&g.people)
	}
	return into
}

// reopenedEnds returns the answers about the ends in the order of the journeys' names.
func (p *pick) reopenedEnds(all []*reopenings) []Reopening {
	list := []Reopening{}
	for code, r := range all {
		if r != nil {
			a := r.answer(p.v.table.confidence)
			a.Journey = p.t.Journeys[code].Name
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b Reopening) int { return strings.Compare(a.Journey, b.Journey) })
	return list
}

// reopenedPromises returns the answers about promises in the order of their names.
func (p *pick) reopenedPromises(all map[promiseKey]*reopenings) []Reopening {
	list := make([]Reopening, 0, len(all))
	for key, r := range all {
		a := r.answer(p.v.table.confidence)
		a.Journey, a.Promise = p.t.Journeys[key.journey].Name, p.t.Names.Text(uint32(key.name))
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Reopening) int {
		return cmp.Or(strings.Compare(a.Journey, b.Journey), strings.Compare(a.Promise, b.Promise))
	})
	return list
}

// reopened adds what the run had after its end, and after each promise that was kept first.
func (p *pick) reopened(c *cases.Chunk, row int, ends []*reopenings, promises map[promiseKey]*reopenings) {
	ended := int64(0)
	if at := c.Ended[row]; at != 0 && at <= p.at && event.Outcome(c.Outcome[row]) != event.Abandoned {
		ended = at
		journey := p.named[c.Journey[row]]
		if ends[journey] == nil {
			ends[journey] = &reopenings{}
		}
		ends[journey].add(p, c, row, at, 0)
	}
	codes := p.t.Codes()
	words := c.Words(row)
	for i, w := range words {
		code := &codes[cases.CodeOf(w)]
		at := c.At(row, w)
		if code.Kind != cases.Kept || code.Late || at > p.at || keptBefore(codes, words[:i], code.Name) {
			continue
		}
		key := promiseKey{p.named[c.Journey[row]], code.Name}
		r := promises[key]
		if r == nil {
			r = &reopenings{}
			promises[key] = r
		}
		r.add(p, c, row, at, ended)
	}
}

func keptBefore(codes []cases.Code, words []uint64, name uint16) bool {
	return slices.ContainsFunc(words, func(w uint64) bool {
		code := &codes[cases.CodeOf(w)]
		return code.Kind == cases.Kept && !code.Late && code.Name == name
	})
}

// add adds a run that ended, or whose promise was kept, at a time. A touchpoint at the time except does not reopen it.
func (r *reopenings) add(p *pick, c *cases.Chunk, row int, at, except int64) {
	who := customer(c, row)
	r.n++
	r.all.AddSome(who)
	if c.Last[row] <= at {
		return
	}
	codes, words := p.t.Codes(), c.Words(row)
	before, with, last := -1, -1, int64(0)
	for i, w := range words {
		when := c.At(row, w)
		if codes[cases.CodeOf(w)].Kind != cases.Touched || when > p.at {
			continue
		}
		switch {
		case when <= at:
			before = i
		case when != except:
			if with < 0 {
				with = i
			}
			last = when
		}
	}
	if with < 0 {
		return
	}
	r.again++
	r.people.AddSome(who)
	r.cost.add(last - at)
	if r.before == nil {
		r.before, r.with = map[string]*tallied{}, map[string]*tallied{}
	}
	name := func(i int) string {
		if i < 0 {
			return ""
		}
		return p.t.Names.Text(uint32(codes[cases.CodeOf(words[i])].Name))
	}
	tally(r.before, name(before), who)
	tally(r.with, name(with), who)
}

func tally(groups map[string]*tallied, name string, who uint64) {
	g := groups[name]
	if g == nil {
		g = &tallied{}
		groups[name] = g
	}
	g.n++
	g.people.AddSome(who)
}

func (r *reopenings) answer(confidence float64) Reopening {
	a := Reopening{Before: []Named{}, With: []Named{}}
	if a.Hidden = smallgroup.Small(r.all.Size()); a.Hidden {
		return a
	}
	a.Share = score.ShareOf(r.again, r.n, confidence)
	if smallgroup.Small(r.people.Size()) {
		return a // how many is no more than a count; what they did would be that of fewer than five customers
	}
	a.Before, a.With = named(r.before, r.again, confidence), named(r.with, r.again, confidence)
	var sum int64 // of microseconds: a sum over many runs is longer than a time.Duration can be
	for list := range r.cost.lists {
		for _, cost := range list {
			sum += cost
		}
	}
	a.Total = float64(sum) / 1e6
	a.Cost = r.cost.times()
	return a
}

// named returns the groups, the largest first. Those that are hidden are together the last one.
func named(groups map[string]*tallied, n int64, confidence float64) []Named {
	people := map[string]*smallgroup.People{}
	for name, g := range groups {
		people[name] = &g.people
	}
	hidden := smallgroup.Hide(people)
	list, rest := []Named{}, int64(0)
	for name, g := range groups {
		if hidden[name] {
			rest += g.n
			continue
		}
		list = append(list, Named{Name: name, Share: score.ShareOf(g.n, n, confidence)})
	}
	slices.SortFunc(list, func(a, b Named) int { return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name)) })
	if rest > 0 {
		list = append(list, Named{Share: score.ShareOf(rest, n, confidence), Hidden: true})
	}
	return list
}
