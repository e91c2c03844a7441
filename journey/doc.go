// Package journey defines what customers set out to do: check out, get a permit, have a fault repaired. A [Definition]
// names a journey and its stages. Code starts, resumes, moves and ends one customer's [Run] through it, wherever it has a
// context or knows the run's ID.
//
//	checkout := journey.Define("checkout", journey.Stages("cart", "payment"), journey.AbandonAfter(30*time.Minute))
//
//	ctx = checkout.Start(ctx, cartID, event.Customer{ID: userID})
//	ctx = checkout.Enter(ctx, "payment")
//	checkout.Complete(ctx, journey.Worth(4990, "EUR"))
//
// A call records to the client in the context, else to the default client, else nowhere. It never blocks, panics or returns
// an error. A mistake in a call counts as a fault.
//
// A run starts once and ends once. Starting a live run again resumes it. Event time decides: [At] says when something
// happened, and an event after the end of a run does not change that end.
//
// The process that started a run knows its state: its stage, its start, its customer. With cx.WithStore, every process that
// shares the store knows it. See [Definition.Resume].
package journey
