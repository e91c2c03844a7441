package bench

import (
	"context"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// BenchmarkContact: what the methods of an assisted contact cost beside a touchpoint that is begun and ended. The contact of each
// variant is open, and goes on for ever; its calls bring it back to where it was. The mean over a whole contact also has what its calls
// add to the work of End: two HMACs, and a copy of the legs. Each ratio is to a touchpoint of the same run, measured in turns. The providers do nothing, so that the touchpoint is
// as cheap as it can be.
func BenchmarkContact(b *testing.B) {
	once(b, func() {
		p := nothing()
		ctx := cx.NewContext(context.Background(), p.client(b))
		support := touchpoint.Define("support")
		open := func() *touchpoint.Contact {
			_, c := support.Contact(ctx, event.Phone)
			c.Queue("orders")
			c.Answer("employee-12")
			b.Cleanup(c.End)
			return c
		}
		amount := &event.Money{Amount: 9900, Currency: "EUR"}
		inTalk, moving, waiting, saying := open(), open(), open(), open()
		waiting.Transfer("orders")
		for range event.MaxLegs { // its list has its size
			moving.Transfer("orders")
			moving.Answer("employee-12")
		}
		whole := func() {
			_, c := support.Contact(ctx, event.Phone)
			c.Queue("orders")
			c.Ring()
			c.Answer("employee-12")
			c.Hold()
			c.Resume()
			c.Saw("orders", time.Hour, time.Second, true)
			c.Decide(touchpoint.Decision{What: "refund", Amount: amount})
			c.Transfer("carriers")
			c.Answer("employee-31")
			c.Claim(event.Yes)
			c.Wrap()
			c.End()
		}
		vs := []variant{
			{"touchpoint", func() {
				_, tp := support.Start(ctx, event.Phone)
				tp.End()
			}, p.flush},
			{"contact, begun and ended", func() {
				_, c := support.Contact(ctx, event.Phone)
				c.End()
			}, p.flush},
			{"Hold and Resume", func() {
				inTalk.Hold()
				inTalk.Resume()
			}, p.flush},
			{"Transfer and Answer", func() {
				moving.Transfer("orders")
				moving.Answer("employee-12")
			}, p.flush},
			{"Queue and Ring", func() {
				waiting.Queue("orders")
				waiting.Ring()
			}, p.flush},
			{"Claim and Line", func() {
				saying.Claim(event.Yes)
				saying.Line(2)
			}, p.flush},
			{"a contact with 11 calls", whole, p.flush},
		}
		scenario{"assisted contact", vs, func(r []result) []goal {
			method := func(n int) float64 { return r[n].nanos / 2 / r[0].nanos }
			return []goal{
				{"contact: Hold or Resume/touchpoint", method(2), 0.3, 0},
				{"contact: Transfer or Answer/touchpoint", method(3), 0.3, 0},
				{"contact: Queue or Ring/touchpoint", method(4), 0.3, 0},
				{"contact: Claim or Line/touchpoint", method(5), 0.3, 0},
				{"contact: mean of 11 calls/touchpoint", (r[6].nanos - r[1].nanos) / 11 / r[0].nanos, 0.3, 0.29},
				{"contact: allocs of Hold and Resume", r[2].allocs, 0, 0},
				{"contact: allocs of Transfer and Answer", r[3].allocs, 0, 0},
				{"contact: allocs of 11 calls above a bare one", r[6].allocs - r[1].allocs, 6, 0}, // two growing lists, an amount, the copy of the legs, two HMACs
				{"contact: allocs of a bare one above a touchpoint", r[1].allocs - r[0].allocs, 1, 0},
			}
		}}.run(b)
	})
}
