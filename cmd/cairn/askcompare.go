package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// mostSaid is how many groups of a comparison are said in words.
const mostSaid = 5

func askCompare(ctx context.Context, o *openedTable, s *askSettings, w insight.Which) ([]askAnswer, error) {
	answers := make([]askAnswer, 0, len(s.by))
	for _, by := range s.by {
		got, err := o.View.Compare(ctx, w, by, s.measure)
		if err != nil {
			return nil, err
		}
		groups := worstFirst(got.Groups, s.good)
		a := askAnswer{Column: string(by), Answer: got, foot: &got.Basis, Sentences: compareSentences(&got, groups)}
		t := askTable{note: "The worst group is first, by n times the difference. " + aboutP, head: []string{strings.ToUpper(shown(string(by))), "SHARE", "INTERVAL", "N", "OTHERS", "DIFFERENCE", "P", "MORE THAN CHANCE"}}
		for i := range groups {
			t.add(comparedCells(&groups[i])...)
		}
		if got.Tested == 0 {
			t.note = ""
		}
		a.tables = append(a.tables, t)
		answers = append(answers, a)
	}
	return answers, nil
}

// aboutP explains the column P.
const aboutP = "P is the probability of such a difference by chance alone, raised because several were tested (Benjamini and Hochberg)."

// worstFirst returns the groups in the order in which a reader needs them, and those without numbers last. Good says that more of the measure is better.
func worstFirst(list []insight.Compared, good bool) []insight.Compared {
	list = slices.Clone(list) // it has the groups in the order of their excess
	if !good {
		return list
	}
	shown := slices.IndexFunc(list, func(g insight.Compared) bool { return g.Hidden || !g.Difference.OK() })
	if shown < 0 {
		shown = len(list)
	}
	slices.SortFunc(list[:shown], func(a, b insight.Compared) int {
		return cmp.Or(cmp.Compare(a.Excess, b.Excess), strings.Compare(a.Value, b.Value))
	})
	return list
}

// compareSentences says which of the groups differ: the worst ones, and the best ones.
func compareSentences(c *insight.Comparison, groups []insight.Compared) []string {
	if c.Hidden {
		return []string{tooFew}
	}
	var differ []int
	for i := range groups {
		if groups[i].Differs {
			differ = append(differ, i)
		}
	}
	if left := len(differ) - mostSaid; left > 0 {
		differ = slices.Delete(differ, (mostSaid+1)/2, (mostSaid+1)/2+left)
	}
	said := make([]string, 0, len(differ)+1)
	for _, i := range differ {
		said = append(said, c.Sentence(&groups[i]))
	}
	switch {
	case len(said) > 0:
	case c.Tested == 0:
		said = append(said, fmt.Sprintf("No group of %s can be compared: two of them need five customers each.", c.Column))
	default:
		said = append(said, fmt.Sprintf("No group of %s differs from the others by more than chance, of %d that were compared.", c.Column, c.Tested))
	}
	if c.Warning != "" {
		said = append(said, c.Warning)
	}
	return said
}

func comparedCells(g *insight.Compared) []string {
	if g.Hidden {
		return []string{known(g.Value), "few customers: not shown"}
	}
	cells := append([]string{known(g.Value)}, shareCells(g.Share)...)
	if !g.Difference.OK() {
		return append(cells, number.None, number.None, number.None, number.None)
	}
	chance := "no"
	if g.Differs {
		chance = "yes"
	}
	return append(cells, number.Share(g.Others.Value), number.Points(g.Difference.Value), chanceText(g.Adjusted), chance)
}

// chanceText writes a probability.
func chanceText(p float64) string {
	if p < 0.001 {
		return "<0.001"
	}
	return number.Decimal(p, 3)
}
