package rules

import (
	"math/big"
	"strconv"
	"strings"
)

// decimal is an exact number. Rules are made of the numbers that a person wrote, such as 99.9%, and not of the binary fractions next to
// them, so that no rule has a budget of 0.0010000000000000009.
type decimal = *big.Rat

// exact returns the shortest decimal that reads as f, which is the one that was written. f is finite.
func exact(f float64) decimal {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if !ok {
		return new(big.Rat)
	}
	return r
}

func ratio(a, b int64) decimal      { return big.NewRat(a, b) }
func sub(a, b decimal) decimal      { return new(big.Rat).Sub(a, b) }
func mul(a, b decimal) decimal      { return new(big.Rat).Mul(a, b) }
func div(a, b decimal) decimal      { return new(big.Rat).Quo(a, b) }
func zero() decimal                 { return new(big.Rat) }
func one() decimal                  { return big.NewRat(1, 1) }
func less(a, b decimal) bool        { return a.Cmp(b) < 0 }
func number(a decimal) float64      { f, _ := a.Float64(); return f }
func percent(a decimal) string      { return text(mul(a, ratio(100, 1))) + "%" }
func shortPercent(a decimal) string { return rounded(mul(a, ratio(100, 1)), 3) + "%" }

// digits is how many significant digits a number without a finite decimal form has in a rule.
const digits = 12

// text returns the number as PromQL and people read it: exactly if it has at most that many digits, or else rounded to them.
func text(a decimal) string { return rounded(a, digits) }

// rounded returns the number with at most n significant digits, without trailing zeros and without an exponent.
func rounded(a decimal, n int) string {
	if a.Sign() == 0 {
		return "0"
	}
	// The digits before the point, or minus the zeros behind it.
	whole := 0
	for size := new(big.Rat).Abs(a); size.Cmp(one()) >= 0; whole++ {
		size.Mul(size, ratio(1, 10))
	}
	if whole == 0 {
		for size := new(big.Rat).Abs(a); size.Cmp(ratio(1, 10)) < 0; whole-- {
			size.Mul(size, ratio(10, 1))
		}
	}
	s := a.FloatString(max(n-whole, 0))
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
