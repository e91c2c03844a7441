package event_test

import (
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

// assistedContact draws a contact as it can be, with texts of the generator.
func assistedContact(t *rapid.T, text *rapid.Generator[string]) event.Assisted {
	s := func(what string) string { return text.Draw(t, what) }
	sec := func(what string) event.Seconds { return event.Seconds(durations().Draw(t, what)) }
	num := func(what string) int { return rapid.Int().Draw(t, what) }
	is := func(what string) bool { return rapid.Bool().Draw(t, what) }
	said := func(what string) event.YesNo { return enum[event.YesNo](t, what, 3) }
	money := func(what string) *event.Money {
		return maybe(t, what, func() event.Money {
			return event.Money{Amount: rapid.Int64().Draw(t, "amount"), Currency: s("currency")}
		})
	}
	return event.Assisted{
		Legs: some(t, "legs", func() event.Leg {
			return event.Leg{
				Queue: s("queue"), Queued: is("queued"), Answered: is("answered"), Bot: is("bot"), Agent: s("agent"), Start: sec("start"),
				Wait: sec("wait"), Ring: sec("ring"), Talk: sec("talk"), Hold: sec("hold"), Wrap: sec("wrap"), Holds: num("holds"),
				End: enum[event.LegEnd](t, "end", 7), Warm: is("warm"),
			}
		}),
		Disposition: s("disposition"), Line: num("line"), Claimed: said("claimed"), Unable: s("unable"), Again: said("again"),
		SamePerson: said("same person"), Repeated: num("repeated"),
		Decisions: some(t, "decisions", func() event.Decision {
			return event.Decision{
				What: s("what"), Amount: money("given"), Limit: money("limit"), Approval: is("approval"), Approver: s("approver"),
				Waited: sec("waited"), Refused: is("refused"), Path: s("path"), Skipped: some(t, "skipped", func() string { return s("step") }),
			}
		}),
		Views: some(t, "views", func() event.View {
			return event.View{Part: s("part"), Age: sec("age"), Took: sec("took"), Found: is("found")}
		}),
		Thread: maybe(t, "thread", func() event.Thread {
			return event.Thread{
				Replies:    some(t, "replies", func() event.Reply { return event.Reply{After: sec("after"), Open: sec("open")} }),
				BotReplies: num("bot replies"), Waited: sec("waited for"), WaitedOpen: sec("waited open"), Unanswered: is("unanswered"),
			}
		}),
	}
}

// some draws nil or up to three values.
func some[T any](t *rapid.T, what string, draw func() T) (list []T) {
	for range rapid.IntRange(0, 3).Draw(t, what) {
		list = append(list, draw())
	}
	return list
}
