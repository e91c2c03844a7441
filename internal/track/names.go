package track

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/journey"
)

// names numbers the journeys, stages and touchpoints of runs in memory. Reading takes no lock; what is new is rare,
// and copies the table.
type names struct {
	mu  sync.Mutex
	tab atomic.Pointer[nameTable]
}

// maxNumbers bounds journeys, stages and touchpoints each: they are written by hand, and one that makes names in a
// loop must not fill the memory.
const maxNumbers = 1 << 13

type nameTable struct {
	journeys []journeyName
	stages   []stageName // the first one is no stage
	journey  map[journeyName]uint16
	stage    map[stageKey]uint16

	touchpoints []string // the first one is none
	touchpoint  map[string]uint16

	unruled map[string]bool // names of journeys whose definition was not known when they were numbered
}

type journeyName struct {
	namespace, name, version string
	patience                 time.Duration
	unruled                  bool // its definition is not known
}

type stageKey struct {
	journey uint16
	name    string
}

type stageName struct {
	stageKey
	expect time.Duration
}

func newNames() *names {
	n := &names{}
	n.tab.Store(&nameTable{stages: make([]stageName, 1), touchpoints: make([]string, 1), touchpoint: map[string]uint16{"": 0}})
	return n
}

func (n *names) journeyOf(id *identity) (number uint16, ok bool) {
	key := journeyName{id.journey.Namespace, id.journey.Name, id.journey.Version, id.patience, id.unruled}
	if number, ok = n.tab.Load().journey[key]; ok {
		return number, true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.tab.Load()
	if number, ok = old.journey[key]; ok || len(old.journeys) >= maxNumbers {
		return number, ok
	}
	tab := *old
	number = uint16(len(old.journeys))
	tab.journeys = append(slices.Clip(old.journeys), key)
	tab.journey = maps.Clone(old.journey)
	if tab.journey == nil {
		tab.journey = map[journeyName]uint16{}
	}
	tab.journey[key] = number
	if key.unruled {
		tab.unruled = maps.Clone(old.unruled)
		if tab.unruled == nil {
			tab.unruled = map[string]bool{}
		}
		tab.unruled[key.name] = true
	}
	n.tab.Store(&tab)
	return number, true
}

// define takes the definitions of journeys that were not known when they were numbered, as far as they
// are known now. It returns the numbers of those journeys.
func (n *names) define(rules func(journey string) *journey.Definition) (defined []uint16) {
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.tab.Load()
	if !slices.ContainsFunc(old.journeys, func(j journeyName) bool { return j.unruled && rules(j.name) != nil }) {
		return nil
	}
	tab := *old
	tab.journeys, tab.stages = slices.Clone(old.journeys), slices.Clone(old.stages)
	for number, j := range tab.journeys {
		if !j.unruled {
			continue
		}
		d := rules(j.name)
		if d == nil {
			continue
		}
		j.patience, j.unruled = d.AbandonAfter(), false
		tab.journeys[number] = j
		defined = append(defined, uint16(number))
		for k := range tab.stages {
			if s := &tab.stages[k]; s.name != "" && int(s.journey) == number {
				s.expect = d.Expect(s.name)
			}
		}
	}
	tab.journey = make(map[journeyName]uint16, len(tab.journeys))
	for number, j := range slices.Backward(tab.journeys) { // the first of two that are the same now
		tab.journey[j] = uint16(number)
	}
	tab.unruled = map[string]bool{}
	for _, j := range tab.journeys {
		if j.unruled {
			tab.unruled[j.name] = true
		}
	}
	n.tab.Store(&tab)
	return defined
}

// stageOf returns the number of a stage of the journey; 0 where there are too many.
func (n *names) stageOf(journey uint16, name string, expect time.Duration) uint16 {
	if name == "" {
		return 0
	}
	key := stageKey{journey, name}
	if number, ok := n.tab.Load().stage[key]; ok {
		return number
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.tab.Load()
	if number, ok := old.stage[key]; ok {
		return number
	}
	if len(old.stages) >= maxNumbers {
		return 0
	}
	tab := *old
	number := uint16(len(old.stages))
	tab.stages = append(slices.Clip(old.stages), stageName{key, expect})
	tab.stage = maps.Clone(old.stage)
	if tab.stage == nil {
		tab.stage = map[stageKey]uint16{}
	}
	tab.stage[key] = number
	n.tab.Store(&tab)
	return number
}

// touchpointOf returns the number of a touchpoint; 0 where there are too many.
func (n *names) touchpointOf(name string) uint16 {
	if number, ok := n.tab.Load().touchpoint[name]; ok {
		return number
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.tab.Load()
	if number, ok := old.touchpoint[name]; ok || len(old.touchpoints) >= maxNumbers {
		return number
	}
	tab := *old
	number := uint16(len(old.touchpoints))
	tab.touchpoints = append(slices.Clip(old.touchpoints), name)
	tab.touchpoint = maps.Clone(old.touchpoint)
	tab.touchpoint[name] = number
	n.tab.Store(&tab)
	return number
}
