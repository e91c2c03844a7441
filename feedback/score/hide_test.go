package score_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
)

// segmented is a survey with so many answers of different customers in each segment.
func segmented(sizes map[string]int) *script {
	s := newScript("after", event.NPS)
	for name, n := range sizes {
		for i := range n {
			s.add(event.FeedbackReceived, fmt.Sprint(name, i), name, event.Feedback{Score: i % 11})
		}
	}
	return s
}

// TestSmallGroups: what is hidden, and what with it.
func TestSmallGroups(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sizes  map[string]int
		want   string
		reason string
	}{
		{map[string]int{"a": 5, "b": 6}, "", "no group is small"},
		{map[string]int{"a": 4, "b": 9, "c": 12}, "a b", "the total less b and c would be a"},
		{map[string]int{"a": 1, "b": 1, "c": 7, "d": 8}, "a b c", "a and b together are two"},
		{map[string]int{"a": 2, "b": 3, "c": 9}, "a b", "a and b together are five"},
		{map[string]int{"a": 4, "b": 9, "c": 9}, "a b", "of two that are alike the first one"},
		{map[string]int{"a": 1, "b": 6}, "a b", "nothing is left"},
		{map[string]int{"a": 2, "b": 2}, "a b", "the survey itself is hidden"},
		{map[string]int{"": 3, "b": 7, "c": 8}, " b", "customers without a segment are a group"},
	} {
		var hidden []string
		all := segmented(c.sizes)
		all.add(event.SurveyRequested, "", "asked", event.Feedback{}) // a segment without an answer
		s := only(t, all)
		for _, g := range s.Segments {
			if g.Answers.Hidden {
				hidden = append(hidden, g.Name)
				if g.Answers.N != 0 || g.Answers.Counts != nil || g.Answers.Score.OK() || g.Answers.Positive.N != 0 {
					t.Errorf("the hidden segment %q has numbers: %+v", g.Name, g.Answers)
				}
			}
		}
		if got := strings.Join(hidden, " "); got != c.want {
			t.Errorf("%v: %q hidden, want %q: %s", c.sizes, got, c.want, c.reason)
		}
	}
}

// TestNothingFollows: whatever the sizes, no group of fewer than five customers is shown, or follows from the total and what is shown.
func TestNothingFollows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		sizes := rapid.MapOfN(rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e"}), rapid.IntRange(1, 12), 1, 6).Draw(rt, "sizes")
		s := score.Of(slices.Values(segmented(sizes).events)).Surveys()[0]
		if (s.Answers.N < 5) != s.Answers.Hidden {
			rt.Fatalf("%d answers, hidden: %v", s.Answers.N, s.Answers.Hidden)
		}
		hidden, left := 0, s.Answers.N
		for _, g := range s.Segments {
			switch {
			case g.Answers.Hidden:
				hidden++
			case g.Answers.N < 5:
				rt.Fatalf("%q shows %d answers", g.Name, g.Answers.N)
			default:
				left -= g.Answers.N
			}
		}
		if !s.Answers.Hidden && (hidden == 1 && len(s.Segments) > 1 || hidden > 0 && left < 5) {
			rt.Fatalf("%v: %d answers of %d hidden segments follow from the rest", sizes, left, hidden)
		}
	})
}

// TestCustomersNotAnswers: a group is small by its customers, not by its answers. An answer of an unknown customer is one of another.
func TestCustomersNotAnswers(t *testing.T) {
	t.Parallel()
	s := newScript("after", event.NPS)
	for range 20 {
		s.add(event.FeedbackReceived, "anna", "", event.Feedback{Score: 9})
	}
	s.add(event.SurveyRequested, "anna", "", event.Feedback{})
	if got := only(t, s); !got.Answers.Hidden || !got.First.Hidden || got.Answers.N != 20 || got.Answers.String() != "hidden" || !got.Response.Hidden || got.Response.Asked != 1 || got.Response.Open != 0 {
		t.Errorf("20 answers of one customer: %+v", got)
	}
	if got := only(t, newScript("after", event.NPS).answers(0, 0, 0, 0, 0, 5)); got.Answers.Hidden {
		t.Errorf("5 answers of unknown customers: %+v", got)
	}
}

// TestCustomersInSeveralSegments: a customer who was in two of the hidden segments is one. Three customers, once silver and once bronze, are
// three, and a third segment is hidden with them.
func TestCustomersInSeveralSegments(t *testing.T) {
	t.Parallel()
	s := newScript("after", event.NPS)
	for segment, customers := range map[string]string{"bronze": "abc", "silver": "abc", "gold": "defghi", "none": "defghijk"} {
		for _, c := range customers {
			r := s.add(event.SurveyRequested, string(c), segment, event.Feedback{})
			s.add(event.FeedbackReceived, string(c), segment, event.Feedback{Score: 9, Request: r})
		}
	}
	for _, g := range only(t, s).Segments {
		if want := g.Name != "none"; g.Answers.Hidden != want || g.Response.Hidden != want {
			t.Errorf("%s: answers hidden %v, requests hidden %v, want %v", g.Name, g.Answers.Hidden, g.Response.Hidden, want)
		}
	}
}

// TestHiddenRequests: requests are hidden by their own sizes, so that it is not seen who has answered.
func TestHiddenRequests(t *testing.T) {
	t.Parallel()
	s := newScript("after", event.NPS)
	for i, segment := range []string{"a", "a", "b", "b", "b", "b", "b", "c", "c", "c", "c", "c", "c"} {
		r := s.add(event.SurveyRequested, fmt.Sprint(i), segment, event.Feedback{})
		if i%2 == 0 {
			s.add(event.FeedbackReceived, fmt.Sprint(i), segment, event.Feedback{Score: 9, Request: r})
		}
	}
	got := only(t, s)
	var shown []string
	for _, g := range got.Segments {
		shown = append(shown, fmt.Sprint(g.Name, " ", g.Response.Hidden, " ", g.Response.Asked, " ", g.Response.Rate))
	}
	want := []string{"a true 0 none", "b true 0 none", "c false 6 50.0% (18.8% to 81.2%), n = 6"}
	if !slices.Equal(shown, want) {
		t.Errorf("%q, want %q", shown, want)
	}
	if got.Response.Answered != 7 || got.Response.Asked != 13 {
		t.Errorf("the whole survey: %+v", got.Response)
	}
}
