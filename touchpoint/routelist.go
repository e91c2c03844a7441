package touchpoint

import (
	"cmp"
	"slices"
	"strings"

	"cairncx.dev/cairn/internal/nearest"
)

// notAmong says that a router does not have the pattern, with those that are like it, or "" where it has it.
func notAmong(has []string, pattern string) string {
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
	return "the router does not have it" + perhaps(names)
}

// maxShape bounds what is compared of a pattern, in bytes.
const maxShape = 128

// shapeOf returns what patterns have in common that mean the same to different routers, or differ in the method
// alone: the path in small letters, without a trailing slash, where each parameter is a *.
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
