// Command cairn works with blueprints. A blueprint is the file in which a company writes the promises that it makes to its
// customers.
//
//	cairn validate FILE…   reports all problems of the files, each with its line and column
//	cairn init LOG…        writes a draft of a blueprint from past event logs, from Go packages, or from OpenSLO
//	cairn replay           replays past event logs against a blueprint and reports on the journeys
//	cairn generate         writes alerts, dashboards, pages, code and OpenSLO from a blueprint
//	cairn ask QUESTION     answers a question about what customers live through, from an archive or a log
//	cairn backtest         says when the alerts of the objectives would have fired in a past event log
//	cairn suggest          suggests higher targets where past event logs were better than today's
//	cairn status           says how the objectives stand over all instances, from Prometheus
//	cairn contacts         imports suppression lists, and shows or changes one person's contact record
//	cairn followups        lists follow-ups by what is overdue, shows one, and moves one on
//	cairn breakdowns       lists what has lastingly become worse by cost or age, shows one, and moves one on
//	cairn watch ARCHIVE    watches the charts of an archive, and keeps what has become worse until it is mended
//	cairn schema           prints the JSON Schema of a blueprint, for editors
//	cairn help             lists the commands and flags
//
// The exit code is 0 for success, 1 for a fault in the input, 2 for a wrong command line, and 3 if a command did a part: a replay
// made a report but too many rows of the log are faulty, an import left out bad rows, or no service has taken a step of a follow-up or of a breakdown yet.
package main
