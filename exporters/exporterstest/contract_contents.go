package exporterstest

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

var contents = []contract{
	{"one event", "the least that a sink has to do", func(s *suite) { s.each(series(0, 1, "cart-1")) }},
	{"everything set", "what a sink leaves out cannot be asked for later", func(s *suite) { s.each([]event.Event{full(0)}) }},
	{"nothing set", "an event from a parser may have a kind and a time and no more", func(s *suite) { s.each(bare()) }},
	{"every kind", "the set of kinds is open: a sink passes on a kind that it does not know", func(s *suite) { s.each(ofEveryKind()) }},
	{"hostile texts", "what customers and peers write ends up in headers, keys, paths and statements", func(s *suite) { s.each(hostile()) }},
	{"extreme times and numbers", "one event that a sink cannot encode holds up all the others", func(s *suite) { s.each(extremes()) }},
	{"attributes", "applications put anything there", func(s *suite) { s.each(attributed()) }},
	{"without ID or journey", "an event gets an ID only when one is needed, and many events belong to no journey", withoutID},
	{"alike but for the ID", "a customer may pay twice in one millisecond: only the ID says that it is two", alike},
	{"a large batch", "it is the default size of Batch", func(s *suite) { s.batch(series(0, exporters.DefaultBatchSize, "cart-1")) }},
	{"a heavy batch", "sinks bound their messages, and a batch may be larger", func(s *suite) { s.batch(heavy(200)) }},
}

// each exports the events all in one batch and each in one of its own, in a sink that has nothing else.
func (s *suite) each(events []event.Event) {
	s.Helper()
	half := len(events) / 2
	s.export(events[:half]...)
	for i := half; i < len(events); i++ {
		s.export(events[i])
	}
	s.has(once, events...)
}

func (s *suite) batch(events []event.Event) {
	s.Helper()
	s.export(events...)
	s.has(once, events...)
}

// bare returns events that have an ID, a kind and a time, and a touchpoint to know them by or not.
func bare() []event.Event {
	return []event.Event{
		{ID: id(0), Kind: "acme.note", Time: noon()},
		{ID: id(1), Kind: "acme.note", Time: noon(), Feedback: &event.Feedback{}, Transition: &event.Transition{}},
		{
			ID: id(2), Kind: "acme.note", Time: noon(), Variant: &event.Variant{}, Assisted: &event.Assisted{}, Effort: &event.Effort{},
			FollowUp: &event.FollowUp{}, Action: &event.Action{}, Breakdown: &event.Breakdown{}, Contact: &event.Contact{}, Mention: &event.Mention{}, Journey: event.Run{Value: &event.Money{}, ID: "x"},
		},
	}
}

func withoutID(s *suite) {
	events := append(series(0, 6, "cart-1"), series(6, 6, "")...)
	for i := range events {
		if i%2 == 0 {
			events[i].ID = event.ID{}
		}
	}
	s.export(events...)
	s.has(once, events...)
}

func alike(s *suite) {
	events := []event.Event{full(0), full(0), full(0)}
	for i := range events {
		events[i].ID = id(i)
	}
	s.each(events)
}
