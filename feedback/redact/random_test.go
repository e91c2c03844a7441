package redact_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cairncx.dev/cairn/feedback/redact"
	"cairncx.dev/cairn/feedback/redact/phones"
)

// TestRandomNumbers: how often a random number, such as that of an order, is taken for something else where no word says what it is.
// The README shows the shares.
func TestRandomNumbers(t *testing.T) { //nolint:paralleltest // it may write README.md
	const each = 20_000
	plans, err := phones.New("US", "GB", "DE", "FR", "SE")
	if err != nil {
		t.Fatal(err)
	}
	r := must(t, redact.WithPhones(plans))
	random := rand.New(rand.NewPCG(15, 500)) //nolint:gosec // the same numbers each time
	var table strings.Builder
	table.WriteString("| digits | taken for a card | for an ID | for a telephone number |\n| --- | --- | --- | --- |\n")
	for _, c := range []struct {
		digits              int
		card, id, telephone float64 // the most that is allowed, in hundredths
	}{
		{6, 0, 0, 0},
		{8, 0, 0, 0},
		{9, 0, 0, 0},
		{10, 0, 0, 0},
		{11, 0, 4, 0},
		{12, 0, 0, 0},
		{13, 0, 0.1, 0},
		{14, 0.5, 0, 0},
		{15, 1, 0.3, 0},
		{16, 4, 0, 0},
		{18, 1, 0.1, 0},
		{20, 0, 0, 0},
	} {
		found := map[redact.Kind]float64{}
		for range each {
			number := []byte{byte('1' + random.IntN(9))} // orders do not begin with a zero
			for len(number) < c.digits {
				number = append(number, byte('0'+random.IntN(10)))
			}
			for _, f := range r.Find("it is " + string(number) + " again") {
				found[f.Kind] += 100. / each
			}
		}
		fmt.Fprintf(&table, "| %d | %.2f %% | %.2f %% | %.2f %% |\n", c.digits, found[redact.Card], found[redact.NationalID], found[redact.Phone])
		if found[redact.Card] > c.card || found[redact.NationalID] > c.id || found[redact.Phone] > c.telephone || len(found) > 3 {
			t.Errorf("%d digits: %v, want at most %v, %v and %v", c.digits, found, c.card, c.id, c.telephone)
		}
	}
	inReadme(t, "random numbers", table.String())
}
