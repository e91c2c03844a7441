// Package draft makes the first draft of a blueprint from a log: it guesses what the columns are, counts the
// activities, and writes a file that a person goes on with. What it writes is a valid blueprint whatever the log has in it.
// It has names of activities and of channels, and never an ID or another value of the log.
package draft
