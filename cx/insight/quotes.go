package insight

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// The bounds of quotes. While a question is answered, four times as many are in memory, because customers change what they have said.
const (
	// MaxQuotes is the number of quotes of [Voice.Verbatims] and of [Voice.Compliments].
	MaxQuotes = 50
	// MaxCauseQuotes is that of [CauseVoice.Quotes].
	MaxCauseQuotes = 3

	quoteSlack     = 4
	maxQuoteCauses = 1000 // with quotes of their own
)

// Quote is what one customer wrote, as the client has redacted it. Its text may have any character: escape it where it is shown.
type Quote struct {
	// At is when the customer said it first. Amended means that it was changed since, and that the rest is what holds.
	At      time.Time `json:"at"`
	Amended bool      `json:"amended,omitempty"`
	// Survey, Version, Scale and Score are those of an answer. Score is nil for a mention.
	Survey  string      `json:"survey,omitempty"`
	Version string      `json:"version,omitempty"`
	Scale   event.Scale `json:"scale,omitzero"`
	Score   *int        `json:"score,omitempty"`
	// Source, Nature and Stars are those of a mention.
	Source string       `json:"source,omitempty"`
	Nature event.Nature `json:"nature,omitzero"`
	Stars  float64      `json:"stars,omitempty"`
	// Verdict is the meaning of the score, or the mood of the mention.
	Verdict event.Verdict `json:"verdict,omitzero"`
	Channel event.Channel `json:"channel,omitzero"`
	Causes  []string      `json:"causes,omitempty"`
	// Text are the words, and Language their language, as a BCP 47 tag.
	Text     string `json:"text"`
	Language string `json:"language,omitempty"`
	// Customer is the pseudonym, and Run the run to which it belongs: for a viewer with the right [Customers].
	Customer string        `json:"customer,omitempty"`
	Run      *event.RunRef `json:"run,omitempty"`

	id   event.ID
	last int64
}

// newest keeps the newest quotes.
type newest struct {
	keep int
	list []*Quote // the oldest first
}

func compareQuotes(a, b *Quote) int {
	return cmp.Or(cmp.Compare(a.last, b.last), slices.Compare(a.id[:], b.id[:]))
}

func (n *newest) add(q *Quote) {
	at, _ := slices.BinarySearchFunc(n.list, q, compareQuotes)
	if n.list = slices.Insert(n.list, at, q); len(n.list) > quoteSlack*n.keep {
		n.list = slices.Delete(n.list, 0, 1)
	}
}

func (n *newest) remove(id event.ID) {
	n.list = slices.DeleteFunc(n.list, func(q *Quote) bool { return q.id == id })
}

// quotes returns the newest ones, the newest first.
func (n *newest) quotes() []Quote {
	list := []Quote{}
	for i := len(n.list) - 1; i >= 0 && len(list) < n.keep; i-- {
		list = append(list, *n.list[i])
	}
	return list
}

// quote keeps the words of what was said, if it is new enough.
func (l *listening) quote(e *event.Event, u *utterance) {
	if !u.within || e.Feedback.Comment == "" {
		return
	}
	u.commented = true
	q := l.newQuote(u, e.Feedback, e.Customer.Hash, e.Journey.Ref())
	q.id = e.ID
	l.keep(u, q)
}

// keep puts the quote where it belongs, with what the customer says now.
func (l *listening) keep(u *utterance, q *Quote) {
	q.Verdict, q.Causes, q.Nature, q.Stars = u.verdict, l.lists[u.causes], u.nature, float64(u.stars)/2
	if !u.mention {
		s := l.series[u.series]
		score := int(u.score)
		q.Survey, q.Version, q.Scale, q.Score = s.survey, s.version, s.scale, &score
	}
	l.verbatims.add(q)
	if u.verdict == event.Positive || u.nature == event.Compliment {
		l.praise.add(q)
	}
	if u.verdict == event.Positive {
		return // what is praise says nothing of what went wrong
	}
	for _, cause := range q.Causes {
		n := l.byCause[cause]
		if n == nil {
			if len(l.byCause) >= maxQuoteCauses {
				continue
			}
			n = &newest{keep: MaxCauseQuotes}
			l.byCause[cause] = n
		}
		n.add(q)
	}
}

// requote replaces the words of what was changed, which had these causes.
func (l *listening) requote(u *utterance, causes []string, id event.ID, now *amendment) {
	if !u.within || !u.commented && now.feedback.Comment == "" {
		return
	}
	l.verbatims.remove(id)
	l.praise.remove(id)
	for _, cause := range causes {
		if n := l.byCause[cause]; n != nil {
			n.remove(id)
		}
	}
	if now.feedback.Comment == "" {
		return
	}
	u.commented = true
	q := l.newQuote(u, &now.feedback, now.customer, now.run)
	q.id, q.Amended = id, true
	l.keep(u, q)
}

// newQuote returns a quote of words, without what [listening.keep] sets.
func (l *listening) newQuote(u *utterance, f *event.Feedback, customer string, run event.RunRef) *Quote {
	q := &Quote{At: instant(u.at), Source: u.source, Channel: u.channel, Text: strings.Clone(f.Comment), Language: strings.Clone(f.Language), last: u.last}
	if l.c.v.viewer.Rights&Customers != 0 {
		q.Customer = strings.Clone(customer)
		if run != (event.RunRef{}) {
			q.Run = &event.RunRef{Namespace: l.text(run.Namespace), Name: l.text(run.Name), ID: strings.Clone(run.ID)}
		}
	}
	return q
}
