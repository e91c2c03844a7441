package paths

import (
	"math"
	"math/big"
	"math/bits"
)

// sum is an exact sum of 128 bits with a sign, so that the order of what is added does not matter. It holds the squares of a billion runs of
// nine years in microseconds.
type sum struct{ high, low uint64 }

// add adds a number.
func (s *sum) add(n int64) {
	s.plus(sum{uint64(n >> 63), uint64(n)}) //nolint:gosec // two's complement
}

// product adds a·b. Negative factors count as 0.
func (s *sum) product(a, b int64) {
	high, low := bits.Mul64(uint64(max(a, 0)), uint64(max(b, 0)))
	s.plus(sum{high, low})
}

// plus adds another sum.
func (s *sum) plus(o sum) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, o.low, 0)
	s.high, _ = bits.Add64(s.high, o.high, carry)
}

// big returns the sum.
func (s *sum) big() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(int64(s.high)), 64) //nolint:gosec // two's complement
	return n.Add(n, new(big.Int).SetUint64(s.low))
}

// float returns the sum, rounded to the nearest float64.
func (s *sum) float() float64 {
	f, _ := new(big.Float).SetInt(s.big()).Float64()
	return f
}

// int returns the sum. A sum that an int64 does not hold is the nearest one that it does.
func (s *sum) int() int64 {
	switch n := s.big(); {
	case n.IsInt64():
		return n.Int64()
	case n.Sign() < 0:
		return math.MinInt64
	default:
		return math.MaxInt64
	}
}
