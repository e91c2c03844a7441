package event

import (
	"strconv"
	"time"
)

// Feedback is what a customer said: an answer to a survey, or a mention of the company without a question. It is also a request for an
// answer, and what became of the request.
type Feedback struct {
	// Survey is the name of the survey. Score is the answer on its scale. Verdict is the meaning of the score; the client
	// computes it.
	Survey  string  `json:"survey"`
	Scale   Scale   `json:"scale,omitempty"`
	Score   int     `json:"score"`
	Verdict Verdict `json:"verdict,omitempty"`
	// Version tells the texts of the survey apart, at most [MaxName] bytes: answers to a question whose text has changed are another
	// series. The client sets it from the survey's definition. It is empty for a survey without texts.
	Version string `json:"version,omitempty"`
	// Comment is the customer's own words, at most [MaxText] bytes. It is never on spans or metrics. An event has it only
	// if the client redacts comments (cx.WithRedactor), or keeps them as they are (cx.WithUnredactedText).
	Comment string `json:"comment,omitempty"`
	// Language is the language of the comment, as a BCP 47 tag.
	Language string `json:"language,omitempty"`
	// Causes are those that the customer chose, or that a program has read from the comment: at most [MaxAttributes], of at
	// most [MaxCause] bytes each.
	Causes []string `json:"causes,omitempty"`
	// Request is the ID of the survey.requested event that the answer, or what became of the request, belongs to. The zero ID marks an
	// answer that the company has not asked for. It counts in no response rate.
	Request ID `json:"request,omitzero"`
	// Ended is how the request ended, and Shown marks a request whose question the customer has seen. Only survey.closed has them.
	Ended SurveyEnd `json:"ended,omitempty"`
	Shown bool      `json:"shown,omitempty"`
	// Amends is the ID of the feedback.received or feedback.mentioned that a feedback.amended changes, and Previous is the score before
	// the change. Previous is nil where there was no score, or it is not known. The other fields have what holds from now on, unless the
	// event changes the consent alone: see [Event.OnlyConsent].
	Amends   ID   `json:"amends,omitzero"`
	Previous *int `json:"previous,omitempty"`
	// Source is the site, the network or the list that a mention comes from, at most [MaxName] bytes.
	Source string `json:"source,omitempty"`
	// Sentiment is the mood of a mention or a comment.
	Sentiment Verdict `json:"sentiment,omitempty"`
	// Testimonial is the customer's consent to show the words in public; nil is no consent. With the time Withdrawn, the words are no
	// testimonial any more.
	Testimonial *Testimonial `json:"testimonial,omitempty"`
}

// Testimonial is a customer's consent to show his or her words in public, as it was given: proof needs the text that the customer saw.
type Testimonial struct {
	// Version is the version of the consent text, and Language its language, at most [MaxName] bytes each.
	Version  string `json:"version,omitempty"`
	Language string `json:"language,omitempty"`
	// Text is the text that the customer agreed to, at most [MaxLine] bytes. It is the company's own text. No redactor changes it, so
	// that it must not hold personal data.
	Text string `json:"text,omitempty"`
	// Given is when the customer consented, and Withdrawn when the customer withdrew the consent; the zero time is not withdrawn.
	Given     time.Time `json:"given,omitzero"`
	Withdrawn time.Time `json:"withdrawn,omitzero"`
}

// Mention is what only feedback without a question has: a review, a post, a letter, the note of a call. The words, the source and the
// consent to show the words are in [Event.Feedback]. [Event.Customer] is the author, where the author is a known customer.
type Mention struct {
	// Nature is what the customer wants to say with it.
	Nature Nature `json:"nature,omitempty"`
	// Stars is the rating of a review, from 0.5 to 5 in steps of a half; 0 is no rating.
	Stars float64 `json:"stars,omitempty"`
	// Reach is how many people may have seen it, such as the followers of the author; 0 means not known.
	Reach int `json:"reach,omitempty"`
	// Address is where it is, such as the URL of a post. ReplyTo is where an answer goes: the ID of the post in its network, or the
	// address of a mail. Each has at most [MaxLine] bytes. Both count as personal data: they are handled as [Feedback.Comment] is, and are
	// never on spans, metrics or log events.
	Address string `json:"address,omitempty"`
	ReplyTo string `json:"reply_to,omitempty"`
}

// OnlyConsent reports whether the event changes the customer's consent to show what he or she said earlier, and nothing else: a
// feedback.amended with a Testimonial that has no score on a scale, no words, no causes and nothing in its Mention. Everything else that the customer
// said stays as it was.
func (e *Event) OnlyConsent() bool {
	f := e.Feedback
	return e.Kind == FeedbackAmended && f != nil && f.Testimonial != nil && f.Scale == 0 && f.Comment == "" && len(f.Causes) == 0 &&
		(e.Mention == nil || *e.Mention == Mention{})
}

// appendJSON writes the fields in the order of their age, so that an event without the newer ones has the bytes that it had.
func (f *Feedback) appendJSON(b []byte) []byte {
	b = append(b, `,"feedback":{`...)
	b = appendString(b, "survey", f.Survey)
	b = appendString(b, "scale", f.Scale.String())
	b = appendName(b, "score")
	b = strconv.AppendInt(b, int64(f.Score), 10)
	b = appendString(b, "verdict", f.Verdict.String())
	b = appendString(b, "comment", f.Comment)
	b = appendString(b, "language", f.Language)
	if len(f.Causes) > 0 {
		b = append(b, `,"causes":[`...)
		for i, c := range f.Causes {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendQuoted(b, c)
		}
		b = append(b, ']')
	}
	b = appendID(b, "request", f.Request)
	b = appendString(b, "source", f.Source)
	b = appendString(b, "sentiment", f.Sentiment.String())
	b = appendString(b, "version", f.Version)
	b = appendString(b, "ended", f.Ended.String())
	b = appendTrue(b, "shown", f.Shown)
	b = appendID(b, "amends", f.Amends)
	if f.Previous != nil {
		b = strconv.AppendInt(appendName(b, "previous"), int64(*f.Previous), 10)
	}
	if t := f.Testimonial; t != nil {
		b = append(appendName(b, "testimonial"), '{')
		b = appendString(b, "version", t.Version)
		b = appendString(b, "language", t.Language)
		b = appendString(b, "text", t.Text)
		b = appendTime(b, "given", t.Given)
		b = appendTime(b, "withdrawn", t.Withdrawn)
		b = append(b, '}')
	}
	return append(b, '}')
}

func (m *Mention) appendJSON(b []byte) []byte {
	b = append(appendName(b, "mention"), '{')
	b = appendString(b, "nature", m.Nature.String())
	if m.Stars != 0 {
		b = appendFloat(appendName(b, "stars"), m.Stars)
	}
	b = appendInt(b, "reach", m.Reach)
	b = appendString(b, "address", m.Address)
	b = appendString(b, "reply_to", m.ReplyTo)
	return append(b, '}')
}
