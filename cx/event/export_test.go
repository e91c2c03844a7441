package event

// The two ways of ParseJSON, for the tests that hold them against each other.
var (
	ScanJSON  = scan
	ParseWire = parseWire
)

// UTC is the fast way of reading a time.
var UTC = utc

// Wire is what the fields of the JSON form are read from.
type Wire = wire
