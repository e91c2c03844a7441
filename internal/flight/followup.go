package flight

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
