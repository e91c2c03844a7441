package resolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cairncx.dev/cairn/feedback"
)

// followUps notes what differs in two follow-ups.
func (d *differ) followUps(known, given *feedback.FollowUp) {
	d.journeys(known.Journey(), given.Journey())
	d.text("its hold (Holding) is", quoted(known.Hold()), quoted(given.Hold()))
	ks, gs := slices.Sorted(slices.Values(known.Severities())), slices.Sorted(slices.Values(given.Severities()))
	d.text("its severities (ForSeverity) are", list(ks), list(gs))
	if slices.Equal(ks, gs) {
		for _, s := range ks {
			d.text(fmt.Sprintf("the promises of the severity %q (ForSeverity) are", s), promised(known, s), promised(given, s))
		}
	}
	kr, gr := known.Rules(), given.Rules()
	if len(kr) != len(gr) {
		d.text("the number of its rules (OpenOn) is", strconv.Itoa(len(kr)), strconv.Itoa(len(gr)))
		return
	}
	for i := range kr {
		if !kr[i].Equal(&gr[i]) {
			d.list = append(d.list, fmt.Sprintf("rule %d (OpenOn) is one %s and another one %s", i+1, d.sides.known, d.sides.given))
		}
	}
}

// promised returns the promises of follow-ups with the severity as a text.
func promised(f *feedback.FollowUp, severity string) string {
	promises := f.Promises(severity)
	texts := make([]string, 0, len(promises))
	for _, p := range promises {
		texts = append(texts, fmt.Sprintf("%q %s", p.Name, p.String()))
	}
	slices.Sort(texts)
	return strings.Join(texts, " and ")
}
