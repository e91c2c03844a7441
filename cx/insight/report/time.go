package report

import (
	"fmt"
	"math"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/paths"
)

// time asks where the time of the runs went that ended in the period: by stage, or by touchpoint where the journey has no stages.
func (m *maker) time() error {
	if m.r.Now.IsZero() {
		return nil
	}
	for i := range m.r.Journeys {
		j := &m.r.Journeys[i]
		if j.Ended.Runs == 0 {
			continue
		}
		spent, err := m.view.Time(m.which(m.r.Now, insight.Ended, j.Name))
		if err != nil {
			return err
		}
		j.Waited = spent.Queues
		for _, t := range []*paths.Time{spent.Stages, spent.Touchpoints} {
			if t != nil && !t.Few && len(t.Stages) > 0 && j.Time == nil {
				j.Time = t
			}
		}
	}
	return nil
}

// timeClauses say where most time goes.
func timeClauses(j *Journey) []string {
	if len(j.Time.Stages) == 0 {
		return nil
	}
	most := &j.Time.Stages[0]
	list := []string{fmt.Sprintf("Most time of %s goes into %s: %s of %s", quote(j.Name), quote(most.Name), number.Share(most.Time.Share.Value), number.Seconds(j.Time.Whole.Seconds))}
	if j.Time.Waits.Seconds > 0 {
		list = append(list, fmt.Sprintf("customers wait in %s of the time", number.Share(j.Time.Waits.Share.Value)))
	}
	if j.Time.Again.Seconds > 0 {
		list = append(list, "steps done again take "+number.Share(j.Time.Again.Share.Value))
	}
	if j.Waited.Each.N > 0 {
		list = append(list, fmt.Sprintf("%s of the runs waited for a person, half of those for %s or longer", number.Share(j.Waited.Runs.Value), number.Duration(j.Waited.Each.Median)))
	}
	return list
}

// timeTitle says where most time goes, as the title of a picture.
func timeTitle(j *Journey) string {
	most := &j.Time.Stages[0]
	return fmt.Sprintf("%s of the time of %s goes into %s", number.Share(most.Time.Share.Value), quote(j.Name), quote(most.Name))
}

const hour = time.Hour

// secondsOf returns a number of seconds as a duration, at most the longest one.
func secondsOf(s float64) time.Duration {
	if s >= float64(math.MaxInt64)/float64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(s * float64(time.Second))
}
