// Package assist has the definitions by which contacts with people are measured: service level, average speed of answer, abandonment,
// handle time, first and next reply, repeat contacts and first-contact resolution. Each definition is a pure function of contacts
// ([event.Assisted]), and its doc comment names the source. Metrics, objectives and reports use these functions, so that they agree.
//
// A [Level] is a promise about the time in a queue. A [Tally] adds contacts up by queue, a [Table] by interval of the clock, such as each
// half hour, and [Resolve] finds the contacts that came again.
//
// All definitions are about people: a leg that the company's bot has answered counts in none of them.
//
// Occupancy, the share of the time at work in which employees handle contacts, does not follow from contacts alone.
// [Numbers.Handling] is its numerator. Divide it by the time in which the employees of the queue were signed in and not on a break, which
// the system that routes the contacts knows.
package assist
