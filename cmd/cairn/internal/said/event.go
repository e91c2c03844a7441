package said

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// event returns the event of a row. Its error says what is wrong with the row, without a value of it.
func (r *reader) event(v *values) (*event.Event, error) {
	for f := range numFields {
		if !utf8.ValidString(v[f]) {
			return nil, fmt.Errorf("%s is not UTF-8: set --encoding", r.name(f))
		}
		if f != Text && f != ConsentText {
			v[f] = strings.TrimSpace(v[f])
		}
	}
	e := &event.Event{Kind: event.FeedbackMentioned, Feedback: &event.Feedback{
		Source: cmp.Or(v[Source], r.cfg.Source), Comment: v[Text], Language: v[Language],
	}}
	if v[Time] == "" {
		return nil, fmt.Errorf("%s is missing", r.name(Time))
	}
	var err error
	if e.Time, err = r.instant(Time, v[Time]); err != nil {
		return nil, err
	}
	for _, part := range []func(*event.Event, *values) error{r.texts, r.where, r.mention, r.answer, r.consent} {
		if err := part(e, v); err != nil {
			return nil, err
		}
	}
	e.ID = r.id(e, v)
	return e, nil
}

// id returns the ID of the row's event: that of its own ID at the source, or of everything that it says. Rows without an ID that say the same
// are told apart by their number.
func (r *reader) id(e *event.Event, v *values) event.ID {
	source := e.Feedback.Source
	if e.Kind == event.FeedbackReceived { // the answer of a survey tool and a review may have one ID
		source = "survey " + e.Feedback.Survey + " " + source
	}
	if v[ID] != "" {
		return feedback.MentionID(source, v[ID])
	}
	all := []byte("row")
	for f := range numFields {
		all = strconv.AppendQuote(append(all, ' '), v[f])
	}
	row := feedback.MentionID(source, string(all))
	n := r.seen[row]
	r.seen[row] = n + 1
	return feedback.MentionID(source, fmt.Sprintf("%s %d", all, n))
}

// texts bounds the texts of the row. A part of an address would be another address, and a part of a comment is none of the customer's.
func (r *reader) texts(e *event.Event, v *values) error {
	for _, bound := range []struct {
		most   int
		fields []Field
	}{
		{event.MaxName, []Field{Source, Language, Segment, Journey, Survey, ConsentVersion, ConsentLanguage}},
		{event.MaxID, []Field{Customer, Run}},
		{event.MaxLine, []Field{Address, ReplyTo, ConsentText}},
		{event.MaxText, []Field{Text}},
	} {
		for _, f := range bound.fields {
			if len(v[f]) > bound.most {
				return fmt.Errorf("%s is longer than %d bytes", r.name(f), bound.most)
			}
		}
	}
	for part := range strings.FieldsFuncSeq(v[Causes], func(c rune) bool { return c == ';' || c == '|' || c == '\n' }) {
		if part = strings.TrimSpace(part); part == "" || slices.Contains(e.Feedback.Causes, part) {
			continue
		}
		if len(part) > event.MaxCause || len(e.Feedback.Causes) == event.MaxAttributes {
			return fmt.Errorf("%s are not at most %d of at most %d bytes, with ; or | between", r.name(Causes), event.MaxAttributes, event.MaxCause)
		}
		e.Feedback.Causes = append(e.Feedback.Causes, part)
	}
	return nil
}

// where sets who said it, and about what.
func (r *reader) where(e *event.Event, v *values) error {
	if v[Channel] != "" {
		if r.cfg.Channel != nil {
			e.Channel = r.cfg.Channel(v[Channel])
		} else if e.Channel.UnmarshalText([]byte(strings.ToLower(v[Channel]))) != nil {
			return fmt.Errorf("%s is not a channel", r.name(Channel))
		}
	}
	if v[Customer] != "" {
		if !event.ValidID(v[Customer]) {
			return fmt.Errorf("%s has a control character", r.name(Customer))
		}
		if r.cfg.Pseudonym != nil {
			e.Customer.Hash = r.cfg.Pseudonym(v[Customer])
		}
	}
	e.Customer.Segment = v[Segment]
	switch {
	case v[Run] == "" && v[Journey] == "":
		return nil
	case v[Run] == "", v[Journey] == "":
		return fmt.Errorf("%s and %s belong together: fill in both or none", r.name(Journey), r.name(Run))
	case !event.ValidID(v[Run]):
		return fmt.Errorf("%s has a control character", r.name(Run))
	}
	e.Journey.Name, e.Journey.ID = v[Journey], v[Run]
	return nil
}

