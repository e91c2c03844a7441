// Package bench compares instrumenting with Cairn to the same work written by hand on the
// OpenTelemetry API. One command prints the table:
//
//	go test -bench . -run '^$' ./internal/bench
package bench
