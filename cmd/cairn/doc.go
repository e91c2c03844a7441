// Command cairn works with blueprints, the files in which a company writes what it promises its customers.
//
//	cairn validate FILE…   reports all problems of the files, each with its line and column
//	cairn init LOG…        writes a draft of a blueprint from past event logs
//	cairn replay           replays past event logs against a blueprint and reports on the journeys
//	cairn schema           prints the JSON Schema of a blueprint, for editors
//	cairn help             lists the commands and flags
//
// The exit code is 0 for success, 1 for a fault in the input, 2 for a wrong command line, and 3 when a replay
// made a report but too many rows of the log are faulty.
package main
