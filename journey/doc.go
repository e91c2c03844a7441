// Package journey is the word for what a customer sets out to do: check out, get a
// permit, have a fault repaired. A [Definition] names it and its stages; one
// customer's run through it is started, resumed, moved and ended from anywhere that
// has a context or knows the run's ID.
//
// Recording costs little, never blocks and never fails: without a client nothing
// happens at all.
//
// The [Tracker] holds the state of live runs and decides what a call or a touchpoint
// changes: the first start, a new stage, the one end, abandonment. What such a change
// looks like in telemetry is not decided here.
package journey
