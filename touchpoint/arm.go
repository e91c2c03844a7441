package touchpoint

import (
	"context"

	"cairncx.dev/cairn/internal/flight"
)

// SeeArm says that the customer of ctx is in this arm of the experiment. Everything that the vocabulary records afterwards in the context
// of the innermost interaction, or of [ContextWithArms], has the arm in its [event.Variant]: the interaction itself when it ends, what
// begins inside of it, journeys and feedback. An event that names an experiment itself keeps it. The arm of an interaction inside
// another one is not the outer one's.
//
// An event has one arm. A later call replaces the arm, unless the context has one of an experiment in unless, which are those that matter
// more. Both names are from bounded vocabularies, and SeeArm cuts them at 64 bytes. It reports whether it took the arm: it takes none in a
// context without an interaction, and none for an empty experiment or arm. Module touchpoint/cxopenfeature calls it for feature flags. Safe
// for concurrent use.
func SeeArm(ctx context.Context, experiment, arm string, unless ...string) bool {
	if ctx == nil || experiment == "" || arm == "" {
		return false
	}
	return flight.ScopeOf(ctx).Arms().See(experiment, arm, unless)
}

// ContextWithArms returns a context that takes the arms of experiments ([SeeArm]) where there is no interaction, as in a worker that
// handles one customer after another. Make one for each customer. It begins with the arm of the context around it.
func ContextWithArms(ctx context.Context) context.Context { return flight.ContextWithArms(ctx) }
