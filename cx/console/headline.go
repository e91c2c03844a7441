package console

import (
	"context"
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// matter is something that a reader should know first, in a sentence.
type matter struct{ Say, Tone, Link, LinkName string }

// headline is what is the matter: the worst thing, and up to three others.
type headline struct {
	First matter
	Also  []matter
}

// mostAlso is how many other things stand below the first one.
const mostAlso = 3

// headline says the worst thing first: old data, because nothing else can then be believed; budgets that are used up; breakdowns that are overdue, or that are not confirmed yet; what got worse by more than chance; what is late;
// targets that are missed. It asks what the sections below ask, so that it costs nothing more.
func (v *visit) headline(ctx context.Context) (headline, error) {
	var all []matter
	for _, find := range []func(context.Context) ([]matter, error){v.oldData, v.usedUp, v.brokeDown, v.worseNow, v.lateNow, v.missed} {
		found, err := find(ctx)
		if err != nil {
			return headline{}, err
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		first, err := v.nothing(ctx)
		return headline{First: first}, err
	}
	return headline{First: all[0], Also: all[1:min(len(all), 1+mostAlso)]}, nil
}

// nothing says that nothing is the matter, as far as that is known: it claims nothing of periods that were not compared, and of journeys without numbers.
func (v *visit) nothing(ctx context.Context) (matter, error) {
	s, err := v.view.State()
	if err != nil {
		return matter{}, err
	}
	if s.Runs == 0 {
		return matter{Say: "There is no run yet."}, nil
	}
	where := ""
	live, err := v.live(ctx)
	if err != nil {
		return matter{}, err
	}
	if slices.ContainsFunc(live.List, func(l insight.LiveRuns) bool { return l.Hidden && !v.noExperience(l.Journey) }) {
		where = " in the journeys that have numbers"
	}
	if !v.filter.Alone {
		all, err := v.compareAll(ctx)
		if err != nil {
			return matter{}, err
		}
		if slices.ContainsFunc(all, func(c compared) bool { return c.Tested }) {
			return matter{Say: "Nothing got worse by more than chance, and no open run is late" + where + ".", Tone: "good"}, nil
		}
	}
	return matter{Say: "No open run is late" + where + ". There is no period to compare with."}, nil
}

// oldData says that the table could not be read for some time.
func (v *visit) oldData(context.Context) ([]matter, error) {
	l := v.c.table.Loads()
	if l.Failures == 0 || l.Failed.Sub(l.Read) < lateLoad {
		return nil, nil
	}
	return []matter{{"The events could not be read since " + v.clock(l.Read) + ": what follows is of then.", "bad", "#whole", "What is missing"}}, nil
}

// usedUp says which objectives have no budget left.
func (v *visit) usedUp(ctx context.Context) (list []matter, err error) {
	if !v.c.hasObjectives() {
		return nil, nil
	}
	all, err := v.statuses(ctx)
	if err != nil {
		return nil, nil //nolint:nilerr // the section Objectives says so
	}
	for i := range all {
		s := &all[i]
		if s.Enough && s.Budget.Share <= 0 {
			list = append(list, matter{fmt.Sprintf("The budget of “%s” is used up: %s were good, and the target is %s.", s.Name, number.Share(s.Ratio), number.Share(s.Objective.Target)), "bad", "#objectives", "Objectives"})
		}
	}
	return list, nil
}

// worseNow says what got worse by more than chance, the largest loss first.
func (v *visit) worseNow(ctx context.Context) (list []matter, err error) {
	if v.filter.Alone {
		return nil, nil
	}
	all, err := v.compareAll(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		c := &all[i]
		if c.Differs && c.Periods.Difference.Value < 0 {
			what := "“" + c.Journey + "” was completed"
			if c.Promise != "" {
				what = "“" + c.Promise + "” of “" + c.Journey + "” was kept"
			}
			list = append(list, matter{fmt.Sprintf("%s in %s, and in %s in the %s before.", what, writeShare(c.Periods.Share), writeShare(c.Periods.ShareBefore), v.periodWords()), "bad", c.why, "What goes with it"})
		}
	}
	return list, nil
}

// lateNow says how many open runs are late, by journey.
func (v *visit) lateNow(ctx context.Context) (list []matter, err error) {
	all, err := v.live(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all.List {
		l := &all.List[i]
		if l.Late == 0 || v.isBreakdown(l.Journey) { // what is overdue of a breakdown is said before
			continue
		}
		m := matter{Say: l.Sentence(), Tone: "bad"}
		if v.may(insight.Customers) {
			f := v.filter
			f.Journey = l.Journey
			m.Link, m.LinkName = v.linkOf(f, "runs", "due", "late"), "These runs"
		}
		list = append(list, m)
	}
	return list, nil
}

// missed says which promises are kept less often than their target.
func (v *visit) missed(ctx context.Context) (list []matter, err error) {
	now, err := v.promisesNow(ctx)
	if err != nil {
		return nil, err
	}
	for i := range now.List {
		p := &now.List[i]
		if !p.Hidden && p.Matured.OK() && p.Target > 0 && p.Matured.Value < p.Target {
			list = append(list, matter{fmt.Sprintf("“%s” of %s was kept in %s, and the target is %s.", p.Name, p.Journey, writeShare(p.Matured), number.Share(p.Target)), "bad", v.link("journeys/" + segments(p.Journey)), "The journey"})
		}
	}
	return list, nil
}
