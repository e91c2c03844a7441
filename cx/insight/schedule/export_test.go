package schedule

import (
	"time"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/ledger"
)

// KeyOf returns the key of a plan's record.
func KeyOf(name, every, zone string) ledger.Key {
	p := Plan{Name: name, Zone: time.UTC}
	p.Every, _ = report.ParseKind(every)
	return p.key()
}

// LastOf returns the last period of the plan that is due at the moment, when it was due, and when the next one is.
func LastOf(p *Plan, now time.Time) (of report.Period, due, next time.Time) {
	of = p.last(now)
	return of, p.due(of), p.due(p.after(of))
}
