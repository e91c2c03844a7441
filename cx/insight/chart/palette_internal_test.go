package chart

import (
	"math"
	"strconv"
	"testing"
)

// rgb is a colour with channels from 0 to 1.
type rgb [3]float64

func parse(t *testing.T, hex string) (c rgb) {
	t.Helper()
	if len(hex) != 7 || hex[0] != '#' {
		t.Fatalf("%q is not a colour", hex)
	}
	for i := range c {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c[i] = float64(n) / 255
	}
	return c
}

// linear removes the gamma of sRGB (IEC 61966-2-1).
func (c rgb) linear() rgb {
	for i, v := range c {
		if v <= 0.04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return c
}

// contrast is the contrast ratio of WCAG 2.2.
func contrast(a, b rgb) float64 {
	l := func(c rgb) float64 {
		c = c.linear()
		return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
	}
	la, lb := l(a), l(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// over is a colour with an opacity over another one.
func over(a rgb, opacity float64, b rgb) (c rgb) {
	for i := range c {
		c[i] = opacity*a[i] + (1-opacity)*b[i]
	}
	return c
}

// blind are the matrices of Machado, Oliveira and Fernandes (2009) for the whole loss of one kind of cone, in linear RGB.
var blind = map[string][9]float64{
	"none":         {1, 0, 0, 0, 1, 0, 0, 0, 1},
	"protanopia":   {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
	"deuteranopia": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
	"tritanopia":   {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
}

// lab is a colour as it is seen, in CIELAB with the white of D65.
func (c rgb) lab(m [9]float64) (lab [3]float64) {
	l := c.linear()
	var s rgb
	for i := range s {
		s[i] = min(max(m[3*i]*l[0]+m[3*i+1]*l[1]+m[3*i+2]*l[2], 0), 1)
	}
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := f((0.4124*s[0] + 0.3576*s[1] + 0.1805*s[2]) / 0.95047)
	y := f(0.2126*s[0] + 0.7152*s[1] + 0.0722*s[2])
	z := f((0.0193*s[0] + 0.1192*s[1] + 0.9505*s[2]) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// TestPalette: texts have a contrast of 4.5 and marks one of 3, in both schemes.
func TestPalette(t *testing.T) {
	t.Parallel()
	if got := contrast(rgb{1, 1, 1}, rgb{0, 0, 0}); math.Abs(got-21) > 1e-9 {
		t.Fatalf("the contrast of black and white is %v, want 21", got)
	}
	if got := contrast(parse(t, "#777777"), rgb{1, 1, 1}); math.Abs(got-4.48) > 0.005 { // the well-known grey that just fails
		t.Fatalf("the contrast of #777777 and white is %v, want 4.48", got)
	}
	for name, s := range map[string]scheme{"light": light, "dark": dark} {
		surface := parse(t, s.surface)
		least := func(what, a string, b rgb, want float64) {
			t.Helper()
			if got := contrast(parse(t, a), b); got < want {
				t.Errorf("%s: %s has a contrast of %.2f, want %v", name, what, got, want)
			}
		}
		least("text", s.ink, surface, 7)
		least("soft text", s.soft, surface, 4.5)
		least("axis", s.axis, surface, 3)
		for i, tone := range s.tones {
			least("tone "+strconv.Itoa(i), tone, surface, 3)
			least("text on tone "+strconv.Itoa(i), s.on, parse(t, tone), 4.5)
			least("text beside the band", s.ink, over(parse(t, tone), 0.16, surface), 4.5)
			if i <= 1 { // moves of a map, and the edges of a band
				if got := contrast(over(parse(t, tone), 0.75, surface), surface); got < 3 {
					t.Errorf("%s: an edge of tone %d has a contrast of %.2f, want 3", name, i, got)
				}
			}
		}
	}
}

// TestPaletteForTheColourBlind: tones that charts use side by side differ for everybody. A difference of 2.3 in
// CIELAB is just noticed. Tones that stand beside one another have textures as well.
func TestPaletteForTheColourBlind(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]scheme{"light": light, "dark": dark} {
		for kind, m := range blind {
			for i := range s.tones {
				for j := range i {
					a, b := parse(t, s.tones[i]).lab(m), parse(t, s.tones[j]).lab(m)
					d := math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
					want := 15.0
					if i == 1 || j == 1 { // what is bad is set apart from all others
						want = 17
					}
					if d < want {
						t.Errorf("%s, %s: tones %d and %d differ by %.1f, want %v", name, kind, j, i, d, want)
					}
				}
			}
		}
	}
}
