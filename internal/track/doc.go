// Package track keeps the state of customers' runs through journeys: where each is, since when, and how it ended. Package
// journey has the words; this package has the machine behind them.
//
// # One state machine, two places
//
// A [Tracker] turns an event into an op (op.go) and applies it to the run (run.go): the run changes, and says what that did
// (its effects: a start, a stage, a stall, an end). A run's state is a function of what happened and not of the order in
// which that was heard: visits.go keeps where the customer was as facts by their time, and what has an ID counts once. Time
// is an op like any other: pass ends a run that is abandoned and stalls one that is stuck.
//
//	            in memory (inmemory.go)                     in a store (instore.go)
//	event ──▶ op ──▶ run.apply ──▶ effects       event ──▶ op ──▶ queue ──▶ append to the run's log
//	                  in its slot                                                │ the log comes back
//	                                                                            ▼
//	                                                              run.apply over the whole log: what did my op do?
//
// In memory the effects are delivered by the caller of Apply. In a store they are delivered when the store has the op.
//
// # The protocol of a store
//
// A store keeps a log for each run and never looks into it ([ledger.Store]). Appending is atomic and returns the log, so an
// instance that reads the log up to its own op knows what that op did, and no other instance comes to the same conclusion.
// That is the commit: once, with one round trip, without reading first. An op that was appended twice, because the answer
// was lost, is in the log twice with one key, and counts once.
//
//	           append op(key)              deliver its effects              replace the log
//	 queued ──────────────────▶ committed ────────────────────▶ delivered ───────────────────▶ settled
//	    │                           │  ▲                            │  by its state, if it
//	    │ no room, or Shutdown      │  │ sign of life every         │  is still the same
//	    ▼                           │  │ storeLease/4 (lease.go)    │
//	 exported under its derived ID, │  └────────────────────────────┘ while sinks or other writers hold it up
//	 outside metrics (aside.go)     │
//	                                │ no sign of life for storeLease: the writer may be dead
//	                                ▼
//	                      another instance claims the record, appends opAlive(key), and delivers the
//	                      effects again, under the same derived IDs and outside metrics (claim.go)
//
//	queue   remote.put       bounded; what does not fit is exported, and counted as store_queue_full
//	append  remote.write     one goroutine, in order, in batches; tries again until the store answers
//	tell    tell.go          delivers an effect to telemetry, processors and exporters
//	settle  settle.go        one goroutine: waits until exporters say that what was told is safe, then compares and replaces
//	claim   claim.go         asks the store for records that are due: runs that time has changed, and ops of dead instances
//	decide  decide.go        an end by call waits for facts of other instances from before it: two seconds by default
//
// # Who may crash when
//
//   - Before the append: the op is lost with its process, as an event in memory is. Flush waits for it.
//   - After the append and before the effects are delivered: another instance delivers them. Metrics, which count at most
//     once, miss them; events arrive under their derived IDs.
//   - After the effects are delivered and before the log is settled: another instance delivers them again. A sink removes
//     the duplicates by ID.
//   - After the log is settled: nothing is open.
//
// Several instances that find a dead one's op append opAlive each; the first entry in the log that lies a lease behind the
// last sign of life takes it over, and the others read that. A writer that hears only after the lease that the store has its
// op takes it over in the same way.
//
// # Time
//
// What is due, and how old a sign of life is, goes by the store's clock: it is asked with every claim, and counted on by the
// monotonic clock in between. Clocks of instances decide nothing. Because instances hear of facts at different times,
// abandonments and stalls are decided ten seconds after they are due, and an end by call after its grace: the entry opPass
// says until when time has passed, so that every reader of the log finds the same end at the same entry.
package track
