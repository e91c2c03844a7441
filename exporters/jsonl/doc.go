// Package jsonl keeps events as lines of JSON: in a file that is rotated by size and age and whose
// closed parts are gzipped ([New]), or on any writer ([NewWriter]). One line is one event in the form
// of [event.Event.AppendJSON], so jq, DuckDB, a log shipper and [event.ParseJSON] read it.
//
//	sink, err := jsonl.New("/var/lib/shop/events.jsonl", jsonl.WithSync(jsonl.EveryBatch))
//	…
//	spool, err := exporters.NewSpool("/var/spool/shop", sink) // keeps what comes while its disk is full or away
//	…
//	client, err := cx.New(cx.WithExporters(spool))
//
// A spool on the same disk keeps nothing that the file would not: cx.WithExporters(sink) does then.
//
// # Options
//
//	WithMaxSize   128 MiB        a file that a batch would make longer is closed
//	WithMaxAge    24 h           a file that is older is closed, when the next batch comes
//	WithMaxFiles  all            how many closed files are kept
//	WithoutGzip   gzip           closed files stay as they are
//	WithSync      OnFlush        when it is fsynced: OnFlush (and each 4 MiB) or EveryBatch
//	WithMode      0600           of the files that it makes
//
// # Files
//
// The closed files of events.jsonl are events-20260417T120000.000000000Z.jsonl, and then .jsonl.gz; by
// name they are in the order in which they were written. Files of any other name are not touched. Beside
// it is events.jsonl.lock: on Unix a second exporter on the same file is refused. Who moves or removes
// the file, as logrotate does, makes it start a new one.
//
// # What it guarantees
//
//	Ordering    Events are in the order of the calls, a batch in one piece. Of one journey that is the
//	            order in which they happened to be told.
//	Duplicates  Only of a batch whose Export failed or was given up and which was exported again, and of
//	            what is written again after an fsync that failed; they have the same ID. Nothing is removed.
//	Loss        None of what Export has acknowledged when the process is killed. At a power cut none of
//	            what Flush has acknowledged, with EveryBatch none of what Export has; what came after may
//	            be lost. With WithMaxFiles the oldest files go. A disk that is full or away is a transient
//	            error: nothing of the batch is left behind, and it is its caller's. An exporters.Spool,
//	            on another disk, keeps it until the file takes it, and wants EveryBatch, for it lets go of
//	            what Export has acknowledged; an exporters.Retry keeps it for 30 seconds by default, in memory;
//	            without either it is lost. After an fsync that failed, which no second one makes good, the file
//	            is closed, and what came since the last good one is written to a new file; Flush fails until that
//	            is on the disk. Lines whose file is removed before a Flush are lost, and the next Flush says so.
//	Torn lines  None: what a failed write left is cut off at once, and what a crash left is cut off, or
//	            completed if only its line break is missing, when the file is opened again. Zeros that a power
//	            cut left are cut off at the end; anywhere else the whole lines are kept, and the damaged file is
//	            set aside. On a writer nothing can be cut off: there a line break ends what is torn, before the
//	            next batch. A power cut just after an fsync that failed may leave zeros in the closed file, where
//	            readers skip what is no event.
//	Events      One whose JSON is longer than event.MaxJSON is refused, for no reader takes it.
//
// # Why it rotates by itself
//
// Looked at were natefinch/lumberjack (last release in February 2023) and DeRuina/timberjack (v1.4.9,
// alive, MIT). Both own the file, so a torn write cannot be cut off; both refuse a batch that is longer
// than the bound, and take one after Close; and nothing is fsynced before what it was made of is removed.
// A file is a rename and a gzip here. The gzip is the standard library's: that of klauspost/compress
// takes a third less time, in the background, and was not found worth a dependency.
package jsonl
