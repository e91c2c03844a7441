package insight

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Mentions are what customers said without a question: reviews, posts, letters, complaints in a call.
type Mentions struct {
	N      int64 `json:"n"`
	Hidden bool  `json:"hidden,omitempty"`
	// Complaints, Compliments, Questions and Suggestions are shares of all mentions. The rest did not say what it is.
	Complaints  score.Share `json:"complaints,omitzero"`
	Compliments score.Share `json:"compliments,omitzero"`
	Questions   score.Share `json:"questions,omitzero"`
	Suggestions score.Share `json:"suggestions,omitzero"`
	// Negative and Positive are the moods, as shares of the mentions whose mood is known: as it was told, else by the nature, else by the stars.
	Negative score.Share `json:"negative,omitzero"`
	Positive score.Share `json:"positive,omitzero"`
	// Sources are the sites, networks and lists, the one with the most mentions first. Weeks are in the order of time.
	Sources []MentionPart `json:"sources"`
	Weeks   []MentionPart `json:"weeks"`
}

// MentionPart are the mentions of a source or of a week.
type MentionPart struct {
	Name   string    `json:"name,omitempty"`
	From   time.Time `json:"from,omitzero"`
	Hidden bool      `json:"hidden,omitempty"`
	N      int64     `json:"n"`
	// Complaints is a share of N. Negative and Positive are shares of the mentions whose mood is known.
	Complaints score.Share `json:"complaints,omitzero"`
	Negative   score.Share `json:"negative,omitzero"`
	Positive   score.Share `json:"positive,omitzero"`
	// Stars is the mean of the ratings from 0.5 to 5, and Rated is their number. Both are 0 if those are of fewer than five customers.
	Stars float64 `json:"mean_stars,omitempty"`
	Rated int64   `json:"rated,omitempty"`
}

func (m *Mentions) init() { m.Sources, m.Weeks = []MentionPart{}, []MentionPart{} }

// CauseVoice is a cause that customers name, in all that they say.
type CauseVoice struct {
	Cause  string `json:"cause"`
	Hidden bool   `json:"hidden,omitempty"`
	// Share is the share of the answers and mentions that name the cause. Negative and Positive are shares of those that name it and have a verdict or a
	// mood.
	Share    score.Share `json:"share,omitzero"`
	Negative score.Share `json:"negative,omitzero"`
	Positive score.Share `json:"positive,omitzero"`
	// Weeks are those in which customers said something, in the order of time.
	Weeks []CauseWeek `json:"weeks,omitempty"`
	// Quotes are the newest words of customers who named it and were not content: at most [MaxCauseQuotes]. They need the right [Words].
	Quotes []Quote `json:"quotes,omitempty"`
}

// CauseWeek says how often a cause was named in a week.
type CauseWeek struct {
	// From is the Monday.
	From time.Time `json:"from"`
	// Hidden means that fewer than five customers said something in the week, or named the cause, or that such a number would follow from this one.
	Hidden bool `json:"hidden,omitempty"`
	// Share is the share of the answers and mentions of the week that name the cause.
	Share score.Share `json:"share,omitzero"`
}

// mentioned counts what was said.
type mentioned struct {
	n, halves, rated int64
	natures          [event.Suggestion + 1]int64
	moods            [event.Negative + 1]int64
	people           smallgroup.People
	moody, raters    smallgroup.Crowd // the customers of those with a mood, and with stars
}

func (m *mentioned) add(u *utterance) {
	m.n++
	m.natures[u.nature]++
	m.moods[u.verdict]++
	if u.stars > 0 {
		m.rated, m.halves = m.rated+1, m.halves+int64(u.stars)
		m.raters.Add(u.who)
	}
	if u.verdict != 0 {
		m.moody.Add(u.who)
	}
	m.people.AddSome(u.who)
}

// mood returns the share of those with a mood that have this one.
func (m *mentioned) mood(v event.Verdict, confidence float64) score.Share {
	return shareOf(&m.moody, m.moods[v], m.n-m.moods[0], confidence)
}

