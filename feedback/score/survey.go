package score

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Survey has the numbers of one survey in one version.
type Survey struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Scale   event.Scale `json:"scale"`
	// Answers are what customers said last, and First what they said at first, as metrics count. Amended is how many answers have been changed.
	Answers Answers `json:"answers"`
	First   Answers `json:"first"`
	Amended int64   `json:"amended"`
	// Solicited is how many of the answers have a request.
	Solicited int64 `json:"solicited"`
	// Response is what became of the requests of the period. An answer in the period to a request from before is in Answers alone.
	Response Response `json:"response"`
	// Segments are the groups of customers, in the order of their names. "" are those of whom it is not known. It is empty where no customer
	// has a segment.
	Segments []Segment `json:"segments"`
}

// Segment has the numbers of a group of customers.
type Segment struct {
	Name string `json:"name"`
	// Answers are what these customers said last.
	Answers Answers `json:"answers"`
	// Response says which of these customers were asked and have answered. Where its rate differs between segments, the score is that of
	// those who like to answer.
	Response Response `json:"response"`
}

// part collects the answers and requests of a survey, or of a segment of it.
type part struct {
	first, last        *sum
	amended, solicited int64
	requests           outcome
}

func newPart(scale event.Scale) *part { return &part{first: newSum(scale), last: newSum(scale)} }

// whole is a survey with its segments.
type whole struct {
	part
	segments map[string]*part
}

// Surveys returns the numbers of all surveys, in the order of name, version and scale.
func (t *Tally) Surveys() []Survey {
	all := t.collect()
	keys := slices.SortedFunc(maps.Keys(all), func(a, b key) int {
		return cmp.Or(strings.Compare(a.survey, b.survey), strings.Compare(a.version, b.version), cmp.Compare(a.scale, b.scale))
	})
	list := make([]Survey, 0, len(keys))
	for _, k := range keys {
		list = append(list, all[k].survey(k, t.confidence))
	}
	return list
}

// Survey returns the numbers of one survey in one version, and false if there are neither answers nor requests of it.
func (t *Tally) Survey(name, version string) (Survey, bool) {
	for _, s := range t.Surveys() {
		if s.Name == name && s.Version == version {
			return s, true
		}
	}
	return Survey{}, false
}

// collect adds up the answers and requests of the period.
func (t *Tally) collect() map[key]*whole {
	all := map[key]*whole{}
	of := func(g *group) (*whole, *part) {
		k := g.key
		k.segment = ""
		w := all[k]
		if w == nil {
			w = &whole{part: *newPart(k.scale), segments: map[string]*part{}}
			all[k] = w
		}
		p := w.segments[g.segment]
		if p == nil {
			p = newPart(k.scale)
			w.segments[g.segment] = p
		}
		return w, p
	}
	for id, a := range t.answers {
		if !t.within(a.at) {
			continue
		}
		last, changed := &a.said, t.amended[id]
		if changed != nil && changed.scale == a.scale {
			last = changed
		}
		w, p := of(a.group)
		for _, p := range []*part{&w.part, p} {
			p.first.add(a.scale, &a.said, a.who)
			p.last.add(a.scale, last, a.who)
			if last == changed {
				p.amended++
			}
			if a.solicited {
				p.solicited++
			}
		}
	}
	for _, r := range t.requests {
		if r.group == nil || !t.within(r.at) {
			continue
		}
		w, p := of(r.group)
		w.requests.add(r)
		p.requests.add(r)
	}
	return all
}

// survey returns the numbers.
func (w *whole) survey(k key, confidence float64) Survey {
	s := Survey{
		Name: k.survey, Version: k.version, Scale: k.scale, Amended: w.amended, Solicited: w.solicited, Segments: []Segment{},
		Answers: w.last.answers(k.scale, confidence, smallgroup.Small(w.last.people.Size())),
		First:   w.first.answers(k.scale, confidence, smallgroup.Small(w.first.people.Size())),
	}
	s.Answers.N, s.First.N = w.last.n, w.first.n
	s.Response = w.requests.response(confidence, smallgroup.Small(w.requests.people.Size()))
	s.Response.Asked = w.requests.asked
	if _, unknown := w.segments[""]; unknown && len(w.segments) == 1 {
		return s
	}
	said, asked := map[string]*smallgroup.People{}, map[string]*smallgroup.People{}
	for name, p := range w.segments {
		said[name], asked[name] = &p.last.people, &p.requests.people
	}
	noAnswers, noRequests := smallgroup.Hide(said), smallgroup.Hide(asked)
	for _, name := range slices.Sorted(maps.Keys(w.segments)) {
		p := w.segments[name]
		s.Segments = append(s.Segments, Segment{
			Name: name, Answers: p.last.answers(k.scale, confidence, noAnswers[name]),
			Response: p.requests.response(confidence, noRequests[name]),
		})
	}
	return s
}
