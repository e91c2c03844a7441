package breakdowns

// Held is the cause of the end of a breakdown that is closed.
const Held = "held"

// Subsided is the cause of the end of one that the charts do not show any more, without a mending.
const Subsided = "subsided"

// Reasons returns the causes with which a breakdown is dismissed when no cause of the blueprint says why: it is intended, it is known already, it comes with the season, or
// what is counted is wrong.
func Reasons() []string { return []string{"intended", "known", "seasonal", "wrongly-measured"} }

// Causes returns the causes that ends of breakdowns have whatever the causes of the blueprint are.
func Causes() []string { return append(Reasons(), Held, Subsided) }
