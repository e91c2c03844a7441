package contrast_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"cairncx.dev/cairn/cx/insight/contrast"
)

// sizes are the numbers of values of the eight columns of a simulation.
var sizes = []int{2, 3, 4, 5, 8, 10, 12, 40}

// simulation is 28 days of 500 runs.
type simulation struct {
	random *rand.Rand
	in     contrast.Input
}

const simulated = 28 * 500

// newSimulation makes columns whose values are independent, and held unequally: value k of n has the weight 1/(k+1).
func newSimulation(seed uint64) *simulation {
	s := &simulation{random: rand.New(rand.NewPCG(seed, 16)), in: contrast.Input{Runs: simulated, Bad: contrast.NewBits(simulated)}}
	for i, size := range sizes {
		c := contrast.Column{Name: fmt.Sprintf("column %d", i), Codes: make([]uint32, simulated)}
		total := 0.0
		for k := range size {
			c.Values = append(c.Values, fmt.Sprint(k))
			total += 1 / float64(k+1)
		}
		for row := range c.Codes {
			at := s.random.Float64() * total
			for at -= 1; at > 0 && int(c.Codes[row]) < size-1; at -= 1 / float64(c.Codes[row]+1) {
				c.Codes[row]++
			}
		}
		s.in.Columns = append(s.in.Columns, c)
	}
	return s
}

// hold gives the value 1 of a column to a share of the runs, and takes it from the others.
func (s *simulation) hold(column int, share float64) {
	c := &s.in.Columns[column]
	for row := range c.Codes {
		switch holds := s.random.Float64() < share; {
		case holds:
			c.Codes[row] = 1
		case c.Codes[row] == 1:
			c.Codes[row] = 0
		}
	}
}

// fail lets 10% of the runs fail, and 25% of those for which it is true.
func (s *simulation) fail(more func(row int) bool) contrast.Input {
	for row := range simulated {
		share := 0.10
		if more(row) {
			share = 0.25
		}
		if s.random.Float64() < share {
			s.in.Bad.Set(row)
		}
	}
	return s.in
}

// customers gives the runs to 700 customers, who have the same values in each run, and of whom each has a share of its own
// that fails, of 10% on average: a quarter have 25%, a quarter 15%, and half of them none.
func (s *simulation) customers() contrast.Input {
	s.in.Customers = make([]uint64, simulated)
	for row := range simulated {
		first := row % 700
		s.in.Customers[row] = uint64(first + 1)
		for i := range s.in.Columns {
			s.in.Columns[i].Codes[row] = s.in.Columns[i].Codes[first]
		}
	}
	shares := make([]float64, 700)
	for i := range shares {
		shares[i] = []float64{0.25, 0.15, 0, 0}[s.random.IntN(4)]
	}
	for row := range simulated {
		if s.random.Float64() < shares[row%700] {
			s.in.Bad.Set(row)
		}
	}
	return s.in
}

// rise makes the second half of the days the period now, with 15% that fail instead of 10%, and 30% of those for which it is
// true. In both periods, the value 1 of the second column fails more often by 10 points, which is no change.
func (s *simulation) rise(more func(row int) bool) contrast.Input {
	s.in.Now = contrast.NewBits(simulated)
	for row := range simulated {
		share := 0.10
		if row >= simulated/2 {
			s.in.Now.Set(row)
			share = 0.15
			if more(row) {
				share = 0.30
			}
		}
		if s.in.Columns[1].Codes[row] == 1 {
			share += 0.10
		}
		if s.random.Float64() < share {
			s.in.Bad.Set(row)
		}
	}
	return s.in
}

// whole reports whether all seeds are wanted.
func whole() bool { return os.Getenv("CAIRN_WHOLE") != "" }

// seeds returns how many of so many seeds are tried: all of them with CAIRN_WHOLE=1, else a tenth.
func seeds(all int) int {
	if whole() {
		return all
	}
	return all / 10
}

