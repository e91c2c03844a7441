package insight

// LeftOut is a column that takes no part in a question, and why.
type LeftOut struct {
	Column Column `json:"column"`
	Why    string `json:"why"`
}

// follows says which columns follow from a bad run, and are no causes of it, with the reason. A column that is not in the list of a kind takes part.
var follows = map[badKind][]LeftOut{
	badNotCompleted: {
		{Outcome, "it is the end itself"},
		{Stage, "it is where the run ended"},
		{Cause, "it is why the run ended"},
		{Verdict, "the customer says it after the end"},
		{Failures, "the touchpoint that ends a run badly is one of them"},
	},
	badPromise: {
		{Outcome, "a run ends after its promise is settled"},
		{Stage, "it is where the run is now, or was at its end"},
		{Cause, "it is why the run ended, which comes later"},
		{Verdict, "the customer says it when the promise is settled"},
	},
	badReopened: {
		{Outcome, "a run that failed or was cancelled is made anew, and not reopened"},
		{Verdict, "the customer says it about the reopening too"},
		{Failures, "it counts what failed after the reopening too"},
		{Channel, "it has the channel of the reopening too"},
		{Actor, "it has who reopened the run too"},
		{Queue, "it is that of the last touchpoint, which is after the reopening"},
		{Team, "it is that of the last touchpoint, which is after the reopening"},
	},
	badAnswer: {
		{Verdict, "it is the answer itself"},
	},
	badTouchpoint: {
		{Failures, "it counts what failed"},
		{Cause, "it is why a touchpoint failed"},
		{Outcome, "a run ends after its touchpoints"},
		{Stage, "it is where the run is now, or was at its end"},
		{Verdict, "the customer says it after the failure"},
	},
}

// leftOut returns the columns that take no part in a question about runs of this kind.
func (v *View) leftOut(kind badKind) []LeftOut {
	if kind == badEnd {
		kind = badNotCompleted
	}
	out := follows[kind]
	if v.viewer.needs("", Customers) != nil {
		out = append(out[:len(out):len(out)], LeftOut{Account, "the viewer does not have the right customers"})
	}
	return out
}

// later are the columns that a run gets in its course. A selection by one of them, or by the end of runs, is no longer one that chance has made: what an arm
// does may decide who is in it.
var later = []Column{Outcome, Stage, Channel, Actor, Cause, Queue, Team, Verdict, Failures}
