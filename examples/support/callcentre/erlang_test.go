package callcentre_test

import "math"

// centre is what a scenario is for the formulas: the time unit is the second.
type centre struct {
	rate, handle float64 // of arrivals, and the mean handle time
	agents       int
}

// waits are the numbers of a queue in its usual state.
type waits struct{ Occupancy, MustWait, Speed, Within float64 }

// erlangC returns the numbers of a queue without impatience, of which Within is the share that is answered within the seconds. Formula:
// A. K. Erlang 1917, as in every textbook: C = B / (1 - rho (1 - B)) with Erlang's B by its recursion.
func (c centre) erlangC(within float64) waits {
	load := c.rate * c.handle
	b := 1.0
	for n := 1; n <= c.agents; n++ {
		b = load * b / (float64(n) + load*b)
	}
	spare := float64(c.agents) - load
	must := b / (1 - load/float64(c.agents)*(1-b))
	return waits{load / float64(c.agents), must, must * c.handle / spare, 1 - must*math.Exp(-spare*within/c.handle)}
}

// erlangA returns the occupancy, the share that must wait and the mean wait of a queue whose customers hang up after an exponential time with
// this mean, from the equilibrium of its birth-death process (C. Palm 1957).
func (c centre) erlangA(patience float64) waits {
	const most = 2000
	weight, sum, must, waiting, busy := 1.0, 0.0, 0.0, 0.0, 0.0
	for n := range most {
		sum += weight
		busy += weight * float64(min(n, c.agents))
		if n >= c.agents {
			must += weight
			waiting += weight * float64(n-c.agents)
		}
		next := float64(min(n+1, c.agents))/c.handle + float64(max(0, n+1-c.agents))/patience
		weight *= c.rate / next
	}
	return waits{busy / sum / float64(c.agents), must / sum, waiting / sum / c.rate, math.NaN()}
}
