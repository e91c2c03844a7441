package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// sides names where two definitions of one name come from.
type sides struct{ known, given string }

const (
	inBlueprint = "in the blueprint"
	inCode      = "in code"
	inFirst     = "in the first definition"
	inSecond    = "in the second"
	inEvent     = "in the event"
)

// differences returns in which fields two definitions of one kind and name differ, and which definition has which value.
func differences(known, given event.Definition, s sides) string {
	var d differ
	d.sides = s
	switch k := known.(type) {
	case *journey.Definition:
		if g, ok := given.(*journey.Definition); ok {
			d.journeys(k, g)
		}
	case *touchpoint.Definition:
		if g, ok := given.(*touchpoint.Definition); ok {
			d.touchpoints(k, g)
		}
	case *touchpoint.ContactPolicy:
		if g, ok := given.(*touchpoint.ContactPolicy); ok {
			d.policies(k, g)
		}
	case *feedback.Survey:
		if g, ok := given.(*feedback.Survey); ok {
			d.surveys(k, g)
		}
	case *feedback.FollowUp:
		if g, ok := given.(*feedback.FollowUp); ok {
			d.followUps(k, g)
		}
	}
	if len(d.list) == 0 {
		return "they differ"
	}
	return strings.Join(d.list, "; ")
}

type differ struct {
	sides sides
	list  []string
}

// text compares two values; "" is no value.
func (d *differ) text(what, known, given string) {
	if known == given {
		return
	}
	if known == "" {
		known = "nothing"
	}
	if given == "" {
		given = "nothing"
	}
	d.list = append(d.list, fmt.Sprintf("%s %s %s and %s %s", what, known, d.sides.known, given, d.sides.given))
}

// time compares two durations; 0 is no duration.
func (d *differ) time(what string, known, given time.Duration) {
	text := func(t time.Duration) string {
		if t == 0 {
			return ""
		}
		return t.String()
	}
	d.text(what, text(known), text(given))
}

func (d *differ) journeys(known, given *journey.Definition) {
	d.text("its stages are", list(known.Stages()), list(given.Stages()))
	d.time("abandon_after (AbandonAfter) is", known.AbandonAfter(), given.AbandonAfter())
	d.text("its channels are", channels(known), channels(given))
	for _, s := range known.Stages() {
		d.expects(s, known, given)
	}
	for _, s := range given.Stages() {
		if !known.HasStage(s) {
			d.expects(s, known, given)
		}
	}
	d.promises(known, given)
}

// promises notes what differs in the promises of two journeys.
func (d *differ) promises(known, given *journey.Definition) {
	of := func(def *journey.Definition) map[string]journey.Promised {
		all := map[string]journey.Promised{}
		for p := range def.Promises() {
			all[p.Name] = p
		}
		return all
	}
	text := func(p journey.Promised) string {
		if p.Name == "" {
			return "none"
		}
		return p.String()
	}
	d.text("the promises by hand (ByHand) are", list(slices.Sorted(slices.Values(known.ByHand()))), list(slices.Sorted(slices.Values(given.ByHand()))))
	a, b := of(known), of(given)
	names := maps.Clone(a)
	maps.Copy(names, b)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		ka, kb := a[name], b[name]
		if len(ka.Maintenance) == 0 || len(kb.Maintenance) == 0 { // then it makes no difference
			ka.Maintenance, kb.Maintenance = nil, nil
		}
		d.text(fmt.Sprintf("the promise %q is", name), text(ka), text(kb))
		if ka.String() == kb.String() && !ka.Hours.Equal(kb.Hours) {
			d.text(fmt.Sprintf("the hours %q of the promise %q are", ka.Hours.Name(), name), hours(ka.Hours), hours(kb.Hours))
		}
		if ka.String() == kb.String() {
			d.text(fmt.Sprintf("the maintenance of the promise %q is", name), maintenance(ka.Maintenance), maintenance(kb.Maintenance))
		}
	}
}

// hours returns the zone, the opening times and the holidays.
func hours(h *calendar.Hours) string {
	return fmt.Sprintf("%s %v %v", h.Zone(), h.Week(), h.Holidays())
}

// maintenance returns the times of each maintenance.
func maintenance(list []calendar.Maintenance) string {
	bound := func(what string, at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return " " + what + " " + at.UTC().Format(time.RFC3339)
	}
	texts := make([]string, 0, len(list))
	for _, m := range list {
		text := m.Name + bound("from", m.From) + bound("until", m.Until)
		if m.Hours != nil {
			text += " in " + hours(m.Hours)
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}

func (d *differ) expects(stage string, known, given *journey.Definition) {
	d.time(fmt.Sprintf("expect (Expect) of the stage %q is", stage), known.Expect(stage), given.Expect(stage))
}

func (d *differ) touchpoints(known, given *touchpoint.Definition) {
	kj, ks := known.Journey()
	gj, gs := given.Journey()
	d.text("its journey is", quoted(kj.Name()), quoted(gj.Name()))
	d.text("its stage is", quoted(ks), quoted(gs))
	d.time("satisfied (Satisfied) is", known.Satisfied(), given.Satisfied())
	d.text("ends (Ends) is", known.Ends().String(), given.Ends().String())
	d.text("its purpose (For) is", quoted(known.Purpose()), quoted(given.Purpose()))
	d.text("the promises that it keeps (Keeps) are", list(known.Promises()), list(given.Promises()))
}

// channels returns the channels of a journey sorted, because their order in a definition means nothing.
func channels(d *journey.Definition) string {
	return channelList(slices.Sorted(slices.Values(d.Channels())))
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("%q", s)
}

func list(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("%q", names)
}
