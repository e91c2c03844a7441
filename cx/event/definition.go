package event

// Definition is a journey, a touchpoint or a survey. cx.WithDefinitions takes definitions, and says what the client does
// with a name that is not defined.
type Definition interface {
	// Name returns the name of the journey, touchpoint or survey.
	Name() string
	// Validate returns every fault of the definition, joined, or nil.
	Validate() error
}
