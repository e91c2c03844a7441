package event

import "iter"

// Friction counts what made a run harder for the customer than it had to be. The counts are no score, and must not be added up: each has
// its own cause and its own remedy. They do not depend on the order in which the client learns of events. Touchpoints are ordered by the
// time at which they were over. If two were over at one time, the unsuccessful one comes first.
type Friction struct {
	// Repeats is how often the customer had to try a touchpoint again: touchpoints that failed, or were cancelled or abandoned, and
	// after which another one of the same name was over in the run.
	Repeats int `json:"repeats,omitempty"`
	// FailuresBeforeSuccess is how often the customer failed at what worked in the end: failed touchpoints whose name has a last
	// touchpoint in the run that was ok or degraded.
	//
	// Repeats and FailuresBeforeSuccess look at the first [MaxFrictionNames] names of touchpoints in the run, in the order of their
	// bytes. A bound in the order of time would depend on which event arrived first.
	FailuresBeforeSuccess int `json:"failures_before_success,omitempty"`
	// Loops is how often the customer returned to a stage: the visits to stages, less the number of stages. It is as exact as the visits:
	// an event that arrives after 32 later changes of stage is not put into its place.
	Loops int `json:"loops,omitempty"`
	// ChannelSwitches is how often the customer had to take up a further channel: the channels of the run's touchpoints, less one. A return
	// to a channel that the run has had does not count again.
	ChannelSwitches int `json:"channel_switches,omitempty"`
	// Overdue is how often the customer waited longer than promised: promises of the run whose due time passed before they were
	// kept, whether they were kept later or not. A promise that only the end of the run breaks does not count.
	Overdue int `json:"overdue,omitempty"`
}

// Counts yields each kind of friction with its count, as the metric cx.journey.friction and its attribute cx.friction.kind have them. It
// yields each kind also if f is nil, with 0.
func (f *Friction) Counts() iter.Seq2[string, int] {
	if f == nil {
		f = &Friction{}
	}
	return func(yield func(kind string, count int) bool) {
		_ = yield("repeat", f.Repeats) && yield("failure_before_success", f.FailuresBeforeSuccess) && yield("loop", f.Loops) &&
			yield("channel_switch", f.ChannelSwitches) && yield("overdue", f.Overdue)
	}
}

// MaxFrictionNames is the number of names of touchpoints whose attempts are counted in one run.
const MaxFrictionNames = 32

func (f *Friction) appendJSON(b []byte) []byte {
	b = append(appendName(b, "friction"), '{')
	b = appendInt(b, "repeats", f.Repeats)
	b = appendInt(b, "failures_before_success", f.FailuresBeforeSuccess)
	b = appendInt(b, "loops", f.Loops)
	b = appendInt(b, "channel_switches", f.ChannelSwitches)
	b = appendInt(b, "overdue", f.Overdue)
	return append(b, '}')
}
