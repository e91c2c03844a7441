// Package customer keeps the customer's record: what the company may do to a customer, and how often it has done so. It is the
// second kind of log in a [ledger.Store], on the shelf "customers". Package touchpoint has the vocabulary, with
// touchpoint.ContactPolicy; package cx connects the two.
//
// # The record
//
// There is one record for each customer. Its key is a digest of the namespace and the customer's pseudonym. It has:
//
//	permits         consent that was given or withdrawn, by purpose and channel, with source and time
//	suppressions    reasons not to contact the person at all, by purpose and channel, and by whom one was lifted
//	contacts        the last 64 contacts at most that some cap counts, and the grants that are not used yet
//	holds           open matters, such as a complaint, that stop purposes
//	representative  the name of a record that has the employee who is responsible for the customer, as an HMAC
//	efforts         open matters of the customer, at most 16, and 16 steps of self-service that failed
//
// An addressee, such as an e-mail address or a second person on the account, has a record of the same form under its own
// pseudonym. Only the suppressions of it count.
//
// # Asking is one write
//
// A record is a log ([ledger.Store]). An instance that asks for a contact appends an entry with the terms of its policy. The
// store returns the whole log, atomically, right after the append. The answer is a function of the log up to the instance's own
// entry (fold.go). Two instances that ask for the last permitted contact see the same order of their two entries, so exactly
// one of them gets it. Because each entry carries its own terms, instances with different versions of a policy still agree on
// which of the earlier entries were granted.
//
//	  ask, granted                   use, before sending
//	──────────────▶ asked ───────────────────────────────▶ used ──────────────▶ over
//	     │           │ ▲ │                                  │    out of every
//	     │ refused   │ └─┘ keep: a life over ten minutes    │    window
//	     ▼           │                                      │
//	 counts nothing  │ release; its life is over;           │ release: the contact
//	                 │ a use that is refused                │ was not made
//	                 ▼                                      ▼
//	           counts nothing                         counts nothing
//
// An ask is refused, in this order, as suppressed, hold, consent, quiet_hours or cap. A use is refused as suppressed, hold, consent,
// quiet_hours or lapsed.
//
// A grant counts from the ask on. While it is asked it counts in every window, however long ago the ask was, because it may be
// used at any moment. A use moves it to the time of the use. Each rolling window therefore has at most as many used contacts as
// the cap allows: at the last ask among the contacts of a window, all others of the window were asked or used, and counted.
//
// The holder of a grant uses it before sending. The use is a second entry, and its answer is again a function of the log: it is
// refused where consent was withdrawn, a hold was opened or a suppression was recorded since the ask. A process that dies after
// the use leaves a contact that counts, because it may have been sent. One that dies before it leaves a grant that lapses.
//
// In quiet hours no use is appended. The holder reads the log, because the other reasons go before quiet_hours, and releases the
// grant in the background.
//
// # A topic, and an ask that is the use
//
// An ask may have a topic, such as a survey, which its caps count beside its purpose: a survey is asked at most once in 90 days, and all
// surveys together twice. An ask may also be the use: the contact is used from the ask on. Asking a survey is such an ask, because
// the customer may see the question as soon as the answer is there. Both are an entry of their own, which releases without topics refuse
// to read. If a process dies after such an ask, the contact counts until it is out of its windows.
//
// # Writes that outlive their deadline
//
// An instance whose write has not answered within its deadline refuses the contact: it does not know whether the store has the
// entry. If the store has it, the entry must not count for ever:
//
//   - An ask counts for at most ten minutes ([provisional]) whatever life its policy gives to grants. A longer life needs a
//     third entry, keep, which the instance appends in the background once it has the answer. No ask without an answer is kept.
//   - The instance appends a release in the background, as soon as the store answers. It tries for ten minutes, which is when an
//     ask lapses anyway.
//   - A use without an answer is final: the grant is refused from then on, and released in the background. If the process
//     dies before that, the contact counts until it is out of its windows, because the record cannot tell this case from one in
//     which the process died after sending.
//
// The grants of a purpose that no cap counts are not in the record. Their use is decided by permits, suppressions and holds,
// and by the life that the entry carries.
//
// # Two records in one question
//
// With an addressee, one Write appends to the customer's log and reads the addressee's. A suppression of either refuses the
// contact. The customer's log does not have the addressee's suppressions, so that other instances count the ask until the
// asker has released it, in the background. This refuses others too often for that time, and never too seldom. Use reads both logs again.
//
// # Time
//
// The time of an entry is the caller's clock; it is the store's where the two differ by five minutes or more ([maxSkew]). It
// counts as never before the entry ahead of it in the log. The store's clock is known from Claim, which the instance calls
// before its first question and then each minute, with the monotonic clock in between, so that a question needs no second
// round trip. Windows and lives are durations, and know neither time zones nor daylight saving. Quiet hours are decided by the
// asker at the entry's time, at the ask and again at the use, because only there is the calendar known. No ask and no use is
// appended in them.
//
// The time of a permit or a suppression is when the customer said so. The latest one holds, whatever the order in which
// instances hear of them; of two at one time the later entry.
//
// # Why not the engine
//
// Package engine delivers the effects of an op at least once, behind a queue, and never makes its caller wait. A question about a
// contact has no effect to deliver: its answer is for the caller, who waits for it for 50 ms. Nothing happens when a grant
// lapses, so no instance has to notice. The [Book] therefore asks the store directly. It shares with the engine the form of the
// log: entries since a whole state, a version in front of what an older release does not understand, and an error that
// leaves the record alone.
//
// # Many questions about one customer
//
// The questions of one instance about one record take turns (turns.go), because the store makes them wait for each other anyway. Each
// log has a few entries then, where the log that a thousand questions at once read would have a thousand. No answer depends on the
// turns: other instances have turns of their own.
//
// # Housekeeping
//
// A log that has grown to 32 entries is folded by the turn that has found it so, after its answer has been given: no other question of
// this instance changes the log meanwhile. One goroutine of a Book does that, appends releases and keeps, and each minute claims records
// that are due: one hour after an append, and when the last window is over. It replaces their logs by their states, if the log
// is still the same, and closes a record with nothing in it. An instance that finds such a record closed claims, which removes
// it, and asks again.
//
// # Lists
//
// [Book.Enter] makes the suppressions of a list, 256 at a time in practice. One Write reads the records of all persons. A second one
// appends to each log the entries that change something, so that entering a list again writes nothing. The outcome of an entry is
// that at its place in the log which the store returns: another instance may have changed the record between the two calls. These
// entries make no record due, because a record with suppressions only needs no housekeeping.
//
// # The customer key
//
// A process with another customer key or namespace derives other pseudonyms, finds no record, and contacts people who are
// suppressed. One record for each namespace (key.go) therefore has a digest of the customer key. The first instance that changes a
// record makes it, and each later one compares its key before its first change, in the background. An import compares it in the
// foreground and refuses.
//
// # Efforts
//
// An effort is one matter of the customer: contacts with one intent, each within the window of those before, in event time. [Book.Join]
// queues a contact, and a goroutine (join.go) appends those that wait, one entry each, 256 in one Write. The fold (effort.go) finds the
// effort by the times of the contacts, whatever the order of the entries: a late contact may make two efforts one. An entry that is in
// the log twice counts once, by the ID of the contact's event.
//
//	  contact                  window and grace are over        told, and safe
//	──────────▶ open ──────────────────────────────────▶ marked ──────────────▶ removed
//	            │  ▲                                      │   ▲
//	            └──┘ a further contact, a late one        └───┘ lease over: told again
//
// The instance that claims the record when the effort is over replaces the log by a state in which the effort is marked, if the log is
// still the same (tell.go). A contact that comes now begins another effort, so that each telling has the same contents. The event's ID
// is a digest of the customer, the intent and the ID of the first contact. The instance removes the effort when the event is safe. If
// it dies before that, the record is due again when its lease is over, and another one tells the effort again. Metrics leave out an
// effort that was marked before.
//
// A contact is late if its own effort would be over. It begins none, because an instance may have told the effort that it was in. No
// contact is told twice therefore, also if its entry was appended again much later.
//
// [Book.SoFar] knows the efforts of the records that this instance has written to last. It is a lower bound: other instances may have
// more contacts. Only instances that record contacts, or were told to (Start), tell efforts. The log of a record with efforts has
// version 2, which releases without efforts refuse to read.
//
// # Without a store
//
// A [Local] has the same records and the same fold in the memory of one process. It has one clock and no deadline, so that what it
// answers depends on nothing but the questions and their times. Tests, simulations and replays use it.
//
// # Forgetting
//
// [Book.Forget] replaces the log by what says no: suppressions that are in force, and consent that is withdrawn, with their
// times and nothing else. Otherwise the next import would contact the customer again. Changes carry no Change.Customer, so that
// Forget of the store does not reach the record.
//
// [Book.ForgetEmployee] reaches all customers of a representative. The employee's HMAC is in a small record of its own for each customer
// (representative.go), whose Change.Customer it is. Forget of the store closes all of them, by its index.
package customer
