package insight

import (
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// listening collects what customers have said.
type listening struct {
	c       *chooser
	tally   *score.Tally
	changed changed

	said     []utterance
	byID     map[event.ID]int32
	early    map[event.ID]*amendment // of what is not known yet
	requests map[event.ID]*asking

	series []series
	places map[series]uint32
	lists  [][]string // of causes
	list   map[string]uint32
	texts  map[string]string // names, each once
	people smallgroup.People // who has said something in the period, or was asked

	verbatims, praise newest
	byCause           map[string]*newest
}

// series is a survey in one version.
type series struct {
	survey, version string
	scale           event.Scale
}

// utterance is an answer or a mention, as the customer said last.
type utterance struct {
	changed   event.ID // the change that holds
	at, last  int64
	begun     int64 // when the run began that it is about; at without one
	who       uint64
	source    string // of a mention
	series    uint32 // of an answer
	causes    uint32
	channel   event.Channel
	verdict   event.Verdict
	nature    event.Nature
	score     int8
	stars     uint8 // in halves
	mention   bool
	within    bool // it belongs to the period
	commented bool
}

// asking is a request, whichever event came first.
type asking struct {
	at       int64
	who      uint64
	series   uint32
	channel  event.Channel
	known    bool
	answered bool
}

// amendment is a change of what was said.
type amendment struct {
	id       event.ID
	at       int64
	feedback event.Feedback
	mention  event.Mention
	customer string
	run      event.RunRef
}

func newListening(c *chooser) *listening {
	return &listening{
		c: c, tally: score.New(c.scoring()...),
		byID: map[event.ID]int32{}, early: map[event.ID]*amendment{}, requests: map[event.ID]*asking{},
		series: []series{{}}, places: map[series]uint32{{}: 0}, lists: [][]string{nil}, list: map[string]uint32{"": 0}, texts: map[string]string{},
		verbatims: newest{keep: MaxQuotes}, praise: newest{keep: MaxQuotes}, byCause: map[string]*newest{},
	}
}

// scoring returns the options of the scores of the question.
func (c *chooser) scoring() []score.Option {
	opts := []score.Option{score.WithConfidence(c.v.table.confidence), score.Between(c.w.From, c.w.Until)}
	if c.v.table.delegates {
		opts = append(opts, score.WithDelegates())
	}
	return opts
}

// take takes a whole event.
func (l *listening) take(e *event.Event) error {
	f := e.Feedback
	if f == nil || e.ID.IsZero() || e.Actor == event.ActorDelegate && !l.c.v.table.delegates && e.Kind != event.FeedbackMentioned {
		return nil
	}
	counts := e.Time.UnixMicro() >= l.c.p.from
	switch e.Kind { //nolint:exhaustive // the rest is not asked for
	case event.SurveyShown, event.SurveyClosed:
		if counts {
			l.tally.Add(e)
		}
		if f.Ended == event.SurveyAnswered {
			l.asked(f.Request).answered = true
		}
		return nil
	case event.FeedbackAmended:
		if counts {
			l.tally.Add(e)
		}
		if !e.OnlyConsent() && !f.Amends.IsZero() {
			l.amend(e)
		}
		return nil
	}
	a, err := l.c.of(e.Journey.Ref(), e.Customer.Segment)
	if err != nil || !a.chosen {
		return err
	}
	switch e.Kind { //nolint:exhaustive // see above
	case event.SurveyRequested:
		if counts {
			l.tally.Add(e)
			l.request(e)
		}
	case event.FeedbackReceived:
		if _, ok := f.Scale.Verdict(f.Score); !ok {
			return nil
		}
		if counts {
			l.tally.Add(e)
		}
		if !f.Request.IsZero() {
			l.asked(f.Request).answered = true
		}
		l.say(e, a)
	case event.FeedbackMentioned:
		l.say(e, a)
	}
	return nil
}

func (l *listening) asked(id event.ID) *asking {
	r := l.requests[id]
	if r == nil {
		r = &asking{}
		if !id.IsZero() {
			l.requests[id] = r
		}
	}
	return r
}

func (l *listening) request(e *event.Event) {
	at := e.Time.UnixMicro()
	r := l.asked(e.ID)
	if r.known || !l.c.within(at) {
		return
	}
	r.known, r.at, r.who, r.channel, r.series = true, at, person(e), e.Channel, l.place(e.Feedback)
	meet(&l.people, r.who)
}

// place returns the number of the survey.
func (l *listening) place(f *event.Feedback) uint32 {
	s := series{l.text(f.Survey), l.text(f.Version), f.Scale}
	n, ok := l.places[s]
	if !ok {
		n = uint32(len(l.series)) //nolint:gosec // there are no more than events
		l.places[s], l.series = n, append(l.series, s)
	}
	return n
}

// text returns the text, which is kept once.
func (l *listening) text(s string) string {
	if kept, ok := l.texts[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	l.texts[s] = s
	return s
}

// say adds an answer or a mention.
func (l *listening) say(e *event.Event, a about) {
	if _, again := l.byID[e.ID]; again {
		return
	}
	f, at := e.Feedback, e.Time.UnixMicro()
	u := utterance{at: at, last: at, begun: at, who: person(e), channel: e.Channel, mention: e.Kind == event.FeedbackMentioned, within: l.c.within(at)}
	if a.begun != 0 && a.begun <= at {
		u.begun = a.begun
	}
	if u.mention {
		u.source = l.text(f.Source)
	} else {
		u.series = l.place(f)
	}
	if u.within {
		meet(&l.people, u.who)
	}
	l.byID[e.ID] = int32(len(l.said)) //nolint:gosec // memory ends sooner
	l.said = append(l.said, u)
	its := &l.said[len(l.said)-1]
	var m event.Mention
	if e.Mention != nil {
		m = *e.Mention
	}
	l.hold(its, f, &m)
	l.quote(e, its)
	if early := l.early[e.ID]; early != nil {
		delete(l.early, e.ID)
		l.change(its, e.ID, early)
	}
}

// hold sets what the customer says from now on.
func (l *listening) hold(u *utterance, f *event.Feedback, m *event.Mention) {
	u.causes = l.causesOf(f.Causes)
	if u.mention {
		u.nature, u.stars = m.Nature, uint8(max(0, min(2*m.Stars, 10)))
		if u.nature > event.Suggestion {
			u.nature = 0 // of a later version
		}
		u.verdict = moodOf(f.Sentiment, m)
		return
	}
	scale := l.series[u.series].scale
	if v, ok := scale.Verdict(f.Score); ok && f.Scale == scale {
		u.score, u.verdict = int8(f.Score), v //nolint:gosec // it is on a scale
	}
}

// moodOf returns the mood of a mention: as it was told, else by its nature, else by its stars, of which 1 and 2 are negative and 4 and 5 positive.
func moodOf(told event.Verdict, m *event.Mention) event.Verdict {
	switch {
	case told != 0 && told <= event.Negative:
		return told
	case m.Nature == event.Complaint:
		return event.Negative
	case m.Nature == event.Compliment:
		return event.Positive
	case m.Stars > 0:
		v, _ := event.Stars.Verdict(max(1, int(m.Stars)))
		return v
	default:
		return 0
	}
}

// causesOf returns the number of a list of causes, each of which is in it once.
func (l *listening) causesOf(causes []string) uint32 {
	var clean []string
	for _, c := range causes {
		if c != "" && !slices.Contains(clean, c) {
			clean = append(clean, l.text(c))
		}
	}
	slices.Sort(clean)
	key := strings.Join(clean, "\x00")
	n, ok := l.list[key]
	if !ok {
		n = uint32(len(l.lists)) //nolint:gosec // there are no more than events
		l.list[key], l.lists = n, append(l.lists, clean)
	}
	return n
}

// amend takes a change.
func (l *listening) amend(e *event.Event) {
	now := &amendment{id: e.ID, at: e.Time.UnixMicro(), feedback: *e.Feedback, customer: e.Customer.Hash, run: e.Journey.Ref()}
	if e.Mention != nil {
		now.mention = *e.Mention
	}
	if n, ok := l.byID[e.Feedback.Amends]; ok {
		l.change(&l.said[n], e.Feedback.Amends, now)
		return
	}
	if before := l.early[e.Feedback.Amends]; before == nil || now.holdsOver(before.at, before.id) {
		l.early[e.Feedback.Amends] = now
	}
}

// change makes the change hold, unless one that is later holds. The one with the higher ID of two at the same time holds, as in the archive.
func (l *listening) change(u *utterance, id event.ID, now *amendment) {
	if !u.changed.IsZero() && !now.holdsOver(u.last, u.changed) {
		return
	}
	if !u.mention && now.feedback.Scale != 0 && now.feedback.Scale != l.series[u.series].scale {
		return // an answer to another question, which no number counts
	}
	before := l.lists[u.causes]
	u.changed, u.last = now.id, now.at
	l.hold(u, &now.feedback, &now.mention)
	l.requote(u, before, id, now)
}

func (a *amendment) holdsOver(at int64, id event.ID) bool {
	return a.at > at || a.at == at && slices.Compare(a.id[:], id[:]) > 0
}
