package event

// Definition is what the vocabulary's definitions have in common. An event that
// code recorded carries its definition, so that a client which meets it for the
// first time can adopt it; an event from outside carries only a name.
type Definition interface {
	// Name of the journey, touchpoint or survey.
	Name() string
	// Validate returns every fault of the definition, joined, or nil.
	Validate() error
}
