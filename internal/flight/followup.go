package flight

import (
	"slices"
	"strings"
)

// The names that the state of a follow-up's run has to know. Package feedback has them for applications.
const (
	StepReceived     = "received"
	StepAssessed     = "assessed"
	StepAcknowledged = "acknowledged"
	StepInvestigated = "investigated"
	StepResolved     = "resolved"
	StepTold         = "told"
	StepConfirmed    = "confirmed"

	PromiseUpdated = "updated"
)

// Expected returns the steps that a follow-up takes if it leaves none out, in their order. It begins with received, and ends confirmed or
// without objection, and only some are escalated, so that none of these is skipped.
func Expected() [5]string {
	return [...]string{StepAssessed, StepAcknowledged, StepInvestigated, StepResolved, StepTold}
}

// A promise of a follow-up may be made on a condition, because only the state of its run knows how serious the matter is, and whether the
// customer has the answer. No promise with a condition is made while the customer has the answer. The conditions are in the logs of
// stores.
const (
	onlyFor   = "="
	onlyOther = "!"
	onlySplit = "\x00" // no name has it
)

// OnlyFor returns the condition that the matter has this severity.
func OnlyFor(severity string) string { return onlyFor + severity }

// OnlyOther returns the condition that the matter has none of these severities.
func OnlyOther(severities ...string) string { return onlyOther + strings.Join(severities, onlySplit) }

// Holds reports whether the condition holds for a matter of this severity, which is "" where none is known.
func Holds(condition, severity string) bool {
	if one, ok := strings.CutPrefix(condition, onlyFor); ok {
		return one == severity
	}
	others, ok := strings.CutPrefix(condition, onlyOther)
	return ok && (severity == "" || !slices.Contains(strings.Split(others, onlySplit), severity))
}
