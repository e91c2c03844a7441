package score_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// only returns the one survey of the events.
func only(t *testing.T, s *script, opts ...score.Option) score.Survey {
	t.Helper()
	list := score.Of(slices.Values(s.events), opts...).Surveys()
	if len(list) != 1 {
		t.Fatalf("there are %d surveys, want one", len(list))
	}
	return list[0]
}

// TestPublishedValues has values from outside: R's binom for Wilson, Newcombe 1998, Rocks 2016, the Apdex specification, and the mean of a
// published table of 1,000 answers.
func TestPublishedValues(t *testing.T) {
	t.Parallel()
	nps := only(t, newScript("nps", event.NPS).answers(5, 0, 0, 0, 0, 0, 10, 10, 15, 20, 40)).Answers
	near(t, "NPS", nps.Score.Value, 45, 1e-12)
	if got := nps.Score.String(); got != "+45 (+29 to +58), n = 100" {
		t.Errorf("the NPS is %q", got)
	}
	csat := only(t, newScript("csat", event.CSAT).answers(1, 1, 0, 8, 10)).Answers
	near(t, "CSAT", csat.Score.Value, 0.9, 1e-12)
	near(t, "CSAT, low", csat.Score.Low, 0.6989663547715128, 1e-12)
	near(t, "CSAT, high", csat.Score.High, 0.972133518786232, 1e-12)
	ces := only(t, newScript("ces", event.CES).answers(80, 210, 140, 110, 160, 180, 120)).Answers
	near(t, "CES", ces.Score.Value, 4.08, 1e-12)
	near(t, "CES, share", ces.Positive.Value, 0.46, 1e-12)
	thumbs := only(t, newScript("thumbs", event.Thumbs).answers(16, 4)).Answers
	near(t, "thumbs, low", thumbs.Score.Low, 0.0806576625797981, 1e-12)
	near(t, "thumbs, high", thumbs.Score.High, 0.4160174322518935, 1e-12)
	none := only(t, newScript("none", event.CSAT).answers(30, 0, 0, 0, 0)).Answers
	near(t, "none of 30, high", none.Positive.High, 0.11351339, 1e-8)
	d := score.Shares(score.ShareOf(56, 70, 0.95), score.ShareOf(48, 80, 0.95), 0.95)
	near(t, "Newcombe, low", d.Low, 0.0524, 5e-5)
	near(t, "Newcombe, high", d.High, 0.3339, 5e-5)
	if !d.Differs() {
		t.Error("the shares of Newcombe's example differ")
	}
	a := score.ApdexOf(60, 30, 10, 0.95)
	near(t, "Apdex", a.Score.Value, 0.75, 1e-12)
	if a.Small || a.Rating() != "fair" {
		t.Errorf("the Apdex score of 100 samples is %v, %s", a, a.Rating())
	}
}

// TestScoreOfScale: the number by which people know the scale, and its text.
func TestScoreOfScale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scale  event.Scale
		counts []int64
		want   string
		reason string
	}{
		{event.NPS, []int64{0, 0, 0, 0, 0, 0, 50, 0, 0, 20, 0}, "-43 (-62 to -20), n = 70", "a Net Promoter Score may be negative"},
		{event.NPS, []int64{0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0}, "+0 (-20 to +20), n = 9", "passives count"},
		{event.NPS, []int64{100, 0, 0, 0, 0, 0, 0, 201, 0, 99, 0}, "+0 (-7 to +7), n = 400", "a score is never minus zero"},
		{event.CSAT, []int64{0, 0, 0, 0, 5}, "100.0% (56.6% to 100.0%), n = 5", "Wilson's interval of 5 of 5"},
		{event.CES, []int64{0, 0, 5, 5, 5, 0, 0}, "4.00 (3.47 to 4.53), n = 15", "a mean in steps of the scale"},
		{event.Stars, []int64{0, 0, 0, 0, 5}, "5.00 (3.35 to 5.00), n = 5", "five who agree do not say it for all"},
		{event.Thumbs, []int64{10, 10}, "50.0% (29.9% to 70.1%), n = 20", "a share"},
		{event.CSAT, []int64{0, 0, 0, 0, 0}, "none", "no answer"},
		{event.CSAT, []int64{1, 2}, "none", "these are not counts of the scale"},
		{0, nil, "none", "no scale"},
	} {
		if got := score.AnswersOf(c.scale, c.counts, 0.95).String(); got != c.want {
			t.Errorf("%s %v: %q, want %q: %s", c.scale, c.counts, got, c.want, c.reason)
		}
	}
}

