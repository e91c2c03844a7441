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
// # The protocol of a store
//
// A store keeps a log for each run and never looks into it ([ledger.Store]). Appending is atomic and returns the log, so that
// an instance which reads the log up to its own op knows what that op did, and no other instance comes to the same conclusion.
// That is the commit: once, in one round trip, without reading first. An op that was appended twice, because the answer was
// lost, is in the log twice with one key, and counts once.
//
// An op is always in one of four states, and the names in this package are these words:
//
//	           append op(key)             deliver its effects              replace the log
//	 queued ──────────────────▶ committed ───────────────────▶ delivered ───────────────────▶ settled
//	    │                           │  ▲                           │  by its state, if it
//	    │ no room, or Shutdown      │  │ sign of life every        │  is still the same
//	    ▼                           │  │ storeLease/4 (lease.go)   │
//	 exported under its derived ID, │  └───────────────────────────┘ while sinks or other writers hold it up
//	 outside metrics (aside.go)     │
//	                                │ no sign of life for storeLease: the writer may be dead
//	                                ▼
//	                      another instance claims the record, appends opAlive(key), and delivers the
//	                      effects again, under the same derived IDs and outside metrics (claim.go)
//
//	queued     queue.go    bounded; a change that does not fit is exported, and counted as store_queue_full
//	committed  write.go    one goroutine appends, in order, in batches, and tries again until the store answers
//	undecided  decide.go   committed without an effect yet: an end by call waits two seconds for facts of other instances
//	delivered  deliver.go  telemetry, processors and exporters have the effects
//	settled    settle.go   one goroutine waits until exporters say that what was delivered is safe, then compares and replaces
//	taken over lease.go    which of several instances delivers, by signs of life in the log
//	claimed    claim.go    records that are due: runs that time has changed, and ops of dead instances
//	stopped    flush.go    Flush and Shutdown
//
// # What a crash costs
//
//   - Before the append: the op is lost with its process, as an event in memory is. Flush waits for it.
//   - After the append and before the effects are delivered: another instance delivers them. Metrics, which count at most
//     once, miss them; events arrive under their derived IDs.
//   - After the effects are delivered and before the log is settled: another instance delivers them again. A sink removes
//     the duplicates by ID.
//   - After the log is settled: nothing is open.
//
// Several instances that find the op of a dead one append an opAlive each. The first opAlive in the log that lies a lease behind
// the last sign of life takes the op over, and the other instances read that. A writer that learns only after the lease that
// the store has its op takes the op over in the same way.
//
// # Time
//
// The store's clock decides what is due and how old a sign of life is: each claim reads it, and storeClock counts on from there
// with the monotonic clock. The clocks of instances decide nothing. Because instances learn of facts at different times, the
// tracker decides abandonments and stalls ten seconds after they are due, and an end by call after its grace. The entry opPass
// says until when time has passed, so that every reader of the log finds the same end at the same entry.
//
// # Errors
//
// Errors of this package carry no prefix: package cx, which the application calls, adds its own.
package track
