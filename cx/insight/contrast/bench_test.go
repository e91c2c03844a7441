package contrast_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"cairncx.dev/cairn/cx/insight/contrast"
)

// million is a table of runs with twelve columns, of 2 to 2,000 values, a planted value, a planted pair, and customers.
func million(n int) contrast.Input {
	random := rand.New(rand.NewPCG(1, 2))
	in := contrast.Input{Runs: n, Bad: contrast.NewBits(n), Customers: make([]uint64, n)}
	for i, size := range []int{2, 3, 4, 6, 8, 10, 12, 15, 20, 40, 200, 2000} {
		c := contrast.Column{Name: fmt.Sprintf("column %d", i), Codes: make([]uint32, n)}
		for k := range size {
			c.Values = append(c.Values, fmt.Sprint(k))
		}
		for row := range c.Codes {
			c.Codes[row] = min(uint32(random.IntN(size)), uint32(random.IntN(size)))
		}
		in.Columns = append(in.Columns, c)
	}
	for row := range n {
		in.Customers[row] = random.Uint64N(uint64(n)/5) + 1
		share := 0.10
		if in.Columns[5].Codes[row] == 3 {
			share += 0.05
		}
		if in.Columns[3].Codes[row] == 1 && in.Columns[7].Codes[row] == 2 {
			share += 0.1
		}
		if random.Float64() < share {
			in.Bad.Set(row)
		}
	}
	return in
}

func BenchmarkFind(b *testing.B) {
	for _, c := range []struct {
		runs      int
		customers bool
	}{{100_000, true}, {1_000_000, true}, {1_000_000, false}} {
		in := million(c.runs)
		if !c.customers {
			in.Customers = nil
		}
		b.Run(fmt.Sprintf("%d runs, customers %v", c.runs, c.customers), func(b *testing.B) {
			for b.Loop() {
				answer, err := contrast.Find(b.Context(), in, contrast.Options{})
				if err != nil || len(answer.Findings) < 2 {
					b.Fatal(len(answer.Findings), err)
				}
			}
		})
	}
}
