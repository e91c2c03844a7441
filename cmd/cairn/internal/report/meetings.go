package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/touchpoint"
)

// maxCauses is the maximum number of different causes in each list, because a log of another system may have a different cause
// in every event. Beyond it, cause and error type are [event.Other].
const maxCauses = 20_000

// meetings has the counts of the touchpoints of one journey, or of those in no journey.
type meetings struct {
	touchpoints map[string]*touches
	order       names
	failures    map[failure]int64
}

type failure struct{ touchpoint, cause, errorType string }

type touches struct {
	count    int64
	channels [numChannels]int64
	outcomes byOutcome
	target   time.Duration
	zones    [numZones]int64
	timed    int64 // interactions with a zone and a known duration
}

func newMeetings() meetings {
	return meetings{touchpoints: map[string]*touches{}, failures: map[failure]int64{}}
}

func (m *meetings) touchpoint(name string, def *touchpoint.Definition) *touches {
	p := m.touchpoints[name]
	if p == nil {
		p = &touches{target: def.Satisfied()}
		m.touchpoints[name] = p
		m.order.add(name)
	}
	return p
}

// count counts the touchpoint. def is its definition, or nil.
func (m *meetings) count(e *event.Event, def *touchpoint.Definition) {
	p := m.touchpoint(e.Touchpoint, def)
	p.count++
	c := e.Channel
	if c == 0 {
		c = event.OtherChannel
	}
	p.channels[c]++
	o := e.Outcome
	if o == 0 {
		o = event.OK
	}
	p.outcomes[o]++
	if p.target > 0 {
		p.zones[e.Zone]++
		if e.Zone != 0 && e.Duration > 0 {
			p.timed++
		}
	}
	if o == event.Failed {
		m.fail(failure{e.Touchpoint, e.Cause, e.ErrorType}, 1)
	}
}

func (m *meetings) fail(f failure, times int64) {
	if _, there := m.failures[f]; !there && len(m.failures) >= maxCauses {
		f.cause, f.errorType = event.Other, event.Other
	}
	m.failures[f] += times
}

func (m *meetings) add(o *meetings) {
	for name, more := range o.touchpoints {
		p := m.touchpoint(name, nil)
		p.count += more.count
		p.target = max(p.target, more.target)
		p.timed += more.timed
		p.outcomes.add(&more.outcomes)
		for c, n := range more.channels {
			p.channels[c] += n
		}
		for z, n := range more.zones {
			p.zones[z] += n
		}
	}
	for f, times := range o.failures {
		m.fail(f, times)
	}
}

func (m *meetings) report() []Touchpoint {
	names := m.order.sorted()
	list := make([]Touchpoint, 0, len(names))
	for _, name := range names {
		p := m.touchpoints[name]
		channels := map[string]int64{}
		for c, n := range p.channels {
			if n > 0 {
				channels[event.Channel(c).String()] = n
			}
		}
		list = append(list, Touchpoint{
			Name: name, Count: p.count, Channels: channels, Apdex: p.apdex(),
			Outcomes: Outcomes{
				OK: p.outcomes[event.OK], Degraded: p.outcomes[event.Degraded], Failed: p.outcomes[event.Failed],
				Cancelled: p.outcomes[event.Cancelled], Abandoned: p.outcomes[event.Abandoned],
			},
		})
	}
	return list
}

func (p *touches) apdex() *Apdex {
	if p.target <= 0 {
		return nil
	}
	a := &Apdex{
		Target:    p.target.Seconds(),
		Satisfied: p.zones[event.Satisfied], Tolerating: p.zones[event.Tolerating], Frustrated: p.zones[event.Frustrated],
		Unmeasured: p.zones[0] - p.outcomes[event.Cancelled] - p.outcomes[event.Abandoned],
	}
	a.Samples = a.Satisfied + a.Tolerating + a.Frustrated
	of := score.ApdexOf(a.Satisfied, a.Tolerating, a.Frustrated, score.DefaultConfidence)
	a.Small = of.Small
	if a.Samples > 0 && (p.timed > 0 || a.Unmeasured == 0) {
		a.Score, a.Interval = &of.Score.Value, &of.Score.Interval
	}
	return a
}

// failed returns the failures, with the most frequent first.
func (m *meetings) failed() []Failure {
	list := []Failure{}
	for f, n := range maps.All(m.failures) {
		list = append(list, Failure{Touchpoint: f.touchpoint, Cause: f.cause, ErrorType: f.errorType, Count: n})
	}
	slices.SortFunc(list, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Touchpoint, b.Touchpoint),
			cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.ErrorType, b.ErrorType))
	})
	return list
}
