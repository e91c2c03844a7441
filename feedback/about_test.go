package feedback_test

import (
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestAboutUnknown: a client that was given journeys knows which ones there are.
func TestAboutUnknown(t *testing.T) {
	t.Parallel()
	refund := journey.Define("refund")
	none := []cx.Option(nil)
	given := []cx.Option{cx.WithDefinitions(checkout)}
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		about        []feedback.Option // one answer each
		want         string            // the journey of the last one
		fault        string
	}{
		{"a known name", "it is among the definitions", given, one(feedback.About("checkout", "c1")), "checkout", ""},
		{"a typing error", "no journey is called so", given, one(feedback.About("chekout", "c1")), event.Other, "unknown_name"},
		{"case", "names are told apart by it", given, one(feedback.About("Checkout", "c1")), event.Other, "unknown_name"},
		{"a space", "it is another name", given, one(feedback.About("checkout ", "c1")), event.Other, "unknown_name"},
		{"no name at all", "a name has a byte at least", given, one(feedback.About("", "c1")), event.Other, "invalid_name"},
		{"neither name nor ID", "it is about no run", given, one(feedback.About("", "")), "", "invalid_id"},
		{"of a blueprint", "it gives definitions too", []cx.Option{cx.WithBlueprint(&blueprint.Blueprint{Version: blueprint.Version, Journeys: []blueprint.Journey{{Name: "checkout"}}})}, one(feedback.About("chekout", "c1")), event.Other, "unknown_name"},
		{"of a touchpoint's journey", "it was given with the touchpoint", []cx.Option{cx.WithDefinitions(touchpoint.Define("pay", touchpoint.In(checkout, "payment")))}, one(feedback.About("chekout", "c1")), event.Other, "unknown_name"},
		{"no definitions", "a client that adopts cannot know", none, one(feedback.About("chekout", "c1")), "chekout", ""},
		{"definitions of no journey", "a service of surveys may know none", []cx.Option{cx.WithDefinitions(feedback.Define("after", feedback.CES))}, one(feedback.About("checkout", "c1")), "checkout", ""},
		{"a definition that is given", "it is known", given, one(feedback.AboutRun(checkout, "c1")), "checkout", ""},
		{"another definition", "it is adopted", given, one(feedback.AboutRun(refund, "r1")), "refund", ""},
		{"its name afterwards", "it is known now", given, []feedback.Option{feedback.AboutRun(refund, "r1"), feedback.About("refund", "r1")}, "refund", ""},
		{"a definition that differs", "the first one holds", given, one(feedback.AboutRun(journey.Define("checkout"), "c1")), "checkout", "definition_conflict"},
		{"a faulty definition", "it cannot be adopted", given, one(feedback.AboutRun(journey.Define("_x"), "c1")), event.Other, "invalid_name"},
		{"a nil definition", "it has no name", given, one(feedback.AboutRun(nil, "c1")), event.Other, "invalid_name"},
		{"an ID that is none", "half an ID is another run's", given, one(feedback.AboutRun(checkout, "")), "", "invalid_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, c.opts...)
			for _, o := range c.about {
				feedback.NPS.Record(s.ctx(), 9, o)
			}
			if got := s.events[len(s.events)-1]; got.Journey.Name != c.want {
				t.Errorf("the journey is %q, want %q: %s", got.Journey.Name, c.want, c.reason)
			}
			got := s.faults()
			if len(got) > 1 || c.fault != "" && got[c.fault] != 1 || c.fault == "" && len(got) > 0 {
				t.Errorf("the faults are %v, want %q: %s", got, c.fault, c.reason)
			}
		})
	}
}

func one(o feedback.Option) []feedback.Option { return []feedback.Option{o} }

// TestAboutHeard: a journey of another service, in whose run a trusted position says that the customer is, is known.
func TestAboutHeard(t *testing.T) {
	t.Parallel()
	s := start(t, cx.WithDefinitions(checkout))
	in := propagate.ContextWithPosition(s.ctx(), &event.Position{Journey: event.Run{Name: "tour", ID: "t1"}})
	feedback.NPS.Record(in, 9, feedback.About("tour", "t1")) // as the position says
	feedback.NPS.Record(in, 9)
	feedback.NPS.Record(s.ctx(), 9, feedback.About("tour", "t2"))
	for _, e := range s.events {
		if e.Journey.Name != "tour" {
			t.Errorf("the journey of %s is %q, want tour", e.Journey.ID, e.Journey.Name)
		}
	}
	if got := s.faults(); len(got) > 0 {
		t.Errorf("the faults are %v, want none", got)
	}
}
