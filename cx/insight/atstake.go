package insight

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// AtStake says how many customers had a bad run, and what these runs were worth.
type AtStake struct {
	Basis

	Bad Bad `json:"bad"`
	// Share is that of bad runs in those that are old enough.
	Share score.Share `json:"share"`
	// Customers is how many customers had a bad run, of whom each one that is not known counts as one for each run. It is 0 if they are fewer than five.
	Customers int64 `json:"customers"`
	// Value is what was at stake in the bad runs, a sum for each currency, in the order of currencies: the last value of each run. A currency of fewer than five
	// customers is left out. A sum beyond the range of an int64 is the largest one that there is.
	Value []event.Money `json:"value"`
	// AtAge, TooYoung and Warning are as in [GoesWith].
	AtAge    time.Duration `json:"at_age_ns,omitempty"`
	TooYoung int64         `json:"too_young,omitempty"`
	Warning  string        `json:"warning,omitempty"`
}

// AtStake answers how many customers had a bad run, and what these runs were worth. A run is bad as [View.GoesWith] counts it. It needs the right [Numbers].
func (v *View) AtStake(ctx context.Context, w Which, bad Bad) (AtStake, error) {
	answer := AtStake{Bad: bad, Value: []event.Money{}}
	var faulty error
	err := v.ask(ctx, "AtStake", &w, func(p *pick, chunks []*cases.Chunk) {
		var j judge
		if j, faulty = v.judge(bad); faulty != nil {
			return
		}
		answer.Basis = p.basis(&w, chunks)
		now := p.selected(chunks)
		if answer.Hidden = now.few(); answer.Hidden {
			return
		}
		d := judgeAll(now, j)
		age := ageOfAll(j, []*judged{d})
		young := d.settle(age)
		if answer.Hidden = smallgroup.Small(d.people.Size()); answer.Hidden {
			return
		}
		answer.Runs, answer.TooYoung = int64(len(now.rows)), young
		answer.AtAge, answer.Warning = time.Duration(age)*time.Microsecond, warning(age, young, j.since())
		answer.fill(d, v.table.confidence)
	})
	if err == nil {
		err = faulty
	}
	return answer, err
}

func (a *AtStake) fill(d *judged, confidence float64) {
	people, bad := map[uint64]struct{}{}, int64(0)
	unknown := int64(0)
	sums, of := map[string]int64{}, map[string]*smallgroup.Crowd{}
	for n := range d.rows {
		if !d.bad[n] {
			continue
		}
		bad++
		c, row := d.place(n)
		who := customer(c, row)
		if who == 0 {
			unknown++
		} else {
			people[who] = struct{}{}
		}
		if c.Currency == nil || c.Currency[row] == 0 {
			continue
		}
		currency := d.t.Currencies.Text(uint32(c.Currency[row]))
		if of[currency] == nil {
			of[currency] = &smallgroup.Crowd{}
		}
		of[currency].Add(who)
		sums[currency] = plus(sums[currency], c.Amount[row])
	}
	a.Share = score.ShareOf(bad, int64(len(d.rows)), confidence)
	if a.Customers = int64(len(people)) + unknown; smallgroup.Small(a.Customers) {
		a.Customers = 0
	}
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		if !of[currency].Few() {
			a.Value = append(a.Value, event.Money{Amount: sums[currency], Currency: currency})
		}
	}
}

// plus adds two amounts, and stays at the end of the range.
func plus(a, b int64) int64 {
	switch sum := a + b; {
	case b > 0 && sum < a:
		return math.MaxInt64
	case b < 0 && sum > a:
		return math.MinInt64
	default:
		return sum
	}
}
