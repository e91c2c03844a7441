// Package eventlog reads past event logs: CSV files whose columns the caller names, JSON lines
// of Cairn's own events, either of them compressed with gzip, one or several at once. Rows come
// out in the order of their times, whatever order they are in: what is in order is streamed,
// what is not is sorted in memory, and on disk beyond a bound.
//
// CSV files are read twice. The first pass finds out how the times of the column are written, which
// holds for all of its rows, and whether the rows are in order; it ends where more rows would say
// nothing new. The second pass reads everything. Behind the last row, the bytes and records that were
// read are compared with the input's size and with the first pass: a part of a log is an error.
//
// A row that cannot be read is told with its file and line, and is skipped. What a row says is
// never in the telling, unless it is a name: it may be a customer's data.
//
// What the rows mean is not decided here.
package eventlog
