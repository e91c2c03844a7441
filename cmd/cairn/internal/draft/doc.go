// Package draft makes the first draft of a blueprint from a log. It guesses the meaning of the columns, counts
// the activities, and writes a file that a person completes. The file is always a valid blueprint. It contains
// names of activities and channels, and never an ID or another value of the log.
package draft
