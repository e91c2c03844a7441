package report

import "cairncx.dev/cairn/cx/insight"

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
	if now.Hidden || now.Ends.Hidden || !now.Ends.OK() {
		return nil
	}
	r := &Reopened{Now: now.Ends}
	if !m.r.Before.IsZero() {
		then := m.view.At(m.r.Before.Until.Add(m.r.At.Sub(m.r.Now.Until)))
		before, err := then.Reopened(m.ctx, m.which(m.r.Before, insight.Ended, ""))
		if err != nil {
			return err
		}
		r.Before = before.Ends
		r.Change = m.change(r.Now.Share, r.Before.Share)
	}
	m.r.Reopened = r
	return nil
}
