package touchpoint

import (
	"cmp"
	"slices"
	"strings"

	"cairncx.dev/cairn/internal/nearest"
)

// notAmong returns a text that what, such as a router, does not have the pattern, with similar patterns, or "" where it has the pattern.
func notAmong(what string, has []string, pattern string) string {
	if slices.Contains(has, pattern) {
		return ""
	}
	type candidate struct {
		pattern string
		far     int
	}
	shape := shapeOf(pattern)
	most := max(2, len(shape)/4)
	var near []candidate
	for _, p := range has {
		if far := nearest.Distance(shape, shapeOf(p), most+1); far <= most {
			near = append(near, candidate{p, far})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	var names []string
	for _, n := range near {
		names = append(names, n.pattern)
	}
	return what + " does not have it" + perhaps(names)
}

// maxShape is how much of a pattern is compared, in bytes.
const maxShape = 128

// shapeOf returns the shape of a pattern: its path in lower case, without a trailing slash, with * for each parameter. Patterns of
// different routers that mean the same have one shape, and so have patterns that differ in the method only.
func shapeOf(pattern string) string {
	_, _, path := split(pattern)
	if path == "" {
		path = pattern
	}
	segments := strings.Split(strings.ToLower(strings.TrimSuffix(path, "/")), "/")
	for i, s := range segments {
		if s != "" && strings.ContainsAny(s[:1], "{:*<") {
			segments[i] = "*"
		}
	}
	shape := strings.Join(segments, "/")
	return shape[:min(len(shape), maxShape)]
}
