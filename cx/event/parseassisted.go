package event

// wireAssisted reads the form of an assisted contact, also as it was before a contact had legs: with one queue and one employee.
type wireAssisted struct {
	Assisted
	Queue     string  `json:"queue"`
	Agent     string  `json:"agent"`
	Wait      Seconds `json:"wait_seconds"`
	Hold      Seconds `json:"hold_seconds"`
	Approval  Seconds `json:"approval_seconds"`
	Transfers int     `json:"transfers"`
	Repeat    bool    `json:"repeat"`
	Resolved  bool    `json:"resolved"`
	Decided   bool    `json:"decided"`
}

// read returns the contact with legs.
func (w *wireAssisted) read() *Assisted {
	if w == nil {
		return nil
	}
	a := &w.Assisted
	if w.Repeat {
		a.Again = Yes
	}
	if w.Resolved {
		a.Claimed = Yes
	}
	if w.Decided || w.Approval != 0 {
		a.Decisions = append(a.Decisions, Decision{Approval: w.Approval != 0, Waited: w.Approval})
	}
	if w.Queue == "" && w.Agent == "" && w.Wait == 0 && w.Hold == 0 && w.Transfers == 0 {
		return a
	}
	// Only the number of transfers is known of the legs before the last one.
	var legs []Leg
	for range min(w.Transfers, MaxLegs-1) {
		legs = append(legs, Leg{Answered: true, End: LegTransferred})
	}
	legs = append(legs, Leg{Queue: w.Queue, Answered: true, Agent: w.Agent, Hold: w.Hold})
	legs[0].Queued, legs[0].Wait = w.Wait != 0, w.Wait
	a.Legs = append(a.Legs, legs...)
	return a
}