// TestApdex: the marks and the bands of the specification.
func TestApdex(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s, t, f              int64
		want, rating, reason string
	}{
		{0, 0, 0, "NS", "", "no samples"},
		{99, 0, 0, "1.00* (0.97 to 1.00), n = 99", "excellent", "99 samples are a small group"},
		{94, 0, 6, "0.94 (0.88 to 0.98), n = 100", "excellent", "a band begins at its number"},
		{93, 1, 6, "0.94 (0.87 to 0.97), n = 100", "excellent", "the score is rounded to two decimals"},
		{85, 0, 15, "0.85 (0.77 to 0.91), n = 100", "good", "the band below"},
		{169, 0, 31, "0.84 (0.79 to 0.89), n = 200", "fair", "the band is that of the number that is shown"},
		{0, 100, 0, "0.50 (0.49 to 0.51), n = 100", "poor", "tolerating samples count half"},
		{49, 0, 51, "0.49 (0.39 to 0.59), n = 100", "unacceptable", "the lowest band"},
		{-1, 2, 3, "NS", "", "no such counts"},
	} {
		a := score.ApdexOf(c.s, c.t, c.f, 0.95)
		if got := a.String(); got != c.want || a.Rating() != c.rating {
			t.Errorf("%d, %d, %d: %q, %q; want %q, %q: %s", c.s, c.t, c.f, got, a.Rating(), c.want, c.rating, c.reason)
		}
	}
}

// TestAmended: the numbers have the last answer, and First the one that metrics have counted.
func TestAmended(t *testing.T) {
	t.Parallel()
	s := newScript("after", event.CSAT)
	var all []event.ID
	for range 6 {
		all = append(all, s.add(event.FeedbackReceived, "", "", event.Feedback{Score: 1, Causes: []string{"late"}}))
	}
	s.add(event.FeedbackAmended, "", "", event.Feedback{Score: 3, Amends: all[0], Causes: []string{"rude", "rude", ""}})
	s.add(event.FeedbackAmended, "", "", event.Feedback{Score: 5, Amends: all[0], Causes: []string{"slow", "rude"}})
	s.add(event.FeedbackAmended, "", "", event.Feedback{Score: 9, Amends: all[1]})  // not on the scale
	s.add(event.FeedbackAmended, "", "", event.Feedback{Score: 5, Amends: id(999)}) // an answer that is not there
	s.add(event.FeedbackAmended, "", "", event.Feedback{Score: 5})                  // of none
	other := s.add(event.FeedbackAmended, "", "", event.Feedback{Score: 4, Amends: all[2]})
	s.events[len(s.events)-1].Feedback.Scale = event.CES // of another question
	_ = other
	got := only(t, s)
	if got.Amended != 1 || !slices.Equal(got.First.Counts, []int64{6, 0, 0, 0, 0}) || !slices.Equal(got.Answers.Counts, []int64{5, 0, 0, 0, 1}) {
		t.Errorf("%d amended, first %v, last %v", got.Amended, got.First.Counts, got.Answers.Counts)
	}
	var causes []string
	for _, c := range got.Answers.Causes {
		causes = append(causes, c.Cause+" "+c.String())
	}
	want := []string{"late 83.3% (43.6% to 97.0%), n = 6", "rude 16.7% (3.0% to 56.4%), n = 6", "slow 16.7% (3.0% to 56.4%), n = 6"}
	if d := cmp.Diff(want, causes); d != "" {
		t.Errorf("the causes (-want +got):\n%s", d)
	}
}

