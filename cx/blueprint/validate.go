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

// Validate returns all problems of the blueprint as one [*Error], or nil if it is valid. The definitions of a
// valid blueprint pass their own Validate, and cx.New accepts them.
func (b *Blueprint) Validate() error {
	var p problems
	if b == nil {
		p.add("", "the blueprint is nil: pass a blueprint, or leave out the option")
		return p.err()
	}
	switch b.Version {
	case Version:
	case 0:
		p.add("version", "the version is missing: add version: %d", Version)
	default:
		p.add("version", "is %d, but this release of Cairn knows version %d only: write version: %d, or update Cairn", b.Version, Version, Version)
	}
	journeys := p.names("journeys", len(b.Journeys), func(i int) string { return b.Journeys[i].Name })
	homes, d := homesOf(b.Touchpoints, journeys), &definer{blueprint: b}
	for i := range b.Journeys {
		j, path := &b.Journeys[i], at("journeys", i)
		j.validate(&p, path)
		b.validatePromises(&p, path, j, homes, d)
	}
	p.names("touchpoints", len(b.Touchpoints), func(i int) string { return b.Touchpoints[i].Name })
	stages, promises, purposes := stagesOf(b.Journeys), promisesOf(b.Journeys), b.PurposeNames()
	for i := range b.Touchpoints {
		b.Touchpoints[i].validate(&p, at("touchpoints", i), journeys, stages)
		b.Touchpoints[i].validateKeeps(&p, at("touchpoints", i)+".keeps", promises)
		p.purpose(at("touchpoints", i)+".purpose", b.Touchpoints[i].Purpose, b, purposes)
	}
	b.validateMatches(&p)
	p.names("surveys", len(b.Surveys), func(i int) string { return b.Surveys[i].Name })
	for i := range b.Surveys {
		b.Surveys[i].validate(&p, at("surveys", i), b, journeys, stages, purposes)
	}
	b.validateQueues(&p)
	b.validateHours(&p)
	b.validateChannels(&p)
	objectives := b.validateObjectives(&p)
	b.validateZone(&p)
	b.validateMaintenance(&p, journeys, objectives)
	b.validateContact(&p, d)
	b.validateFollowUps(&p, journeys, promises, purposes)
	b.validateActions(&p, journeys)
	b.validateBreakdowns(&p, journeys)
	b.validateLog(&p)
	return p.err()
}

func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func (j *Journey) validate(p *problems, path string) {
	p.about(path, j.Description, j.Owner)
	p.duration(path+".abandon_after", j.AbandonAfter, "no run is abandoned")
	p.names(path+".stages", len(j.Stages), func(i int) string { return j.Stages[i].Name })
	for i, s := range j.Stages {
		stage := at(path+".stages", i)
		p.about(stage, s.Description, "")
		p.duration(stage+".expect", s.Expect, "no expectation")
	}
	p.channels(path+".channels", j.Channels)
}

// homes knows the journey of each touchpoint, and the touchpoints of each journey in their order. The journey is "" for a
// touchpoint of no journey or of an unknown one.
type homes struct {
	of map[string]string
	in map[string][]string
}

func homesOf(touchpoints []Touchpoint, journeys []string) homes {
	known := make(map[string]bool, len(journeys))
	for _, name := range journeys {
		known[name] = true
	}
	h := homes{of: make(map[string]string, len(touchpoints)), in: map[string][]string{}}
	for i := range touchpoints {
		t := &touchpoints[i]
		if _, there := h.of[t.Name]; there {
			continue
		}
		home := ""
		if known[t.Journey] {
			home = t.Journey
		}
		h.of[t.Name] = home
		h.in[home] = append(h.in[home], t.Name)
	}
	return h
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
	p.stage(path, t.Journey, t.Stage, stages)
	if t.Ends == "" {
		return
	}
	if _, ok := ending(t.Ends); !ok {
		p.unknown(path+".ends", t.Ends, Endings(), "a journey cannot end as %.80q: use %s", t.Ends, oneOf(Endings()))
	}
	if t.Journey == "" {
		p.add(path+".ends", "needs a journey: add the journey that the touchpoint ends")
	}
}

