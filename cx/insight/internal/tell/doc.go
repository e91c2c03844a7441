// Package tell says in words what one event was, so that a support lead can read it to the customer: who did what, on which channel, how it
// ended and why, how long the customer waited, and what the customer said.
//
// A sentence has no time of its own, because a story has it beside the sentence. Texts from outside are quoted, and cannot move the cursor of a terminal or
// turn text around. Employees are not named. The functions are pure, and may be called concurrently.
package tell
