// Package consumers has tests that give what the generators write to the programs that it is for: queries to Prometheus' parser, OpenSLO
// to the types and the validation of OpenSLO/oslo, and pages to a parser of Markdown. Prometheus' query engine evaluates the rules of objectives
// beside those of sloth and pyrra, for docs/compare.md. It is a module of its own, because these are large.
package consumers
