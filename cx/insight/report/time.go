package report

import (
	"fmt"
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
		spent, err := m.view.Time(m.ctx, m.which(m.r.Now, insight.Ended, j.Name))
		if err != nil {
			return err
		}
		j.Waited = spent.Queues
		for _, t := range []*paths.Time{spent.Stages, spent.Touchpoints} {
			if t != nil && !t.Few && len(t.Stages) > 0 && j.Time == nil {
				j.Time, j.AfterTouchpoints = t, t == spent.Touchpoints
			}
		}
	}
	return nil
}

// goesInto says where time goes: into a stage, or until what comes after a touchpoint.
func (j *Journey) goesInto(name string) string {
	if j.AfterTouchpoints {
		return "passes after " + quote(name)
	}
	return "goes into " + quote(name)
}

// rest is the time in seconds that is in nothing which is shown: before the first stage, and in those that are hidden because of few customers.
func (j *Journey) rest() float64 {
	rest := j.Time.Whole.Seconds
	for i := range j.Time.Stages {
		rest -= j.Time.Stages[i].Time.Seconds
	}
	return rest
}

// restSaid says how much time is in nothing which is shown, and "" if something that is shown has more.
func (j *Journey) restSaid() string {
	rest := j.rest()
	if rest <= j.Time.Stages[0].Time.Seconds {
		return ""
	}
	what := "of the stages"
	if j.AfterTouchpoints {
		what = "of the touchpoints"
	}
	return fmt.Sprintf("%s of the time of %s is in none %s that can be shown", number.Share(rest/j.Time.Whole.Seconds), quote(j.Name), what)
}

// timeClauses say where most time goes.
func timeClauses(j *Journey) []string {
	if len(j.Time.Stages) == 0 {
		return nil
	}
	most := &j.Time.Stages[0]
	took := number.Share(most.Time.Share.Value) + " of " + number.Seconds(j.Time.Whole.Seconds)
	list := []string{fmt.Sprintf("Most time of %s %s: %s", quote(j.Name), j.goesInto(most.Name), took)}
	if rest := j.restSaid(); rest != "" {
		list = []string{rest, fmt.Sprintf("%s %s", took, j.goesInto(most.Name))}
	}
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
	if rest := j.restSaid(); rest != "" {
		return rest
	}
	most := &j.Time.Stages[0]
	return fmt.Sprintf("%s of the time of %s %s", number.Share(most.Time.Share.Value), quote(j.Name), j.goesInto(most.Name))
}

const hour = time.Hour
