// Package eventlog reads past event logs: CSV files with columns that the caller names, and JSON lines of Cairn's own events. A
// log may have several files, and each file may be compressed with gzip. The package returns the rows in time order, whatever
// their order in the files. It streams files that are in order. It sorts other files in memory up to a bound, and on disk
// beyond it.
//
// The package reads a CSV file twice. The first pass detects the format of the time column, which then applies to all rows, and
// checks whether the rows are in order. It stops as soon as further rows cannot change the result. The second pass reads all
// rows. After the last row, the package compares the bytes and records that it read with the input's size and with the first
// pass. It returns an error if it has read only a part of a log.
//
// The package skips a row that it cannot read, and reports the row's file and line. The report never contains a value of the
// row, except a name, because the value may be a customer's data.
//
// The caller interprets the rows.
package eventlog
