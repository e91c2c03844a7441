package resolve

import (
	"maps"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/breakdowns"
	"cairncx.dev/cairn/internal/flight"
)

// Vocabulary is a closed list of names. An empty one has every name.
type Vocabulary map[string]struct{}

// VocabularyOf returns the vocabulary of these names.
func VocabularyOf(names []string) Vocabulary {
	v := make(Vocabulary, len(names))
	for _, n := range names {
		v[n] = struct{}{}
	}
	return v
}

// has reports whether a name stays as it is.
func (v Vocabulary) has(name string) bool {
	_, known := v[name]
	return len(v) == 0 || known
}

// KnowsCause reports whether a cause stays as it is, and is not folded into [event.Other].
func (r *Resolver) KnowsCause(cause string) bool { return r.cfg.Causes.has(cause) }

// fold replaces a name that the vocabulary does not have. What describes the name in findings.
func (v Vocabulary) fold(name *string, what string, f *Findings) {
	if *name == "" || *name == event.Other || v.has(*name) {
		return
	}
	if x := f.report(fault.Report{Fault: fault.UnknownName, Name: *name, Detail: "it is " + what + " that is not declared"}); x != nil {
		x.meant = func() []string { return slices.Sorted(maps.Keys(v)) }
	}
	*name = event.Other
}

// words folds the intent and the cause of an event into [event.Other] where a vocabulary does not have them. The causes with which Cairn itself ends
// follow-ups and breakdowns are in every vocabulary.
func (r *Resolver) words(e *flight.Event, f *Findings) {
	r.cfg.Intents.fold(&e.Intent, "an intent", f)
	if e.Kind == event.JourneyEnded && (e.Cause == breakdowns.Held || e.Cause == feedback.NoObjection) {
		return
	}
	r.cfg.Causes.fold(&e.Cause, "a cause", f)
}
