package blueprint

import (
	"cmp"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/slo"
)

// Queue is a team or a line for which customers wait. A blueprint that has queues tells contacts apart by them in metrics.
type Queue struct {
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	Owner       string `json:"owner,omitempty"       yaml:"owner,omitempty"`
	// Hours names the hours in which the queue is answered, of [Blueprint.Hours]. "" means always.
	Hours string `json:"hours,omitempty" yaml:"hours,omitempty"`
	// Channels lists the channels by which customers come to the queue, by the names of standard channels. An empty list means "phone".
	Channels []string `json:"channels,omitempty" yaml:"channels,omitempty"`
	// ServiceLevel says when a contact is answered in time. The zero value promises nothing.
	ServiceLevel ServiceLevel `json:"service_level,omitzero" yaml:"service_level,omitzero"`
}

// ServiceLevel says when a contact is answered in time. The share that is to be is the target of an [Objective]. See [assist.Level].
type ServiceLevel struct {
	// Within is the longest that a customer may wait for an answer.
	Within Duration `json:"within" yaml:"within"`
	// Variant says how a customer who leaves within Within counts: "negative" (as missed), "ignored" or "positive" (as answered). "" means
	// "negative".
	Variant string `json:"variant,omitempty" yaml:"variant,omitempty"`
	// ShortAbandon is the wait below which a customer who leaves does not count. 0 means [assist.DefaultShortAbandon].
	ShortAbandon Duration `json:"short_abandon,omitempty" yaml:"short_abandon,omitempty"`
	// FlowOuts counts contacts as missed that left the queue within Within without an answer and were not abandoned.
	FlowOuts bool `json:"flow_outs,omitempty" yaml:"flow_outs,omitempty"`
}

func queueName(q *Queue) string { return q.Name }

// level returns the service level as a value. An unknown variant, which Validate rejects, is the default.
func (s *ServiceLevel) level() assist.Level {
	l := assist.Level{Within: time.Duration(s.Within), ShortAbandon: time.Duration(s.ShortAbandon), FlowOuts: s.FlowOuts}
	_ = l.Variant.UnmarshalText([]byte(cmp.Or(s.Variant, assist.Negative.String())))
	return l
}

// AllQueues returns the queues as values, for cx.WithQueues. Each call makes new values.
func (b *Blueprint) AllQueues() []assist.Queue {
	if b == nil {
		return nil
	}
	list := make([]assist.Queue, 0, len(b.Queues))
	for i := range b.Queues {
		q := &b.Queues[i]
		v := assist.Queue{Name: q.Name, OpenHours: q.Hours != ""}
		if q.ServiceLevel != (ServiceLevel{}) {
			v.Level = q.ServiceLevel.level()
		}
		for _, name := range q.Channels {
			if c, ok := standardChannel(name); ok {
				v.Channels = append(v.Channels, c)
			}
		}
		list = append(list, v)
	}
	return list
}

// Levels returns the service levels of the queues that have one, for [assist.NewTally].
func (b *Blueprint) Levels() map[string]assist.Level {
	levels := map[string]assist.Level{}
	for _, q := range b.AllQueues() {
		if q.Level != (assist.Level{}) {
			levels[q.Name] = q.Level
		}
	}
	return levels
}

// validateQueues notes the faults of queues and of the vocabularies of contacts.
func (b *Blueprint) validateQueues(p *problems) {
	p.names("queues", len(b.Queues), func(i int) string { return b.Queues[i].Name })
	for i := range b.Queues {
		b.Queues[i].validate(p, at("queues", i), b)
	}
	list := func(path string, names []string) {
		p.list(path, len(names), func(i int) (string, string) { return at(path, i), names[i] })
	}
	list("intents", b.Intents)
	list("causes", b.RootCauses)
	if i := slices.Index(b.Intents, slo.AllEfforts); i >= 0 {
		p.add(at("intents", i), "%q stands for all intents in an objective: rename it", slo.AllEfforts)
	}
}

func (q *Queue) validate(p *problems, path string, b *Blueprint) {
	p.about(path, q.Description, q.Owner)
	p.hours(path+".hours", q.Hours, b)
	p.channels(path+".channels", q.Channels)
	if q.ServiceLevel != (ServiceLevel{}) {
		q.ServiceLevel.validate(p, path+".service_level")
	}
}

func (s *ServiceLevel) validate(p *problems, path string) {
	switch {
	case s.Within == 0:
		p.add(path+".within", "the time is missing: write the longest wait that is in time, such as 20s")
	case s.Within < 0:
		p.add(path+".within", "is %v: write a duration of more than 0s", s.Within)
	default:
		p.duration(path+".within", s.Within, "no time")
	}
	if s.Variant != "" && !slices.Contains(assist.Variants(), s.Variant) {
		p.unknown(path+".variant", s.Variant, assist.Variants(), "there is no variant %.80q: use %s", s.Variant, oneOf(assist.Variants()))
	}
	p.duration(path+".short_abandon", s.ShortAbandon, "the default")
}
