package score

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"cairncx.dev/cairn/internal/smallgroup"
)

// Quarter says how often customers were asked in a quarter of the year, by all surveys together.
type Quarter struct {
	Year    int `json:"year"`
	Quarter int `json:"quarter"` // 1 to 4, UTC
	// Asks is the number of requests, Customers that of the customers to whom they went. Unknown requests name no customer, and are in Asks
	// alone.
	Asks      int64 `json:"asks"`
	Unknown   int64 `json:"unknown"`
	Customers int64 `json:"customers"`
	// Hidden means that there are too few customers to be shown. The numbers below are then 0.
	Hidden bool `json:"hidden"`
	// Mean is the number of requests that name a customer, over Customers. Most is that of the customer who was asked most often.
	Mean float64 `json:"mean"`
	Most int64   `json:"most"`
	// Often is the share of the customers who were asked more than once.
	Often Share `json:"more_than_once,omitzero"`
}

// String returns the quarter, such as "2026 Q1".
func (q Quarter) String() string { return fmt.Sprintf("%d Q%d", q.Year, q.Quarter) }

// Burden returns how often customers were asked, by quarter, in the order of time. The first and the last one may be incomplete, if the period
// of [Between] does not have all of them.
func (t *Tally) Burden() []Quarter {
	type when struct{ year, quarter int }
	quarters := map[when]*smallgroup.People{}
	for _, r := range t.requests {
		if r.group == nil || !t.within(r.at) {
			continue
		}
		at := r.at.UTC()
		const months = 3
		w := when{at.Year(), (int(at.Month())-1)/months + 1}
		if quarters[w] == nil {
			quarters[w] = &smallgroup.People{}
		}
		quarters[w].Add(r.who)
	}
	list := make([]Quarter, 0, len(quarters))
	for w, p := range quarters {
		q := Quarter{Year: w.year, Quarter: w.quarter, Unknown: p.Unknown, Customers: int64(len(p.Known))}
		var named, often int64
		for _, n := range p.Known {
			named += n
			if n > 1 {
				often++
			}
		}
		q.Asks = named + p.Unknown
		if q.Hidden = smallgroup.Small(q.Customers); !q.Hidden && q.Customers > 0 {
			q.Mean, q.Most, q.Often = float64(named)/float64(q.Customers), slices.Max(slices.Collect(maps.Values(p.Known))), ShareOf(often, q.Customers, t.confidence)
		}
		list = append(list, q)
	}
	slices.SortFunc(list, func(a, b Quarter) int { return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Quarter, b.Quarter)) })
	return list
}
