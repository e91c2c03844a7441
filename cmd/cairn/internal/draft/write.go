package draft

import (
	"bytes"
	"cmp"
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
	"cairncx.dev/cairn/journey"
)

// mostNames is the maximum number of names of each kind in a blueprint.
const mostNames = blueprint.MaxNames

// Note is a comment at the head of the draft about the log and how it was read.
type Note string

// file is a draft that is being written.
type file struct {
	bytes.Buffer
	count *Count
	left  []string // names that were left out, with the reason
	lost  int      // the number of names that were left out
}

// Write returns the draft with the notes at its head and the log at its end. [yaml.Parse] accepts the draft. Write leaves out names
// that a blueprint cannot have, and lists them at the end.
func (c *Count) Write(notes []Note, log *LogSection) ([]byte, error) {
	f := &file{count: c}
	f.notes(notes)
	if err := f.body(log); err != nil {
		return nil, err
	}
	if _, err := yaml.Parse("draft", f.Bytes()); err != nil {
		return nil, fmt.Errorf("the draft is not a valid blueprint, which is a fault of cairn init: report it with this message: %w", err)
	}
	return f.Bytes(), nil
}

func (f *file) notes(notes []Note) {
	for _, n := range notes {
		for line := range strings.SplitSeq(string(n), "\n") {
			f.line("%s", strings.TrimRight("# "+shown(line), " "))
		}
	}
}

func (f *file) line(format string, args ...any) { _, _ = fmt.Fprintf(f, format+"\n", args...) }

// keep reports whether the blueprint can have this name. It records a name that the blueprint cannot have.
func (f *file) keep(name string) bool {
	if event.ValidName(name) {
		return true
	}
	f.leave(strconv.Quote(cut(name)) + ": not a valid name, which has 1 to 64 bytes of printable UTF-8 and does not begin with _")
	return false
}

func (f *file) leave(text string) {
	const told = 20
	if f.lost++; len(f.left) < told {
		f.left = append(f.left, text)
	}
}

// body writes the blueprint.
func (f *file) body(log *LogSection) error {
	f.line("version: %d", blueprint.Version)
	journeys := f.journeys()
	if err := f.touchpoints(journeys); err != nil {
		return err
	}
	f.surveys()
	f.channels()
	f.log(log)
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

// journeys writes the journeys, and returns those that it wrote.
func (f *file) journeys() map[*journeyCount]bool {
	kept := map[*journeyCount]bool{}
	list := slices.SortedFunc(maps.Values(f.count.journeys), func(a, b *journeyCount) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.name, b.name))
	})
	for _, j := range list {
		if j.name == event.Other { // the names beyond the maximum
			f.lost++
			continue
		}
		if !f.keep(j.name) {
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
		f.line("  # %s of %s. Name the stages and set how long each may take:", counted(j.rows, "row"), counted(int64(len(j.cases)), "case"))
		f.line("  #   stages: [{name: begin, expect: 2d}, {name: done}]")
		f.line("  # Set the silence after which a case counts as abandoned: abandon_after: 30d")
		f.line("  # Promise something in time, here from the first row to the end: promises: [{name: answered, within: 2d}]")
		stages := f.stages(j)
		if len(stages) == 0 {
			f.line("  # Add to each touchpoint the stage that it belongs to: stage: begin. Without it no case enters a stage.")
			f.line("  - {name: %s}", quote(j.name))
			continue
		}
		f.line("  - {name: %s, stages: [%s]}", quote(j.name), strings.Join(stages, ", "))
	}
	return kept
}

// stages returns the stages that Cairn's own events name.
func (f *file) stages(j *journeyCount) (list []string) {
	for _, s := range j.stages {
		switch {
		case isStage(s):
			list = append(list, "{name: "+quote(s)+"}")
		case isReserved(s):
			f.leave(strconv.Quote(s) + ": it stands for the beginning or the end of a journey, and is the name of no stage")
		}
	}
	return list
}

// isStage reports whether a stage of a blueprint can have this name.
func isStage(name string) bool { return event.ValidName(name) && !isReserved(name) }

