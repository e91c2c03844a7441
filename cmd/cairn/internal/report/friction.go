package report

import (
	"fmt"

	"cairncx.dev/cairn/cx/event"
)

// Friction is what made the runs of a journey harder for their customers. The kinds are never added up: each has its own remedy.
type Friction struct {
	// Runs counts the ended runs whose friction is known. The friction of a run that began before the log may be unknown.
	Runs int64 `json:"runs"`
	// Kinds has every kind, in the order of [event.Friction].
	Kinds []FrictionKind `json:"kinds"`
}

// FrictionKind has the numbers of one kind of friction.
type FrictionKind struct {
	Kind string `json:"kind"` // "repeat", "failure_before_success", "loop", "channel_switch" or "overdue"
	// Runs counts the runs that have it. Share is Runs divided by the runs whose friction is known, or 0 if there are none.
	Runs  int64   `json:"runs"`
	Share float64 `json:"share"`
	// Times counts how often it occurred, and Mean is Times divided by the runs whose friction is known, or 0 if there are none.
	Times int64   `json:"times"`
	Mean  float64 `json:"mean"`
}

// friction counts the friction of runs. The zero value is ready.
type friction struct {
	runs  int64
	kinds map[string]rough
}

type rough struct{ runs, times int64 }

// count counts the friction of a run that has ended. A nil f is not known.
func (c *friction) count(f *event.Friction) {
	if f == nil {
		return
	}
	c.runs++
	for kind, n := range f.Counts() {
		if n > 0 {
			c.more(kind, rough{1, int64(n)})
		}
	}
}

func (c *friction) more(kind string, more rough) {
	if c.kinds == nil {
		c.kinds = map[string]rough{}
	}
	is := c.kinds[kind]
	c.kinds[kind] = rough{is.runs + more.runs, is.times + more.times}
}

func (c *friction) add(o *friction) {
	c.runs += o.runs
	for kind, more := range o.kinds {
		c.more(kind, more)
	}
}

func (c *friction) report() Friction {
	f := Friction{Runs: c.runs, Kinds: []FrictionKind{}}
	for kind := range (*event.Friction)(nil).Counts() {
		is := c.kinds[kind]
		f.Kinds = append(f.Kinds, FrictionKind{Kind: kind, Runs: is.runs, Share: ratio(is.runs, c.runs), Times: is.times, Mean: ratio(is.times, c.runs)})
	}
	return f
}

// harder returns the table of friction. It leaves out the kinds that did not occur.
func (j *Journey) harder() *table {
	t := &table{columns: []column{
		{head: "Friction", least: len("channel switches")},
		{head: "runs", right: true},
		{head: "share", right: true},
		{head: "times", right: true},
		{head: "in each run", right: true, spare: 1},
	}}
	for _, k := range j.Friction.Kinds {
		if k.Runs > 0 {
			t.add(k.name(), grouped(k.Runs), percent(k.Share), grouped(k.Times), each(k.Mean))
		}
	}
	if ended := j.Ended.sum(); j.Friction.Runs < ended {
		t.notes = append(t.notes, fmt.Sprintf("Friction is known of %s of the %s.", grouped(j.Friction.Runs), plural(ended, "ended run", "ended runs")))
	}
	return t
}

// each formats the mean of counts. It never rounds to 0 a mean that is not.
func each(of float64) string {
	const least = 0.01
	if of < least {
		return "<0.01"
	}
	return fmt.Sprintf("%.2f", of)
}

// name returns the kind as the text names it.
func (k *FrictionKind) name() string {
	switch k.Kind {
	case "repeat":
		return "repeats"
	case "failure_before_success":
		return "failed, then ok"
	case "loop":
		return "loops"
	case "channel_switch":
		return "channel switches"
	default:
		return clean(k.Kind)
	}
}
