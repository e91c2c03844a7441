// Package stdout writes events as lines of JSON to the standard output, for development: pipe them through
// jq to see what the service says about its customers. One line is one event in the form of
// [event.Event.AppendJSON], which [event.ParseJSON] and "cairn replay" read.
//
//	client, err := cx.New(cx.WithExporters(stdout.New()))
//
// Package jsonl writes to a file, which it rotates and syncs. An exporters.Spool keeps events until a sink has them.
//
// # Options
//
//	WithWriter    os.Stdout    where the lines go
//
// # What it guarantees
//
//	Ordering    Events are in the order of the calls, a batch in one piece: lines of several goroutines
//	            never mix. With what else the process writes there they may.
//	Duplicates  Only of a batch whose Export failed or was given up and which was exported again; they
//	            have the same ID.
//	Loss        None of what Export has acknowledged, as far as the writer keeps it: it is handed over and
//	            not synced. While no process reads a pipe, its events wait in memory, in the queue in front.
//	Torn lines  They end. After a write that failed in the middle of a line a line break comes first, so
//	            that the next event is a line of its own.
//	Errors      What the writer says, transient: nothing in an event is at fault.
//
// No call outlasts its context. A Write that does not return goes on in one goroutine, because nothing can stop
// it; the calls that follow wait for it, each until its own context is done, and say so.
package stdout