func isReserved(name string) bool { return name == journey.AtStart || name == journey.AtEnd }

// touchpoints writes the activities in the order in which cases meet them.
func (f *file) touchpoints(journeys map[*journeyCount]bool) error {
	list := slices.SortedFunc(maps.Values(f.count.activities), func(a, b *activityCount) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.name, b.name))
	})
	var rows int64
	kept := list[:0:0]
	for _, a := range list {
		switch {
		case a.name == event.Other: // the names beyond the maximum
			rows += a.rows
		case !f.keep(a.name):
		case len(kept) == mostNames:
			rows += a.rows
		default:
			kept = append(kept, a)
		}
	}
	if rows > 0 {
		f.left = append(f.left, fmt.Sprintf("the rarest activities, with %s: a blueprint has at most %d touchpoints", counted(rows, "row"), mostNames))
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

// entry returns the text of the touchpoint after "- {name: ".
func (f *file) entry(a *activityCount, journeys map[*journeyCount]bool) string {
	entry := quote(a.name)
	if j := a.home(); journeys[j] {
		entry += ", journey: " + quote(j.name)
		if s := most(a.stages, func(s string) string { return s }); slices.Contains(j.stages, s) && isStage(s) {
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

// about writes the statistics of an activity.
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

// usual writes the activity that cases usually end with.
func (f *file) usual(list []*activityCount) {
	last := slices.MaxFunc(list, func(a, b *activityCount) int {
		return cmp.Or(cmp.Compare(a.ends, b.ends), cmp.Compare(b.name, a.name))
	})
	var cases int64
	for _, j := range f.count.journeys {
		cases += int64(len(j.cases))
	}
	if last.ends > 0 {
		f.line("# The most frequent last activity is %s, in %d of %s (%.1f%%). If it ends a journey, add: ends: completed",
			strconv.Quote(cut(last.name)), last.ends, counted(cases, "case"), 100*float64(last.ends)/float64(cases))
	}
}

func (f *file) surveys() {
	list := slices.SortedFunc(maps.Values(f.count.surveys), func(a, b *surveyCount) int { return cmp.Compare(a.name, b.name) })
	begun := false
	for _, s := range list {
		if !f.keep(s.name) {
			continue
		}
		if !begun {
			f.line("surveys:")
			begun = true
		}
		f.line("  # %s", counted(s.rows, "answer"))
		f.line("  - {name: %s, scale: %s}", quote(s.name), s.scale)
	}
}

// channels writes the spellings that are not yet assigned to a channel.
func (f *file) channels() {
	var lines []string
	folded, guessed := map[string]bool{}, false
	for _, spelling := range slices.Sorted(maps.Keys(f.count.channels)) {
		if _, standard := (*blueprint.Blueprint)(nil).Channel(spelling); standard || spelling == "" {
			continue
		}
		low := strings.ToLower(spelling)
		if !f.keep(spelling) || len(lines) == mostNames || folded[low] {
			continue
		}
		folded[low] = true
		c, known := channelOf(spelling)
		guessed = guessed || known
		lines = append(lines, fmt.Sprintf("  %s: %s", quote(spelling), c))
	}
	if len(lines) == 0 {
		return
	}
	said := "Replace other by the right channel, one of"
	if guessed {
		said = "Check the channels, and replace other by the right one of"
	}
	f.line("# %s %s:", said, strings.Join(blueprint.Channels(), ", "))
	f.line("channels:")
	for _, line := range lines {
		f.line("%s", line)
	}
}

var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_/.-]*( [A-Za-z0-9_/.-]+)*$`)

// quote writes a name as YAML text. It uses quotes unless YAML can read the plain name only as text.
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
	return strings.ToValidUTF8(name[:most], "") + "…" // which leaves out a part of a character
}

// shown replaces line ends and the characters that a terminal does not show.
func shown(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, line)
}

// round rounds a duration to the precision that a person needs.
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

// Spool returns the spool in which a Count stores durations.
func Spool(dir string) *series.Spool { return series.NewSpool(dir, 0) }