// TestAmendedAtOnce: of two changes at the same time the one with the higher ID holds, whichever comes first, and also in another tally.
func TestAmendedAtOnce(t *testing.T) {
	t.Parallel()
	for _, turned := range []bool{false, true} {
		s := newScript("after", event.CSAT).answers(5, 0, 0, 0, 0)
		changes := []event.Event{{ID: id(70), Feedback: &event.Feedback{Score: 2}}, {ID: id(71), Feedback: &event.Feedback{Score: 3}}}
		if turned {
			slices.Reverse(changes)
		}
		tally, other := score.Of(slices.Values(s.events)), score.New()
		for i, e := range changes {
			e.Kind, e.Time = event.FeedbackAmended, noon.Add(time.Hour)
			e.Feedback.Survey, e.Feedback.Scale, e.Feedback.Amends = "after", event.CSAT, s.events[0].ID
			[]*score.Tally{tally, other}[i].Add(&e)
		}
		tally.Merge(other)
		if got := tally.Surveys()[0].Answers.Counts; !slices.Equal(got, []int64{4, 0, 1, 0, 0}) {
			t.Errorf("turned: %v: %v", turned, got)
		}
	}
}

// TestResponseRate: what became of each request, in every order of its events.
func TestResponseRate(t *testing.T) {
	t.Parallel()
	s := newScript("after", event.NPS)
	ask := func() event.ID { return s.add(event.SurveyRequested, "", "", event.Feedback{}) }
	shown := func(r event.ID) { s.add(event.SurveyShown, "", "", event.Feedback{Request: r}) }
	closed := func(r event.ID, end event.SurveyEnd, shown bool) {
		s.add(event.SurveyClosed, "", "", event.Feedback{Request: r, Ended: end, Shown: shown})
	}
	for range 4 {
		r := ask()
		shown(r)
		s.add(event.FeedbackReceived, "", "", event.Feedback{Score: 9, Request: r})
	}
	r := ask() // the answer is not in the log, its end is
	closed(r, event.SurveyAnswered, true)
	r = ask()
	shown(r)
	closed(r, event.SurveyDismissed, true)
	closed(ask(), event.SurveyDismissed, false) // from the mail program
	closed(ask(), event.SurveyBounced, false)
	r = ask()
	shown(r)
	closed(r, event.SurveyExpired, false) // an instance that did not know of it
	closed(ask(), event.SurveyExpired, true)
	closed(ask(), event.SurveyExpired, false)
	ask()
	shown(ask())
	s.add(event.FeedbackReceived, "", "", event.Feedback{Score: 0})                                 // not asked for
	s.add(event.FeedbackReceived, "", "", event.Feedback{Score: 10, Request: id(5000)})             // asked for before the log
	s.add(event.SurveyShown, "", "", event.Feedback{})                                              // of no request
	s.events = append(s.events, event.Event{Kind: event.FeedbackReceived, Time: noon, ID: id(600)}) // without details
	want := score.Response{Asked: 13, Answered: 5, Dismissed: 2, Bounced: 1, Seen: 2, Unseen: 1, Open: 2}
	for _, turned := range []bool{false, true} {
		if turned {
			slices.Reverse(s.events)
		}
		got := only(t, s)
		rate := got.Response.Rate
		near(t, "RR1", rate.Value, 5./13, 1e-12)
		if i := stats.Wilson(5, 13, 0.95); rate.Interval != i || rate.Count != 5 || rate.N != 13 {
			t.Errorf("the rate is %v", rate)
		}
		got.Response.Rate = score.Share{}
		if d := cmp.Diff(want, got.Response); d != "" {
			t.Errorf("turned: %v (-want +got):\n%s", turned, d)
		}
		if got.Answers.N != 6 || got.Solicited != 5 {
			t.Errorf("%d answers, %d solicited; want 6 and 5", got.Answers.N, got.Solicited)
		}
	}
}

