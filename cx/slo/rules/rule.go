package rules

import "time"

// file is a file of rule groups.
type file struct {
	comments []string // lines before the groups
	groups   []group
}

// group is a group of rules that Prometheus evaluates in their order, at one time.
type group struct {
	name     string
	interval time.Duration
	limit    int // of the series that each rule records; 0 is none
	rules    []rule
}

// rule is a recording rule or an alert.
type rule struct {
	record, alert       string // one of them
	expr                string
	hold                time.Duration // for: how long an alert's condition has to hold
	labels, annotations []pair
}

// pair is a key and its text. Lists of them keep their order in files.
type pair struct{ key, value string }

// name is the name of the recorded series or of the alert.
func (r *rule) name() string { return r.record + r.alert }

// with returns the pairs that have a value.
func with(list ...pair) (out []pair) {
	for _, p := range list {
		if p.value != "" {
			out = append(out, p)
		}
	}
	return out
}
