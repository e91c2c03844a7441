package eventpb

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"cairncx.dev/cairn/cx/event"
)

func feedback(b []byte, f *event.Feedback) []byte {
	b = text(b, 1, f.Survey)
	b = number(b, 2, int64(f.Scale))
	b = number(b, 3, int64(f.Score))
	b = number(b, 4, int64(f.Verdict))
	b = text(b, 5, f.Comment)
	b = text(b, 6, f.Language)
	for _, c := range f.Causes {
		b = item(b, 7, c)
	}
	b = id(b, 8, f.Request)
	b = text(b, 9, f.Source)
	b = number(b, 10, int64(f.Sentiment))
	b = text(b, 11, f.Version)
	b = number(b, 12, int64(f.Ended))
	b = flag(b, 13, f.Shown)
	b = id(b, 14, f.Amends)
	if f.Previous != nil { // it is optional, so that 0 is a score
		b = protowire.AppendVarint(protowire.AppendTag(b, 15, protowire.VarintType), uint64(*f.Previous))
	}
	if t := f.Testimonial; t != nil {
		b = message(b, 16, func(b []byte) []byte {
			b = text(text(text(b, 1, t.Version), 2, t.Language), 3, t.Text)
			return timestamp(timestamp(b, 4, t.Given), 5, t.Withdrawn)
		})
	}
	return b
}

func mention(b []byte, m *event.Mention) []byte {
	b = number(b, 1, int64(m.Nature))
	if m.Stars != 0 {
		b = double(b, 2, m.Stars)
	}
	return text(text(number(b, 3, int64(m.Reach)), 4, m.Address), 5, m.ReplyTo)
}

func followUp(b []byte, f *event.FollowUp) []byte {
	b = id(text(text(b, 1, f.ID), 2, f.Owner), 3, f.Feedback)
	b = text(text(timestamp(b, 4, f.Due), 5, f.Remedy), 6, f.Note)
	b = id(text(text(b, 7, f.Severity), 8, f.Rule), 9, f.CausedBy)
	if r := &f.About; *r != (event.RunRef{}) {
		b = message(b, 10, func(b []byte) []byte { return runRef(b, r) })
	}
	for _, s := range f.Skipped {
		b = raw(b, 11, []byte(s))
	}
	return seconds(b, 12, f.Silence)
}

func breakdown(b []byte, d *event.Breakdown) []byte {
	b = flag(text(text(text(b, 1, d.About), 2, d.Journey), 3, d.Name), 4, d.Better)
	b = timestamp(b, 5, d.Began)
	for _, p := range d.Placed {
		b = message(b, 6, func(b []byte) []byte { return text(text(b, 1, p.Column), 2, p.Value) })
	}
	b = text(b, 7, d.Severity)
	b = number(finite(finite(finite(b, 8, d.Before), 9, d.Since), 10, d.Excess), 11, int64(d.Customers))
	if v := d.Value; v != nil {
		b = message(b, 12, func(b []byte) []byte { return money(b, v) })
	}
	b = text(b, 13, d.Owner)
	if r := &d.Action; *r != (event.RunRef{}) {
		b = message(b, 14, func(b []byte) []byte { return runRef(b, r) })
	}
	return timestamp(text(text(b, 15, d.Earlier), 16, d.Note), 17, d.BaselineUntil)
}

// finite appends a number that is not 0. Those for which JSON has no number are 0, as in the JSON form.
func finite(b []byte, n protowire.Number, v float64) []byte {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return b
	}
	return double(b, n, v)
}

func runRef(b []byte, r *event.RunRef) []byte {
	return text(text(text(b, 1, r.Namespace), 2, r.Name), 3, r.ID)
}

func action(b []byte, a *event.Action) []byte {
	b = text(text(text(b, 1, a.Name), 2, a.Owner), 3, a.Note)
	for i := range a.Feedbacks {
		b = raw(b, 4, a.Feedbacks[i][:])
	}
	return timestamp(timestamp(text(b, 5, a.Cause), 6, a.From), 7, a.Until)
}