// TestPeriod: answers and requests by their own time, and what became of them by theirs.
func TestPeriod(t *testing.T) {
	t.Parallel()
	s := newScript("after", event.CSAT)
	at := func(d time.Duration) { s.events[len(s.events)-1].Time = noon.Add(d) }
	var requests []event.ID
	for i := range 20 {
		requests = append(requests, s.add(event.SurveyRequested, "", "", event.Feedback{}))
		at(time.Duration(i) * time.Hour)
	}
	var answers []event.ID
	for i, r := range requests[:10] {
		answers = append(answers, s.add(event.FeedbackReceived, "", "", event.Feedback{Score: 1, Request: r}))
		at(time.Duration(i+2) * time.Hour)
	}
	s.add(event.FeedbackAmended, "", "", event.Feedback{Score: 5, Amends: answers[3]})
	at(100 * time.Hour)
	got := only(t, s, score.Between(noon.Add(5*time.Hour), noon.Add(11*time.Hour)))
	if r := got.Response; r.Asked != 6 || r.Answered != 5 || r.Open != 1 {
		t.Errorf("the requests of 5 h to 10 h: %+v", r)
	}
	if !slices.Equal(got.Answers.Counts, []int64{5, 0, 0, 0, 1}) {
		t.Errorf("the answers of 5 h to 10 h, one of them amended later: %v", got.Answers.Counts)
	}
	if got := score.Of(slices.Values(s.events), score.Between(noon.Add(-time.Hour), noon)).Surveys(); len(got) != 0 {
		t.Errorf("nothing happened before noon: %+v", got)
	}
}

// TestWhatDoesNotCount: probes, duplicates, events without an ID, and answers off their scale.
func TestWhatDoesNotCount(t *testing.T) {
	t.Parallel()
	s := newScript("after", event.CSAT).answers(0, 0, 5, 0, 0)
	s.events = append(s.events, s.events...)
	probe := s.events[0]
	probe.ID, probe.Actor = id(900), event.ActorSynthetic
	off := *s.events[0].Feedback
	off.Score = 6
	noScale := *s.events[0].Feedback
	noScale.Scale = 0
	s.events = append(s.events, probe, event.Event{Kind: event.FeedbackReceived, Time: noon, Feedback: s.events[0].Feedback},
		event.Event{ID: id(901), Kind: event.FeedbackReceived, Time: noon, Feedback: &off},
		event.Event{ID: id(902), Kind: event.FeedbackReceived, Time: noon, Feedback: &noScale},
		event.Event{ID: id(903), Kind: event.FeedbackMentioned, Time: noon, Feedback: &event.Feedback{Source: "forum"}})
	if got := only(t, s); got.Answers.N != 5 {
		t.Errorf("%d answers, want 5", got.Answers.N)
	}
	score.New(nil).Add(nil)
}

