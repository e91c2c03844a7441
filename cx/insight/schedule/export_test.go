package schedule

import (
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// KeyOf returns the key of a plan's record.
func KeyOf(name, every, zone string) ledger.Key {
	p := Plan{Name: name, Zone: time.UTC}
	for e := Day; e <= Year; e++ {
		if e.String() == every {
			p.Every = e
		}
	}
	return p.key()
}
