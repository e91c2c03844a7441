package control

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sort"
	"strconv"
	"testing"

	"cairncx.dev/cairn/cx/stats"
)

func binom(r *rand.Rand, n int64, p float64) int64 {
	k := int64(0)
	for range n {
		if r.Float64() < p {
			k++
		}
	}
	return k
}

var EX float64

type gen func(day, chart int, r *rand.Rand) (n int64, p float64)

func simulate(seed uint64, charts, days int, g gen) (found map[int]int, began map[int]int) {
	r := rand.New(rand.NewPCG(seed, 7))
	ss := make([]Series, charts)
	found, began = map[int]int{}, map[int]int{}
	for d := range days {
		for c := range ss {
			n, p := g(d, c, r)
			ss[c].Days = append(ss[c].Days, Day{N: n, Bad: binom(r, n, p)})
		}
		until := d + 1 - 14
		if until < 28 {
			continue
		}
		from := max(0, until-56)
		ps := make([]float64, 0, 2*charts)
		as := make([]Assessment, charts)
		for c := range ss {
			b, ok := NewBaseline(ss[c], from, until)
			as[c] = Assessment{Worse: Sum{P: 1}, Better: Sum{P: 1}}
			if ok {
				as[c] = Assess(ss[c], b, until)
			}
			ps = append(ps, as[c].Worse.P, as[c].Better.P)
		}
		adj := make([]float64, len(ps))
		for side := range 2 {
			var one []float64
			for c := range ss {
				one = append(one, ps[2*c+side])
			}
			for c, p := range stats.BenjaminiHochberg(one) {
				adj[2*c+side] = p
			}
		}
		for c := range ss {
			if adj[2*c] <= 0.05 {
				b, _ := NewBaseline(ss[c], from, until)
				if x := excess(&b, &ss[c], from, until, as[c].Worse.Began); x < EX {
					continue
				}
				if _, ok := found[c]; !ok {
					found[c], began[c] = d, as[c].Worse.Began
				}
			}
			if false && adj[2*c+1] <= 0.05 {
				if _, ok := found[-1-c]; !ok {
					found[-1-c], began[-1-c] = d, as[c].Better.Began
				}
			}
		}
	}
	return found, began
}

func TestSim(t *testing.T) {
	X = os.Getenv("X")
	EX, _ = strconv.ParseFloat(os.Getenv("EX"), 64)
	if os.Getenv("K") != "" {
		K, _ = strconv.ParseFloat(os.Getenv("K"), 64)
		SM, _ = strconv.ParseFloat(os.Getenv("SM"), 64)
	}
	for _, c := range []struct {
		name string
		g    gen
	}{
		{"plain 200 10%", func(d, c int, r *rand.Rand) (int64, float64) { return 200, 0.1 }},
		{"weekday", func(d, c int, r *rand.Rand) (int64, float64) {
			if d%7 < 2 {
				return 80, 0.16
			}
			return 200, 0.1
		}},
		{"mixed sizes", func(d, c int, r *rand.Rand) (int64, float64) { return int64(5 + c*c), 0.02 + float64(c)*0.03 }},
		{"over", func(d, c int, r *rand.Rand) (int64, float64) { return 1000, 0.1 * (0.8 + 0.4*r.Float64()) }},
		{"rare", func(d, c int, r *rand.Rand) (int64, float64) { return 300, 0.001 * float64(c) }},
		{"trend", func(d, c int, r *rand.Rand) (int64, float64) { return 200, 0.1 + 0.0003*float64(d) }},
		{"spike", func(d, c int, r *rand.Rand) (int64, float64) {
			if d == 72 && c < 5 {
				return 200, 0.5
			}
			return 200, 0.1
		}},
	} {
		bad := 0
		for s := range 100 {
			if f, _ := simulate(uint64(s), 20, 90, c.g); len(f) > 0 {
				bad++
			}
		}
		fmt.Println(c.name, bad)
	}
	for _, kind := range []string{"raised", "never"} {
		var lag, off []int
		missed, others := 0, 0
		for s := range 100 {
			f, b := simulate(uint64(s), 20, 90, func(d, c int, r *rand.Rand) (int64, float64) {
				if kind == "never" {
					if c == 0 && d >= 72 {
						return 200, 0.3
					} else if c == 0 {
						return 200, 0
					}
					return 200, 0.1
				}
				if c == 0 && d >= 72 {
					return 200, 0.15
				}
				return 200, 0.1
			})
			if d, ok := f[0]; ok && d >= 72 {
				lag, off = append(lag, d-72+1), append(off, b[0]-72)
			} else {
				missed++
			}
			delete(f, 0)
			others += len(f)
		}
		sort.Ints(lag)
		sort.Ints(off)
		fmt.Println(kind, "lag", lag[len(lag)/2], lag[len(lag)*9/10], "began", off[len(off)/10], off[len(off)/2], off[len(off)*9/10], "missed", missed, "others", others)
	}
}
