package blueprint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/text"
)

// Validate returns everything that is wrong with the blueprint as one [*Error], or nil. What it
// lets pass, the definitions' own Validate and cx.New let pass.
func (b *Blueprint) Validate() error {
	var p problems
	if b == nil {
		p.add("", "the blueprint is nil: read one, or leave it out")
		return p.err()
	}
	switch b.Version {
	case Version:
	case 0:
		p.add("version", "the version is missing: say version: %d", Version)
	default:
		p.add("version", "is %d: this Cairn knows version %d", b.Version, Version)
	}
	journeys := p.names("journeys", len(b.Journeys), func(i int) string { return b.Journeys[i].Name })
	for i := range b.Journeys {
		b.Journeys[i].validate(&p, at("journeys", i))
	}
	p.names("touchpoints", len(b.Touchpoints), func(i int) string { return b.Touchpoints[i].Name })
	stages := stagesOf(b.Journeys)
	for i := range b.Touchpoints {
		b.Touchpoints[i].validate(&p, at("touchpoints", i), journeys, stages)
	}
	p.names("surveys", len(b.Surveys), func(i int) string { return b.Surveys[i].Name })
	for i := range b.Surveys {
		b.Surveys[i].validate(&p, at("surveys", i), journeys)
	}
	b.validateChannels(&p)
	return p.err()
}

func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func (j *Journey) validate(p *problems, path string) {
	p.about(path, j.Description, j.Owner)
	p.duration(path+".abandon_after", j.AbandonAfter, "never abandoned")
	p.names(path+".stages", len(j.Stages), func(i int) string { return j.Stages[i].Name })
	for i, s := range j.Stages {
		stage := at(path+".stages", i)
		p.about(stage, s.Description, "")
		p.duration(stage+".expect", s.Expect, "nothing is expected")
	}
	j.validateChannels(p, path)
}

func (j *Journey) validateChannels(p *problems, path string) {
	seen := map[string]string{}
	for i, name := range j.Channels {
		where := at(path+".channels", i)
		if _, ok := standardChannel(name); !ok {
			p.unknown(where, name, Channels(), "there is no channel %.80q: it is %s", name, oneOf(Channels()))
			continue
		}
		if first, twice := seen[name]; twice {
			p.add(where, "%.80q is there twice, first at %s: take one of them out", name, first)
			continue
		}
		seen[name] = where
	}
}

// stagesOf returns the names of the stages by the name of the journey.
func stagesOf(journeys []Journey) map[string][]string {
	stages := make(map[string][]string, len(journeys))
	for _, j := range journeys {
		if _, there := stages[j.Name]; there {
			continue
		}
		list := make([]string, len(j.Stages))
		for i, s := range j.Stages {
			list[i] = s.Name
		}
		stages[j.Name] = list
	}
	return stages
}

func (t *Touchpoint) validate(p *problems, path string, journeys []string, stages map[string][]string) {
	p.about(path, t.Description, t.Owner)
	p.duration(path+".satisfied", t.Satisfied, "no target")
	p.journey(path, t.Journey, journeys)
	if known, ok := stages[t.Journey]; ok && t.Journey != "" {
		if t.Stage != "" && !slices.Contains(known, t.Stage) {
			p.unknown(path+".stage", t.Stage, known, "the journey %.80q has no stage %.80q%s", t.Journey, t.Stage, allOf("it has", known))
		}
	} else if t.Journey == "" && t.Stage != "" {
		p.add(path+".stage", "is a stage of no journey: say the journey, too")
	}
	if t.Ends == "" {
		return
	}
	if _, ok := ending(t.Ends); !ok {
		p.unknown(path+".ends", t.Ends, Endings(), "a journey cannot be ended as %.80q: it is %s", t.Ends, oneOf(Endings()))
	}
	if t.Journey == "" {
		p.add(path+".ends", "needs a journey: which one does it end?")
	}
}

