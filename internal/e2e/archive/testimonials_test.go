package archive_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// consents returns what some customers said and changed, with consents that were given and withdrawn in every order.
func consents(seed uint64) (list []event.Event) {
	random := rand.New(rand.NewPCG(seed, 15))
	begin := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	some := func() *event.Testimonial {
		switch random.IntN(9) {
		case 0:
			return &event.Testimonial{Version: "1", Language: "en", Given: begin} // without a text it proves nothing
		case 1:
			return &event.Testimonial{Text: "Quote me.", Given: begin}
		case 2, 3:
			return nil
		case 4: // an earlier consent, once more
			return &event.Testimonial{Version: "1", Language: "en", Text: "Quote me.", Given: begin.Add(-time.Hour)}
		default:
			return &event.Testimonial{Version: "1", Language: "en", Text: "Quote me."}
		}
	}
	for i := range 120 {
		at := begin.Add(time.Duration(i) * time.Minute)
		add := func(e event.Event) event.ID {
			if t := e.Feedback.Testimonial; t != nil && t.Withdrawn.IsZero() && t.Given.IsZero() {
				t.Given = at
			}
			e.ID, e.Time = event.NewID(at), at
			list = append(list, e)
			at = at.Add(time.Duration(random.IntN(3)) * time.Second) // several at one time
			return e.ID
		}
		said := event.Event{Kind: event.FeedbackMentioned, Feedback: &event.Feedback{Source: "forum", Testimonial: some()}, Mention: &event.Mention{Nature: event.Compliment, Stars: 5}}
		if i%3 == 0 {
			said = event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: "nps", Scale: event.NPS, Score: 9, Testimonial: some()}}
		}
		if random.IntN(5) > 0 {
			said.Feedback.Comment = fmt.Sprint("words ", i)
		}
		id := add(said)
		at = at.Add(time.Second)
		for n := range random.IntN(5) {
			f := &event.Feedback{Amends: id, Testimonial: some()}
			e := event.Event{Kind: event.FeedbackAmended, Feedback: f}
			switch random.IntN(3) {
			case 0: // the words change, too
				f.Comment, f.Survey, f.Scale, e.Mention = fmt.Sprint("words ", i, " changed ", n), said.Feedback.Survey, said.Feedback.Scale, said.Mention
			case 1:
				f.Testimonial = &event.Testimonial{Withdrawn: at}
				if random.IntN(2) == 0 { // with the consent that is withdrawn
					f.Testimonial.Version, f.Testimonial.Text, f.Testimonial.Given = "1", "Quote me.", begin
				}
			default: // only the consent changes
				if f.Testimonial == nil {
					f.Testimonial = &event.Testimonial{Withdrawn: at}
				}
			}
			add(e)
		}
	}
	return list
}

// shown returns the testimonials as the documents define them, in words of its own: what a customer said is one as long as its words and the
// consent to them hold.
func shown(events []event.Event) (lines []string) {
	changes := map[event.ID][]event.Event{}
	for _, e := range events {
		if e.Kind == event.FeedbackAmended {
			changes[e.Feedback.Amends] = append(changes[e.Feedback.Amends], e)
		}
	}
	for _, e := range events {
		if e.Kind != event.FeedbackReceived && e.Kind != event.FeedbackMentioned {
			continue
		}
		words, consent := e.Feedback.Comment, e.Feedback.Testimonial
		list := changes[e.ID]
		slices.SortFunc(list, func(a, b event.Event) int {
			takes := func(e *event.Event) int {
				if t := e.Feedback.Testimonial; t != nil && !t.Withdrawn.IsZero() {
					return 1
				}
				return 0
			}
			return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(takes(&a), takes(&b)), bytes.Compare(a.ID[:], b.ID[:]))
		})
		var withdrawn time.Time
		newest := event.Event{}
		for _, c := range list {
			if !c.OnlyConsent() && (newest.ID.IsZero() || !c.Time.Before(newest.Time) && (c.Time.After(newest.Time) || bytes.Compare(c.ID[:], newest.ID[:]) > 0)) {
				words, newest = c.Feedback.Comment, c
			}
			if consent = c.Feedback.Testimonial; consent != nil && consent.Withdrawn.After(withdrawn) {
				withdrawn = consent.Withdrawn
			}
		}
		if words == "" || consent == nil || !consent.Withdrawn.IsZero() || consent.Version == "" || consent.Text == "" || !withdrawn.IsZero() && !consent.Given.After(withdrawn) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s | %s | %s | %s", e.ID, words, consent.Version, show(consent.Given)))
	}
	slices.Sort(lines)
	return lines
}

// testimonialsOf asks for the testimonials of forum and nps.
const testimonialsOf = "SELECT id, comment, consent_version, consent_given FROM testimonials WHERE coalesce(source, survey) IN ('forum', 'nps') ORDER BY id"

// sameTestimonials compares the answers of both databases with the definition.
func sameTestimonials(t *testing.T, events []event.Event, answers ...[]string) {
	t.Helper()
	want := shown(events)
	if len(want) < 10 || len(want) > 100 {
		t.Fatalf("%d of 120 are testimonials: the events show too little", len(want))
	}
	for i, got := range answers {
		if !slices.Equal(got, want) {
			t.Errorf("%s has the testimonials\n%q\nwant\n%q", []string{"PostgreSQL", "SQLite"}[i], got, want)
		}
	}
}
