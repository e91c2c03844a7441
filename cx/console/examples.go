package console

import (
	"context"
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// examplesOfEach is how many typical runs, and how many of the longest ones, are shown.
const examplesOfEach = 5

// examplesPage shows single bad runs, with their traces.
func examplesPage(v *visit) (*page, error) {
	word, err := v.badWord()
	if err != nil {
		return nil, err
	}
	a, err := v.examples(v.r.Context(), word)
	if err != nil {
		return nil, err
	}
	var held []string
	for _, w := range v.filter.Where {
		held = append(held, conditionText(w))
	}
	p := &page{name: "goes-with", title: "Examples", eyebrow: "What goes with it", headline: strings.Join(held, " and "), note: a.Sentence(), filtered: true, own: []string{"bad"}}
	part := func(id, title string, list []insight.Example) section {
		return ready(id, title, "examples", v.exampleRows(title, list))
	}
	p.sections = []section{
		part("typical", "Typical: the nearest to the median time", a.Typical), part("worst", "Worst: the longest of the others", a.Worst),
		ready("more", "More", "said", said{More: []anchor{{"All runs of this kind, bad and good", v.link("runs")}, {"What else goes with bad runs", v.linkOf(v.filter.bare(), "goes-with", "bad", word)}}}),
	}
	return p, nil
}

// bare is the filter without its conditions.
func (f filter) bare() filter {
	f.Where = nil
	return f
}

// conditionText writes a condition for readers.
func conditionText(w insight.Where) string {
	sign := " is "
	if w.Not {
		sign = " is not "
	}
	values := make([]string, len(w.Values))
	for i, value := range w.Values {
		values[i] = known(value)
	}
	return string(w.Column) + sign + strings.Join(values, " or ")
}

func (v *visit) examples(ctx context.Context, word string) (insight.Examples, error) {
	bad, err := parseBad(word)
	if err != nil {
		return insight.Examples{}, err
	}
	w := v.which(insight.Begun)
	return question(ctx, v, "examples", fmt.Sprintf("%+v%+v", w, bad), func(ctx context.Context) (insight.Examples, error) {
		return v.view.Examples(ctx, w, bad, examplesOfEach)
	})
}

type exampleRows struct {
	Label string
	Rows  []exampleRow
	Empty *empty
}

type exampleRow struct {
	runRow

	Traces []anchor
}

func (v *visit) exampleRows(label string, list []insight.Example) exampleRows {
	t := exampleRows{Label: label}
	for i := range list {
		e := &list[i]
		row := exampleRow{runRow: v.row(&e.ListedRun, e.State, nil)}
		row.Tone, row.Took = stateTones[e.State], number.Duration(e.Took)
		for _, id := range e.Traces {
			one := anchor{Name: id}
			if v.c.cfg.trace != "" {
				one.Name = id[:min(len(id), 8)]
				one.Address = strings.ReplaceAll(v.c.cfg.trace, traceID, id)
			}
			row.Traces = append(row.Traces, one)
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 0 {
		t.Empty = &empty{"There is no such run.", v.wider()}
	}
	return t
}
