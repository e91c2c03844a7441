package contrast

import "sync"

// Bits of a row's class, and their number.
const (
	bad     = 1
	now     = 2
	classes = 4
)

// block is the number of rows that are counted at once. Their codes stay in the processor's cache while each pair of columns
// is counted.
const block = 4096

// tables count the rows by class and value of each column, and by class and values of each pair of columns.
type tables struct {
	sizes   []int
	singles [][]int32   // by column: [code*classes + class]
	pairs   [][][]int32 // by column and a later one: [(code*classes + class)*size of the later one + its code]
}

func newTables(columns []column) *tables {
	t := &tables{sizes: make([]int, len(columns)), singles: make([][]int32, len(columns)), pairs: make([][][]int32, len(columns))}
	for i := range columns {
		t.sizes[i] = columns[i].size
		t.singles[i] = make([]int32, columns[i].size*classes)
		t.pairs[i] = make([][]int32, len(columns))
		for j := i + 1; j < len(columns); j++ {
			t.pairs[i][j] = make([]int32, columns[i].size*classes*columns[j].size)
		}
	}
	return t
}

// merge adds the counts of another one.
func (t *tables) merge(other *tables) {
	for i := range t.singles {
		for at, n := range other.singles[i] {
			t.singles[i][at] += n
		}
		for j := i + 1; j < len(t.sizes); j++ {
			for at, n := range other.pairs[i][j] {
				t.pairs[i][j][at] += n
			}
		}
	}
}

// add adds change to the counts of each of the rows, which are at most a block.
func (t *tables) add(class []uint8, codes [][]uint8, change int32) {
	var buffer [block]uint32
	first := buffer[:len(class)]
	for i, own := range codes {
		single := t.singles[i]
		for row, code := range own[:len(first)] {
			at := uint32(code)*classes + uint32(class[row])
			first[row] = at
			single[at] += change
		}
		for j := i + 1; j < len(codes); j++ {
			table, others := t.pairs[i][j], codes[j][:len(first)]
			size := uint32(t.sizes[j]) //nolint:gosec // at most 256
			for row, at := range first {
				table[at*size+uint32(others[row])] += change
			}
		}
	}
}

// count counts all rows, with several goroutines.
func (r *rows) count(workers int) *tables {
	workers = max(1, min(workers, r.n/(16*block)+1))
	parts := make([]*tables, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			t, codes := newTables(r.columns), make([][]uint8, len(r.columns))
			for from := r.n / workers * w; from < r.end(w, workers); from += block {
				to := min(from+block, r.end(w, workers))
				for i := range codes {
					codes[i] = r.columns[i].codes[from:to]
				}
				t.add(r.class[from:to], codes, 1)
			}
			parts[w] = t
		})
	}
	group.Wait()
	for _, part := range parts[1:] {
		parts[0].merge(part)
	}
	return parts[0]
}

// end returns where the rows of a worker end.
func (r *rows) end(worker, workers int) int {
	if worker == workers-1 {
		return r.n
	}
	return r.n / workers * (worker + 1)
}

// take removes the rows of a group, and takes them out of the tables.
func (r *rows) take(g group, t *tables) {
	class, codes := make([]uint8, 0, block), make([][]uint8, len(r.columns))
	for i := range codes {
		codes[i] = make([]uint8, 0, block)
	}
	flush := func() {
		t.add(class, codes, -1)
		class = class[:0]
		for i := range codes {
			codes[i] = codes[i][:0]
		}
	}
	for row := range r.n {
		if r.taken[row] || r.side(g, row) != inside {
			continue
		}
		r.taken[row] = true
		class = append(class, r.class[row])
		for i := range codes {
			codes[i] = append(codes[i], r.columns[i].codes[row])
		}
		if len(class) == block {
			flush()
		}
	}
	flush()
}
