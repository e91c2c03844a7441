package oidc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
)

// ErrGroups is in every error of the function that [Groups] returns. Its text names groups of the configuration only.
var ErrGroups = errors.New("oidc: the groups give no viewer")

// Groups returns a function for [Config.Viewer] that gives a reader what the reader's groups have: the union of their rights, in the union of their
// scopes. The keys of the map are groups as the provider writes them; names are compared byte by byte. Names and addresses of its viewers are not read.
//
// A viewer has one scope for all its rights. Two groups therefore have a union only if one of them has all that the other has, or if they have the same
// scope, or if they have the same rights in scopes that differ in journeys and owners alone, or in segments alone. For a reader with two groups
// without a union, the function returns an error, because each viewer would give too much or too little: give the reader one of the groups, or write a function
// that decides. It also returns an error for a reader without a group of the map, and for one whose groups the provider has left out. All wrap [ErrGroups].
func Groups(viewers map[string]insight.Viewer) func(Claims) (insight.Viewer, error) {
	viewers = maps.Clone(viewers)
	return func(c Claims) (insight.Viewer, error) {
		if c.GroupsLeftOut {
			return insight.Viewer{}, fmt.Errorf("%w: the reader has more groups than the provider puts into a token: let it send those of this application only", ErrGroups)
		}
		var names []string
		var list []insight.Viewer
		for _, g := range slices.Sorted(slices.Values(c.Groups)) {
			if v, ok := viewers[g]; ok {
				names, list = append(names, g), append(list, scopeOf(v))
			}
		}
		if len(list) == 0 {
			return insight.Viewer{}, fmt.Errorf("%w: the reader is in no group that has rights: name one of the reader's groups in the map", ErrGroups)
		}
		if list = union(list); len(list) > 1 {
			return insight.Viewer{}, fmt.Errorf("%w: the groups %q have different rights in different scopes: give the reader one of them, or write a function for Config.Viewer", ErrGroups, names)
		}
		return list[0], nil
	}
}

// scopeOf is a viewer with rights and scope alone, of slices of its own.
func scopeOf(v insight.Viewer) insight.Viewer {
	return insight.Viewer{Rights: v.Rights, Journeys: slices.Clone(v.Journeys), Owners: slices.Clone(v.Owners), Segments: slices.Clone(v.Segments)}
}

// union joins viewers until no two of them have a union.
func union(list []insight.Viewer) []insight.Viewer {
	for i := 0; i < len(list); i++ {
		for j := i + 1; j < len(list); j++ {
			if both, ok := join(&list[i], &list[j]); ok {
				list[i] = both
				return union(slices.Delete(list, j, j+1))
			}
		}
	}
	return list
}

// join returns the viewer that may see what a or b may see, and nothing else, if there is one.
func join(a, b *insight.Viewer) (insight.Viewer, bool) {
	switch {
	case b.Rights&^a.Rights == 0 && hasJourneys(a, b) && hasSegments(a, b):
		return *a, true
	case a.Rights&^b.Rights == 0 && hasJourneys(b, a) && hasSegments(b, a):
		return *b, true
	case sameJourneys(a, b) && sameSegments(a, b):
		both := *a
		both.Rights |= b.Rights
		return both, true
	case a.Rights == b.Rights && sameSegments(a, b):
		both := *a
		both.Journeys, both.Owners = merged(a.Journeys, b.Journeys), merged(a.Owners, b.Owners)
		return both, true // one without a bound has all of the other: the first case
	case a.Rights == b.Rights && sameJourneys(a, b):
		both := *a
		both.Segments = merged(a.Segments, b.Segments)
		return both, true
	}
	return insight.Viewer{}, false
}

// hasJourneys reports whether a's journeys are at least b's. Without journeys and owners they are all.
func hasJourneys(a, b *insight.Viewer) bool {
	if len(a.Journeys)+len(a.Owners) == 0 {
		return true
	}
	return len(b.Journeys)+len(b.Owners) > 0 && within(b.Journeys, a.Journeys) && within(b.Owners, a.Owners)
}

// hasSegments reports whether a's segments are at least b's. None are all.
func hasSegments(a, b *insight.Viewer) bool {
	return len(a.Segments) == 0 || len(b.Segments) > 0 && within(b.Segments, a.Segments)
}

func sameJourneys(a, b *insight.Viewer) bool { return hasJourneys(a, b) && hasJourneys(b, a) }

func sameSegments(a, b *insight.Viewer) bool { return hasSegments(a, b) && hasSegments(b, a) }

// within reports whether all of the names are in the list.
func within(names, list []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(list, n) })
}

// merged is the sorted union of two lists.
func merged(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.SortFunc(all, strings.Compare)
	return slices.Compact(all)
}
