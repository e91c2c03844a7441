package nearest_test

import (
	"testing"

	"cairncx.dev/cairn/internal/nearest"
)

const far = 100

func TestDistance(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b   string
		limit  int
		want   int
		reason string
	}{
		{"", "", far, 0, "nothing to change"},
		{"cart", "cart", far, 0, "the same"},
		{"", "cart", far, 4, "each letter is put in"},
		{"kitten", "sitting", far, 3, "the example of the literature: two changed, one put in"},
		{"paymnet", "payment", far, 1, "two neighbours swapped are one mistake"},
		{"ca", "abc", far, 3, "no letter is changed twice: it would be 2 if a swapped pair could be parted"},
		{"Cart", "cart", far, 1, "capitals count"},
		{"é", "e", far, 1, "a letter is a code point, not a byte"},
		{"cart", "payment", 3, 3, "not below the limit"},
		{"abcdef", "uvwxyz", 2, 2, "not below the limit, of the same length"},
		{"abcd", "abxy", 2, 2, "the limit itself"},
		{"abcd", "abxd", 2, 1, "below the limit"},
		{"a", "b", 0, 0, "no distance is below 0"},
		{"a", "b", -1, -1, "a limit below 0 is no index"},
	}
	for _, tt := range tests {
		for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
			if got := nearest.Distance(pair[0], pair[1], tt.limit); got != tt.want {
				t.Errorf("Distance(%q, %q, %d) = %d, want %d: %s", pair[0], pair[1], tt.limit, got, tt.want, tt.reason)
			}
		}
	}
}

// TestDistanceIsTheDefinition compares it with the recursive definition, and each limit with none, for all short words of
// three letters.
func TestDistanceIsTheDefinition(t *testing.T) {
	t.Parallel()
	all := words("abé", 4)
	for _, a := range all {
		for _, b := range all {
			want := defined([]rune(a), []rune(b))
			for limit := -1; limit < 6; limit++ {
				if got := nearest.Distance(a, b, limit); got != min(want, limit) {
					t.Fatalf("Distance(%q, %q, %d) = %d, want %d", a, b, limit, got, min(want, limit))
				}
			}
		}
	}
}

// words returns all words of the letters that have at most n of them.
func words(letters string, n int) []string {
	all, last := []string{""}, []string{""}
	for range n {
		var next []string
		for _, w := range last {
			for _, l := range letters {
				next = append(next, w+string(l))
			}
		}
		all, last = append(all, next...), next
	}
	return all
}

func defined(a, b []rune) int {
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	n, m := len(a)-1, len(b)-1
	change := defined(a[:n], b[:m])
	if a[n] != b[m] {
		change++
	}
	d := min(change, defined(a[:n], b)+1, defined(a, b[:m])+1)
	if n > 0 && m > 0 && a[n] == b[m-1] && a[n-1] == b[m] {
		d = min(d, defined(a[:n-1], b[:m-1])+1)
	}
	return d
}
