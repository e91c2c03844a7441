package option_test

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/option"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// recorder keeps the last event that it is given.
type recorder struct {
	flight.Discard

	mu   sync.Mutex
	last event.Event
	all  []event.Event
}

func (r *recorder) Record(_ context.Context, e *flight.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = e.Event
	r.all = append(r.all, e.Event)
}

// where is the context of every call: a customer on a phone, served by an employee, in a run.
func where(r *recorder) context.Context {
	return flight.ContextWithPosition(flight.NewContext(context.Background(), r), flight.NewPosition(event.Position{
		Journey:  event.Run{Namespace: "test", Name: "order", ID: "1"},
		Customer: event.Customer{Hash: "known", Segment: "gold"},
		Channel:  event.Phone, Actor: event.ActorEmployee,
	}))
}

var (
	order = journey.Define("order", journey.Stages("payment"))
	pay   = touchpoint.Define("pay", touchpoint.In(order, "payment"))
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

// change returns the fields of the event that differ, with their values after the change.
func change(before, after event.Event) map[string]any {
	was, is := reflect.ValueOf(before), reflect.ValueOf(after)
	changed := map[string]any{}
	for i := range was.NumField() {
		if !cmp.Equal(was.Field(i).Interface(), is.Field(i).Interface(), cmpopts.EquateComparable(attribute.Value{})) {
			changed[was.Type().Field(i).Name] = is.Field(i).Interface()
		}
	}
	return changed
}

// TestSameOptionSameEffect: an option of one name changes the same fields of the event to the same values in each call of
// each package that has it.
func TestSameOptionSameEffect(t *testing.T) {
	t.Parallel()
	customer := event.Customer{ID: "4711", Segment: "new"}
	variant := event.Variant{Release: "2026.3", Experiment: "one-page", Arm: "b"}
	many := make([]attribute.KeyValue, 40)
	for i := range many {
		many[i] = attribute.Int("k"+strconv.Itoa(i), i)
	}
	for _, c := range []struct {
		name       string
		journey    journey.RecordOption
		touchpoint touchpoint.StartOption
		feedback   feedback.Option
		channel    event.Channel // of a touchpoint, in place of an option
		want       map[string]any
	}{
		{"At", journey.At(noon), touchpoint.At(noon), feedback.At(noon), 0, map[string]any{"Time": noon}},
		{"At the zero time", journey.At(time.Time{}), touchpoint.At(time.Time{}), feedback.At(time.Time{}), 0, map[string]any{}},
		{"By", journey.By(event.ActorDelegate), touchpoint.By(event.ActorDelegate), feedback.By(event.ActorDelegate), 0, map[string]any{"Actor": event.ActorDelegate}},
		{"By the customer", journey.By(event.ActorCustomer), touchpoint.By(event.ActorCustomer), feedback.By(event.ActorCustomer), 0, map[string]any{"Actor": event.ActorCustomer}},
		{"From", journey.From(customer), touchpoint.From(customer), feedback.From(customer), 0, map[string]any{"Customer": customer}},
		{"From nobody who is known", journey.From(event.Customer{}), touchpoint.From(event.Customer{}), feedback.From(event.Customer{}), 0, map[string]any{"Customer": event.Customer{}}},
		{"Because", journey.Because("declined"), touchpoint.Because("declined"), feedback.Because("declined"), 0, map[string]any{"Cause": "declined"}},
		{"Variant", journey.Variant(variant), touchpoint.Variant(variant), feedback.Variant(variant), 0, map[string]any{"Variant": &variant}},
		{"Attributes", journey.Attributes(many[:2]...), touchpoint.Attributes(many[:2]...), feedback.Attributes(many[:2]...), 0, map[string]any{"Attributes": many[:2]}},
		{"no attributes", journey.Attributes(), touchpoint.Attributes(), feedback.Attributes(), 0, map[string]any{}},
		{"too many attributes", journey.Attributes(many...), touchpoint.Attributes(many...), feedback.Attributes(many...), 0, map[string]any{"Attributes": many[:event.MaxAttributes]}},
		{"Via", journey.Via(event.Chat), nil, feedback.Via(event.Chat), event.Chat, map[string]any{"Channel": event.Chat}},
		{"Via no channel", journey.Via(0), nil, feedback.Via(0), 0, map[string]any{}},
	} {
		for call, record := range map[string]func(ctx context.Context, on bool){
			"journey Start": func(ctx context.Context, on bool) {
				order.Start(ctx, "1", event.Customer{}, journeyOptions(on, c.journey)...)
			},
			"journey Enter":    func(ctx context.Context, on bool) { order.Enter(ctx, "payment", journeyOptions(on, c.journey)...) },
			"journey Complete": func(ctx context.Context, on bool) { order.Complete(ctx, journeyOptions(on, c.journey)...) },
			"journey Fail":     func(ctx context.Context, on bool) { order.Fail(ctx, journeyOptions(on, c.journey)...) },
			"journey Cancel":   func(ctx context.Context, on bool) { order.Cancel(ctx, journeyOptions(on, c.journey)...) },
			"touchpoint Record": func(ctx context.Context, on bool) {
				channel, opts := touchpointOptions(on, c.channel, c.touchpoint)
				pay.Record(ctx, channel, opts...)
			},
			"touchpoint Start": func(ctx context.Context, on bool) {
				channel, opts := touchpointOptions(on, c.channel, c.touchpoint)
				_, tp := pay.Start(ctx, channel, opts...)
				tp.End()
			},
			"feedback Record":  func(ctx context.Context, on bool) { feedback.CSAT.Record(ctx, 4, feedbackOptions(on, c.feedback)...) },
			"feedback Request": func(ctx context.Context, on bool) { feedback.CSAT.Request(ctx, feedbackOptions(on, c.feedback)...) },
		} {
			t.Run(c.name+", "+call, func(t *testing.T) {
				t.Parallel()
				without, with := &recorder{}, &recorder{}
				record(where(without), false)
				record(where(with), true)
				if diff := cmp.Diff(c.want, change(without.last, with.last), cmpopts.EquateComparable(attribute.Value{})); diff != "" {
					t.Errorf("what the option changes (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func journeyOptions(on bool, o journey.RecordOption) []journey.RecordOption {
	if !on {
		return nil
	}
	return []journey.RecordOption{nil, o} // nil is no option
}

func touchpointOptions(on bool, c event.Channel, o touchpoint.StartOption) (event.Channel, []touchpoint.StartOption) {
	if !on {
		return 0, nil
	}
	return c, []touchpoint.StartOption{nil, o}
}

func feedbackOptions(on bool, o feedback.Option) []feedback.Option {
	if !on {
		return nil
	}
	return []feedback.Option{nil, o}
}

// TestOptionsAreUsedAgain: an option keeps copies of what it was given, so a change by the caller, or by another event,
// does not show.
func TestOptionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	kvs := []attribute.KeyValue{attribute.String("a", "1")}
	attributes, variant := option.Attributes(kvs...), option.Variant(event.Variant{Arm: "a"})
	kvs[0] = attribute.String("a", "2")
	first, second := &flight.Event{}, &flight.Event{}
	for _, e := range []*flight.Event{first, second} {
		attributes(e)
		variant(e)
	}
	first.Attributes[0] = attribute.String("a", "3")
	first.Variant.Arm = "b"
	if got := fmt.Sprint(second.Attributes[0].Value.Emit(), second.Variant.Arm); got != "1a" {
		t.Errorf("the second event has %q: want what the options were given", got)
	}
}

// TestLastOptionHolds: of two options that say different things the last one holds, and attributes add up.
func TestLastOptionHolds(t *testing.T) {
	t.Parallel()
	e := &flight.Event{}
	for _, o := range []option.Option{
		option.At(noon), option.At(noon.Add(1)), option.Via(event.Web), option.Via(event.Kiosk), option.Via(0),
		option.By(event.ActorEmployee), option.By(event.ActorAutomation), option.Because("a"), option.Because("b"),
		option.From(event.Customer{ID: "1"}), option.From(event.Customer{Segment: "s"}),
		option.Variant(event.Variant{Release: "r"}), option.Variant(event.Variant{Arm: "x"}),
		option.Attributes(attribute.Int("a", 1), attribute.Int("b", 1)), option.Attributes(attribute.Int("a", 2)),
	} {
		o(e)
	}
	want := event.Event{
		Time: noon.Add(1), Channel: event.Kiosk, Actor: event.ActorAutomation, Cause: "b", Customer: event.Customer{Segment: "s"},
		Variant: &event.Variant{Arm: "x"}, Attributes: []attribute.KeyValue{attribute.Int("a", 2), attribute.Int("b", 1)},
	}
	if diff := cmp.Diff(want, e.Event, cmpopts.EquateComparable(attribute.Value{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