// TestSince: two periods of one question, and what is not comparable.
func TestSince(t *testing.T) {
	t.Parallel()
	of := func(scale event.Scale, counts ...int) *score.Survey {
		s := only(t, newScript("after", scale).answers(counts...))
		return &s
	}
	now, before := of(event.CSAT, 0, 0, 14, 0, 56), of(event.CSAT, 32, 0, 0, 48, 0)
	c, err := now.Since(before, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	if want := stats.Newcombe(56, 70, 48, 80, 0.95); c.Score.Interval != want || c.Positive.Interval != want || !c.Score.Differs() {
		t.Errorf("the change of the score is %v, want Newcombe's %v", c.Score, want)
	}
	if got, want := c.Score.String(), "+20.0 points (+5.2 points to +33.4 points), n = 70 and 80"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if c.Response.OK() || c.Response.String() != "not known" || c.Response.Differs() {
		t.Errorf("nobody was asked, and the response rate changed by %v", c.Response)
	}
	same, err := of(event.NPS, 0, 0, 0, 0, 0, 0, 40, 20, 0, 40, 0).Since(of(event.NPS, 0, 0, 0, 0, 0, 0, 40, 20, 0, 40, 0), 0.95)
	if err != nil || same.Score.Value != 0 || same.Score.Differs() || math.Abs(same.Score.Low+same.Score.High) > 1e-9 {
		t.Errorf("the same answers differ by %v, %v", same.Score, err)
	}
	agreed, err := of(event.NPS, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100).Since(of(event.NPS, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0.95)
	if err != nil || agreed.Score.Value != 200 || !(agreed.Score.Low > 180) || agreed.Score.High != 200 {
		t.Errorf("all turned from detractors to promoters: %v, %v", agreed.Score, err)
	}
	for _, c := range []struct {
		now, before *score.Survey
		reason      string
	}{
		{of(event.CSAT, 0, 0, 9, 0, 0), of(event.CES, 0, 0, 9, 0, 0, 0, 0), "another scale"},
		{of(event.CSAT, 0, 0, 9, 0, 0), &score.Survey{Name: "before", Scale: event.CSAT}, "another survey"},
		{of(event.CSAT, 0, 0, 9, 0, 0), &score.Survey{Name: "after", Scale: event.CSAT, Version: "2"}, "another version"},
		{of(event.CSAT, 0, 0, 9, 0, 0), of(event.CSAT, 0, 0, 4, 0, 0), "a hidden group"},
	} {
		if _, err := c.now.Since(c.before, 0.95); !errors.Is(err, score.ErrIncomparable) {
			t.Errorf("%s: %v, want an error", c.reason, err)
		}
	}
	outside := score.Estimates(score.NPSOf(100, 0, 100, 0.5), score.NPSOf(0, 100, 100, 0.5)) // both lie outside their own intervals
	if outside.High != 200 || outside.Low > 200 {
		t.Errorf("the difference of 100 and -100 is %v", outside)
	}
	if d := score.Estimates(score.NPSOf(5, 5, 10, 0.95), score.ShareOf(5, 10, 0.95).Estimate); d.OK() {
		t.Errorf("points less a share are %v", d)
	}
}

// TestSizes: published sample sizes, and the interval of that many answers in the worst case.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scale  event.Scale
		margin float64
		want   int64
		reason string
	}{
		{event.NPS, 10, 385, "Rocks 2016"},
		{event.NPS, 5, 1537, "Rocks 2016"},
		{event.CSAT, 0.05, 385, "Cochran 1977"},
		{event.Thumbs, 0.05, 385, "Cochran 1977"},
		{event.CES, 0.3, 385, "0.3 of 6 steps are 5%"},
		{event.Stars, 0.2, 385, "0.2 of 4 steps are 5%"},
		{event.NPS, 0, math.MaxInt64, "no margin"},
		{event.CSAT, math.NaN(), math.MaxInt64, "not a number"},
		{0, 1, math.MaxInt64, "no scale"},
	} {
		if got := score.AnswersFor(c.scale, c.margin, 0.95); got != c.want {
			t.Errorf("%s ± %v: %d, want %d: %s", c.scale, c.margin, got, c.want, c.reason)
		}
	}
	worst := score.MeanOf(event.CES, []int64{193, 0, 0, 0, 0, 0, 192}, 0.95)
	if half := (worst.High - worst.Low) / 2; half > 0.3 || half < 0.297 {
		t.Errorf("385 answers at both ends are known to within %v, want 0.3", half)
	}
	for _, c := range []struct {
		answers int64
		rate    float64
		want    int64
	}{{385, 0.2, 1925}, {385, 1, 385}, {10, 0.3, 34}, {0, 0.5, 0}, {1, 0, math.MaxInt64}, {1, 1.1, math.MaxInt64}, {-1, 0.5, math.MaxInt64}, {math.MaxInt64, 0.1, math.MaxInt64}, {1, math.NaN(), math.MaxInt64}} {
		if got := score.RequestsFor(c.answers, c.rate); got != c.want {
			t.Errorf("%d answers at %v take %d requests, want %d", c.answers, c.rate, got, c.want)
		}
	}
}

// TestBurden: requests a customer and quarter, in UTC.
func TestBurden(t *testing.T) {
	t.Parallel()
	s := newScript("after", event.NPS)
	ask := func(customer string, at time.Time) {
		s.add(event.SurveyRequested, customer, "", event.Feedback{})
		s.events[len(s.events)-1].Time = at
	}
	last := time.Date(2026, 3, 31, 23, 59, 59, 0, time.UTC)
	for i, customer := range []string{"a", "b", "c", "d", "e", "a", "a", "b"} {
		ask(customer, last.Add(-time.Duration(i)*time.Hour))
	}
	ask("", last)
	ask("a", last.Add(time.Second).In(time.FixedZone("west", -8*3600))) // still March there
	got := score.Of(slices.Values(s.events)).Burden()
	want := []score.Quarter{
		{Year: 2026, Quarter: 1, Asks: 9, Unknown: 1, Customers: 5, Mean: 1.6, Most: 3, Often: score.ShareOf(2, 5, 0.95)},
		{Year: 2026, Quarter: 2, Asks: 1, Customers: 1, Hidden: true},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got[0].String() != "2026 Q1" {
		t.Errorf("%v, want 2026 Q1", got[0])
	}
}
