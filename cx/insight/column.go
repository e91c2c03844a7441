package insight

// Column is a column of the case table: one of the constants, or the key of an attribute of [WithAttributes].
type Column string

// The columns.
const (
	Journey Column = "journey"
	// Version is that of the blueprint by which the run was promised.
	Version Column = "version"
	// Outcome is completed, failed, cancelled, abandoned (silent), open or unknown, at the moment of the view.
	Outcome Column = "outcome"
	// Stage is the last stage of the run before its end.
	Stage Column = "stage"
	// Channel has all channels of the run's touchpoints, such as "phone" or "email, phone".
	Channel Column = "channel"
	// Actor has all kinds of actors of the run, such as "customer" or "customer, employee".
	Actor   Column = "actor"
	Segment Column = "segment"
	// Account is the pseudonym of the company that the customer acts for. It needs the right [Customers].
	Account Column = "account"
	Release Column = "release"
	// Arm is the experiment and the customer's arm of it, such as "button: blue".
	Arm Column = "arm"
	// Cause is why the run ended, else the last cause of a touchpoint. Intent is what the customer wanted.
	Cause  Column = "cause"
	Intent Column = "intent"
	// Queue and Team are those of the run's last touchpoint that has one.
	Queue Column = "queue"
	Team  Column = "team"
	// Verdict is what the customer said last: positive, neutral or negative.
	Verdict Column = "verdict"
	// Failures is the number of touchpoints that failed: "0", "1", "2", "3 or more".
	Failures Column = "failures"
)

func columns() []Column {
	return []Column{Journey, Version, Outcome, Stage, Channel, Actor, Segment, Account, Release, Arm, Cause, Intent, Queue, Team, Verdict, Failures}
}

// Columns returns the columns of the table, with its attributes.
func (t *Table) Columns() []Column {
	all := columns()
	for _, key := range t.attributes {
		all = append(all, Column(key))
	}
	return all
}
