package event

import "context"

// The two ways of ParseJSON, for the tests that hold them against each other.
var (
	Scan      = scan
	ParseWire = parseWire
)

// Wire is what the fields of the JSON form are read from.
type Wire = wire

// Depth is how many scopes a context keeps.
func Depth(ctx context.Context) (n int) {
	for s := ScopeOf(ctx); s != nil; s = s.outer {
		n++
	}
	return n
}
