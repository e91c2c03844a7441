package journey

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// names numbers the journeys and stages of runs in memory. Reading takes no lock; what is new is rare,
// and copies the table.
type names struct {
	mu  sync.Mutex
	tab atomic.Pointer[nameTable]
}

// maxNumbers bounds journeys and stages each: they are written by hand, and one that makes names in a
// loop must not fill the memory.
const maxNumbers = 1 << 13

type nameTable struct {
	journeys []journeyName
	stages   []stageName // the first one is no stage
	journey  map[journeyName]uint16
	stage    map[stageKey]uint16
}

type journeyName struct {
	namespace, name, version string
	patience                 time.Duration
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
	n.tab.Store(&nameTable{stages: make([]stageName, 1)})
	return n
}

func (n *names) journeyOf(id *identity) (number uint16, ok bool) {
	key := journeyName{id.journey.Namespace, id.journey.Name, id.journey.Version, id.patience}
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
	number = uint16(len(old.journeys)) //nolint:gosec // bounded by maxNumbers
	tab.journeys = append(slices.Clip(old.journeys), key)
	tab.journey = maps.Clone(old.journey)
	if tab.journey == nil {
		tab.journey = map[journeyName]uint16{}
	}
	tab.journey[key] = number
	n.tab.Store(&tab)
	return number, true
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
	number := uint16(len(old.stages)) //nolint:gosec // bounded by maxNumbers
	tab.stages = append(slices.Clip(old.stages), stageName{key, expect})
	tab.stage = maps.Clone(old.stage)
	if tab.stage == nil {
		tab.stage = map[stageKey]uint16{}
	}
	tab.stage[key] = number
	n.tab.Store(&tab)
	return number
}
