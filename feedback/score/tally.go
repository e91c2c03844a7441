package score

import (
	"hash/fnv"
	"iter"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Tally collects events for numbers. It takes about 200 bytes of memory for each answer and each request. The zero value is not valid: see
// [New]. It is not safe for concurrent use.
type Tally struct {
	config
	groups   map[key]*group
	answers  map[event.ID]*answer
	amended  map[event.ID]*said // by answer
	requests map[event.ID]*request
}

// Option is an option of [New].
type Option interface{ apply(*config) }

type option func(*config)

func (f option) apply(c *config) { f(c) }

type config struct {
	confidence  float64
	from, until time.Time
	delegates   bool
}

// DefaultConfidence is the confidence of intervals.
const DefaultConfidence = 0.95

// MinGroup is the number of customers from which on a group is shown.
const MinGroup = smallgroup.Min

// WithConfidence sets the confidence of all intervals, in (0, 1). Another value gives the widest intervals, as package stats does.
// Default: [DefaultConfidence].
func WithConfidence(confidence float64) Option {
	return option(func(c *config) { c.confidence = confidence })
}

// Between counts only the answers given and the requests made from the first time on and before the second one. A
// zero time is no bound. What became of them later counts: an amendment, and the answer to a request.
func Between(from, until time.Time) Option {
	return option(func(c *config) { c.from, c.until = from, until })
}

// WithDelegates counts the answers of delegates ([event.ActorDelegate]), and the changes that they make. Default: an answer of a delegate is not
// the customer's, and counts in no number.
func WithDelegates() Option { return option(func(c *config) { c.delegates = true }) }

// New returns an empty Tally.
func New(opts ...Option) *Tally {
	t := &Tally{
		config: config{confidence: DefaultConfidence}, groups: map[key]*group{}, answers: map[event.ID]*answer{},
		amended: map[event.ID]*said{}, requests: map[event.ID]*request{},
	}
	for _, o := range opts {
		if o != nil {
			o.apply(&t.config)
		}
	}
	return t
}

// Of returns a Tally of the events.
func Of(events iter.Seq[event.Event], opts ...Option) *Tally {
	t := New(opts...)
	for e := range events {
		t.Add(&e)
	}
	return t
}

// key tells groups apart.
type key struct {
	survey, version string
	scale           event.Scale
	segment         string
}

// group is a segment of a survey. Each has one, so that answers and requests need no texts of their own.
type group struct{ key }

// said is what an answer says.
type said struct {
	id     event.ID
	at     time.Time
	scale  event.Scale
	score  int
	causes []string
}

type answer struct {
	said
	group     *group
	who       uint64
	solicited bool
}

// request is what is known of a request, whichever event came first.
type request struct {
	group    *group // nil where the request itself is not known
	who      uint64
	at       time.Time
	shown    bool
	answered bool
	end      event.SurveyEnd
}

// group returns the group with the key, of which there is one.
func (t *Tally) group(k key) *group {
	g := t.groups[k]
	if g == nil {
		g = &group{k}
		t.groups[k] = g
	}
	return g
}

func keyOf(e *event.Event) key {
	return key{e.Feedback.Survey, e.Feedback.Version, e.Feedback.Scale, e.Customer.Segment}
}

// who returns a number for the customer; 0 is not known.
func who(c *event.Customer) uint64 {
	name := "hash " + c.Hash
	if c.Hash == "" {
		if c.ID == "" {
			return 0
		}
		name = "id " + c.ID
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return max(1, h.Sum64())
}

func (t *Tally) request(id event.ID) *request {
	r := t.requests[id]
	if r == nil {
		r = &request{}
		t.requests[id] = r
	}
	return r
}

// within reports whether the period has the time.
func (t *Tally) within(at time.Time) bool {
	return !at.Before(t.from) && (t.until.IsZero() || at.Before(t.until))
}

// Add counts the event, which it neither changes nor keeps. It ignores what is about no survey, probes, delegates, events
// without an ID, and answers that are not on their scale.
func (t *Tally) Add(e *event.Event) {
	if e == nil || e.Feedback == nil || e.ID.IsZero() || e.Actor == event.ActorSynthetic {
		return
	}
	if e.Actor == event.ActorDelegate && !t.delegates {
		return
	}
	f := e.Feedback
	switch e.Kind { //nolint:exhaustive // the rest say nothing of an answer
	case event.SurveyRequested:
		if r := t.request(e.ID); r.group == nil {
			r.group, r.who, r.at = t.group(keyOf(e)), who(&e.Customer), e.Time
		}
	case event.SurveyShown:
		if !f.Request.IsZero() {
			t.request(f.Request).shown = true
		}
	case event.SurveyClosed:
		if r := f.Request; !r.IsZero() && f.Ended != 0 {
			r := t.request(r)
			r.shown = r.shown || f.Shown
			r.end = max(r.end, f.Ended) // a request ends once
			r.answered = r.answered || f.Ended == event.SurveyAnswered
		}
	case event.FeedbackReceived:
		t.answer(e)
	case event.FeedbackAmended:
		t.amend(e)
	}
}

func (t *Tally) answer(e *event.Event) {
	f := e.Feedback
	if _, on := f.Scale.Verdict(f.Score); !on {
		return
	}
	if !f.Request.IsZero() {
		t.request(f.Request).answered = true
	}
	if t.answers[e.ID] == nil {
		t.answers[e.ID] = &answer{said: saidBy(e), group: t.group(keyOf(e)), who: who(&e.Customer), solicited: !f.Request.IsZero()}
	}
}

// amend keeps the last amendment of each answer. The one with the higher ID of two at the same time holds, as in the archive.
func (t *Tally) amend(e *event.Event) {
	id := e.Feedback.Amends
	if id.IsZero() {
		return
	}
	now := saidBy(e)
	if _, on := now.scale.Verdict(now.score); on && now.holdsOver(t.amended[id]) {
		t.amended[id] = &now
	}
}

// holdsOver reports whether the customer said s after o.
func (s *said) holdsOver(o *said) bool {
	return o == nil || s.at.After(o.at) || s.at.Equal(o.at) && slices.Compare(s.id[:], o.id[:]) > 0
}

func saidBy(e *event.Event) said {
	f := e.Feedback
	var causes []string
	for i, c := range f.Causes {
		if c != "" && !slices.Contains(f.Causes[:i], c) { // an answer counts once for each cause
			causes = append(causes, c)
		}
	}
	return said{e.ID, e.Time, f.Scale, f.Score, causes}
}

// Merge adds what the other tally has collected, of other events or of the same ones. The options of t hold. The other tally is not valid
// afterwards.
func (t *Tally) Merge(o *Tally) {
	for id, a := range o.answers {
		if t.answers[id] == nil {
			a.group = t.group(a.group.key)
			t.answers[id] = a
		}
	}
	for id, s := range o.amended {
		if s.holdsOver(t.amended[id]) {
			t.amended[id] = s
		}
	}
	for id, more := range o.requests {
		r := t.request(id)
		if r.group == nil && more.group != nil {
			r.group, r.who, r.at = t.group(more.group.key), more.who, more.at
		}
		r.shown, r.answered, r.end = r.shown || more.shown, r.answered || more.answered, max(r.end, more.end)
	}
}
