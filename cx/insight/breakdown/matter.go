package breakdown

import (
	"cmp"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight"
)

const (
	// together is by how many days the beginnings of one matter differ at most: the charts of shares with more noise show it later.
	together = 5
	// explains is which part of what a general chart has in excess a specific one has at least that explains it.
	explains = 0.5
)

// specific says how much a subject says about where something is: the more, the higher.
func specific(a insight.About) int {
	switch a {
	case insight.AboutTouchpoint:
		return 4
	case insight.AboutCause:
		return 3
	case insight.AboutStage:
		return 2
	case insight.AboutJourney:
		return 1
	default:
		return 0
	}
}

// matters puts what was found in one direction together, where it is one matter.
func (f *finder) matters(list []*side) (all []Found) {
	for _, s := range list {
		f.describe(s)
	}
	slices.SortFunc(list, func(x, y *side) int {
		return cmp.Or(
			cmp.Compare(specific(y.found.About), specific(x.found.About)), cmp.Compare(math.Abs(y.found.PerDay), math.Abs(x.found.PerDay)), x.found.Compare(y.found.Subject),
		)
	})
	taken := map[*side]bool{}
	for i, s := range list {
		if taken[s] {
			continue
		}
		for _, o := range list[i+1:] {
			if !taken[o] && f.explained(&o.found, &s.found) {
				taken[o] = true
				s.found.Also = append(s.found.Also, o.found.Subject)
			}
		}
		all = append(all, s.found)
	}
	return all
}

// explained reports whether the general one is the same matter as the specific one.
func (f *finder) explained(general, by *Found) bool {
	apart := f.daily.Number(general.Began) - f.daily.Number(by.Began)
	return general.Journey == by.Journey && general.Journey != "" && general.Drift == by.Drift && apart >= -together && apart <= together+f.silence(general.Journey) &&
		f.contains(general.Subject, by.Subject) && math.Abs(by.PerDay) >= explains*math.Abs(general.PerDay)
}

// silence returns after how many days runs of the journey are given up: so much later they end, and the charts of ends show what has failed.
func (f *finder) silence(journey string) int {
	if f.blueprint != nil {
		for i := range f.blueprint.Journeys {
			if j := &f.blueprint.Journeys[i]; j.Name == journey {
				return int(math.Ceil(time.Duration(j.AbandonAfter).Hours() / 24))
			}
		}
	}
	return 0
}

// contains reports whether what happens to the specific subject may happen to the general one by it. Both are of one journey.
func (f *finder) contains(general, by Subject) bool {
	if specific(general.About) == 0 || specific(general.About) >= specific(by.About) {
		return false
	}
	if general.About != insight.AboutStage || by.About != insight.AboutTouchpoint || f.blueprint == nil {
		return true
	}
	i := slices.IndexFunc(f.blueprint.Touchpoints, func(t blueprint.Touchpoint) bool { return t.Name == by.Name })
	if i < 0 {
		return true
	}
	t := &f.blueprint.Touchpoints[i]
	return t.Stage == "" || t.Journey != general.Journey || t.Stage == general.Name
}
