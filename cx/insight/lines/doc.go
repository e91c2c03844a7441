// Package lines is a source of insight that reads events from files of JSON lines, as package exporters/jsonl, the command cairn and most log
// shippers write them. It uses no database.
//
//	source, err := lines.New("/var/lib/shop/events.jsonl")
//
// A file that grows is read on, also while it is rotated and gzipped under the names of exporters/jsonl.
package lines