func (b *Blueprint) validateChannels(p *problems) {
	if len(b.Channels) > MaxNames {
		p.add("channels", "has %d spellings, and at most %d are allowed: remove some", len(b.Channels), MaxNames)
		return
	}
	folded := map[string]string{}
	for _, spelling := range slices.Sorted(maps.Keys(b.Channels)) {
		name, path := b.Channels[spelling], "channels["+strconv.Quote(spelling)+"]"
		p.name(path, spelling)
		if _, ok := standardChannel(name); !ok {
			p.unknown(path, name, Channels(), "there is no channel %.80q: use %s", name, oneOf(Channels()))
			continue
		}
		low := strings.ToLower(spelling)
		if standard, ok := standardChannel(low); ok && standard.String() != name {
			p.add(path, "%.80q is the name of a standard channel and cannot stand for %q: remove it", spelling, name)
		}
		if first, ok := folded[low]; ok && b.Channels[first] != name {
			p.add(path, "differs from %.80q only in capitals, and the two stand for different channels: remove one of them", first)
		} else if !ok {
			folded[low] = spelling
		}
	}
}

// about checks a description and an owner.
func (p *problems) about(path, description, owner string) {
	if len(description) > event.MaxText || !utf8.ValidString(description) {
		p.add(path+".description", "has %[2]d bytes, and may have at most %[1]d bytes of valid UTF-8: shorten or correct it", event.MaxText, len(description))
	}
	if owner != "" {
		p.name(path+".owner", owner)
	}
}

func (p *problems) duration(path string, d Duration, zero string) {
	if d < 0 || d > Duration(event.MaxDuration) {
		p.add(path, "is %v: write a duration from 0s (%s) to %v", d, zero, Duration(event.MaxDuration))
	}
}

// hours checks the name of hours of the blueprint.
func (p *problems) hours(path, name string, b *Blueprint) {
	if _, known := b.Hours[name]; name != "" && !known {
		names := slices.Sorted(maps.Keys(b.Hours))
		p.unknown(path, name, names, "there are no hours %.80q%s", name, allOf("the hours are", names))
	}
}

func (p *problems) journey(path, name string, journeys []string) {
	if name != "" && !slices.Contains(journeys, name) {
		p.unknown(path+".journey", name, journeys, "there is no journey %.80q%s", name, allOf("the journeys are", journeys))
	}
}

// stage checks the stage of a journey.
func (p *problems) stage(path, journey, stage string, stages map[string][]string) {
	if known, ok := stages[journey]; ok && journey != "" {
		if stage != "" && !slices.Contains(known, stage) {
			p.unknown(path+".stage", stage, known, "the journey %.80q has no stage %.80q%s", journey, stage, allOf("it has", known))
		}
	} else if journey == "" && stage != "" {
		p.add(path+".stage", "needs a journey: add the journey that the stage belongs to")
	}
}

// name checks one name.
func (p *problems) name(path, name string) {
	if !event.ValidName(name) {
		p.add(path, "%.80q is not a valid name: a name has 1 to %d bytes of printable UTF-8 and does not begin with _%s", name, event.MaxName, text.NameHint(name))
	}
}

// names checks the names of a list. It returns those that are not empty, each once, at most MaxNames.
func (p *problems) names(path string, n int, name func(int) string) []string {
	return p.list(path, n, func(i int) (string, string) { return at(path, i) + ".name", name(i) })
}

// list checks that the n names of a list are valid and differ. The function of returns the path and the name at
// index i.
func (p *problems) list(path string, n int, of func(int) (path, name string)) []string {
	if n > MaxNames {
		p.add(path, "has %d entries, and at most %d are allowed: remove some", n, MaxNames)
		n = MaxNames
	}
	list := make([]string, 0, n)
	seen := make(map[string]string, n)
	for i := range n {
		where, name := of(i)
		if name == "" {
			p.add(where, "the name is missing: add one")
			continue
		}
		if first, there := seen[name]; there {
			p.add(where, "%.80q occurs twice, first at %s: remove or rename one of them", name, first)
			continue
		}
		seen[name] = where
		p.name(where, name)
		list = append(list, name)
	}
	return list
}

// maxListed is the maximum number of names that a message lists.
const maxListed = 8

// allOf returns ": what [names]", or "" if there are too many names to list.
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
