// Package said reads what customers said from the exports of review sites, survey tools and ticket systems: CSV files and JSON lines. Each row
// becomes an event, feedback.mentioned or feedback.received, as a line of JSON that package eventlog reads. The line has the number of the
// row's first line in the file, so that what others say about it names the right one.
//
// The ID of an event follows from the row alone: from the ID that the row has at its source, or from all that the row says. A row that is
// read a second time, from the same file or a later export, has the same ID.
//
// The package skips a row that it cannot read, and reports its line. The report never contains a value of the row, because a value may be
// a customer's data.
package said
