// Package agree tests that the same events give the same numbers in a process's memory, in each store that two
// processes with real clocks share, and in replay.
package agree
