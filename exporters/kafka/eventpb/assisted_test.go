package eventpb_test

import "cairncx.dev/cairn/cx/event"

func assisted(m msg) *event.Assisted {
	a := &event.Assisted{
		Disposition: m.str("disposition"), Line: int(m.num("line")), Unable: m.str("unable"), Repeated: int(m.num("repeated")),
	}
	must(a.Claimed.UnmarshalText(m.word("claimed")))
	must(a.Again.UnmarshalText(m.word("again")))
	must(a.SamePerson.UnmarshalText(m.word("same_person")))
	for _, l := range m.each("legs") {
		leg := event.Leg{
			Queue: l.str("queue"), Queued: l.is("queued"), Answered: l.is("answered"), Bot: l.is("bot"), Agent: l.str("agent"),
			Start: l.seconds("start"), Wait: l.seconds("wait"), Ring: l.seconds("ring"), Talk: l.seconds("talk"), Hold: l.seconds("hold"),
			Wrap: l.seconds("wrap"), Holds: int(l.num("holds")), Warm: l.is("warm"),
		}
		must(leg.End.UnmarshalText(l.word("end")))
		a.Legs = append(a.Legs, leg)
	}
	for _, d := range m.each("decisions") {
		one := event.Decision{
			What: d.str("what"), Amount: d.money("amount"), Limit: d.money("limit"), Approval: d.is("approval"), Approver: d.str("approver"),
			Waited: d.seconds("waited"), Refused: d.is("refused"), Path: d.str("path"),
		}
		for i := range d.get("skipped").List().Len() {
			one.Skipped = append(one.Skipped, d.get("skipped").List().Get(i).String())
		}
		a.Decisions = append(a.Decisions, one)
	}
	for _, v := range m.each("views") {
		a.Views = append(a.Views, event.View{Part: v.str("part"), Age: v.seconds("age"), Took: v.seconds("took"), Found: v.is("found")})
	}
	if t := m.sub("thread"); m.has("thread") {
		a.Thread = &event.Thread{
			BotReplies: int(t.num("bot_replies")), Waited: t.seconds("waited"), WaitedOpen: t.seconds("waited_open"), Unanswered: t.is("unanswered"),
		}
		for _, r := range t.each("replies") {
			a.Thread.Replies = append(a.Thread.Replies, event.Reply{After: r.seconds("after"), Open: r.seconds("open")})
		}
	}
	return a
}

// each returns the messages of a repeated field.
func (m msg) each(name string) (list []msg) {
	all := m.get(name).List()
	for i := range all.Len() {
		list = append(list, msg{all.Get(i).Message()})
	}
	return list
}

func (m msg) seconds(name string) event.Seconds { return event.Seconds(m.duration(name)) }

func (m msg) money(name string) *event.Money {
	if !m.has(name) {
		return nil
	}
	v := m.sub(name)
	return &event.Money{Amount: v.num("amount"), Currency: v.str("currency")}
}
