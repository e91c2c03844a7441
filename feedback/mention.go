package feedback

import (
	"context"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/touchpoint"
)

// Mention is what a customer says without being asked: a review, a post, a letter, the note of a call. The zero value says nothing more than
// that somebody has mentioned the company. A Mention is data, and its methods change nothing of it: they record to the client in the
// context, else to the default client, else nowhere.
type Mention struct {
	// Source is the site, the network or the list that it comes from, such as "trustpilot" or "letters", at most [event.MaxName] bytes.
	// Metrics distinguish the first 64.
	Source string
	// Ref is its ID at the source. The event has the ID of [MentionID] then, so that a mention that is read twice is kept once.
	// It never leaves the process. "" gives each call of Record an ID of its own.
	Ref string
	// Nature is what the customer wants to say; the zero value is not known. A complaint opens a follow-up whose rule is [OnComplaint].
	Nature event.Nature
	// Text are the customer's own words, handled as a [Comment], and Language their language, as a BCP 47 tag.
	Text, Language string
	// Causes are as those of [Causes].
	Causes []string
	// Sentiment is the mood; 0 is not known.
	Sentiment event.Verdict
	// Stars is the rating of a review, from 0.5 to 5 in steps of a half; 0 is no rating.
	Stars float64
	// Reach is how many people may have seen it, such as the followers of the author; 0 is not known.
	Reach int
	// Address is where it is, such as the URL of a post. ReplyTo is where an answer goes: the ID of the post in its network, or the
	// address of a mail. Each has at most [event.MaxLine] bytes. The client handles them as the words, which may name a person, too.
	Address, ReplyTo string
	// Author is the customer who has said it, where the author is known to be one. The zero customer is the one of the context.
	Author event.Customer
	// Testimonial is the consent to show the words in public, as [Testimonial] sets it; nil is none.
	Testimonial *event.Testimonial
}

// MentionID returns the ID of the event of the mention that has this ID (Ref) at the source. Every process derives the same one.
func MentionID(source, ref string) event.ID { return digest.ID(digest.Mention(source, ref)) }

// Record records that a customer has said it, as feedback.mentioned, and returns the ID of the event: [Reply], [GrantTestimonial],
// [WithdrawTestimonial] and [OnFeedback] take it. The mention belongs to the run of ctx, or to the one that [About] names. Options come
// after the fields: what both set is that of the option. The metrics count each call, also where the ID is one that was recorded before.
//
// Without a client Record returns the zero ID. It never blocks, panics or returns an error.
func (m Mention) Record(ctx context.Context, opts ...Option) event.ID {
	return mention(ctx, &m, event.FeedbackMentioned, event.ID{}, opts)
}

// Amend records that the author has changed the mention with this ID, as feedback.amended: m is what holds from now on, with its consent to
// show the words. The metrics count the mention once, and the change. It returns the ID of the change: two processes that read the same
// change record it under the same ID. See [Mention.Record].
func (m Mention) Amend(ctx context.Context, amends event.ID, opts ...Option) event.ID {
	return mention(ctx, &m, event.FeedbackAmended, amends, opts)
}

// mention records a mention, or the change of one.
func mention(ctx context.Context, m *Mention, kind event.Kind, amends event.ID, opts []Option) event.ID {
	if ctx == nil {
		ctx = context.Background()
	}
	rec := flight.RecorderFrom(ctx)
	if rec == nil {
		return event.ID{}
	}
	e := mentioned(m, kind)
	defer e.Put()
	e.Feedback.Amends = amends
	e.SetPosition(flight.PositionFromContext(ctx))
	if m.Author != (event.Customer{}) {
		e.SetCustomer(m.Author)
	}
	for _, o := range opts {
		if o != nil {
			o.apply(e)
		}
	}
	e.Feedback.Request = event.ID{} // [AnsweringID] is for answers
	if e.Time.IsZero() {
		e.SetClocked(rec.Now())
	}
	switch f := e.Feedback; {
	case kind == event.FeedbackAmended && !f.Amends.IsZero():
		e.ID = digest.ID(digest.Amendment(f.Amends, wordsOf(f, e.Mention)))
	case kind == event.FeedbackMentioned && m.Ref != "":
		e.ID = MentionID(f.Source, m.Ref)
	default:
		e.ID = event.NewID(e.Time)
	}
	id := e.ID
	rec.Record(ctx, e)
	return id
}

// mentioned returns the event of the mention, without what the context says.
func mentioned(m *Mention, kind event.Kind) *flight.Event {
	e := flight.Of(event.Event{
		Kind: kind,
		Feedback: &event.Feedback{
			Source: m.Source, Comment: m.Text, Language: m.Language, Sentiment: m.Sentiment,
		},
		Mention: &event.Mention{Nature: m.Nature, Stars: m.Stars, Reach: m.Reach, Address: m.Address, ReplyTo: m.ReplyTo},
	})
	Causes(m.Causes...).apply(e)
	Testimonial(m.Testimonial).apply(e)
	return e
}

// wordsOf returns the JSON of what was said, without when a consent was given: the same form may be read twice.
func wordsOf(f *event.Feedback, m *event.Mention) string {
	e := event.Event{Kind: event.FeedbackMentioned, Feedback: new(*f), Mention: m}
	if t := f.Testimonial; t != nil {
		e.Feedback.Testimonial = &event.Testimonial{Version: t.Version, Language: t.Language, Text: t.Text}
	}
	return string(e.AppendJSON(nil))
}

// Complain records that a customer complains about the cause while people help: in a call, a chat, at a desk. It is a [Mention] with the
// nature complaint, and with what is known of the contact that is under way ([touchpoint.ContactFromContext]): its name as
// [event.Event.Touchpoint], channel, actor, customer, intent and run. Without a contact it has what the context knows. Its source is the name of the channel, such as "phone". [Comment]
// is the employee's note of the words, [Via] the channel where there is no contact, and [At] when it was. The cause is from a bounded
// vocabulary, at most [event.MaxCause] bytes; "" is not known. It returns the ID of the event, as [Mention.Record] does.
func Complain(ctx context.Context, cause string, opts ...Option) event.ID {
	var m Mention
	if cause != "" {
		m.Causes = []string{cause}
	}
	m.Nature = event.Complaint
	in := recordOption(func(e *flight.Event) {
		if help := flight.HelpFrom(ctx); help != nil {
			help.Describe(e)
		}
	})
	from := recordOption(func(e *flight.Event) {
		if e.Channel != 0 {
			e.Feedback.Source = e.Channel.String()
		}
	})
	return m.Record(ctx, append(append([]Option{in}, opts...), from)...)
}

// Reply records that the company has answered a mention, such as a public review: a touchpoint by the company on the channel, which names the
// mention with the attribute [MentionKey]. A reply within a follow-up belongs to it: record it with the context of the follow-up. An ID that
// is zero names no mention. See [touchpoint.Definition.Record] for the options.
func Reply(ctx context.Context, mention event.ID, by *touchpoint.Definition, c event.Channel, opts ...touchpoint.StartOption) {
	its := []touchpoint.StartOption{touchpoint.Outbound()}
	if !mention.IsZero() {
		its = append(its, touchpoint.Attributes(MentionKey.String(mention.String())))
	}
	by.Record(ctx, c, slices.Concat(its, opts)...)
}
