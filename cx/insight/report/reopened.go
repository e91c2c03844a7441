package report

import (
	"cmp"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
)

// reopened asks which runs that ended in the period were not over. Those of the period before are counted at the same age, as that period's own report counted
// them: they have had a period more in which to be taken up again.
func (m *maker) reopened() error {
	if m.r.Now.IsZero() {
		return nil
	}
	now, err := m.view.Reopened(m.ctx, m.which(m.r.Now, insight.Ended, ""))
	if err != nil {
		return err
	}
	before := map[string]insight.Reopening{}
	if !m.r.Before.IsZero() {
		then := m.view.At(m.r.Before.Until.Add(m.r.At.Sub(m.r.Now.Until)))
		a, err := then.Reopened(m.ctx, m.which(m.r.Before, insight.Ended, ""))
		if err != nil {
			return err
		}
		for i := range a.Ends {
			before[a.Ends[i].Journey] = a.Ends[i]
		}
	}
	for i := range now.Ends {
		r := Reopened{Journey: now.Ends[i].Journey, Now: now.Ends[i], Before: before[now.Ends[i].Journey]}
		if r.Now.Hidden || !r.Now.OK() {
			continue
		}
		if !m.r.Before.IsZero() {
			r.Change = m.change(r.Now.Share, r.Before.Share)
		}
		m.r.Reopened = append(m.r.Reopened, r)
	}
	slices.SortStableFunc(m.r.Reopened, func(a, b Reopened) int {
		return cmp.Or(cmp.Compare(b.Now.Count, a.Now.Count), strings.Compare(a.Journey, b.Journey))
	})
	return nil
}
