// Package export measures the way of an event to a sink, beside peers that do the same work to the same
// local sink in the same run:
//
//	go test -run '^$' -bench . -benchtime 1x ./internal/bench/export
package export
