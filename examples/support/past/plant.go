package past

import (
	"sync"
	"time"
)

// What is wrong in the past, for the reader to find. The command centre is not told of it.
const (
	// silentFor is how long before the end of the past the carrier northway has stopped to answer the new website: since its release.
	silentFor = 24 * 24 * time.Hour
	// directoryFor is how long before the end the directory of towns was mended, so that fewer addresses are refused.
	directoryFor = 30 * 24 * time.Hour

	northway = "northway"
	swift    = "swift"
	parcels  = "parcel-hub"

	oldSite = "web-3.1"
	newSite = "web-3.2"
)

// Silent is the fault that the carrier northway does not answer the new website. It is on at the end of the past.
const Silent = "silent"

// faults are those that are on.
type faults struct {
	mu  sync.Mutex
	are map[string]bool
}

func (f *faults) on(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.are[name]
}

func (f *faults) turn(name string, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.are == nil {
		f.are = map[string]bool{}
	}
	f.are[name] = on
}

// Carrier is the attribute of runs that tells where it goes wrong, together with their release: that of the website.
const Carrier = "larkfield.carrier"

// carrier returns which carrier has the order.
func (p *player) carrier() string {
	switch at := p.dice.Float64(); {
	case at < 0.4:
		return northway
	case at < 0.8:
		return swift
	default:
		return parcels
	}
}

// website returns which release of the website the customer gets: the new one goes to three of four customers.
func (p *player) website() string {
	if p.since(silentFor) && p.chance(0.75) {
		return newSite
	}
	return oldSite
}

// troubled reports whether the carrier is silent, so that more customers ask for help.
func (p *player) troubled() bool { return p.since(silentFor) && p.faults.on(Silent) }

// since reports whether the time is in the last part of the past.
func (p *player) since(last time.Duration) bool { return !p.Now().Before(p.Until.Add(-last)) }

// silent is how probable it is that the carrier does not answer the website.
func (p *player) silent(carrier, site string) float64 {
	if p.faults.on(Silent) && carrier == northway && site == newSite {
		return 0.75
	}
	return 0.05
}

// unknownTown is how probable it is that the directory does not know a town.
func (p *player) unknownTown() float64 {
	if p.since(directoryFor) {
		return 0.06
	}
	return 0.24
}

// crowded is how much longer customers wait at this time: on Monday mornings, and since the carrier is silent.
func (p *player) crowded() float64 {
	now, crowd := p.Now().In(p.zone), 1.0
	if now.Weekday() == time.Monday && now.Hour() < 11 {
		crowd = 3
	}
	if p.troubled() {
		crowd *= 1.7
	}
	return crowd
}
