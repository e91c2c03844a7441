// Command cairn works with blueprints, the files that say what a company promises its customers.
//
//	cairn validate FILE…   says everything that is wrong with them, each with its line and column
//	cairn init LOG…        writes the draft of a blueprint from a past event log
//	cairn replay           plays past event logs against a blueprint, and reports on the journeys
//	cairn schema           prints the JSON Schema of a blueprint, for editors
//	cairn help             says what else there is
//
// The exit code is 0 when all is well, 1 when something is wrong with what was looked at, and 2 when
// it is not clear what was asked for.
package main
