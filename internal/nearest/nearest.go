// Package nearest measures how far a mistyped name is from one that exists, and finds the name that was probably meant. [Distance]
// leaves it to its caller what is near enough, and what of a name counts.
package nearest

// Distance returns how many letters have to be put in, taken out, changed or swapped with their neighbour to make b of
// a, or limit if it is limit or more: a limit of 0 or less is returned as it is. A letter is a code point, and capitals
// count. No letter is changed twice: this is the optimal string alignment distance (Boytsov, "Indexing methods for
// approximate dictionary searching", JEA 16, 2011, section 2.1).
//
// The time grows with the product of the lengths, so the caller bounds them.
func Distance(a, b string, limit int) int {
	from, to := []rune(a), []rune(b)
	before, last, row := make([]int, len(to)+1), make([]int, len(to)+1), make([]int, len(to)+1)
	for j := range last {
		last[j] = j
	}
	for i := range from {
		row[0] = i + 1
		least := row[0]
		for j := range to {
			cost := 1
			if from[i] == to[j] {
				cost = 0
			}
			d := min(row[j]+1, last[j+1]+1, last[j]+cost)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				d = min(d, before[j-1]+1)
			}
			row[j+1] = d
			least = min(least, d)
		}
		if least >= limit { // each way to the end costs at least as much: a swap looks back two rows, and costs one
			return limit
		}
		before, last, row = last, row, before
	}
	return min(last[len(to)], limit)
}
