package eventpb

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"cairncx.dev/cairn/cx/event"
)

func seconds(b []byte, n protowire.Number, s event.Seconds) []byte {
	return duration(b, n, time.Duration(s))
}

func assisted(b []byte, a *event.Assisted) []byte {
	for i := range a.Legs {
		b = message(b, 10, func(b []byte) []byte { return leg(b, &a.Legs[i]) })
	}
	b = text(b, 11, a.Disposition)
	b = number(b, 12, int64(a.Line))
	b = number(b, 13, int64(a.Claimed))
	b = text(b, 14, a.Unable)
	b = number(b, 15, int64(a.Again))
	b = number(b, 16, int64(a.SamePerson))
	b = number(b, 17, int64(a.Repeated))
	for i := range a.Decisions {
		b = message(b, 18, func(b []byte) []byte { return decision(b, &a.Decisions[i]) })
	}
	for i := range a.Views {
		v := &a.Views[i]
		b = message(b, 19, func(b []byte) []byte {
			return flag(seconds(seconds(text(b, 1, v.Part), 2, v.Age), 3, v.Took), 4, v.Found)
		})
	}
	if t := a.Thread; t != nil {
		b = message(b, 20, func(b []byte) []byte { return thread(b, t) })
	}
	return b
}

func leg(b []byte, l *event.Leg) []byte {
	b = text(b, 1, l.Queue)
	b = flag(b, 2, l.Queued)
	b = flag(b, 3, l.Answered)
	b = flag(b, 4, l.Bot)
	b = text(b, 5, l.Agent)
	for i, d := range [...]event.Seconds{l.Start, l.Wait, l.Ring, l.Talk, l.Hold, l.Wrap} {
		b = seconds(b, protowire.Number(6+i), d)
	}
	b = number(b, 12, int64(l.Holds))
	b = number(b, 13, int64(l.End))
	return flag(b, 14, l.Warm)
}

func decision(b []byte, d *event.Decision) []byte {
	b = text(b, 1, d.What)
	if d.Amount != nil {
		b = message(b, 2, func(b []byte) []byte { return money(b, d.Amount) })
	}
	if d.Limit != nil {
		b = message(b, 3, func(b []byte) []byte { return money(b, d.Limit) })
	}
	b = flag(b, 4, d.Approval)
	b = text(b, 5, d.Approver)
	b = seconds(b, 6, d.Waited)
	b = flag(b, 7, d.Refused)
	b = text(b, 8, d.Path)
	for _, s := range d.Skipped {
		b = item(b, 9, s)
	}
	return b
}

func thread(b []byte, t *event.Thread) []byte {
	for i := range t.Replies {
		r := &t.Replies[i]
		b = message(b, 1, func(b []byte) []byte { return seconds(seconds(b, 1, r.After), 2, r.Open) })
	}
	b = number(b, 2, int64(t.BotReplies))
	b = seconds(b, 3, t.Waited)
	b = seconds(b, 4, t.WaitedOpen)
	return flag(b, 5, t.Unanswered)
}

func effort(b []byte, f *event.Effort) []byte {
	b = timestamp(b, 1, f.Began)
	b = seconds(b, 2, f.Window)
	b = number(b, 3, int64(f.Contacts))
	b = number(b, 4, int64(f.Answered))
	b = number(b, 5, int64(f.Switches))
	b = text(b, 6, f.From)
	return flag(b, 7, f.FirstContact)
}

func money(b []byte, m *event.Money) []byte { return text(number(b, 1, m.Amount), 2, m.Currency) }
