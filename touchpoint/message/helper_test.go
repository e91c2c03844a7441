package message_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	keyOne = []byte("the first key, of 32 bytes......")
	keyTwo = []byte("the second key, of 32 bytes.....")

	order   = journey.Define("order", journey.Stages("paid", "delivered"))
	deliver = touchpoint.Define("deliver", touchpoint.In(order, "delivered"))

	noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
)

// service is a process with a clock of its own.
type service struct {
	*cxtest.Recorder

	after atomic.Int64 // by how much its clock is after noon
}

func newService(tb testing.TB, opts ...cx.Option) *service {
	tb.Helper()
	s := &service{}
	s.Recorder = cxtest.New(tb, append([]cx.Option{
		cx.WithNamespace("shop"), cx.WithDefinitions(order, deliver), cx.WithClock(func() time.Time { return noon.Add(time.Duration(s.after.Load())) }),
	}, opts...)...)
	return s
}

// ctx is a context in which the service records, outside of a journey.
func (s *service) ctx() context.Context { return s.Context(context.Background()) }

// at is a context in which the customer is in the order 7.
func (s *service) at() context.Context {
	return propagate.ContextWithPosition(s.ctx(), &event.Position{
		Journey: event.Run{Namespace: "shop", Name: "order", ID: "7", Started: noon.Add(-time.Hour)}, Stage: "paid", Visit: 1, Channel: event.Mobile,
	})
}

// counted returns the names of the faults, each as often as it was counted, and allows them.
func (s *service) counted() (names []string) {
	for _, c := range s.Faults() {
		s.AllowFaults(c.Fault)
		for range c.Count {
			names = append(names, c.Fault.String())
		}
	}
	slices.Sort(names)
	return names
}
