// Package lifecycle is the one way in which the parts of Cairn start, stop and take turns.
//
//   - A [Worker] is a goroutine with an owner, which asks it to stop and waits for it.
//   - A [Signal] wakes a goroutine that waits for work.
//   - A [Turn] is a lock whose wait ends with a context.
//   - A [Closing] runs the last step of a Shutdown once, and again after an error.
//
// Every wait prefers what it waits for to a context that is done: a Shutdown whose work is over returns nil whatever its
// context says. Errors have no prefix, because the package that the application has called adds its own.
package lifecycle
