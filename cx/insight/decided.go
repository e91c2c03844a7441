package insight

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Decided is what employees decided for customers, of one kind. A hidden one has a name alone: it is for fewer than five customers. The others are shown beside it,
// because no answer has a total of all kinds, from which it would follow.
type Decided struct {
	// What was decided, such as "refund"; "" was not said.
	What   string `json:"what"`
	Hidden bool   `json:"hidden,omitempty"`
	N      int64  `json:"n"`
	// Alone is the share that needed no approval.
	Alone score.Share `json:"without_approval,omitzero"`
	// Refused is the share of the approvals that were refused, and Waited how long customers waited for approvals in all.
	Refused score.Share   `json:"refused,omitzero"`
	Waited  time.Duration `json:"waited_ns,omitempty"`
	// Resolved is the share of the contacts with such a decision that ended as resolved, in those with a claim: of decisions without an
	// approval, and with one. A contact counts once for each decision. These four are zero if the decisions with an approval, or those
	// without one, are about fewer than five customers.
	Resolved         score.Share `json:"resolved_without_approval,omitzero"`
	ResolvedApproved score.Share `json:"resolved_with_approval,omitzero"`
	// Given is what customers were given, by currency, without currencies of fewer than five customers.
	Given []event.Money `json:"given,omitempty"`
}

// decisions collects those of one kind. Lists are of decisions without an approval, and with one.
type decisions struct {
	n, refused, claimed, resolved [2]int64
	waited                        time.Duration
	given                         map[string]*gift
	people                        smallgroup.People
	parts                         [2]smallgroup.People
	claimers                      [2]smallgroup.Crowd // who had a contact with a claim
}

// gift is what customers were given in one currency.
type gift struct {
	amount int64
	people smallgroup.Crowd
}

// maxDecisions is how many kinds of decisions are told apart. Further ones count under [event.Other].
const maxDecisions = 1000

func (s *supporting) decide(d *event.Decision, claimed event.YesNo, who uint64) {
	what := d.What
	if s.decisions[what] == nil && len(s.decisions) >= maxDecisions {
		what = event.Other
	}
	n := s.decisions[what]
	if n == nil {
		n = &decisions{given: map[string]*gift{}}
		s.decisions[strings.Clone(what)] = n
	}
	part := 0
	if d.Approval || d.Approver != "" || d.Waited > 0 || d.Refused {
		part = 1
	}
	n.n[part]++
	meet(&n.people, who)
	meet(&n.parts[part], who)
	if d.Refused {
		n.refused[part]++
	}
	if w := max(0, time.Duration(d.Waited)); n.waited > math.MaxInt64-w {
		n.waited = math.MaxInt64
	} else {
		n.waited += w
	}
	if claimed != event.NotSaid {
		n.claimed[part]++
		n.claimers[part].Add(who)
		if claimed == event.Yes {
			n.resolved[part]++
		}
	}
	if m := d.Amount; m != nil && !d.Refused {
		g := n.given[m.Currency]
		if g == nil {
			g = &gift{}
			n.given[m.Currency] = g
		}
		g.amount = add(g.amount, m.Amount)
		g.people.Add(who)
	}
}

// add adds amounts, up to the largest one.
func add(a, b int64) int64 {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	default:
		return a + b
	}
}

// decided returns the decisions, the most frequent first.
func (s *supporting) decided(confidence float64) []Decided {
	list := []Decided{}
	for what, n := range s.decisions {
		if smallgroup.Small(n.people.Size()) {
			list = append(list, Decided{What: what, Hidden: true})
			continue
		}
		d := Decided{
			What: what, N: n.n[0] + n.n[1], Alone: score.ShareOf(n.n[0], n.n[0]+n.n[1], confidence),
		}
		if !smallgroup.Small(n.parts[0].Size()) && !smallgroup.Small(n.parts[1].Size()) {
			d.Refused, d.Waited = score.ShareOf(n.refused[1], n.n[1], confidence), n.waited
			d.Resolved = shareOf(&n.claimers[0], n.resolved[0], n.claimed[0], confidence)
			d.ResolvedApproved = shareOf(&n.claimers[1], n.resolved[1], n.claimed[1], confidence)
		}
		for _, currency := range slices.Sorted(maps.Keys(n.given)) {
			if g := n.given[currency]; !g.people.Few() {
				d.Given = append(d.Given, event.Money{Amount: g.amount, Currency: currency})
			}
		}
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b Decided) int { return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.What, b.What)) })
	return list
}
