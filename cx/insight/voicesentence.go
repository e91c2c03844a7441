package insight

import (
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Sentence says what customers say, and what became of it, in words.
func (a *Voice) Sentence() string {
	if a.Hidden {
		return few()
	}
	var said []string
	for i := range a.Surveys {
		said = append(said, a.Surveys[i].Sentence())
	}
	if a.Mentions.N > 0 {
		said = append(said, a.Mentions.Sentence())
	}
	if len(a.Causes) > 0 && !a.Causes[0].Hidden {
		said = append(said, a.Causes[0].Sentence())
	}
	if a.FollowUps.Received+a.FollowUps.Now > 0 {
		said = append(said, a.FollowUps.Sentence())
	}
	if a.Actions.ActedOn.OK() {
		said = append(said, a.Actions.Sentence())
	}
	if len(said) == 0 {
		return "Customers have said nothing, and were not asked."
	}
	return strings.Join(said, " ")
}

// Sentence says the score and who did not answer, in words.
func (s *SurveyVoice) Sentence() string {
	name := fmt.Sprintf("%q", s.Name)
	if s.Version != "" {
		name += fmt.Sprintf(" (version %q)", s.Version)
	}
	said := fmt.Sprintf("The survey %s has no answers", name)
	switch {
	case s.Answers.Hidden:
		said = fmt.Sprintf("The survey %s has answers of fewer than %d customers, which are not shown", name, smallgroup.Min)
	case s.Answers.N > 0:
		said = fmt.Sprintf("In the survey %s the %s is %s", name, scoreName(s.Scale), s.Answers.Score)
	}
	if !s.Response.Hidden && s.Response.Rate.OK() {
		said += fmt.Sprintf("; %s of those asked answered", share(s.Response.Rate))
		if s.Response.Open > 0 {
			said += fmt.Sprintf(", and %s may still", number.Count(s.Response.Open))
		}
	}
	all := []string{said + "."}
	for i := range s.Silence {
		if one := &s.Silence[i]; one.Differs && one.Difference.Value < 0 {
			all = append(all, one.Sentence())
		}
	}
	return strings.Join(all, " ")
}

func scoreName(scale event.Scale) string {
	switch scale {
	case event.NPS:
		return "Net Promoter Score"
	case event.CSAT, event.Thumbs:
		return "share of positive answers"
	default:
		return "mean"
	}
}

// Sentence says how often the segment answers, in words.
func (s *SegmentSilence) Sentence() string {
	who := fmt.Sprintf("Customers of the segment %q", s.Segment)
	if s.Segment == "" {
		who = "Customers without a known segment"
	}
	said := fmt.Sprintf("%s answered %s of their requests, against %s of the others", who, share(s.Rate), percent(s.Others.Value))
	if !s.Differs {
		return said + ": no more than chance explains."
	}
	silent := "them"
	if s.Difference.Value > 0 {
		silent = "the others"
	}
	return said + fmt.Sprintf(" (%s), so that the score says less of %s.", interval(s.Difference.Interval), silent)
}

// Sentence says what customers said without a question, in words.
func (m *Mentions) Sentence() string {
	switch {
	case m.Hidden:
		return few()
	case m.N == 0:
		return "There were no mentions."
	}
	said := "Customers said something without a question " + times(m.N)
	var parts []string
	for _, p := range []struct {
		name string
		of   score.Share
	}{{"complaints", m.Complaints}, {"compliments", m.Compliments}, {"questions", m.Questions}, {"suggestions", m.Suggestions}} {
		if p.of.Count > 0 {
			parts = append(parts, fmt.Sprintf("%s were %s", share(p.of), p.name))
		}
	}
	if len(parts) > 0 {
		said += ": " + strings.Join(parts, ", ")
	}
	return said + "."
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return number.Count(n) + " times"
}

// Sentence says how often customers name the cause, in words.
func (c *CauseVoice) Sentence() string {
	if c.Hidden {
		return fmt.Sprintf("The cause %q is named by too few customers to be shown, or a smaller one would follow from it.", c.Cause)
	}
	said := fmt.Sprintf("Customers named %q in %s of what they said", c.Cause, share(c.Share))
	if c.Negative.OK() {
		said += fmt.Sprintf("; %s of that was negative", share(c.Negative))
	}
	return said + "."
}

// Sentence says what became of the follow-ups, in words.
func (f *FollowUps) Sentence() string {
	switch {
	case f.Hidden:
		return few()
	case f.Received+f.Now == 0:
		return "There were no follow-ups."
	}
	said := fmt.Sprintf("The company received %s matters to follow up", number.Count(f.Received))
	if f.Received == 1 {
		said = "The company received 1 matter to follow up"
	}
	if f.Told.N > 0 {
		said += ", and half of the answers came within " + spell(f.Told.Median)
	}
	if f.Broken.Count > 0 {
		said += "; a promise was broken in " + share(f.Broken)
	}
	said += "."
	if f.Now > 0 {
		said += fmt.Sprintf(" %s open, the oldest since %s", are(f.Now), spell(f.Oldest))
		if f.Overdue.OK() {
			said += fmt.Sprintf(", and %s of these are overdue", number.Count(f.Overdue.Count))
		}
		said += "."
	}
	return said
}

// Sentence says how much of what customers said was acted on, in words.
func (a *Actions) Sentence() string {
	if !a.ActedOn.OK() {
		return "Nothing that customers said has a cause."
	}
	said := fmt.Sprintf("A change was made because of %s of what customers said with a cause", share(a.ActedOn))
	if a.Days > 0 {
		said += fmt.Sprintf(", half of them within %s days", number.Decimal(a.Days, 1))
	}
	all := []string{said + "."}
	for i := range a.List {
		if h := a.List[i].Helped; h != nil && h.Differs {
			all = append(all, a.List[i].Sentence())
		}
	}
	return strings.Join(all, " ")
}

// Sentence says what was changed and whether it helped, in words.
func (a *Action) Sentence() string {
	name := fmt.Sprintf("%q", a.Change)
	if a.Change == "" {
		name = "An action"
	}
	if a.Made.IsZero() {
		switch {
		case a.Outcome == event.Cancelled:
			return name + " was dropped."
		case a.Step != "":
			return fmt.Sprintf("%s is %s.", name, plainly(a.Step))
		default:
			return name + " has begun."
		}
	}
	said := fmt.Sprintf("%s was made on %s", name, a.Made.Format(time.DateOnly))
	switch h := a.Helped; {
	case h == nil:
		return said + "."
	case h.Hidden:
		return said + ". Too few customers have said something to tell whether it helped."
	case !h.Difference.OK():
		return said + ". It is too early to tell whether it helped."
	case !h.Differs:
		return said + fmt.Sprintf(". Since then %s of what customers said named %q, against %s before: no more than chance explains.", share(h.After), a.Cause, percent(h.Before.Value))
	default:
		return said + fmt.Sprintf(". Since then %s of what customers said named %q, against %s before. The difference is %s. This is association, not proof.",
			share(h.After), a.Cause, share(h.Before), interval(h.Difference.Interval))
	}
}

// plainly writes a name without quotes, if that is safe.
func plainly(name string) string {
	if q := fmt.Sprintf("%q", name); q[1:len(q)-1] != name {
		return q
	}
	return name
}

// Sentence says how contacts with people went, in words.
func (a *Support) Sentence() string {
	switch {
	case a.Hidden:
		return few()
	case a.Contacts.All == 0:
		return "There were no contacts with people."
	}
	said := fmt.Sprintf("People answered %s of %s contacts.", number.Count(int64(a.Contacts.Answered)), number.Count(int64(a.Contacts.All)))
	if n := a.All.sentence(); n != "" {
		said += " " + n
	}
	if a.Resolution.First.OK() {
		said += " " + a.Resolution.Sentence()
	}
	return said
}

// Sentence says what came to the queue, in words.
func (q *QueueNumbers) Sentence() string {
	name := fmt.Sprintf("The queue %q", q.Queue)
	if q.Queue == "" {
		name = "No queue"
	}
	if q.Hidden {
		return name + " had too few customers to be shown, or a smaller one would follow from it."
	}
	return strings.TrimSpace(fmt.Sprintf("%s had %s contacts waiting, and %s were answered. %s", name, number.Count(int64(q.Queued)), number.Count(int64(q.Answered)), q.sentence()))
}

func (q *QueueNumbers) sentence() string {
	var said []string
	if q.Level.OK() {
		said = append(said, fmt.Sprintf("The service level was met in %s.", share(q.Level)))
	}
	if q.Answered > 0 {
		said = append(said, fmt.Sprintf("The answered waited %s on average, the longest %s.", spell(q.Speed), spell(q.Longest)))
	}
	if q.Left.Count > 0 {
		said = append(said, share(q.Left)+" left before an answer.")
	}
	if q.Handled > 0 {
		work := fmt.Sprintf("A contact took %s of work on average", spell(q.Handle))
		if q.PassedOn.Count > 0 {
			work += fmt.Sprintf(", and %s were passed on", share(q.PassedOn))
		}
		said = append(said, work+".")
	}
	return strings.Join(said, " ")
}

// Sentence says how often one contact was enough, in words.
func (r *Resolution) Sentence() string {
	if !r.First.OK() {
		return "No matter is over that a person answered."
	}
	return fmt.Sprintf("One contact resolved %s of the matters. The customer and the intent are known of %s of the contacts.", share(r.First), share(r.Coverage))
}

// Sentence says what was decided, in words.
func (d *Decided) Sentence() string {
	name := fmt.Sprintf("%q", d.What)
	if d.What == "" {
		name = "Something that was not named"
	}
	if d.Hidden {
		return name + " was decided for too few customers to be shown, or a smaller number would follow from it."
	}
	said := fmt.Sprintf("%s was decided %s, in %s without an approval", name, times(d.N), share(d.Alone))
	if d.Waited > 0 {
		said += fmt.Sprintf("; customers waited %s for approvals", spell(d.Waited))
	}
	return said + "."
}
