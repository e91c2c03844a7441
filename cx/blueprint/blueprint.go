package blueprint

import (
	"maps"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Version is the version of the blueprint's format that this package reads and writes.
const Version = 1

// MaxNames is the maximum number of names of each kind: journeys, touchpoints, surveys, follow-ups, actions, queues, intents, causes, hours, objectives, purposes,
// stages of a journey, caps of a purpose, and spellings of channels. A client has the same limit. A journey has at most
// [journey.MaxPromises] promises, a survey at most [feedback.MaxChoices] causes.
const MaxNames = 1000

// Blueprint holds the journeys, touchpoints and surveys that a company promises, and its contact policy. It is data: write it as a
// literal, or read it from a file, and call [Blueprint.Validate] once before you use it. The methods of an
// invalid Blueprint skip what they cannot use. Concurrent reads are safe while no goroutine changes the value.
// The methods of a nil Blueprint act as those of an empty one.
type Blueprint struct {
	// Version is the version of the format: [Version].
	Version     int          `json:"version"               yaml:"version"`
	Journeys    []Journey    `json:"journeys,omitempty"    yaml:"journeys,omitempty"`
	Touchpoints []Touchpoint `json:"touchpoints,omitempty" yaml:"touchpoints,omitempty"`
	Surveys     []Survey     `json:"surveys,omitempty"     yaml:"surveys,omitempty"`
	// FollowUps are how the company answers one customer, and for which events. See [feedback.FollowUp].
	FollowUps []FollowUp `json:"follow_ups,omitempty" yaml:"follow_ups,omitempty"`
	// Actions are how the company changes what customers experience, because of what they said. See [feedback.Action].
	Actions []Action `json:"actions,omitempty" yaml:"actions,omitempty"`
	// Breakdowns says how the company deals with what has lastingly become worse for customers. Nil says nothing. [Blueprint.BreakdownJourney]
	// returns the definition.
	Breakdowns *Breakdowns `json:"breakdowns,omitempty" yaml:"breakdowns,omitempty"`
	// Queues are the teams and lines for which customers wait. Legs of contacts in other queues count under [event.Other]. Without queues,
	// metrics do not tell contacts apart by them.
	Queues []Queue `json:"queues,omitempty" yaml:"queues,omitempty"`
	// Intents are the problems that customers want solved, and RootCauses are why a touchpoint or a run failed, or an employee could not
	// help. Where a list is not empty, an event with another intent or cause has [event.Other] in its place.
	Intents    []string `json:"intents,omitempty" yaml:"intents,omitempty"`
	RootCauses []string `json:"causes,omitempty"  yaml:"causes,omitempty"`
	// Hours maps names to the times in which the company is open.
	Hours map[string]Hours `json:"hours,omitempty" yaml:"hours,omitempty"`
	// Channels maps the spellings that other systems use to the names of standard channels.
	Channels map[string]string `json:"channels,omitempty" yaml:"channels,omitempty"`
	// Objectives are the shares of what customers experience that are to be good. [Blueprint.AllObjectives] returns them as values.
	Objectives []Objective `json:"objectives,omitempty" yaml:"objectives,omitempty"`
	// Zone is the time zone of the windows of the calendar, and of each maintenance without a zone of its own, by its name in the IANA
	// database. "" is UTC for windows.
	Zone string `json:"zone,omitempty" yaml:"zone,omitempty"`
	// Maintenance are the times of planned work, at most [slo.MaxExcepted].
	Maintenance []Maintenance `json:"maintenance,omitempty" yaml:"maintenance,omitempty"`
	// Contact says for what, how often and when the company may contact a customer. Nil is no policy.
	Contact *Contact `json:"contact,omitempty" yaml:"contact,omitempty"`
	// Log says how a past event log is read that is measured against the blueprint. Nil leaves it to the reader.
	Log *Log `json:"log,omitempty" yaml:"log,omitempty"`
}

// Journey is one journey of the blueprint.
type Journey struct {
	// Name has 1 to 64 bytes, is printable, and does not begin with "_".
	Name string `json:"name" yaml:"name"`
	// Description explains the journey in a sentence or two, in at most 8 KiB. Owner names the responsible team
	// or person in at most 64 bytes. Both are for readers of the blueprint and have no effect.
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	Owner       string `json:"owner,omitempty"       yaml:"owner,omitempty"`
	// Stages are the stages that customers go through, in the promised order.
	Stages []Stage `json:"stages,omitempty" yaml:"stages,omitempty"`
	// AbandonAfter is the silence after which a run counts as abandoned, at most [event.MaxDuration]. 0 means
	// that no run is ever abandoned. See [journey.AbandonAfter].
	AbandonAfter Duration `json:"abandon_after,omitempty" yaml:"abandon_after,omitempty"`
	// Channels lists the channels on which customers use the journey, by the names of standard channels: see
	// [Channels]. An empty list means "web". See [journey.Channels].
	Channels []string `json:"channels,omitempty" yaml:"channels,omitempty"`
	// Promises are what the company promises each customer of the journey to do in time.
	Promises []Promise `json:"promises,omitempty" yaml:"promises,omitempty"`
	// ByHand names promises that only code makes, to one customer at a time. See [journey.ByHand].
	ByHand []string `json:"by_hand,omitempty" yaml:"by_hand,omitempty"`
}

// Stage is one stage of a journey.
type Stage struct {
	// Name is not "start" or "end", which stand for the beginning and the end of a run in a [Promise].
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	// Expect is the longest that a visit to the stage should take. A visit that lasts Expect or longer is a
	// stall. 0 sets no expectation. See [journey.Expect].
	Expect Duration `json:"expect,omitempty" yaml:"expect,omitempty"`
}

// Touchpoint is one touchpoint of the blueprint.
type Touchpoint struct {
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	Owner       string `json:"owner,omitempty"       yaml:"owner,omitempty"`
	// Journey and Stage name the place of the touchpoint in a journey. Both are empty for a touchpoint that
	// belongs to no journey. See [touchpoint.In].
	Journey string `json:"journey,omitempty" yaml:"journey,omitempty"`
	Stage   string `json:"stage,omitempty"   yaml:"stage,omitempty"`
	// Satisfied is the Apdex target T; 0 sets no target. See [touchpoint.Satisfied].
	Satisfied Duration `json:"satisfied,omitempty" yaml:"satisfied,omitempty"`
	// Ends is the outcome with which the touchpoint ends its journey: "completed", "failed" or "cancelled". It
	// is "" for a touchpoint that does not end a journey. See [touchpoint.Ends].
	Ends string `json:"ends,omitempty" yaml:"ends,omitempty"`
	// Keeps names promises of the touchpoint's journey. The touchpoint keeps them when it is over. See
	// [touchpoint.Keeps].
	Keeps []string `json:"keeps,omitempty" yaml:"keeps,omitempty"`
	// Purpose is the purpose of the contact policy for which the company contacts customers at this touchpoint. "" is a touchpoint that
	// needs no grant of the policy. See [touchpoint.For].
	Purpose string `json:"purpose,omitempty" yaml:"purpose,omitempty"`
	// Match are the rules by which spans that a service makes already become interactions at the touchpoint. The definition of the
	// touchpoint does not have them: see [Blueprint.SpanRules].
	Match Matches `json:"match,omitempty" yaml:"match,omitempty"`
}

// find returns the first element of the list with that name, or nil.
func find[T any](list []T, name string, of func(*T) string) *T {
	for i := range list {
		if of(&list[i]) == name {
			return &list[i]
		}
	}
	return nil
}

func journeyName(j *Journey) string       { return j.Name }
func touchpointName(t *Touchpoint) string { return t.Name }

// Journey returns the definition of the named journey. It returns nil if the blueprint has no such journey; a
// nil definition records nothing. Each call makes a new definition: call it once and keep the result.
func (b *Blueprint) Journey(name string) *journey.Definition {
	if b == nil {
		return nil
	}
	d := definer{blueprint: b}
	return d.journey(find(b.Journeys, name, journeyName))
}

func (d *definer) journey(j *Journey) *journey.Definition {
	if j == nil {
		return nil
	}
	stages := make([]string, len(j.Stages))
	opts := make([]journey.Option, 0, len(j.Stages)+len(j.Promises)+4)
	for i, s := range j.Stages {
		stages[i] = s.Name
		if s.Expect != 0 {
			opts = append(opts, journey.Expect(s.Name, time.Duration(s.Expect)))
		}
	}
	for i := range j.Promises {
		opts = append(opts, d.promise(j, &j.Promises[i]))
	}
	opts = append(opts, journey.ByHand(j.ByHand...), journey.Stages(stages...), journey.AbandonAfter(time.Duration(j.AbandonAfter)), journey.Channels(standardChannels(j.Channels)...))
	return journey.Define(j.Name, opts...)
}

// Touchpoint returns the definition of the named touchpoint. It returns nil if the blueprint has no such
// touchpoint; a nil definition records nothing. Each call makes a new definition: call it once and keep the
// result.
func (b *Blueprint) Touchpoint(name string) *touchpoint.Definition {
	if b == nil {
		return nil
	}
	t := find(b.Touchpoints, name, touchpointName)
	if t == nil {
		return nil
	}
	return t.define(b.Journey(t.Journey))
}

func (t *Touchpoint) define(j *journey.Definition) *touchpoint.Definition {
	opts := []touchpoint.Option{touchpoint.Satisfied(time.Duration(t.Satisfied)), touchpoint.For(t.Purpose)}
	if t.Journey != "" || t.Stage != "" {
		opts = append(opts, touchpoint.In(j, t.Stage))
	}
	if o, ok := ending(t.Ends); ok {
		opts = append(opts, touchpoint.Ends(o))
	}
	for _, promise := range t.Keeps {
		opts = append(opts, touchpoint.Keeps(j, promise))
	}
	return touchpoint.Define(t.Name, opts...)
}

// Definitions returns the definitions of all journeys, then of all touchpoints, surveys, follow-ups and actions, then the journey of breakdowns,
// and then the contact policy, for cx.WithDefinitions.
func (b *Blueprint) Definitions() []event.Definition {
	if b == nil {
		return nil
	}
	defs := make([]event.Definition, 0, len(b.Journeys)+len(b.Touchpoints)+len(b.Surveys)+len(b.FollowUps)+len(b.Actions)+2)
	definer := definer{blueprint: b}
	journeys := make(map[string]*journey.Definition, len(b.Journeys))
	for i := range b.Journeys {
		d := definer.journey(&b.Journeys[i])
		if _, there := journeys[d.Name()]; !there {
			journeys[d.Name()] = d
		}
		defs = append(defs, d)
	}
	for i := range b.Touchpoints {
		t := &b.Touchpoints[i]
		defs = append(defs, t.define(journeys[t.Journey]))
	}
	for i := range b.Surveys {
		s := &b.Surveys[i]
		defs = append(defs, s.define(journeys[s.Journey]))
	}
	for i := range b.FollowUps {
		defs = append(defs, definer.followUp(&b.FollowUps[i]))
	}
	for i := range b.Actions {
		defs = append(defs, definer.action(&b.Actions[i]))
	}
	if b.Breakdowns != nil {
		defs = append(defs, definer.breakdowns(b.Breakdowns))
	}
	if p := definer.contact(); p != nil {
		defs = append(defs, p)
	}
	return defs
}

// Channel returns the channel that a spelling stands for, and false if it stands for none. A spelling is the
// name of a standard channel or a key of Channels. An exact match wins over one that differs in case. A nil
// Blueprint knows the standard names.
func (b *Blueprint) Channel(spelling string) (event.Channel, bool) {
	if c, ok := standardChannel(spelling); ok {
		return c, true
	}
	var others map[string]string
	if b != nil {
		others = b.Channels
	}
	if name, ok := others[spelling]; ok {
		return standardChannel(name)
	}
	if c, ok := standardChannel(strings.ToLower(spelling)); ok {
		return c, true
	}
	for _, other := range slices.Sorted(maps.Keys(others)) {
		if strings.EqualFold(other, spelling) {
			return standardChannel(others[other])
		}
	}
	return 0, false
}

func standardChannel(name string) (event.Channel, bool) {
	var c event.Channel
	err := c.UnmarshalText([]byte(name))
	return c, err == nil && c != 0
}

// ending returns the outcome with that name, and false if a touchpoint cannot end a journey with it.
func ending(name string) (event.Outcome, bool) {
	for _, o := range []event.Outcome{event.Completed, event.Failed, event.Cancelled} {
		if o.String() == name {
			return o, true
		}
	}
	return 0, false
}

// Channels returns the names of the standard channels.
func Channels() []string { return names[event.Channel](int(event.OtherChannel) + 1) }

// Scales returns the names of the scales that a survey can have.
func Scales() []string { return names[event.Scale](int(event.Thumbs) + 1) }

// Endings returns the names of the outcomes that a touchpoint can end a journey with.
func Endings() []string {
	return []string{event.Completed.String(), event.Failed.String(), event.Cancelled.String()}
}

// names returns the names of an enumeration, without that of its zero value.
func names[T interface {
	~uint8
	String() string
}](n int,
) []string {
	list := make([]string, 0, n)
	for i := 1; i < n; i++ {
		list = append(list, T(i).String())
	}
	return list
}
