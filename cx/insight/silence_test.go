package insight_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/stats"
)

// asked are requests of a segment, of which some are answered, with a score.
func asked(first, n, answered int, segment string, score int) (all []event.Event) {
	for i := range n {
		id := first + i
		e := event.Event{
			ID: event.ID{0: 1, 14: byte(id >> 8), 15: byte(id)}, Kind: event.SurveyRequested, Time: at(float64(i)), Customer: event.Customer{Hash: fmt.Sprint(id), Segment: segment},
			Feedback: &event.Feedback{Survey: "after", Version: "1", Scale: event.CSAT},
		}
		all = append(all, e)
		if i < answered {
			a := e
			a.ID[0], a.Kind, a.Time = 2, event.FeedbackReceived, at(float64(i)+1)
			a.Feedback = &event.Feedback{Survey: "after", Version: "1", Scale: event.CSAT, Score: score, Request: e.ID, Causes: []string{"slow"}}
			all = append(all, a)
		}
	}
	return all
}

func voiceOf(t *testing.T, viewer insight.Viewer, events ...[]event.Event) insight.Voice {
	t.Helper()
	m := &memory{}
	for _, list := range events {
		m.events = append(m.events, list...)
	}
	a, err := carefulTable(t, m).View(viewer, at(20*weeks)).Voice(t.Context(), insight.Which{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestWhoDoesNotAnswer: a segment that answers less often is named, and the score as it would be if all had answered as often.
func TestWhoDoesNotAnswer(t *testing.T) {
	t.Parallel()
	a := voiceOf(t, insight.Everything(), asked(0, 100, 60, "gold", 5), asked(1000, 300, 30, "iron", 2), asked(2000, 100, 22, "", 5))
	s := &a.Surveys[0]
	// Of 112 answers 82 are positive. If each segment had its share of the requests, they would be 100 and 100 of 500.
	if s.Answers.Positive.Count != 82 || s.Answers.N != 112 || math.Abs(s.AsAsked.Value-0.4) > 1e-12 || s.AsAsked.Low >= 0.4 || s.AsAsked.High <= 0.4 || s.AsAsked.N != 112 {
		t.Errorf("%v, and as asked %v", s.Answers.Positive, s.AsAsked)
	}
	// The interval of a weighted sum of Zou, Huang and Zhang, by hand: weights 0.2, 0.6 and 0.2 of shares 1, 0 and 1.
	gold, iron, none := stats.Wilson(60, 60, 0.95), stats.Wilson(0, 30, 0.95), stats.Wilson(22, 22, 0.95)
	if want := 0.4 - math.Sqrt(math.Pow(0.2*(1-gold.Low), 2)+math.Pow(0.2*(1-none.Low), 2)); math.Abs(s.AsAsked.Low-want) > 1e-12 {
		t.Errorf("the lower end is %v, want %v", s.AsAsked.Low, want)
	}
	if want := 0.4 + 0.6*iron.High; math.Abs(s.AsAsked.High-want) > 1e-12 {
		t.Errorf("the upper end is %v, want %v", s.AsAsked.High, want)
	}
	var got []string
	for _, one := range s.Silence {
		p, _ := stats.SharesTest(one.Rate.Count, one.Rate.N, one.Others.Count, one.Others.N)
		if one.P != p || one.Difference.Interval != stats.Newcombe(one.Rate.Count, one.Rate.N, one.Others.Count, one.Others.N, 0.95) {
			t.Errorf("%+v", one)
		}
		got = append(got, fmt.Sprint(one.Segment, " ", one.Rate.Count, "/", one.Rate.N, " ", one.Others.Count, "/", one.Others.N, " ", one.Differs))
	}
	if want := " 22/100 90/400 false; gold 60/100 52/400 true; iron 30/300 82/200 true"; strings.Join(got, "; ") != want {
		t.Errorf("%q, want %q", strings.Join(got, "; "), want)
	}
	want := `In the survey "after" (version "1") the share of positive answers is 73.2% (64.3% to 80.5%), n = 112; 22.4% (112 of 500, 19.0% to 26.3%) of those asked answered, and 388 may still.` +
		` Customers of the segment "iron" answered 10.0% (30 of 300, 7.1% to 13.9%) of their requests, against 41.0% of the others (−38.5 to −23.3 points), so that the score says less of them.`
	if gold := s.Silence[1].Sentence(); !strings.HasSuffix(gold, "so that the score says less of the others.") {
		t.Errorf("the sentence of a segment that answers more often is %q", gold)
	}
	if s.Sentence() != want {
		t.Errorf("the sentence is\n%s\nwant\n%s", s.Sentence(), want)
	}
}

// TestSmallVoice: what fewer than five customers have said is not shown, and neither is what it would follow from.
func TestSmallVoice(t *testing.T) {
	t.Parallel()
	everything := insight.Everything()
	if a := voiceOf(t, everything, asked(0, 4, 4, "gold", 5)); !a.Hidden || len(a.Surveys)+len(a.Causes)+len(a.Verbatims) > 0 || a.Sentence() != "The question is about fewer than 5 customers, whose numbers are not shown." {
		t.Errorf("four customers: %+v", a)
	}
	a := voiceOf(t, everything, asked(0, 30, 3, "gold", 5), asked(1000, 30, 20, "iron", 2))
	s := &a.Surveys[0]
	if a.Hidden || s.Answers.N != 23 || s.Answers.Hidden || s.AsAsked.OK() {
		t.Errorf("23 answers are hidden, or the score of three has a weight: %+v", s)
	}
	for _, one := range s.Segments {
		if !one.Answers.Hidden {
			t.Errorf("three answers, or those from which they follow, are shown: %+v", one)
		}
	}
	// Three mentions of a source, and one of a cause, are hidden with the next smallest ones.
	var mentions []event.Event
	for n := range 30 {
		f := &event.Feedback{Source: "letters", Causes: []string{"slow"}}
		if n < 3 {
			f.Source = "trustpilot"
		}
		if n == 29 {
			f.Causes = []string{"rude"}
		}
		mentions = append(mentions, event.Event{ID: event.ID{0: 3, 15: byte(n)}, Kind: event.FeedbackMentioned, Time: at(1), Customer: event.Customer{Hash: fmt.Sprint(n)}, Feedback: f})
	}
	a = voiceOf(t, everything, mentions)
	if len(a.Mentions.Sources) != 2 || !a.Mentions.Sources[0].Hidden || !a.Mentions.Sources[1].Hidden || a.Mentions.N != 30 {
		t.Errorf("the sources are %+v", a.Mentions)
	}
	if len(a.Causes) != 2 || !a.Causes[0].Hidden || !a.Causes[1].Hidden || a.Causes[0].Share.OK() {
		t.Errorf("the causes are %+v", a.Causes)
	}
}

// TestEmptyVoice: a source without feedback has an answer.
func TestEmptyVoice(t *testing.T) {
	t.Parallel()
	a := voiceOf(t, insight.Everything())
	if s := a.Sentence(); s != "Customers have said nothing, and were not asked." || a.Hidden {
		t.Errorf("the sentence is %q", s)
	}
}
