package journey_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// basket is never abandoned.
var basket = journey.Define("basket", journey.Stages("cart"))

func TestWhoIsLearned(t *testing.T) {
	t.Parallel()
	browse := touchpoint.Define("browse")
	member := event.Customer{ID: "alice", Segment: "member"}
	for _, c := range []struct {
		name, reason string
		says         func(ctx context.Context)
		segment      string
	}{
		{"a start", "the cart logs in", func(ctx context.Context) { basket.Start(ctx, "c1", member) }, "member"},
		{"a resume", "the next service knows who it is", func(ctx context.Context) { basket.Resume(ctx, "c1", journey.From(member)) }, "member"},
		{"a stage", "a call with From", func(ctx context.Context) {
			basket.Enter(basket.Resume(ctx, "c1"), "cart", journey.From(member))
		}, "member"},
		{"a touchpoint behind a resume", "its position says it", func(ctx context.Context) {
			_, tp := browse.Start(basket.Resume(ctx, "c1", journey.From(member)), event.Web)
			tp.End()
		}, "member"},
		{"feedback behind a resume", "its position says it", func(ctx context.Context) {
			feedback.NPS.Record(basket.Resume(ctx, "c1", journey.From(member)), 9)
		}, "member"},
		{"the hash behind the segment", "each is learned by itself", func(ctx context.Context) {
			basket.Resume(ctx, "c1", journey.From(event.Customer{Segment: "guest"}))
			basket.Resume(ctx, "c1", journey.From(event.Customer{ID: "alice"}))
		}, "guest"},
		{"the segment behind the hash", "each is learned by itself", func(ctx context.Context) {
			basket.Resume(ctx, "c1", journey.From(event.Customer{ID: "alice"}))
			basket.Resume(ctx, "c1", journey.From(event.Customer{Segment: "guest"}))
		}, "guest"},
	} {
		for _, mode := range []string{"in memory", "with a store"} {
			t.Run(c.name+" "+mode, func(t *testing.T) {
				t.Parallel()
				var opts []cx.Option
				if mode == "with a store" {
					opts = append(opts, cx.WithStore(&ledgertest.Memory{}), cx.WithEndGrace(cx.NoEndGrace))
				}
				s := start(t, opts...)
				basket.Start(s.ctx(), "c1", event.Customer{})
				basket.Start(s.ctx(), "c2", event.Customer{})
				s.flush(t)
				c.says(s.ctx())
				s.flush(t)
				basket.Complete(basket.Resume(s.ctx(), "c1"))
				s.flush(t)
				end := s.of("basket", "c1", event.JourneyEnded)
				if len(end) != 1 || end[0].Customer.Hash == "" || end[0].Customer.Segment != c.segment {
					t.Errorf("the end is of %+v, want a hash and the segment %q: %s", end, c.segment, c.reason)
				}
				basket.Start(s.ctx(), "c3", event.Customer{})
				basket.Resume(s.ctx(), "c3", journey.From(member))
				if n, err := s.client.Forget(context.Background(), "alice"); n < 1 || err != nil {
					t.Errorf("Forget finds %d runs, %v; want the live one: %s", n, err, c.reason)
				}
			})
		}
	}
}

func TestEarlierStartHeardLater(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		store := rapid.Bool().Draw(t, "store")
		var opts []cx.Option
		if store {
			opts = append(opts, cx.WithStore(&ledgertest.Memory{}), cx.WithEndGrace(cx.NoEndGrace))
		}
		s := newService(t, opts...)
		defer func() { _ = s.client.Shutdown(context.Background()) }()
		starts := []func(){
			func() {
				basket.Start(s.ctx(), "c1", event.Customer{Segment: "guest"}, journey.At(noon.Add(-3*time.Minute)), journey.Via(event.Phone), journey.By(event.ActorDelegate))
			},
			func() {
				basket.Start(s.ctx(), "c1", event.Customer{ID: "alice"}, journey.At(noon.Add(-2*time.Minute)), journey.Via(event.Web))
			},
			func() {
				basket.Start(s.ctx(), "c1", event.Customer{ID: "alice", Segment: "member"}, journey.At(noon.Add(-time.Minute)), journey.Via(event.Chat), journey.By(event.ActorEmployee))
			},
		}
		for _, i := range rapid.Permutation([]int{0, 1, 2}).Draw(t, "order") {
			starts[i]()
		}
		if err := s.client.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		basket.Complete(basket.Resume(s.ctx(), "c1"), journey.At(noon))
		if err := s.client.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		ends := s.of("basket", "c1", event.JourneyEnded)
		if len(ends) != 1 {
			t.Fatalf("it was told %q", s.story("basket", "c1"))
		}
		end := ends[0]
		if end.Channel != event.Phone || end.Actor != event.ActorDelegate || end.Customer.Segment != "guest" || end.Customer.Hash == "" ||
			!end.Journey.Started.Equal(noon.Add(-3*time.Minute)) {
			t.Fatalf("the end is by %v on %v, of %+v, begun at %v", end.Actor, end.Channel, end.Customer, end.Journey.Started)
		}
	})
}

func TestDefinitionHeardLater(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		more         bool
	}{
		{"the sweep finds it", "nothing more happens to the run", false},
		{"an event finds it", "it lies behind the abandonment", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, cx.WithImplicitStarts())
			record := func(id string) { feedback.NPS.Record(s.ctx(), 9, feedback.About("late", id)) }
			record("l1")
			s.clock.add(time.Minute)
			late := journey.Define("late", journey.Stages("form"), journey.AbandonAfter(10*time.Minute))
			late.Start(s.ctx(), "l2", event.Customer{}) // the definition is adopted
			s.clock.add(time.Hour)
			if c.more {
				record("l1")
			} else {
				s.client.Sweep(context.Background())
			}
			if got := s.story("late", "l1"); !slices.Contains(got, "abandoned") {
				t.Errorf("of the first run was told %q, want that it is abandoned: %s", got, c.reason)
			}
			if end := s.of("late", "l1", event.JourneyEnded); len(end) == 1 && !end[0].Time.Equal(noon.Add(10*time.Minute)) {
				t.Errorf("it was abandoned at %v", end[0].Time)
			}
		})
	}
}
