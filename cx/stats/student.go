package stats

import "math"

// StudentTail returns the two-sided probability of Student's t distribution: that a value with that many degrees of freedom is at least as far from
// 0 as t. It is 0.05 for 2.228139 and ten degrees. It is 1 for a t of 0, and 0 for infinities.
//
// Bad input has the probability 1: fewer than one degree of freedom, or a t that is NaN. The relative error is below 1e-10 up to a
// million degrees of freedom, and grows with them, for probabilities above 1e-300. A probability below the smallest float64 is 0.
//
// Source: the probability is the regularized incomplete beta function I_x(degrees/2, 1/2) at x = degrees/(degrees + t²), DLMF 8.17,
// with the continued fraction 8.17.22.
func StudentTail(t float64, degrees int) float64 {
	switch {
	case math.IsNaN(t) || degrees < 1:
		return 1
	case math.IsInf(t, 0):
		return 0
	}
	a, ratio := float64(degrees)/2, t*(t/float64(degrees)) // x is 1/(1+ratio)
	if math.IsInf(ratio, 1) {
		return 0
	}
	// front is x^a·(1-x)^½/B(a, ½), which both fractions have before them.
	front := math.Exp(-a*math.Log1p(ratio)) * math.Sqrt(ratio/(1+ratio)) * gammaRatio(a) / math.Sqrt(math.Pi)
	if 1/(1+ratio) < (a+1)/(a+2.5) {
		return min(1, front/a*betaFraction(a, 0.5, 1/(1+ratio)))
	}
	return max(0, 1-front/0.5*betaFraction(0.5, a, ratio/(1+ratio)))
}

// gammaRatio returns Γ(a+½)/Γ(a). From 50 on it is the series of DLMF 5.11.13, whose error is below its first term left out, 5e-12.
func gammaRatio(a float64) float64 {
	if a < 50 {
		return math.Gamma(a+0.5) / math.Gamma(a)
	}
	r := 1 / a
	return math.Sqrt(a) * (1 - r*(1./8-r*(1./128+r*(5./1024-r*(21./32768)))))
}

// betaFraction returns the continued fraction of the incomplete beta function, DLMF 8.17.22, with Lentz's method. It takes fewer than a hundred
// steps for x < (a+1)/(a+b+2), and in the order of the root of a or b at most.
func betaFraction(a, b, x float64) float64 {
	const steps, tiny = 1_000_000, 1e-300
	nonzero := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/nonzero(1-(a+b)*x/(a+1))
	f := d
	for m := 1.0; m < steps; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / nonzero(1+even*d)
		c = nonzero(1 + even/c)
		f *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / nonzero(1+odd*d)
		c = nonzero(1 + odd/c)
		f *= d * c
		if math.Abs(d*c-1) < 0x1p-52 {
			break
		}
	}
	return f
}
