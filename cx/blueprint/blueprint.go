package blueprint

import (
	"maps"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// Version is the version of the blueprint's form that this package knows.
const Version = 1

// MaxNames bounds the names of each kind: the journeys, the touchpoints, the surveys, the stages
// of a journey, the causes of a survey and the spellings of channels. It is what a client knows
// at most, too.
const MaxNames = 1000

// Blueprint is what is promised. It is data: fill it as a literal, or read it from a file. What
// it says is checked by [Blueprint.Validate], once, before it is used; of one that is not valid
// the methods give what they can. It may be read concurrently while nobody changes it. A nil
// Blueprint holds nothing.
type Blueprint struct {
	// Version is the version of the form, [Version].
	Version     int          `json:"version"               yaml:"version"`
	Journeys    []Journey    `json:"journeys,omitempty"    yaml:"journeys,omitempty"`
	Touchpoints []Touchpoint `json:"touchpoints,omitempty" yaml:"touchpoints,omitempty"`
	Surveys     []Survey     `json:"surveys,omitempty"     yaml:"surveys,omitempty"`
	// Channels are other spellings of the standard channels, each with the channel's name: what
	// other systems call them.
	Channels map[string]string `json:"channels,omitempty" yaml:"channels,omitempty"`
}

// Journey is a journey as the blueprint has it.
type Journey struct {
	// Name is 1 to 64 bytes, printable, and does not begin with "_".
	Name string `json:"name" yaml:"name"`
	// Description says it in a sentence or two, in at most 8 KiB; Owner is who answers for it,
	// in at most 64 bytes. Both are for people.
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	Owner       string `json:"owner,omitempty"       yaml:"owner,omitempty"`
	// Stages that customers pass, in the order of the promise.
	Stages []Stage `json:"stages,omitempty" yaml:"stages,omitempty"`
	// AbandonAfter is how long a run may be silent before it is abandoned, at most
	// [event.MaxDuration]; 0 is forever. See [journey.AbandonAfter].
	AbandonAfter Duration `json:"abandon_after,omitempty" yaml:"abandon_after,omitempty"`
	// Channels by which customers go through the journey, each the name of a standard channel, see [Channels].
	// None is "web". See [journey.Channels].
	Channels []string `json:"channels,omitempty" yaml:"channels,omitempty"`
}

// Stage is one stage of a journey.
type Stage struct {
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	// Expect is how long it takes at most when all is well; 0 is that nothing is expected. A
	// run that is in it for longer is stalled. See [journey.Expect].
	Expect Duration `json:"expect,omitempty" yaml:"expect,omitempty"`
}

// Touchpoint is a touchpoint as the blueprint has it.
type Touchpoint struct {
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	Owner       string `json:"owner,omitempty"       yaml:"owner,omitempty"`
	// Journey and Stage say where it belongs, if it belongs to a journey. See [touchpoint.In].
	Journey string `json:"journey,omitempty" yaml:"journey,omitempty"`
	Stage   string `json:"stage,omitempty"   yaml:"stage,omitempty"`
	// Satisfied is the Apdex target T; 0 is none. See [touchpoint.Satisfied].
	Satisfied Duration `json:"satisfied,omitempty" yaml:"satisfied,omitempty"`
	// Ends is how it ends its journey: "completed", "failed", "cancelled", or "" when it does
	// not. See [touchpoint.Ends].
	Ends string `json:"ends,omitempty" yaml:"ends,omitempty"`
}

// Survey is a survey as the blueprint has it.
type Survey struct {
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	Owner       string `json:"owner,omitempty"       yaml:"owner,omitempty"`
	// Scale is "nps", "csat", "ces", "stars" or "thumbs". See [event.Scale].
	Scale string `json:"scale" yaml:"scale"`
	// Journey is the one that it asks about, if it asks about one. It is for people and for
	// reports; an answer is in the run that its context or [feedback.About] names.
	Journey string `json:"journey,omitempty" yaml:"journey,omitempty"`
	// Causes are the ones that a customer can choose from, each 1 to 64 bytes.
	Causes []string `json:"causes,omitempty" yaml:"causes,omitempty"`
}

// find returns the first of the list that has the name, or nil.
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
func surveyName(s *Survey) string         { return s.Name }

// Journey returns the definition of the journey of that name, or nil, which does nothing, where
// there is none. It is made anew each time: ask once and keep it.
func (b *Blueprint) Journey(name string) *journey.Definition {
	if b == nil {
		return nil
	}
	return find(b.Journeys, name, journeyName).define()
}

func (j *Journey) define() *journey.Definition {
	if j == nil {
		return nil
	}
	stages := make([]string, len(j.Stages))
	opts := make([]journey.Option, 0, len(j.Stages)+3)
	for i, s := range j.Stages {
		stages[i] = s.Name
		if s.Expect != 0 {
			opts = append(opts, journey.Expect(s.Name, time.Duration(s.Expect)))
		}
	}
	channels := make([]event.Channel, 0, len(j.Channels))
	for _, name := range j.Channels {
		if c, ok := standardChannel(name); ok { // Validate refuses others
			channels = append(channels, c)
		}
	}
	opts = append(opts, journey.Stages(stages...), journey.AbandonAfter(time.Duration(j.AbandonAfter)), journey.Channels(channels...))
	return journey.Define(j.Name, opts...)
}

// Touchpoint returns the definition of the touchpoint of that name, or nil, which does nothing,
// where there is none. It is made anew each time: ask once and keep it.
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
	opts := []touchpoint.Option{touchpoint.Satisfied(time.Duration(t.Satisfied))}
	if t.Journey != "" || t.Stage != "" {
		opts = append(opts, touchpoint.In(j, t.Stage))
	}
	if o, ok := ending(t.Ends); ok {
		opts = append(opts, touchpoint.Ends(o))
	}
	return touchpoint.Define(t.Name, opts...)
}

