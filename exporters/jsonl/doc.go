// Package jsonl writes events as lines of JSON, to a file ([New]) or to any writer ([NewWriter]). One line is one event in the
// form of [event.Event.AppendJSON]. jq, DuckDB, log shippers and [event.ParseJSON] read it. [New] rotates the file by size and
// age and gzips the closed files.
//
//	sink, err := jsonl.New("/var/lib/shop/events.jsonl", jsonl.WithSync(jsonl.EveryBatch))
//	…
//	spool, err := exporters.NewSpool("/var/spool/shop", sink) // keeps events while the sink's disk is full or away
//	…
//	client, err := cx.New(cx.WithExporters(spool))
//
// A spool on the same disk as the file adds nothing. Use cx.WithExporters(sink) then.
//
// # Options
//
// The second column is the default.
//
//	WithMaxSize   128 MiB        the exporter closes a file that the batch would make longer
//	WithMaxAge    24 h           the exporter closes an older file when the next batch comes
//	WithMaxFiles  all            the number of closed files to keep
//	WithoutGzip   gzip           closed files stay uncompressed
//	WithSync      OnFlush        the time of the fsync: OnFlush (and after each 4 MiB) or EveryBatch
//	WithMode      0600           the permissions of new files
//
// # Files
//
// A closed file of events.jsonl is named events-20260417T120000.000000000Z.jsonl, by its time of closing in UTC, and gets the
// ending .jsonl.gz when it is gzipped. Sorted by name, the closed files are in the order in which they were written. The
// exporter does not touch files with other names. The lock file events.jsonl.lock is in the same folder: on Unix, New refuses
// a second exporter on the same file. When another program, such as logrotate, moves or removes the file, the exporter starts
// a new one.
//
// # Guarantees
//
//	Ordering    Events are in the order of the calls, and a batch is contiguous. The events of one journey
//	            are therefore in the order in which they were exported.
//	Duplicates  Only events of a batch whose Export failed or was given up, and that the caller exported
//	            again, and lines that are written again after a failed fsync. They have the same ID. The
//	            exporter removes no duplicates.
//	Loss        A killed process loses nothing after Export has returned nil. A power cut loses nothing
//	            after Flush has returned nil, and with EveryBatch nothing after Export has returned nil;
//	            later events may be lost. WithMaxFiles removes the oldest files. A disk that is full or away
//	            is a transient error: the exporter cuts off all of the batch, and the caller keeps it. An
//	            exporters.Spool on another disk keeps the batch until the file takes it. It needs
//	            EveryBatch, because it discards a batch after Export. An exporters.Retry keeps the batch in
//	            memory, for 30 seconds by default. Without either the batch is lost. After a failed fsync,
//	            which a second fsync does not repair, the exporter closes the file and writes the lines
//	            since the last good fsync to a new file. Flush fails until they are on the disk. If another
//	            program removes a file before a Flush, its lines are lost, and the next Flush returns an
//	            error.
//	Torn lines  None in a file. The exporter cuts off the rest of a failed write at once. When it opens a
//	            file after a crash, it cuts off a torn last line, or completes it if only the line break is
//	            missing. It cuts off zeros at the end, which a power cut may leave. If there are zeros
//	            elsewhere, it keeps the whole lines and sets the damaged file aside. On a writer nothing can
//	            be cut off: the next batch begins with a line break that ends the torn line. A power cut
//	            just after a failed fsync may leave zeros in the closed file. Readers have to skip
//	            lines that are not events.
//	Events      Export refuses an event whose JSON is longer than event.MaxJSON, because no reader takes it.
//
// # Rotation without a library
//
// natefinch/lumberjack (last release in February 2023) and DeRuina/timberjack (v1.4.9, maintained, MIT) were rejected. Both
// own the file, so the exporter could not cut off a torn write. Both refuse a batch that is longer than the bound, and accept
// a batch after Close. Neither syncs the gzipped file before it removes the original. Here, rotation is a rename and a gzip.
// The gzip is that of the standard library: klauspost/compress is faster, but gzip runs in the background, and its time does
// not justify a dependency.
package jsonl
