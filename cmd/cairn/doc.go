// Command cairn works with blueprints. A blueprint is the file in which a company writes the promises that it makes to its
// customers.
//
//	cairn validate FILE…   reports all problems of the files, each with its line and column
//	cairn init LOG…        writes a draft of a blueprint from past event logs
//	cairn replay           replays past event logs against a blueprint and reports on the journeys
//	cairn generate         writes Prometheus rules and Alertmanager routes for the objectives of a blueprint
//	cairn contacts         imports suppression lists, and shows or changes one person's contact record
//	cairn schema           prints the JSON Schema of a blueprint, for editors
//	cairn help             lists the commands and flags
//
// The exit code is 0 for success, 1 for a fault in the input, 2 for a wrong command line, and 3 if a replay made a report but
// too many rows of the log are faulty.
package main
