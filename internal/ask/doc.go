// Package ask keeps what becomes of each request for feedback: it was asked, shown, answered, amended, and it ends once. It is the third
// kind of log in a [ledger.Store], on the shelf "requests", and the second [engine.Machine]. Package feedback has the vocabulary; package cx
// connects the two.
//
// # One request
//
//	                shown (once)            the same answer again: nothing
//	                 ┌──┐                        ┌──┐
//	  asked          │  ▼      answered          │  ▼    another answer: amended, at most 16 times
//	────────▶ open ──┴──────────────────▶ answered ──┴──────────────┐
//	            │                                                   │ the request has expired
//	            │ dismissed, bounced, or expired                    ▼
//	            └─────────────────────────────────────────────────▶ over
//
// The key of a record is a digest of the namespace and the request's ID, which is that of the event survey.requested. An op is what one
// instance has heard: it carries the event as JSON, so that another instance can tell it if this one is killed before it has told it.
// What an op does follows from the log up to it ([engine.Machine]): of two answers on two instances the one that is first in the log is
// the answer, and the other one amends it. A state has no words of the customer. It has a digest of the last answer, so that the same form
// that is sent a hundred times is one answer.
//
// Instances hear of things in any order. An answer whose request is not known yet is an answer; the request completes the later
// events when it arrives. A request that nothing becomes known of is forgotten 30 days after its last op.
//
// # What is told
//
// Each op tells one event at most, under an ID that follows from the request and what happened, so that a sink finds one event of each:
//
//	asked       survey.requested   the request's own ID
//	shown       survey.shown       derived
//	answered    feedback.received  derived
//	            feedback.amended   derived, with the key of the op
//	closed      survey.closed      derived; dismissed or bounced, with whether the question was shown
//	time        survey.closed      derived; expired, at the time of expiry, ten seconds later
//
// Events that name no customer, no run or no channel get those of the request: a signed link carries none of them.
//
// An answer counts by event time: one from before the expiry is an answer, as long as the log does not say that the request has expired.
// A later one, and one to a request that has ended in another way, is told as an answer without a request: the customer is heard, and
// the response rate has each request once. Its ID is derived from the request and from what the customer said. An instance tells it once,
// among the last 4,096 of them; two instances that hear of it tell it under one ID.
//
// # What is not of the request
//
// An op of another survey, on another scale, or of a customer with another pseudonym than the one who was asked, leaves the request alone. An
// answer is told as one without a request, and not completed by it; the rest is not told. A bounce is not the customer's, so that any context may have
// it. The first op says what the request is about where the request is not known yet: if that is an answer of another survey, it is the
// answer. A survey whose name the client does not know may be each. [Aside] does the same with what a delegate or a probe does.
//
// An answer has the version of the question with which the customer was asked, or the one that the page says it has shown.
//
// # Without a store
//
// A [Local] has the same records and the same fold in the memory of one process, at most 65,536. It knows of as many requests that they are
// over, or of a customer who is forgotten.
package ask
