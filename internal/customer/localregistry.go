package customer

import (
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/internal/flight"
)

// Ready returns the time of the next entry. The records of a [Local] are written with the key of its process.
func (l *Local) Ready(context.Context) (now time.Time, state flight.KeyState, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.records) == 0 {
		return l.now(), flight.KeyNew, nil
	}
	return l.now(), flight.KeySame, nil
}

// AdoptKey does nothing: no other process reads the records.
func (*Local) AdoptKey(context.Context) error { return nil }

// Enter makes the suppressions of a list, and sets their outcomes. With dry it changes nothing.
func (l *Local) Enter(_ context.Context, list []flight.Listed, dry bool) error {
	at := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	tried := map[string]*record{} // what a dry run would have made of the records
	for i := range list {
		m := &list[i]
		r := tried[m.Subject]
		switch {
		case r != nil:
		case dry:
			r = l.records[m.Subject].clone()
			tried[m.Subject] = r
		default:
			var err error
			if r, err = l.record(m.Subject, at); err != nil {
				return err
			}
		}
		m.Outcome = outcomeOf(r.apply(listed(m, at)).problem)
	}
	return nil
}

// Look returns the record of the subject as it is now, and false where there is none or nothing is in it.
func (l *Local) Look(_ context.Context, subject string) (flight.CustomerRecord, bool, error) {
	at := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.records[subject].clone()
	r.pass(at.UnixNano())
	return r.shown(subject), !r.empty(), nil
}

// clone returns a copy of the record, and an empty record for nil.
func (r *record) clone() *record {
	if r == nil {
		return &record{}
	}
	c := *r
	c.permits, c.suppressions = slices.Clone(r.permits), slices.Clone(r.suppressions)
	c.contacts, c.holds = slices.Clone(r.contacts), slices.Clone(r.holds)
	c.efforts, c.steps = slices.Clone(r.efforts), slices.Clone(r.steps)
	for i := range c.efforts {
		c.efforts[i].known = slices.Clone(c.efforts[i].known)
	}
	return &c
}