func (m *mentioned) part(name string, confidence float64) MentionPart {
	p := MentionPart{
		Name: name, N: m.n, Complaints: score.ShareOf(m.natures[event.Complaint], m.n, confidence), Negative: m.mood(event.Negative, confidence),
		Positive: m.mood(event.Positive, confidence),
	}
	if m.rated > 0 && !m.raters.Few() {
		p.Rated, p.Stars = m.rated, float64(m.halves)/2/float64(m.rated)
	}
	return p
}

// groups are counts by name.
type groups map[string]*mentioned

func (g groups) add(name string, u *utterance) {
	if g[name] == nil {
		g[name] = &mentioned{}
	}
	g[name].add(u)
}

func (g groups) hidden() map[string]bool {
	people := map[string]*smallgroup.People{}
	for name, m := range g {
		people[name] = &m.people
	}
	return smallgroup.Hide(people)
}

func (g groups) parts(confidence float64) []MentionPart {
	hidden, list := g.hidden(), make([]MentionPart, 0, len(g))
	for name, m := range g {
		if hidden[name] {
			list = append(list, MentionPart{Name: name, Hidden: true})
			continue
		}
		list = append(list, m.part(name, confidence))
	}
	return list
}

// mentions returns the mentions of the period.
func (l *listening) mentions(confidence float64) (a Mentions) {
	a.init()
	var all mentioned
	sources, weeks, names := groups{}, groups{}, weekNames{zone: l.c.zone}
	for i := range l.said {
		if u := &l.said[i]; u.mention && u.within {
			all.add(u)
			sources.add(u.source, u)
			weeks.add(names.name(u.at), u)
		}
	}
	if a.Hidden = smallgroup.Small(all.people.Size()); a.Hidden {
		return a
	}
	a.N = all.n
	of := func(n event.Nature) score.Share { return score.ShareOf(all.natures[n], all.n, confidence) }
	a.Complaints, a.Compliments, a.Questions, a.Suggestions = of(event.Complaint), of(event.Compliment), of(event.Question), of(event.Suggestion)
	a.Negative, a.Positive = all.mood(event.Negative, confidence), all.mood(event.Positive, confidence)
	a.Sources, a.Weeks = sources.parts(confidence), weeks.parts(confidence)
	slices.SortFunc(a.Sources, func(x, y MentionPart) int { return cmp.Or(cmp.Compare(y.N, x.N), strings.Compare(x.Name, y.Name)) })
	slices.SortFunc(a.Weeks, func(x, y MentionPart) int { return strings.Compare(x.Name, y.Name) })
	for i := range a.Weeks {
		from, _ := time.Parse(time.RFC3339, a.Weeks[i].Name)
		a.Weeks[i].Name, a.Weeks[i].From = "", from.In(l.c.zone)
	}
	return a
}

// causes returns what answers and mentions of the period name.
func (l *listening) causes(confidence float64) []CauseVoice {
	by, n, weeks := groups{}, int64(0), newCauseWeeks(l.c.zone)
	for i := range l.said {
		u := &l.said[i]
		if !u.within {
			continue
		}
		n++
		weeks.add(u, l.lists[u.causes])
		for _, cause := range l.lists[u.causes] {
			by.add(cause, u)
		}
	}
	hidden, list := by.hidden(), []CauseVoice{}
	for cause, m := range by {
		if hidden[cause] {
			list = append(list, CauseVoice{Cause: cause, Hidden: true})
			continue
		}
		c := CauseVoice{
			Cause: cause, Share: score.ShareOf(m.n, n, confidence), Negative: m.mood(event.Negative, confidence), Positive: m.mood(event.Positive, confidence),
			Weeks: weeks.of(cause, confidence),
		}
		if of := l.byCause[cause]; of != nil {
			c.Quotes = of.quotes()
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(x, y CauseVoice) int {
		return cmp.Or(compareShown(x.Hidden, y.Hidden), cmp.Compare(y.Negative.Count, x.Negative.Count), cmp.Compare(y.Share.Count, x.Share.Count), strings.Compare(x.Cause, y.Cause))
	})
	return list
}
