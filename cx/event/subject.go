package event

// Subject returns the name that says most of what the event is, for what is told of it: the touchpoint, the survey, the
// journey, else the kind. A name that was folded into [Other] says nothing.
func (e *Event) Subject() string {
	switch {
	case told(e.Touchpoint):
		return e.Touchpoint
	case e.Feedback != nil && told(e.Feedback.Survey):
		return e.Feedback.Survey
	case told(e.Journey.Name):
		return e.Journey.Name
	default:
		return string(e.Kind)
	}
}

func told(name string) bool { return name != "" && name != Other }
