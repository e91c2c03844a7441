package touchpoint

import (
	"sync"
	"time"

	"cairncx.dev/cairn/cx/calendar"
)

// maxZones bounds the zones that a purpose remembers its quiet hours in. The IANA database has about 600 names.
const maxZones = 1000

// zones are the quiet hours of a purpose in the zones of customers. The zero value is ready.
type zones struct {
	mu sync.Mutex
	in map[string]*calendar.Hours // a faulty zone has nil
}

// quietIn returns whether an instant is in the quiet hours of the purpose, in the named zone, or nil where it has none. In a zone that
// is not known the hours have their own zone; known is false.
func (p *plan) quietIn(zone string) (quiet func(time.Time) bool, known bool) {
	if p.quiet == nil {
		return nil, true
	}
	if zone == "" || zone == p.quiet.Zone() {
		return p.quiet.Open, true
	}
	if h := p.zones.hours(p.quiet, zone); h != nil {
		return h.Open, true
	}
	return p.quiet.Open, false
}

// hours returns the hours with the same openings in another zone, or nil for a zone that is not known.
func (z *zones) hours(h *calendar.Hours, zone string) *calendar.Hours {
	z.mu.Lock()
	defer z.mu.Unlock()
	if in, ok := z.in[zone]; ok {
		return in
	}
	in := moved(h, zone)
	if in.Validate() != nil {
		in = nil
	}
	if z.in == nil {
		z.in = map[string]*calendar.Hours{}
	}
	if len(z.in) < maxZones {
		z.in[zone] = in
	}
	return in
}

// moved returns the hours in another zone.
func moved(h *calendar.Hours, zone string) *calendar.Hours {
	opts := []calendar.Option{calendar.Zone(zone)}
	for _, e := range h.Week() {
		opts = append(opts, calendar.Open(e.On, e.Openings...))
	}
	for _, e := range h.Holidays() {
		if len(e.Openings) == 0 {
			opts = append(opts, calendar.Closed(e.On))
		} else {
			opts = append(opts, calendar.OpenOn(e.On, e.Openings...))
		}
	}
	return calendar.Define(h.Name(), opts...)
}
