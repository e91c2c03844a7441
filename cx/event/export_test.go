package event

// The two ways of ParseJSON, for the tests that hold them against each other.
var (
	Scan      = scan
	ParseWire = parseWire
)

// Wire is what the fields of the JSON form are read from.
type Wire = wire
