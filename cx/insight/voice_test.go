package insight_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

const weeks = 7 * 24 // in hours

// heard are the events of three months in which customers of 1,500 tickets and orders, and some without a run, are asked, answer, change their minds and say things by themselves.
func heard(seed uint64) []event.Event {
	r := rand.New(rand.NewPCG(seed, 16))
	var all []event.Event
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	add := func(e event.Event) event.ID {
		e.ID = event.ID{0: byte(len(all) >> 16), 1: byte(len(all) >> 8), 2: byte(len(all)), 15: byte(r.IntN(256))}
		all = append(all, e)
		return e.ID
	}
	for n := range 1500 {
		began := float64(r.IntN(12 * weeks))
		c := event.Customer{Hash: fmt.Sprint("customer-", r.IntN(700)), Segment: pick("gold", "iron", "")}
		run := event.Run{Name: pick("ticket", "order"), ID: fmt.Sprint(n)}
		if r.IntN(6) == 0 {
			run = event.Run{}
		} else {
			add(event.Event{Kind: event.JourneyStarted, Time: at(began), Journey: event.Run{Name: run.Name, ID: run.ID, Started: at(began)}, Customer: c})
		}
		actor := event.ActorCustomer
		if r.IntN(20) == 0 {
			actor = event.ActorSynthetic
		}
		channel := event.Channel(1 + r.IntN(4)) //nolint:gosec // one of four
		say := func(h float64, kind event.Kind, f event.Feedback, m *event.Mention) event.ID {
			return add(event.Event{Kind: kind, Time: at(began + h), Journey: run, Customer: c, Actor: actor, Channel: channel, Feedback: &f, Mention: m})
		}
		causes := [][]string{nil, {"slow"}, {"rude"}, {"slow", "price", "slow"}}[r.IntN(4)]
		if r.IntN(3) == 0 {
			m := &event.Mention{Nature: event.Nature(r.IntN(5)), Stars: float64(r.IntN(11)) / 2} //nolint:gosec // one of five
			id := say(30, event.FeedbackMentioned, event.Feedback{Source: pick("letters", "trustpilot"), Causes: causes, Comment: fmt.Sprint("mention ", n)}, m)
			if r.IntN(3) == 0 {
				say(40, event.FeedbackAmended, event.Feedback{Amends: id, Causes: []string{"price"}, Comment: fmt.Sprint("changed ", n)}, &event.Mention{Nature: event.Compliment})
			}
			continue
		}
		survey := event.Feedback{Survey: "after", Version: pick("1", "1", "2"), Scale: event.CSAT}
		if r.IntN(3) == 0 {
			survey = event.Feedback{Survey: "relation", Scale: event.NPS}
		}
		asked := event.ID{}
		if r.IntN(5) > 0 {
			asked = say(10, event.SurveyRequested, survey, nil)
		}
		if !asked.IsZero() && r.IntN(2) == 0 {
			end := survey
			end.Request, end.Ended = asked, event.SurveyEnd(2+r.IntN(3)) //nolint:gosec // one of three
			say(200, event.SurveyClosed, end, nil)
			continue
		}
		answer := survey
		answer.Request, answer.Causes, answer.Comment = asked, causes, fmt.Sprint("answer ", n)
		answer.Score = survey.Scale.Min() + r.IntN(survey.Scale.Max()-survey.Scale.Min()+1)
		id := say(20+float64(r.IntN(100)), event.FeedbackReceived, answer, nil)
		for range r.IntN(3) {
			answer.Amends, answer.Score, answer.Causes = id, survey.Scale.Min()+r.IntN(3), [][]string{nil, {"late"}}[r.IntN(2)]
			say(130+float64(r.IntN(3)), event.FeedbackAmended, answer, nil)
		}
	}
	return all
}

// TestVoiceOrder: the order in which events arrive changes no byte of the answers.
func TestVoiceOrder(t *testing.T) {
	t.Parallel()
	events := append(heard(2), changes()...)
	ask := func() string {
		view := carefulTable(t, &memory{events: events}).View(insight.Everything(), at(20*weeks))
		voice, err := view.Voice(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		support, err := view.Support(t.Context(), insight.Which{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal([]any{voice, support, voice.Sentence(), support.Sentence()})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := ask()
	for n := range 3 {
		rand.New(rand.NewPCG(uint64(n), 1)).Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		if got := ask(); got != want {
			t.Fatalf("another order of arrival has another answer:\n%s\n%s", want, got)
		}
	}
	if len(want) < 10000 {
		t.Errorf("the answer is too small to test something: %s", want)
	}
}
