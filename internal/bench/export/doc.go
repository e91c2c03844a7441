// Package export measures what the way of an event to a sink costs, beside a floor or a peer that does the
// same work in the same run:
//
//	go test -run '^$' -bench . -benchtime 1x ./internal/bench/export
//
// It takes turns: a round is one turn of each side, or a few batches of each, and another side begins each
// round. A ratio is of one round, so that what else the machine does meets both. What is printed is the
// median of the rounds, with the lowest and the highest. The time of CPU is this process's, system calls
// included. The receivers, other than PostgreSQL, are in it: they do the same for both sides.
//
// With CAIRN_BENCH_GATE a ratio that is 1.5 times away from its goal fails, but for that beside posthog-go:
// on a quiet machine the same work written by hand does not reach it. One part alone: -bench Exporters/kafka.
// PostgreSQL has to be installed for its part; without it a row says so, or with CAIRN_NO_SKIP=1 it fails.
package export
