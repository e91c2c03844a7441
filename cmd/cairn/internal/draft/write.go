package draft

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
)

// mostNames bounds the names of each kind in a blueprint.
const mostNames = blueprint.MaxNames

// Note is a line about the log and how it was read, for the head of the draft.
type Note string

// file is a draft while it is written.
type file struct {
	bytes.Buffer
	count *Count
	drop  map[string]bool // what the blueprint refuses, by kind and name
	left  []string        // names that were left out, with why
	lost  int             // how many
}

// Write returns the draft, which [yaml.Parse] takes, with the notes at its head. A name that cannot be in a blueprint is
// left out, and said.
func (c *Count) Write(notes []Note) ([]byte, error) {
	drop := map[string]bool{}
	const attempts = 20
	for range attempts {
		f := &file{count: c, drop: drop}
		f.notes(notes)
		if err := f.body(); err != nil {
			return nil, err
		}
		_, err := yaml.Parse("draft", f.Bytes())
		if err == nil {
			return f.Bytes(), nil
		}
		if f.refused(err) == 0 {
			return nil, fmt.Errorf("the draft is no valid blueprint: this is a fault of cairn init: %w", err)
		}
	}
	return nil, errors.New("the draft is no valid blueprint: too many of the log's names are refused: write it by hand, see cairn schema")
}

// refused drops the names that the error speaks of, and returns how many.
func (f *file) refused(err error) (dropped int) {
	var faults *yaml.Error
	if !errors.As(err, &faults) {
		return 0
	}
	lines := strings.Split(f.String(), "\n")
	for _, p := range faults.Problems {
		kind, _, _ := strings.Cut(p.Path, "[")
		for n := p.Line; n > 0 && n <= len(lines); n-- { // the line that begins the thing
			name, ok := strings.CutPrefix(strings.TrimSpace(lines[n-1]), "- {name: ")
			if kind == "channels" {
				name, ok = strings.TrimSpace(lines[n-1]), true
			}
			if ok {
				key := kind + " " + name
				if !f.drop[key] {
					f.drop[key] = true
					dropped++
				}
				break
			}
		}
	}
	return dropped
}

func (f *file) notes(notes []Note) {
	for _, n := range notes {
		for line := range strings.SplitSeq(string(n), "\n") {
			f.line("%s", strings.TrimRight("# "+shown(line), " "))
		}
	}
}

func (f *file) line(format string, args ...any) { _, _ = fmt.Fprintf(f, format+"\n", args...) }

// keep reports whether a thing of that kind can be in the blueprint. One that cannot is noted.
func (f *file) keep(kind, name, entry string) bool {
	var why string
	switch {
	case !event.ValidName(name):
		why = "it is no name: 1 to 64 bytes of printable UTF-8 that do not begin with _"
	case f.drop[kind+" "+entry]:
		why = "the blueprint has it already, or refuses it"
	default:
		return true
	}
	f.leave(fmt.Sprintf("%s: %s", strconv.Quote(cut(name)), why))
	return false
}

func (f *file) leave(text string) {
	const told = 20
	if f.lost++; f.lost <= told {
		f.left = append(f.left, text)
	}
}

// body writes the blueprint.
func (f *file) body() error {
	f.line("version: %d", blueprint.Version)
	journeys := f.journeys()
	if err := f.touchpoints(journeys); err != nil {
		return err
	}
	f.surveys()
	f.channels()
	if f.lost > 0 {
		f.line("# Left out:")
		for _, text := range f.left {
			f.line("#   %s", text)
		}
		if more := f.lost - len(f.left); more > 0 {
			f.line("#   and %d others", more)
		}
	}
	return nil
}

// journeys writes the journeys, and returns those that were kept.
func (f *file) journeys() map[*journeyCount]bool {
	kept := map[*journeyCount]bool{}
	list := slices.SortedFunc(maps.Values(f.count.journeys), func(a, b *journeyCount) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.name, b.name))
	})
	for _, j := range list {
		if j.name == event.Other { // they were too many to be told apart
			f.lost++
			continue
		}
		entry := quote(j.name) + "}"
		if !f.keep("journeys", j.name, entry) {
			continue
		}
		if len(kept) == mostNames {
			f.leave(fmt.Sprintf("%s: a blueprint has at most %d journeys", strconv.Quote(cut(j.name)), mostNames))
			continue
		}
		if len(kept) == 0 {
			f.line("journeys:")
		}
		kept[j] = true
		f.line("  # %s of %s. Name the stages, and how long each may take:", counted(j.rows, "row"), counted(int64(len(j.cases)), "case"))
		f.line("  #   stages: [{name: begin, expect: 2d}, {name: end}]")
		f.line("  # and after how long a silence a case is abandoned: abandon_after: 30d")
		stages := f.stages(j)
		if len(stages) == 0 {
			f.line("  # A touchpoint says the stage that it belongs to: stage: begin. Without it no case enters a stage")
			f.line("  - {name: %s", entry)
			continue
		}
		f.line("  - {name: %s, stages: [%s]}", quote(j.name), strings.Join(stages, ", "))
	}
	return kept
}

// stages returns those of Cairn's own events.
func (f *file) stages(j *journeyCount) (list []string) {
	for _, s := range j.stages {
		if event.ValidName(s) {
			list = append(list, "{name: "+quote(s)+"}")
		}
	}
	return list
}