func (s *Survey) validate(p *problems, path string, journeys []string) {
	p.about(path, s.Description, s.Owner)
	p.journey(path, s.Journey, journeys)
	switch {
	case s.Scale == "":
		p.add(path+".scale", "the scale is missing: it is %s", oneOf(Scales()))
	case !slices.Contains(Scales(), s.Scale):
		p.unknown(path+".scale", s.Scale, Scales(), "there is no scale %.80q: it is %s", s.Scale, oneOf(Scales()))
	}
	p.list(path+".causes", len(s.Causes), func(i int) (string, string) { return at(path+".causes", i), s.Causes[i] })
}

func (b *Blueprint) validateChannels(p *problems) {
	if len(b.Channels) > MaxNames {
		p.add("channels", "has %d spellings: at most %d are known", len(b.Channels), MaxNames)
		return
	}
	folded := map[string]string{}
	for _, spelling := range slices.Sorted(maps.Keys(b.Channels)) {
		name, path := b.Channels[spelling], "channels["+strconv.Quote(spelling)+"]"
		p.name(path, spelling)
		if _, ok := standardChannel(name); !ok {
			p.unknown(path, name, Channels(), "there is no channel %.80q: it is %s", name, oneOf(Channels()))
			continue
		}
		low := strings.ToLower(spelling)
		if standard, ok := standardChannel(low); ok && standard.String() != name {
			p.add(path, "%.80q is a standard channel itself: it cannot be %q", spelling, name)
		}
		if first, ok := folded[low]; ok && b.Channels[first] != name {
			p.add(path, "differs from %.80q in capitals only, but is another channel: take one of them out", first)
		} else if !ok {
			folded[low] = spelling
		}
	}
}

// about checks what is for people.
func (p *problems) about(path, description, owner string) {
	if len(description) > event.MaxText || !utf8.ValidString(description) {
		p.add(path+".description", "is at most %d bytes of UTF-8: it has %d", event.MaxText, len(description))
	}
	if owner != "" {
		p.name(path+".owner", owner)
	}
}

func (p *problems) duration(path string, d Duration, zero string) {
	if d < 0 || d > Duration(event.MaxDuration) {
		p.add(path, "is %v: it has to be between 0s (%s) and %v", d, zero, Duration(event.MaxDuration))
	}
}

func (p *problems) journey(path, name string, journeys []string) {
	if name != "" && !slices.Contains(journeys, name) {
		p.unknown(path+".journey", name, journeys, "there is no journey %.80q%s", name, allOf("there are", journeys))
	}
}

// name checks one name.
func (p *problems) name(path, name string) {
	if !event.ValidName(name) {
		p.add(path, "%.80q is no name: it has 1 to %d bytes of printable UTF-8 and does not begin with _%s", name, event.MaxName, text.NameHint(name))
	}
}

// names checks the names in a list of things with names, and returns them, at most MaxNames.
func (p *problems) names(path string, n int, name func(int) string) []string {
	return p.list(path, n, func(i int) (string, string) { return at(path, i) + ".name", name(i) })
}

// list checks a list of names that are not there twice; of returns the i-th one's path and name.
func (p *problems) list(path string, n int, of func(int) (path, name string)) []string {
	if n > MaxNames {
		p.add(path, "has %d: at most %d are known", n, MaxNames)
		n = MaxNames
	}
	list := make([]string, 0, n)
	seen := make(map[string]string, n)
	for i := range n {
		where, name := of(i)
		if name == "" {
			p.add(where, "the name is missing")
			continue
		}
		if first, there := seen[name]; there {
			p.add(where, "%.80q is there twice, first at %s: take one of them out", name, first)
			continue
		}
		seen[name] = where
		p.name(where, name)
		list = append(list, name)
	}
	return list
}

// maxListed bounds the names that a message lists.
const maxListed = 8

// allOf returns ": what a, b", or nothing when they are too many to say.
func allOf(what string, names []string) string {
	if len(names) == 0 || len(names) > maxListed {
		return ""
	}
	return fmt.Sprintf(": %s %q", what, names)
}

// oneOf returns "a, b or c".
func oneOf(list []string) string {
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " or " + list[last]
}
