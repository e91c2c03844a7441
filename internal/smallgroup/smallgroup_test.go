package smallgroup_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/internal/smallgroup"
)

// of returns a group of customers, of whom 0 are not known.
func of(who ...uint64) *smallgroup.People {
	p := &smallgroup.People{}
	for _, w := range who {
		p.Add(w)
	}
	return p
}

// TestHide: what is hidden, and what with it. Package feedback/score has more of it, and its properties.
func TestHide(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		groups       map[string]*smallgroup.People
		want, reason string
	}{
		{map[string]*smallgroup.People{"a": of(1, 2, 3, 4, 5), "b": of(0, 0, 0, 0, 0)}, "", "five each, of whom those that are not known are five"},
		{map[string]*smallgroup.People{"a": of(1, 1, 1, 1, 1, 1), "b": of(2, 3, 4, 5, 6), "c": of(2, 3, 4, 5, 6, 7)}, "a b", "one customer six times, and the next smallest group"},
		{map[string]*smallgroup.People{"a": of(1, 2, 3), "b": of(1, 2, 3), "c": of(4, 5, 6, 7, 8), "d": of(1, 2, 3, 4, 5, 6)}, "a b c", "three customers are in both"},
		{map[string]*smallgroup.People{"a": of(), "b": of(1, 2, 3, 4, 5)}, "", "an empty group hides nothing"},
	} {
		if got := strings.Join(slices.Sorted(maps.Keys(smallgroup.Hide(c.groups))), " "); got != c.want {
			t.Errorf("%q hidden, want %q: %s", got, c.want, c.reason)
		}
	}
}

// TestSome: a group that keeps some of its customers is as small as one that keeps all, up to the bound.
func TestSome(t *testing.T) {
	t.Parallel()
	var all, some smallgroup.People
	for n := range uint64(2 * smallgroup.Enough) {
		all.Add(n / 2)
		some.AddSome(n / 2)
		if want := min(all.Size(), smallgroup.Enough); some.Size() != want {
			t.Fatalf("after %d events the size is %d, want %d", n+1, some.Size(), want)
		}
	}
	a, b := of(1, 1, 2, 0), of(2, 3, 0)
	a.Merge(b)
	if a.Size() != 5 || a.Known[1] != 2 || a.Known[2] != 2 || a.Unknown != 2 {
		t.Errorf("together %+v", a)
	}
}

// TestCrowd: a crowd is few, or enough, where all of its customers together are, however they came to it.
func TestCrowd(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 16))
	for range 2000 {
		var crowds [3]smallgroup.Crowd
		var all smallgroup.People
		for range rng.IntN(12) {
			who := uint64(rng.IntN(6))
			all.Add(who)
			crowds[rng.IntN(3)].Add(who)
		}
		crowds[0].Merge(&crowds[1])
		crowds[2].Merge(&crowds[0])
		if got, want := crowds[2].Few(), smallgroup.Small(all.Size()); got != want {
			t.Fatalf("few is %v, want %v of %+v", got, want, all)
		}
		if got, want := crowds[2].Enough(), all.Size() >= smallgroup.Min; got != want {
			t.Fatalf("enough is %v, want %v of %+v", got, want, all)
		}
	}
}