// mention sets what only a mention has.
func (r *reader) mention(e *event.Event, v *values) error {
	m, f := &event.Mention{Address: v[Address], ReplyTo: v[ReplyTo]}, e.Feedback
	if v[Nature] != "" && m.Nature.UnmarshalText([]byte(strings.ToLower(v[Nature]))) != nil {
		return fmt.Errorf("%s is not one of complaint, compliment, question, suggestion", r.name(Nature))
	}
	if v[Sentiment] != "" && f.Sentiment.UnmarshalText([]byte(strings.ToLower(v[Sentiment]))) != nil {
		return fmt.Errorf("%s is not one of positive, neutral, negative", r.name(Sentiment))
	}
	if v[Stars] != "" {
		var err error
		if m.Stars, err = strconv.ParseFloat(v[Stars], 64); err != nil || !(m.Stars >= 0.5 && m.Stars <= 5) || m.Stars*2 != float64(int(m.Stars*2)) {
			return fmt.Errorf("%s is not a number from 0.5 to 5 in steps of 0.5", r.name(Stars))
		}
	}
	if v[Reach] != "" {
		n, err := strconv.ParseUint(v[Reach], 10, 31)
		if err != nil {
			return fmt.Errorf("%s is not a whole number", r.name(Reach))
		}
		m.Reach = int(n)
	}
	e.Mention = m
	return nil
}

// answer makes the event an answer, if the row has a survey or a score.
func (r *reader) answer(e *event.Event, v *values) error {
	if v[Survey] == "" && v[Score] == "" {
		return nil
	}
	if v[Survey] == "" || v[Score] == "" {
		return fmt.Errorf("%s and %s belong together: fill in both or none", r.name(Survey), r.name(Score))
	}
	if *e.Mention != (event.Mention{}) {
		return errors.New("it is an answer to a survey, which has no nature, stars, reach, address and reply-to: leave them out, or the survey and the score")
	}
	f := e.Feedback
	e.Kind, e.Mention, f.Survey = event.FeedbackReceived, nil, v[Survey]
	var ok bool
	if f.Scale, ok = r.scale(v[Survey]); !ok {
		return fmt.Errorf("%s is not one of the blueprint, nor nps, csat, ces, stars or thumbs", r.name(Survey))
	}
	var err error
	if f.Score, err = strconv.Atoi(v[Score]); err != nil || f.Score < f.Scale.Min() || f.Score > f.Scale.Max() {
		return fmt.Errorf("%s is not a whole number from %d to %d, as the scale %s has it", r.name(Score), f.Scale.Min(), f.Scale.Max(), f.Scale)
	}
	return nil
}

func (r *reader) scale(survey string) (scale event.Scale, ok bool) {
	if r.cfg.Scale != nil {
		if scale, ok = r.cfg.Scale(survey); ok {
			return scale, true
		}
	}
	return scale, scale.UnmarshalText([]byte(survey)) == nil && scale != 0
}

// consent sets the consent to show the words.
func (r *reader) consent(e *event.Event, v *values) error {
	t := &event.Testimonial{Version: v[ConsentVersion], Language: v[ConsentLanguage], Text: v[ConsentText], Given: e.Time}
	switch {
	case t.Version == "" && t.Text == "" && v[ConsentTime] == "":
		return nil
	case t.Version == "" || t.Text == "":
		return fmt.Errorf("%s and %s belong together: a consent without one of them proves nothing", r.name(ConsentVersion), r.name(ConsentText))
	}
	var err error
	if v[ConsentTime] != "" {
		if t.Given, err = r.instant(ConsentTime, v[ConsentTime]); err != nil {
			return err
		}
	}
	e.Feedback.Testimonial = t
	return nil
}
