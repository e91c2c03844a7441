package contrast

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"cairncx.dev/cairn/cx/stats"
)

// clusters are the customers of the rows, numbered from 1 on; 0 is a customer who is not known.
type clusters struct {
	of        []uint32
	influence []int64 // by customer, of one comparison, in units of 1/unit
	sides     []uint8 // by customer: bit 0 inside, bit 1 outside
	several   bool    // a customer has several runs
}

// cluster numbers the customers.
func (r *rows) cluster(customers []uint64) *clusters {
	c, numbers := &clusters{of: make([]uint32, r.n)}, newNumbers(r.n)
	for row := range c.of {
		if who := customers[r.index(row)]; who != 0 {
			number, known := numbers.of(who)
			c.several = c.several || known
			c.of[row] = number
		}
	}
	c.influence, c.sides = make([]int64, len(numbers.keys)), make([]uint8, len(numbers.keys))
	return c
}

// numbers numbers keys from 1 on, in the order in which they come: an open table with linear probing (Knuth 1998, "The Art of Computer Programming", volume 3, 2nd edition,
// algorithm 6.4L). A map takes several times as long.
type numbers struct {
	slots []uint32 // the number of a key; 0 is free
	keys  []uint64 // by number
	seed  uint64   // so that no choice of keys is slow
	shift int
}

// newNumbers has room for so many keys.
func newNumbers(most int) *numbers {
	width := bits.Len(uint(most)) + 1                                                                           // at most half of the slots are used
	return &numbers{slots: make([]uint32, 1<<width), keys: []uint64{0}, seed: rand.Uint64(), shift: 64 - width} //nolint:gosec // no secret
}

// of returns the number of the key, and whether it was known.
func (n *numbers) of(key uint64) (number uint32, known bool) {
	const odd = 0x9e3779b97f4a7c15
	high, low := bits.Mul64(key^n.seed, odd)
	for at := (high ^ low) * odd >> n.shift; ; at = (at + 1) % uint64(len(n.slots)) {
		switch number = n.slots[at]; {
		case number == 0:
			number = uint32(len(n.keys)) //nolint:gosec // at most as many as rows, which are below 2³¹
			n.slots[at], n.keys = number, append(n.keys, key)
			return number, false
		case n.keys[number] == key:
			return number, true
		}
	}
}

// unit is what 1 is in the integers that add up what runs add to a difference. Sums of integers do not depend on the order of the runs. What all
// runs add is at most 4 in absolute value, so that a sum fits into 64 bits, and the sum of squares into 128.
const unit = 1 << 60

// exact is a sum of squares.
type exact struct{ high, low uint64 }

func (e *exact) square(n int64) {
	size := uint64(max(n, -n)) //nolint:gosec // not negative
	high, low := bits.Mul64(size, size)
	var carry uint64
	e.low, carry = bits.Add64(e.low, low, 0)
	e.high, _ = bits.Add64(e.high, high, carry)
}

func (e *exact) float() float64 { return math.Ldexp(float64(e.high), 64) + float64(e.low) }

// part is what a run of a side and a period adds to a difference.
type part struct{ weight, share float64 }

// clustered returns the verdict with runs of one customer taken together, and the design effect: how many times larger the
// variance of the difference is than that of as many runs of different customers. The variance is the sum of squares of what
// each customer adds to the difference (Liang and Zeger 1986, "Longitudinal data analysis using generalized linear models",
// Biometrika 73), and the degrees of freedom are those of the side with fewer customers. All says that the rows that were
// taken count too.
func (f *finder) clustered(g group, in, out counts, v verdict, all bool) (verdict, float64) {
	parts, independent := partsOf(in, out, v)
	if f.clusters == nil || !f.clusters.several || independent == 0 {
		return v, 1
	}
	c := f.clusters
	clear(c.influence)
	clear(c.sides)
	var squares exact
	var people [outside + 1]int
	for row := range f.rows.n {
		side := f.rows.side(g, row)
		if side == neither || f.rows.taken[row] && !all {
			continue
		}
		class := f.rows.class[row]
		p := parts[side][class>>1]
		if p.weight == 0 {
			continue
		}
		added := int64(math.Round(p.weight * (float64(class&bad) - p.share) * unit))
		who := c.of[row]
		if who == 0 {
			squares.square(added)
			people[side]++
			continue
		}
		c.influence[who] += added
		if bit := uint8(side); c.sides[who]&bit == 0 {
			c.sides[who] |= bit
			people[side]++
		}
	}
	for _, added := range c.influence {
		squares.square(added)
	}
	fewer := min(people[inside], people[outside])
	if fewer < 2 {
		v.p = 1
		return v, 1
	}
	sum := squares.float() / unit / unit
	sum *= float64(fewer) / float64(fewer-1)
	effect := max(1, sum/independent)
	v.p = max(v.p, stats.StudentTail(v.difference/math.Sqrt(sum), fewer-1))
	return v, effect
}

// partsOf returns the parts of a difference by side and period (before, now), and its variance if runs are independent.
func partsOf(in, out counts, v verdict) (parts [outside + 1][2]part, variance float64) {
	periods := []struct {
		side position
		now  int
		of   tally
		sign float64
	}{
		{inside, 1, in.now(), 1}, {outside, 1, out.now(), -1}, {inside, 0, in.before(), -1}, {outside, 0, out.before(), 1},
	}
	for _, p := range periods {
		if p.of.runs == 0 || p.now == 0 && v.method != DifferenceOfDifferences {
			continue
		}
		n, share := float64(p.of.runs), p.of.share()
		parts[p.side][p.now] = part{weight: p.sign / n, share: share}
		variance += share * (1 - share) / n
	}
	return parts, variance
}
