package contrast_test

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/insight/contrast"
)

// Tickets of Payments by phone are late more often than the others of 400.
func ExampleFind() {
	in := contrast.Input{Runs: 400, Bad: contrast.NewBits(400), Columns: []contrast.Column{
		{Name: "team", Phrase: "of team", Values: []string{"Claims", "Payments"}},
		{Name: "channel", Phrase: "by", Values: []string{"e-mail", "phone"}},
	}}
	for i := range uint32(400) {
		team, channel := i/200, i/100%2
		in.Columns[0].Codes = append(in.Columns[0].Codes, team)
		in.Columns[1].Codes = append(in.Columns[1].Codes, channel)
		if late := 10 + 40*team*channel; i%100 < late {
			in.Bad.Set(int(i))
		}
	}
	answer, err := contrast.Find(context.Background(), in, contrast.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range answer.Findings {
		fmt.Println(f.Sentence(contrast.Words{Runs: "tickets", Did: "were late", Good: "in time"}))
	}
	fmt.Println(answer.Values, "values and", answer.Pairs, "pairs were tested")
	// Output:
	// Tickets of team Payments by phone were late in 50.0% (n 100, 40.4% to 59.6%) against 10.0% of the others (n 300, 7.1% to 13.9%): 40 more than with the share of the others (30 to 50). If these tickets did as well as the others: +40 in time (30 to 50), +10.0 points (7.4 to 12.5). This is association, not proof.
	// 4 values and 4 pairs were tested
}
