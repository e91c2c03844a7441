// Package sinktest has what the tests of several sinks share: events, checks that are the same for every sink, and doubles of
// what is behind one. The contract of an exporter is in package exporterstest, which is public. A double that speaks one sink's
// protocol is in that sink's own tests.
package sinktest
