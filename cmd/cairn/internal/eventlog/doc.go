// Package eventlog reads past event logs: CSV files whose columns the caller names, JSON lines
// of Cairn's own events, either of them compressed with gzip, one or several at once. Rows come
// out in the order of their times, whatever order they are in: what is in order is streamed,
// what is not is sorted in memory, and on disk beyond a bound.
//
// A row that cannot be read is told with its file and line, and is skipped. What a row says is
// never in the telling, unless it is a name: it may be a customer's data.
//
// What the rows mean is not decided here.
package eventlog
