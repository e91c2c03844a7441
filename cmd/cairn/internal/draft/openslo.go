package draft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/openslo"
)

// OpenSLO returns a draft with the objectives that were read from OpenSLO, with the notes at its head. The warnings are notes, too, each once
// with the objects that it is about. left has what could not be read, and is listed at the end. Unlike other drafts it is no valid
// blueprint before a person has completed what an SLO does not say: what the objectives are about, and what that is.
func OpenSLO(objectives []blueprint.Objective, warnings []openslo.Warning, left []string, notes []Note) []byte {
	f := &file{}
	f.notes(notes)
	for _, n := range together(warnings) {
		f.notes([]Note{n})
	}
	f.line("version: %d", blueprint.Version)
	f.subjects(objectives)
	f.line("objectives:")
	for i := range objectives {
		f.objective(&objectives[i])
	}
	if len(left) > 0 {
		f.line("# Left out:")
		for _, text := range left {
			f.line("#   %s", shown(text))
		}
	}
	return f.Bytes()
}

// together joins the objects of equal warnings.
func together(warnings []openslo.Warning) (list []Note) {
	const named = 5
	objects := map[string][]string{}
	var messages []string
	for _, w := range warnings {
		if objects[w.Message] == nil {
			messages = append(messages, w.Message)
		}
		objects[w.Message] = append(objects[w.Message], cut(w.Object))
	}
	for _, m := range messages {
		names := objects[m]
		if more := len(names) - named; more > 0 {
			names = append(names[:named:named], fmt.Sprintf("and %d more", more))
		}
		list = append(list, Note(strings.Join(names, ", ")+": "+m))
	}
	return list
}

// subjects writes what the objectives are about.
func (f *file) subjects(objectives []blueprint.Objective) {
	type kind struct {
		key, comment string
		name         func(*blueprint.Objective) string
	}
	kinds := []kind{
		{
			"journeys", "The objectives are about these. Complete them, or copy the objectives into the blueprint that has them.\n" +
				"A journey needs abandon_after, the silence after which it counts as abandoned, and each promise that an objective names.",
			func(o *blueprint.Objective) string { return o.Journey },
		},
		{"touchpoints", "A touchpoint needs satisfied, its Apdex target, if an objective asks for a zone.", func(o *blueprint.Objective) string { return o.Touchpoint }},
		{"surveys", "A survey needs its scale, such as scale: csat.", func(o *blueprint.Objective) string { return o.Survey }},
	}
	for _, k := range kinds {
		var names []string
		for i := range objectives {
			if name := k.name(&objectives[i]); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			continue
		}
		f.notes([]Note{Note(k.comment)})
		f.line("%s:", k.key)
		for _, name := range names {
			f.line("  - {name: %s}", quote(name))
		}
	}
}

// objective writes an objective, with its keys in the order of the type.
func (f *file) objective(o *blueprint.Objective) {
	f.line("  - name: %s", quote(o.Name))
	text := func(key, value string) {
		if value != "" {
			f.line("    %s: %s", key, quote(value))
		}
	}
	text("description", o.Description)
	text("owner", o.Owner)
	text("runbook", o.Runbook)
	if o.Journey+o.Touchpoint+o.Survey == "" {
		f.line("    # Name what it is about, one of: journey: NAME, or with it promise: NAME; touchpoint: NAME; survey: NAME")
	}
	text("journey", o.Journey)
	text("promise", o.Promise)
	text("touchpoint", o.Touchpoint)
	text("survey", o.Survey)
	f.flow("good", pairs{}.list("outcome", o.Good.Outcome).duration("within", o.Good.Within).list("apdex", o.Good.Apdex).
		number("score_at_least", o.Good.ScoreAtLeast).number("score_at_most", o.Good.ScoreAtMost).list("verdict", o.Good.Verdict))
	e := &o.Except
	f.flow("except", pairs{}.list("actor", e.Actor).list("channel", e.Channel).list("segment", e.Segment).list("outcome", e.Outcome).list("cause", e.Cause))
	f.line("    target: %s", o.Target)
	if o.Window != (slo.Window{}) {
		f.line("    window: %s", o.Window)
	}
	if o.MinEvents > 0 {
		f.line("    min_events: %d", o.MinEvents)
	}
	if len(o.By) > 0 {
		f.line("    by: %s", listed(o.By))
	}
}

// pairs are keys with their values, as YAML on one line has them.
type pairs []string

func (p pairs) list(key string, values []string) pairs {
	if len(values) == 0 {
		return p
	}
	return append(p, key+": "+listed(values))
}

func (p pairs) duration(key string, d blueprint.Duration) pairs {
	if d == 0 {
		return p
	}
	return append(p, key+": "+d.String())
}

func (p pairs) number(key string, n *int) pairs {
	if n == nil {
		return p
	}
	return append(p, key+": "+strconv.Itoa(*n))
}

func (f *file) flow(key string, p pairs) {
	if len(p) > 0 {
		f.line("    %s: {%s}", key, strings.Join(p, ", "))
	}
}

func listed(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
