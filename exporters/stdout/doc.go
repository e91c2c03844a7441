// Package stdout writes events as lines of JSON to the standard output, for development. One line is one event in the form of
// [event.Event.AppendJSON]. jq, [event.ParseJSON] and "cairn replay" read it.
//
//	client, err := cx.New(cx.WithExporters(stdout.New()))
//
// To write to a file with rotation and fsync, use package jsonl. To keep events until a sink takes them, use an
// exporters.Spool.
//
// # Options
//
//	WithWriter    os.Stdout    the writer of the lines
//
// # Guarantees
//
//	Ordering    Events are in the order of the calls, and a batch is contiguous: lines of several goroutines
//	            never mix. Other output of the process to the same writer may come in between.
//	Duplicates  Only events of a batch whose Export failed or was given up, and that the caller exported
//	            again. They have the same ID.
//	Loss        None after Export has returned nil, as far as the writer keeps its data: the exporter writes
//	            and does not sync. While no process reads a pipe, its events wait in memory, in the queue in
//	            front of the exporter.
//	Torn lines  A write may fail in the middle of a line. The next write then begins with a line break, so
//	            that the next event is on a separate line.
//	Errors      Those of the writer. They are transient, because no event causes them.
//
// No call outlasts its context. If a Write does not return, it continues in one goroutine, because nothing can stop it. Later
// calls wait for it until their own contexts are done, and their errors say so.
package stdout
