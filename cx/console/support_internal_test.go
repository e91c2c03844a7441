package console

import (
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// TestTimesThatAreNotShown: a time of 0 is that of none, or of too few customers: it is no number, and not said to be of none where there are some.
func TestTimesThatAreNotShown(t *testing.T) {
	t.Parallel()
	q := insight.QueueNumbers{Numbers: assist.Numbers{Answered: 3, Handled: 2}}
	for i, cell := range queueCells(&q) {
		if i == 2 || i == 3 || i == 5 {
			if cell.Text != number.None {
				t.Errorf("the time %q is %q", queueHead[i], cell.Text)
			}
		}
	}
	v := &visit{}
	for _, tile := range v.supportTiles(&insight.Support{All: q, Contacts: assist.Contacts{All: 9, Answered: 3}}).Tiles {
		switch tile.Name {
		case "Speed of answer", "Longest wait", "Handle time":
			if tile.Value != number.None || strings.HasPrefix(tile.Note, "None") {
				t.Errorf("%s is %q: %s", tile.Name, tile.Value, tile.Note)
			}
		}
	}
}

// TestAttributes: the columns that the application has added are those after the package's own, whichever of these is the last one.
func TestAttributes(t *testing.T) {
	t.Parallel()
	for _, want := range [][]string{{}, {"carrier", "plan"}} {
		table, err := insight.New(nil, insight.WithAttributes(want...))
		if err != nil {
			t.Fatal(err)
		}
		v := &visit{c: &Console{table: table}}
		var got []string
		for _, c := range v.attributes() {
			got = append(got, string(c))
		}
		if !slices.Equal(got, want) {
			t.Errorf("the attributes are %q, want %q", got, want)
		}
	}
}
