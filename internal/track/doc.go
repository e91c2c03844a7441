// Package track keeps the state of customers' runs through journeys: in which stage each is, since when, and how it ended.
// Package journey has the vocabulary; this package has the machine behind it.
//
// # One state machine, two places
//
// A [Tracker] turns an event into an op (op.go) and applies it to the run (run.go). The run changes and returns the effects of
// the op: a start, a stage, a stall, an end. The state of a run is a function of what happened and not of the order in which
// the tracker learned of it: visits.go keeps facts by their time, and an event with an ID counts once. Time is an op like any
// other: pass ends a run that is abandoned and stalls one that is stuck.
//
//	            in memory (inmemory.go)                     in a store (instore.go)
//	event ──▶ op ──▶ run.apply ──▶ effects       event ──▶ op ──▶ queue ──▶ append to the run's log
//	                  in its slot                                                │ the log comes back
//	                                                                            ▼
//	                                                              run.apply over the whole log: what did my op do?
//
// In memory the caller of Apply delivers the effects. In a store the tracker delivers them when the store has the op. Both
// make the event of an effect with newTransition (transition.go).
//
// # In a store
//
// Package engine commits the ops, exactly once, and has the protocol of a store: machine.go says to it what the log of a run
// means, and remote.go delivers what the engine has committed. A copy of each run is in memory, to place spans at once.
//
// Because instances learn of facts at different times, abandonments and stalls are decided ten seconds after they are due, and
// an end by call after its grace:
//
//	append opEnd ──▶ undecided ──(EndGrace)──▶ append opPass ──▶ deliver "ended" ──▶ settle: close
//	append opTouch behind the abandonment ──▶ undecided ──▶ append opPass ──▶ deliver "ended" (abandoned)
//
// The opPass decides. It says until when time has passed by the store's clock, so that every instance that reads the log finds
// the same end at the same entry, once. The instance that has appended the op which waits appends the opPass. If that instance
// is killed, the lease of the record runs out, and the instance that claims the record appends it.
//
// # Promises
//
// These words have one meaning in this package:
//
//   - An op is one thing that happened to a run, or that time has passed.
//   - A rule is a promise as a definition declares it.
//   - A pact is what one op says of one promise: it makes or keeps the promise, or stops its clock or lets it go on (pacts.go). A rule works
//     out the times of a pact, where the op is recorded, so that a log has instants and no calendar.
//   - A fact of a promise is a pact at its time, as the run keeps it (promises.go). What becomes of the promise follows from its facts in the
//     order of their times. A fact of a visit, which visits.go keeps, says in which stage the customer was.
//   - A promise is settled when it is kept, broken or withdrawn (promisesettle.go). The facts that led to that are folded: they are gone, and
//     the run knows only how they ended.
//   - Openings are the spans of opened time that a clock needs which may stop (openings.go).
//
// # Errors
//
// Errors of this package carry no prefix: package cx, which the application calls, adds its own.
package track
