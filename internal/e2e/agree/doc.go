// Package agree holds tests that the same events give the same numbers wherever they are counted: in a
// process's memory, in each store that two processes share on real clocks, and in replay.
package agree
