// Package breakdowns tests that breakdowns survive the processes that watch them: real processes share a store and an archive, and are killed at random
// moments.
package breakdowns
