package score_test

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback/score"
)

// answered returns the events of a survey: requests that were answered, and others that expired.
func answered(survey string, scores []int, expired int) (events []event.Event) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	add := func(kind event.Kind, f event.Feedback) event.ID {
		at = at.Add(time.Minute)
		f.Survey, f.Scale = survey, event.NPS
		events = append(events, event.Event{ID: event.NewID(at), Kind: kind, Time: at, Feedback: &f})
		return events[len(events)-1].ID
	}
	for _, s := range scores {
		request := add(event.SurveyRequested, event.Feedback{})
		add(event.FeedbackReceived, event.Feedback{Request: request, Score: s})
	}
	for range expired {
		add(event.SurveyClosed, event.Feedback{Request: add(event.SurveyRequested, event.Feedback{}), Ended: event.SurveyExpired})
	}
	return events
}

func Example() {
	t := score.New()
	for _, e := range answered("recommend", []int{10, 9, 9, 10, 8, 7, 10, 9, 3, 6}, 30) {
		t.Add(&e)
	}
	for _, s := range t.Surveys() {
		fmt.Println(s.Name, s.Answers.Score)
		fmt.Println("answered", s.Response.Rate)
		fmt.Println("promoters", s.Answers.Positive)
		fmt.Println(score.AnswersFor(s.Scale, 10, 0.95), "answers are needed for ±10 points")
	}
	// Output:
	// recommend +40 (-13 to +74), n = 10
	// answered 25.0% (14.2% to 40.2%), n = 40
	// promoters 60.0% (31.3% to 83.2%), n = 10
	// 385 answers are needed for ±10 points
}

// The scores of two months look different. Their answers are too few to say so.
func ExampleSurvey_Since() {
	may, june := score.New(), score.New()
	for _, e := range answered("recommend", []int{10, 9, 9, 10, 8, 7, 10, 9, 3, 6}, 0) {
		may.Add(&e)
	}
	for _, e := range answered("recommend", []int{10, 9, 9, 8, 8, 7, 10, 5, 3, 6}, 0) {
		june.Add(&e)
	}
	before, _ := may.Survey("recommend", "")
	now, _ := june.Survey("recommend", "")
	change, err := now.Since(&before, score.DefaultConfidence)
	fmt.Println(before.Answers, "→", now.Answers)
	fmt.Println(change.Score, change.Score.Differs(), err)
	// Output:
	// +40 (-13 to +74), n = 10 → +10 (-36 to +51), n = 10
	// -30 (-87 to +37), n = 10 and 10 false <nil>
}

func ExampleApdexOf() {
	fmt.Println(score.ApdexOf(60, 30, 10, 0.95))
	fmt.Println(score.ApdexOf(6, 3, 1, 0.95))
	fmt.Println(score.ApdexOf(0, 0, 0, 0.95))
	// Output:
	// 0.75 (0.68 to 0.81), n = 100
	// 0.75* (0.50 to 0.89), n = 10
	// NS
}

func ExampleTally_Burden() {
	t := score.New()
	for i, customer := range []string{"a", "b", "c", "d", "e", "a", "a"} {
		at := time.Date(2026, 3, 2, 12, i, 0, 0, time.UTC)
		t.Add(&event.Event{
			ID: event.NewID(at), Kind: event.SurveyRequested, Time: at, Customer: event.Customer{Hash: customer}, Feedback: &event.Feedback{Survey: "recommend", Scale: event.NPS},
		})
	}
	for _, q := range t.Burden() {
		fmt.Printf("%v: %d customers were asked %.1f times, one of them %d times\n", q, q.Customers, q.Mean, q.Most)
	}
	// Output:
	// 2026 Q1: 5 customers were asked 1.4 times, one of them 3 times
}

func ExampleRequestsFor() {
	fmt.Println(score.RequestsFor(score.AnswersFor(event.CSAT, 0.05, 0.95), 0.2), "customers to ask")
	// Output:
	// 1925 customers to ask
}

// An assistant has answered for the customer: that counts only if the caller says so.
func ExampleWithDelegates() {
	events := answered("recommend", []int{10, 9, 9, 10, 8}, 0)
	for i := range events {
		events[i].Actor = event.ActorDelegate
	}
	for _, opts := range [][]score.Option{nil, {score.WithDelegates()}} {
		t := score.New(opts...)
		for i := range events {
			t.Add(&events[i])
		}
		fmt.Println(len(t.Surveys()), "surveys")
	}
	// Output:
	// 0 surveys
	// 1 surveys
}
