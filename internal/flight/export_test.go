package flight

import "context"

// Depth is how many scopes a context keeps.
func Depth(ctx context.Context) (n int) {
	for s := ScopeOf(ctx); s != nil; s = s.outer {
		n++
	}
	return n
}
