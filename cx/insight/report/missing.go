package report

// missing says what the report has nothing about.
func (m *maker) missing() {
	r := m.r
	add := func(s Section, text string) { r.Missing = append(r.Missing, Line{Section: s, Text: text}) }
	if len(r.Promises) == 0 {
		add(SectionPromises, "No promise was made in the period that the table has. To see whether customers get what they are promised in time, give a journey of the blueprint promises, "+
			"such as promises: [{name: solved, within: 2bd, hours: office, target: 90%}], and load the events again.")
	}
	for i := range r.Promises {
		if p := &r.Promises[i]; p.Target == 0 {
			add(SectionPromises, quote(p.Name)+" has no target. Write one beside it in the blueprint, such as target: 90%, so that the report says whether it is met.")
			break
		}
	}
}