// touchpoints writes the activities, in the order in which cases meet them.
func (f *file) touchpoints(journeys map[*journeyCount]bool) error {
	list := slices.SortedFunc(maps.Values(f.count.activities), func(a, b *activityCount) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.name, b.name))
	})
	var rows int64
	kept := list[:0:0]
	for _, a := range list {
		switch {
		case a.name == event.Other: // they were too many to be told apart
			rows += a.rows
		case !f.keep("touchpoints", a.name, f.entry(a, journeys)):
		case len(kept) == mostNames:
			f.lost++
			rows += a.rows
		default:
			kept = append(kept, a)
		}
	}
	if rows > 0 {
		f.left = append(f.left, fmt.Sprintf("the rarest activities, with %d rows: a blueprint has at most %d touchpoints", rows, mostNames))
		f.lost++
	}
	if len(kept) == 0 {
		return nil
	}
	slices.SortStableFunc(kept, func(a, b *activityCount) int { return cmp.Compare(a.meanPlace(), b.meanPlace()) })
	f.line("touchpoints:")
	for _, a := range kept {
		if err := f.about(a); err != nil {
			return err
		}
		f.line("  - {name: %s", f.entry(a, journeys))
	}
	f.usual(kept)
	return nil
}

// entry is the touchpoint behind "- {name: ".
func (f *file) entry(a *activityCount, journeys map[*journeyCount]bool) string {
	entry := quote(a.name)
	if j := a.home(); journeys[j] {
		entry += ", journey: " + quote(j.name)
		if s := most(a.stages, func(s string) string { return s }); slices.Contains(j.stages, s) && event.ValidName(s) {
			entry += ", stage: " + quote(s)
		}
	}
	return entry + "}"
}

func (a *activityCount) meanPlace() float64 {
	if a.cases == 0 {
		return 0
	}
	return float64(a.place) / float64(a.cases)
}

// about says what was counted of an activity.
func (f *file) about(a *activityCount) error {
	text := counted(a.rows, "row")
	if j := a.home(); j != nil {
		text += fmt.Sprintf(" in %d of %s; first in %d, last in %d", a.cases, counted(int64(len(j.cases)), "case"), a.starts, a.ends)
	}
	f.line("  # %s", text)
	sum, err := a.next.Summary()
	if err != nil {
		return fmt.Errorf("the time to the next activity: %w", err)
	}
	if sum.Count > 0 {
		then := most(a.after, func(n *activityCount) string { return n.name })
		f.line("  #   to the next: half within %s, 9 of 10 within %s; most often (%d) %s",
			round(sum.P50), round(sum.P90), a.after[then], strconv.Quote(cut(then.name)))
	}
	return nil
}

// usual says what cases usually end with.
func (f *file) usual(list []*activityCount) {
	last := slices.MaxFunc(list, func(a, b *activityCount) int {
		return cmp.Or(cmp.Compare(a.ends, b.ends), cmp.Compare(b.name, a.name))
	})
	var cases int64
	for _, j := range f.count.journeys {
		cases += int64(len(j.cases))
	}
	if last.ends > 0 {
		f.line("# The usual last one is %s, in %d of %s (%.1f%%). If it ends a journey, add: ends: completed",
			strconv.Quote(cut(last.name)), last.ends, counted(cases, "case"), 100*float64(last.ends)/float64(cases))
	}
}

func (f *file) surveys() {
	list := slices.SortedFunc(maps.Values(f.count.surveys), func(a, b *surveyCount) int { return cmp.Compare(a.name, b.name) })
	begun := false
	for _, s := range list {
		entry := fmt.Sprintf("%s, scale: %s}", quote(s.name), s.scale)
		if !f.keep("surveys", s.name, entry) {
			continue
		}
		if !begun {
			f.line("surveys:")
			begun = true
		}
		f.line("  # %s", counted(s.rows, "answer"))
		f.line("  - {name: %s", entry)
	}
}

// channels writes the spellings that mean nothing yet.
func (f *file) channels() {
	begun, n := false, 0
	folded := map[string]bool{}
	for _, spelling := range slices.Sorted(maps.Keys(f.count.channels)) {
		if _, standard := (*blueprint.Blueprint)(nil).Channel(spelling); standard || spelling == "" {
			continue
		}
		low := strings.ToLower(spelling)
		entry := quote(spelling) + ": other"
		if !f.keep("channels", spelling, entry) || n == mostNames || folded[low] {
			continue
		}
		folded[low] = true
		n++
		if !begun {
			f.line("# Which of %s is each of these?", strings.Join(blueprint.Channels(), ", "))
			f.line("channels:")
			begun = true
		}
		f.line("  %s", entry)
	}
}

var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_/.-]*( [A-Za-z0-9_/.-]+)*$`)

// quote writes a name as YAML has it, in quotes unless it is certainly nothing else without them.
func quote(name string) string {
	switch strings.ToLower(name) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return `"` + name + `"`
	}
	if plain.MatchString(name) {
		return name
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range name {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			_, _ = fmt.Fprintf(&b, `\u%04x`, r)
		default:
			_, _ = fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// cut shortens a name for a comment.
func cut(name string) string {
	const most = 80
	if len(name) <= most {
		return name
	}
	return name[:most] + "…"
}

// shown is a line of a comment without what ends it, or what a terminal does not show.
func shown(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, line)
}

// round leaves of a duration what a person needs.
func round(d time.Duration) string {
	switch {
	case d >= 24*time.Hour:
		d = d.Round(time.Hour)
	case d >= time.Hour:
		d = d.Round(time.Minute)
	case d >= time.Minute:
		d = d.Round(time.Second)
	default:
		d = d.Round(time.Millisecond)
	}
	return blueprint.Duration(d).String()
}

// Spool returns what a Count keeps durations in.
func Spool(dir string) *series.Spool { return series.NewSpool(dir, 0) }
