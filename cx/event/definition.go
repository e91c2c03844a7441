package event

// Definition is what the definitions of journeys, touchpoints and surveys have in common: cx.WithDefinitions takes them. An
// event that code records carries its definition, so a client that does not know the name yet can adopt the definition. An
// event from outside carries only a name.
type Definition interface {
	// Name returns the name of the journey, touchpoint or survey.
	Name() string
	// Validate returns every fault of the definition, joined, or nil.
	Validate() error
}
