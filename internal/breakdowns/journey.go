// Package breakdowns has the stages and the promises of the journey of breakdowns, which the blueprint declares and package watch of cx/insight
// records. It has neither severities nor what moves a breakdown.
package breakdowns

import (
	"slices"
	"time"

	"cairncx.dev/cairn/journey"
)

// DefaultName is the name of the journey.
const DefaultName = "breakdown"

// MaxSeverities is how many severities the journey has at most.
const MaxSeverities = 8

// MaxCustomers bounds the customers a day in excess at which a severity begins: fewer than this many.
const MaxCustomers = 1e9

// The stages. The first five are the steps of a breakdown, in their order, and Improved is the only one of an improvement.
const (
	Found     = "found"
	Confirmed = "confirmed"
	Planned   = "planned"
	Mended    = "mended"
	Verified  = "verified"
	Improved  = "improved"
)

// Steps returns the steps of a breakdown, in their order.
func Steps() []string { return []string{Found, Confirmed, Planned, Mended, Verified} }

// Promises returns the names of the promises, in the order of the steps that keep them, which have the same names.
func Promises() []string { return []string{Confirmed, Planned, Mended} }

// Promise returns the promise of this name: it counts from when the breakdown was found last until the step of this name.
func Promise(name string, within time.Duration, opts ...journey.PromiseOption) journey.Option {
	return journey.Promise(name, within, append(slices.Clone(opts), journey.Since(Found), journey.Until(name))...)
}

// Define returns the journey with these promises.
func Define(name string, promises ...journey.Option) *journey.Definition {
	return journey.Define(name, append(slices.Clone(promises), journey.Stages(append(Steps(), Improved)...))...)
}