// Survey returns the definition of the survey of that name, or nil, which does nothing, where
// there is none. It is made anew each time: ask once and keep it.
func (b *Blueprint) Survey(name string) *feedback.Survey {
	if b == nil {
		return nil
	}
	s := find(b.Surveys, name, surveyName)
	if s == nil {
		return nil
	}
	return s.define()
}

func (s *Survey) define() *feedback.Survey {
	var scale event.Scale
	_ = scale.UnmarshalText([]byte(s.Scale)) // unknown is 0, which Validate refuses
	return feedback.Define(s.Name, feedback.Question(scale))
}

// Causes returns the causes that a customer can choose from in the survey of that name.
func (b *Blueprint) Causes(survey string) []string {
	if b == nil {
		return nil
	}
	if s := find(b.Surveys, survey, surveyName); s != nil {
		return slices.Clone(s.Causes)
	}
	return nil
}

// Definitions returns the definitions of all journeys, touchpoints and surveys, in this order,
// for cx.WithDefinitions.
func (b *Blueprint) Definitions() []event.Definition {
	if b == nil {
		return nil
	}
	defs := make([]event.Definition, 0, len(b.Journeys)+len(b.Touchpoints)+len(b.Surveys))
	journeys := make(map[string]*journey.Definition, len(b.Journeys))
	for i := range b.Journeys {
		d := b.Journeys[i].define()
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
		defs = append(defs, b.Surveys[i].define())
	}
	return defs
}

// Channel returns the channel that the spelling means, and false where it means none: the name of
// a standard channel or one of Channels, first as it is written, then in whatever case. Without a
// blueprint the standard names are known.
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

// ending returns the outcome of the name, if a touchpoint can end a journey so.
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

// Scales returns the names of the scales of a survey.
func Scales() []string { return names[event.Scale](int(event.Thumbs) + 1) }

// Endings returns the names of the outcomes that a touchpoint can end a journey with.
func Endings() []string {
	return []string{event.Completed.String(), event.Failed.String(), event.Cancelled.String()}
}

// names returns the names of an enumeration without its zero value.
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
