// Package bench compares instrumenting with Cairn to the same work written by hand on the
// OpenTelemetry API. One command prints the table:
//
//	go test -bench . -run '^$' ./internal/bench
//
// With CAIRN_BENCH_GATE set, a benchmark fails where an allocation is too many, or where a ratio is more than 1.25 times
// what was reached when it was written. A ratio that fails is measured twice more, and the median decides.
package bench
