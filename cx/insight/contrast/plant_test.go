package contrast_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"cairncx.dev/cairn/cx/insight/contrast"
)

// plant makes rows with values that depend on each other, and bad rows that depend on them.
func plant(random *rand.Rand, n, columns int, changes bool) (rows []modelRow, values [][]string) {
	sizes := make([]int, columns)
	values = make([][]string, columns)
	effects := make([][]float64, columns)
	for i := range sizes {
		sizes[i] = 2 + random.IntN(4)
		for k := range sizes[i] {
			values[i] = append(values[i], string(rune('a'+k)))
			effects[i] = append(effects[i], []float64{0, 0, 0.1, 0.3}[random.IntN(4)])
		}
	}
	nested := random.IntN(4) == 0
	copies, pairs, people := random.Float64()*0.9, random.Float64()*0.5, 1+random.Uint64N([]uint64{40, 10_000}[random.IntN(2)])
	for range n {
		r := modelRow{now: random.IntN(2) == 0 || !changes, customer: 1 + random.Uint64N(people)}
		codes := make([]int, columns)
		for i := range codes {
			codes[i] = random.IntN(sizes[i])
			if i > 0 && random.Float64() < copies {
				codes[i] = codes[i-1] % sizes[i]
			}
			if i > 0 && nested {
				codes[i] = codes[i-1] * sizes[i] / sizes[i-1]
			}
			r.values = append(r.values, values[i][codes[i]])
		}
		chance := 0.05 + 0.1*float64(r.customer%2)
		for i, code := range codes {
			if !changes || r.now {
				chance += effects[i][code] / float64(1+i)
			}
		}
		if columns > 1 && codes[0] == 0 && codes[1] == 1 && r.now {
			chance += pairs
		}
		r.bad = random.Float64() < chance
		if random.IntN(30) == 0 {
			r.values[random.IntN(columns)] = "?"
		}
		rows = append(rows, r)
	}
	return rows, values
}

// confound lets the second column decide which rows are bad, and the first one follow it, so that the first looks bad and is
// good.
func confound(random *rand.Rand, rows []modelRow, values [][]string) {
	if len(values) < 2 {
		return
	}
	for i := range rows {
		hard := float64(random.IntN(len(values[1])))
		rows[i].values[1] = values[1][int(hard)]
		hard /= float64(len(values[1]) - 1)
		chance := 0.15 + 0.5*hard
		rows[i].values[0] = "b"
		if random.Float64() < 0.1+0.8*hard {
			rows[i].values[0] = "a"
			chance -= 0.1
		}
		rows[i].bad = random.Float64() < chance
		rows[i].customer = random.Uint64()
	}
}

// toInput returns the rows as columns. Some rows that do not take part lie between them.
func toInput(random *rand.Rand, rows []modelRow, values [][]string, changes bool) contrast.Input {
	var in contrast.Input
	var take, bad, now []int
	for i := range values {
		unknown := make([]bool, len(values[i])+1)
		unknown[len(values[i])] = true
		in.Columns = append(in.Columns, contrast.Column{
			Name: fmt.Sprint(i), Values: append(slices.Clone(values[i]), "?"), Unknown: unknown,
		})
	}
	add := func(r modelRow) {
		for i, value := range r.values {
			c := &in.Columns[i]
			c.Codes = append(c.Codes, uint32(slices.Index(c.Values, value)))
		}
		in.Customers = append(in.Customers, r.customer)
		if r.bad {
			bad = append(bad, in.Runs)
		}
		if r.now {
			now = append(now, in.Runs)
		}
		in.Runs++
	}
	for _, r := range rows {
		if random.IntN(8) == 0 {
			noise := r
			noise.bad, noise.customer = !r.bad, 99
			add(noise)
		}
		take = append(take, in.Runs)
		add(r)
	}
	set := func(numbers []int) contrast.Bits {
		b := contrast.NewBits(in.Runs)
		for _, n := range numbers {
			b.Set(n)
		}
		return b
	}
	in.Bad, in.Rows = set(bad), set(take)
	if changes {
		in.Now = set(now)
	}
	if random.IntN(2) == 0 { // in parts, as a table in chunks gives them
		for i := range in.Columns {
			codes := in.Columns[i].Codes
			in.Columns[i].Codes = nil
			in.Columns[i].Read = func(from int, to []uint32) { copy(to, codes[from:from+len(to)]) }
		}
	}
	return in
}
