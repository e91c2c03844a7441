package breakdown

import (
	"cmp"
	"math"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// maxAsked is of how many breakdowns [Costs] asks what they have cost.
const maxAsked = 20

// Spent is what a breakdown has cost since it began.
type Spent struct {
	// Events are the bad ones in excess, and PerDay those of a day that counts. They are negative where there were fewer than usual.
	Events float64
	PerDay float64
	// Customers are those who met it more than usual. 0 is not known: they are never the events. Value is what was at stake.
	Customers float64
	Value     []event.Money
}

// Compare orders the dearest first: by customers, then those whose customers are not known, by events. One that has cost nothing comes last.
func (s *Spent) Compare(o *Spent) int {
	return cmp.Or(cmp.Compare(math.Abs(o.Customers), math.Abs(s.Customers)), cmp.Compare(math.Abs(o.Events), math.Abs(s.Events)))
}

// SpentOf returns what the last step of a breakdown says that it had cost, brought forward to what was found on the days that it lasted ([Lasted]): for as many customers, and
// as much value, by each event in excess as then.
func SpentOf(b *insight.Breakdown, f *Found) Spent {
	d := &b.Details
	s := Spent{Events: f.Excess, PerDay: f.PerDay, Customers: float64(d.Customers)}
	by := 1.0
	if f.Days > 0 && d.Excess != 0 {
		by = max(0, f.Excess/d.Excess)
	}
	s.Customers *= by
	if d.Value == nil {
		return s
	}
	if worth := math.Round(by * float64(d.Value.Amount)); math.Abs(worth) < math.MaxInt64 {
		s.Value = []event.Money{{Amount: int64(worth), Currency: d.Value.Currency}}
	}
	return s
}

// Costs returns what breakdowns of the archive have cost, in their order; found is what the charts say of each ([Lasted]). It asks for the 20 that have the most events in
// excess, of those that are open, became worse and have a chart; ask is [Cost]. The others are [SpentOf].
func Costs(list []insight.Breakdown, found []Found, ask func(*Found) (customers float64, value []event.Money, err error)) ([]Spent, error) {
	all := make([]Spent, len(list))
	var asked []int
	for i := range list {
		all[i] = SpentOf(&list[i], &found[i])
		if list[i].Open() && !found[i].Better && found[i].Days > 0 {
			asked = append(asked, i)
		}
	}
	slices.SortStableFunc(asked, func(x, y int) int { return cmp.Compare(found[y].Excess, found[x].Excess) })
	for _, i := range asked[:min(len(asked), maxAsked)] {
		var err error
		if all[i].Customers, all[i].Value, err = ask(&found[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
