package contrast_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/insight/contrast"
)

// FuzzFind: any columns have an answer, whose numbers are in their bounds.
func FuzzFind(f *testing.F) {
	f.Add([]byte("many a run ended badly, and many a run ended well"), uint8(3), uint8(1))
	f.Add(slices.Repeat([]byte{0, 1, 255, 4, 5, 6, 7}, 200), uint8(2), uint8(7))
	f.Add([]byte{}, uint8(0), uint8(255))
	f.Fuzz(func(t *testing.T, data []byte, columns, flags uint8) {
		width := int(columns%5) + 1
		n := len(data) / width
		in := contrast.Input{Runs: n, Bad: contrast.NewBits(n)}
		for i := range width {
			c := contrast.Column{Name: fmt.Sprint(i), Codes: []uint32{}, Unknown: []bool{flags&8 != 0, false, flags&16 != 0}}
			for k := range 256 >> i {
				c.Values = append(c.Values, fmt.Sprint(k))
			}
			for row := range n {
				c.Codes = append(c.Codes, uint32(data[row*width+i])>>i)
			}
			in.Columns = append(in.Columns, c)
		}
		if flags&1 != 0 {
			in.Now = contrast.NewBits(n)
		}
		if flags&2 != 0 {
			in.Customers = make([]uint64, n)
		}
		if flags&4 != 0 {
			in.Randomized = "0"
		}
		for row := range n {
			b := data[row*width]
			if b&3 == 0 {
				in.Bad.Set(row)
			}
			if in.Now != nil && b&4 == 0 {
				in.Now.Set(row)
			}
			if in.Customers != nil {
				in.Customers[row] = uint64(b & 0xf0)
			}
		}
		answer, err := contrast.Find(t.Context(), in, contrast.Options{MinRuns: 5, MinShare: 0.005, Level: 0.5})
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range answer.Findings {
			within := found.P >= 0 && found.P <= found.Adjusted && found.Adjusted <= 0.5 && found.DesignEffect >= 1
			d := found.Difference
			if !within || !(d.Interval.Low <= d.Value && d.Value <= d.Interval.High) || math.Abs(d.Value) > 1 || d.Value <= 0 {
				t.Errorf("%s: %+v", name(found), found)
			}
			if found.Sentence(contrast.Words{}) == "" {
				t.Error("a finding has no words")
			}
		}
		if _, err := json.Marshal(answer); err != nil {
			t.Error(err)
		}
	})
}