// simulate returns of how many seeds the wanted finding is the first one. None is "".
func simulate(t *testing.T, want string, n int, plant func(seed uint64) contrast.Input) (right int) {
	t.Helper()
	others := map[string]int{}
	for seed := range n {
		answer := find(t, plant(uint64(seed)), contrast.Options{})
		first := ""
		if len(answer.Findings) > 0 {
			first = name(answer.Findings[0])
		}
		if first == want {
			right++
		} else {
			others[first]++
		}
	}
	t.Logf("%d of %d; others: %v", right, n, others)
	return right
}

// TestOneCause: a cause that 10% of the runs hold, and with which 25% fail instead of 10%, is the first finding in 95 of 100.
func TestOneCause(t *testing.T) {
	t.Parallel()
	n := seeds(100)
	right := simulate(t, "column 4=1", n, func(seed uint64) contrast.Input {
		s := newSimulation(seed)
		s.hold(4, 0.10)
		return s.fail(func(row int) bool { return s.in.Columns[4].Codes[row] == 1 })
	})
	if 100*right < 95*n {
		t.Errorf("the cause is first in %d of %d", right, n)
	}
}

// TestOnePair: the same for a pair that 10% of the runs hold, whose values alone mean nothing.
func TestOnePair(t *testing.T) {
	t.Parallel()
	n := seeds(100)
	right := simulate(t, "column 3=1 column 6=1", n, func(seed uint64) contrast.Input {
		s := newSimulation(seed)
		s.hold(3, 0.30)
		s.hold(6, 1./3)
		return s.fail(func(row int) bool { return s.in.Columns[3].Codes[row] == 1 && s.in.Columns[6].Codes[row] == 1 })
	})
	if 100*right < 95*n {
		t.Errorf("the pair is first in %d of %d", right, n)
	}
}

// TestOneRise: of two periods in which all runs got worse, from 10% to 15%, those with one value got worse by more.
func TestOneRise(t *testing.T) {
	t.Parallel()
	n := seeds(100)
	right := simulate(t, "column 4=1", n, func(seed uint64) contrast.Input {
		s := newSimulation(seed)
		s.hold(4, 0.20)
		return s.rise(func(row int) bool { return s.in.Columns[4].Codes[row] == 1 })
	})
	if 100*right < 95*n {
		t.Errorf("the value is first in %d of %d", right, n)
	}
}

// TestNoRise: where all got worse alike, nothing is named in 940 of 1,000.
func TestNoRise(t *testing.T) {
	t.Parallel()
	n := seeds(1000)
	right := simulate(t, "", n, func(seed uint64) contrast.Input {
		return newSimulation(seed).rise(func(int) bool { return false })
	})
	if 100*right < 94*n {
		t.Errorf("nothing is named in %d of %d", right, n)
	}
}

// TestCustomersAreNoCause: where customers differ from each other, and their values mean nothing, nothing is named in 940 of
// 1,000. Without customers, some of what they hold is named in most.
func TestCustomersAreNoCause(t *testing.T) {
	t.Parallel()
	n := seeds(200)
	right := simulate(t, "", n, func(seed uint64) contrast.Input { return newSimulation(seed).customers() })
	if 100*right < 94*n {
		t.Errorf("nothing is named in %d of %d", right, n)
	}
	if right := simulate(t, "", 10, func(seed uint64) contrast.Input {
		in := newSimulation(seed).customers()
		in.Customers = nil
		return in
	}); right > 5 {
		t.Errorf("without customers, nothing is named in %d of 10: the simulation shows nothing", right)
	}
}

// TestNoCause: where nothing is planted, nothing is named in 940 of 1,000.
func TestNoCause(t *testing.T) {
	t.Parallel()
	n := seeds(1000)
	right := simulate(t, "", n, func(seed uint64) contrast.Input {
		return newSimulation(seed).fail(func(int) bool { return false })
	})
	if 100*right < 94*n {
		t.Errorf("nothing is named in %d of %d", right, n)
	}
}
