// Package engine commits ops to the logs of a [ledger.Store] exactly once, however many instances write them, and delivers
// what the ops did at least once. It does not know what a log means: a [Machine] says that, and a [Host] delivers.
//
//	put ──▶ queue ──▶ append to the record's log
//	                        │ the log comes back
//	                        ▼
//	                  Machine.Read: what did my op do? ──▶ Host.Deliver
//
// # The protocol of a store
//
// A store keeps a log for each record and never looks into it ([ledger.Store]). Appending is atomic and returns the log, so that
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
//	    ▼                           │  │ Lease/4 (lease.go)        │
//	 given to Host.Uncommitted      │  └───────────────────────────┘ while sinks or other writers hold it up
//	 (aside.go)                     │
//	                                │ no sign of life for Lease: the writer may be dead
//	                                ▼
//	                      another instance claims the record, appends a sign of life for the key, and delivers
//	                      the effects again, under the same derived IDs and outside metrics (claim.go)
//
//	queued     queue.go    bounded; an op that does not fit is refused, and its caller delivers it outside metrics
//	committed  write.go    one goroutine appends, in order, in batches, and tries again until the store answers
//	undecided  decide.go   committed without an effect yet: it waits for facts of other instances
//	delivered  deliver.go  the host has the effects
//	settled    settle.go   one goroutine waits until exporters say that what was delivered is safe, then compares and replaces
//	handed over handover.go for others to deliver, by an instance that does not go on
//	taken over lease.go    which of several instances delivers, by signs of life in the log
//	claimed    claim.go    records that are due: time has changed them, or they have ops of dead instances
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
// Several instances that find the op of a dead one append a sign of life each. The first sign in the log that lies a lease behind
// the last one before it takes the op over, and the other instances read that. A writer that learns only after the lease that
// the store has its op takes the op over in the same way.
//
// # Time
//
// The store's clock decides what is due and how old a sign of life is: each claim reads it, and storeclock.Clock counts on from there
// with the monotonic clock. The clocks of instances decide nothing. Because instances learn of facts at different times, an
// effect of time is decided [Grace] after it is due. The op of [Machine.Pass] says until when time has passed, so that every
// reader of the log finds the same effect at the same entry.
//
// # Records that cannot be read
//
// A log that a newer release has written, or that is damaged, is left alone: the engine appends nothing to it when it is due, and
// settles nothing. It reports the record once.
//
// # Errors
//
// Errors of this package carry no prefix: package cx, which the application calls, adds its own.
package engine
