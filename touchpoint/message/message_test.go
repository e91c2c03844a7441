package message_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/message"
)

// sent returns the baggage of a message that a service with the keys sends from within the order 7.
func sent(tb testing.TB, opts []message.InjectOption, keys ...[]byte) string {
	tb.Helper()
	var o []cx.Option
	if keys != nil {
		o = append(o, cx.WithPositionKeys(keys...))
	}
	m := message.Map{}
	message.Inject(newService(tb, o...).at(), m, opts...)
	return m["baggage"]
}

const day = 24 * time.Hour

func TestExtract(t *testing.T) {
	t.Parallel()
	signed, unsigned := sent(t, nil, keyOne), sent(t, nil)
	short := sent(t, []message.InjectOption{message.WithLife(7 * day)}, keyOne)
	long := sent(t, []message.InjectOption{message.WithLife(90 * day)}, keyOne)
	trusted := []message.ConsumerOption{message.WithTrustedQueue()}
	const stranger = "cairn=1/shop/order/8////////"
	for _, c := range []struct {
		name, reason string
		after        time.Duration
		keys         [][]byte
		opts         []message.ConsumerOption
		headers      message.Lists
		believed     bool
		faults       []string
		left         message.Lists // of the headers
	}{
		{
			name: "signed", reason: "by a key of ours", keys: [][]byte{keyOne},
			headers: message.Lists{"baggage": {signed}}, believed: true, left: message.Lists{"baggage": {signed}},
		},
		{
			name: "signed 30 days ago", reason: "the default expiry", after: 30 * day, keys: [][]byte{keyOne},
			headers: message.Lists{"baggage": {signed}}, believed: true, left: message.Lists{"baggage": {signed}},
		},
		{
			name: "signed longer ago", reason: "30 days are over, and what clocks may differ", after: 30*day + time.Minute, keys: [][]byte{keyOne},
			headers: message.Lists{"baggage": {signed}}, faults: []string{"expired_position"}, left: message.Lists{},
		},
		{
			name: "signed for 7 days", reason: "the sender's expiry", after: 7*day + time.Minute, keys: [][]byte{keyOne},
			headers: message.Lists{"baggage": {short}}, faults: []string{"expired_position"}, left: message.Lists{},
		},
		{
			name: "signed for 90 days", reason: "the sender's expiry", after: 89 * day, keys: [][]byte{keyOne},
			headers: message.Lists{"baggage": {long}}, believed: true, left: message.Lists{"baggage": {long}},
		},
		{
			name: "a consumer that believes for a day", reason: "the shorter time holds", after: 2 * day, keys: [][]byte{keyOne},
			opts: []message.ConsumerOption{message.WithLife(day)}, headers: message.Lists{"baggage": {signed}}, faults: []string{"expired_position"}, left: message.Lists{},
		},
		{
			name: "signed in the future", reason: "clocks differ by an hour", after: -time.Hour, keys: [][]byte{keyOne},
			headers: message.Lists{"baggage": {signed}}, faults: []string{"early_position"}, left: message.Lists{},
		},
		{
			name: "the key was replaced within the 30 days", reason: "all keys verify", after: 20 * day, keys: [][]byte{keyTwo, keyOne},
			headers: message.Lists{"baggage": {signed}}, believed: true, left: message.Lists{"baggage": {signed}},
		},
		{
			name: "the key was removed too early", reason: "no key has signed it", after: 20 * day, keys: [][]byte{keyTwo},
			headers: message.Lists{"baggage": {signed}}, faults: []string{"unknown_position_key"}, left: message.Lists{},
		},
		{
			name: "forged", reason: "the signature is of another order", keys: [][]byte{keyOne},
			headers: message.Lists{"baggage": {strings.Replace(signed, "/7/", "/8/", 1)}}, faults: []string{"forged_position"}, left: message.Lists{},
		},
		{
			name: "unsigned", reason: "anyone may have sent it; the members of others stay", keys: [][]byte{keyOne},
			headers: message.Lists{"baggage": {"tenant=a," + unsigned + ",x=1"}}, faults: []string{"unsigned_position"},
			left: message.Lists{"baggage": {"tenant=a,x=1"}},
		},
		{
			name: "without keys", reason: "a mistake in the configuration",
			headers: message.Lists{"baggage": {signed}}, faults: []string{"no_position_keys"}, left: message.Lists{},
		},
		{
			name: "unsigned in a trusted queue", reason: "the option", opts: trusted,
			headers: message.Lists{"baggage": {unsigned}}, believed: true, left: message.Lists{"baggage": {unsigned}},
		},
		{
			name: "malformed in a trusted queue", reason: "it cannot be read", opts: trusted,
			headers: message.Lists{"baggage": {"cairn=%zz"}}, faults: []string{"bad_header"}, left: message.Lists{},
		},
		{
			name: "a function that trusts no message, or panics", reason: "signed positions alone", keys: [][]byte{keyOne},
			opts:    []message.ConsumerOption{message.WithTrustedMessages(func(context.Context) bool { panic("broken") })},
			headers: message.Lists{"baggage": {unsigned}}, faults: []string{"panic", "unsigned_position"}, left: message.Lists{},
		},
		{
			name: "several functions", reason: "they add up, in any order",
			opts: []message.ConsumerOption{
				message.WithTrustedQueue(), message.WithTrustedMessages(func(context.Context) bool { return false }), message.WithTrustedMessages(nil),
			},
			headers: message.Lists{"baggage": {unsigned}}, believed: true, left: message.Lists{"baggage": {unsigned}},
		},
		{
			name: "a nil function", reason: "it trusts no message", keys: [][]byte{keyOne}, opts: []message.ConsumerOption{nil, message.WithTrustedMessages(nil), message.WithLife(-1)},
			headers: message.Lists{"baggage": {signed}}, believed: true, left: message.Lists{"baggage": {signed}},
		},
		{
			name: "in another case", reason: "senders write any case, and brokers keep it", keys: [][]byte{keyOne},
			headers: message.Lists{"BAGGAGE": {signed}, "Tenant": {"a"}}, believed: true, left: message.Lists{"BAGGAGE": {signed}, "Tenant": {"a"}},
		},
		{
			name: "forged in another case, beside a good one", reason: "they contradict each other, and no reader may find one of them", keys: [][]byte{keyOne},
			headers: message.Lists{"Baggage": {stranger}, "baggage": {signed, "tenant=a"}}, faults: []string{"bad_header"}, left: message.Lists{"baggage": {"tenant=a"}},
		},
		{
			name: "twice the same", reason: "a bridge has copied the header", keys: [][]byte{keyOne},
			headers: message.Lists{"baggage": {signed, signed}}, believed: true, left: message.Lists{"baggage": {signed, signed}},
		},
		{
			name: "a name that some readers decode", reason: "behind one of those it would be a position", keys: [][]byte{keyOne},
			headers: message.Lists{"baggage": {"%63airn=1/shop/order/8////////,a=b"}}, faults: []string{"bad_header"}, left: message.Lists{"baggage": {"a=b"}},
		},
		{name: "none", reason: "most messages", keys: [][]byte{keyOne}, headers: message.Lists{"baggage": {"a=b"}, "k": {"v"}}, left: message.Lists{"baggage": {"a=b"}, "k": {"v"}}},
		{name: "no values", reason: "a map may have an empty list", keys: [][]byte{keyOne}, headers: message.Lists{"baggage": nil}, left: message.Lists{"baggage": nil}},
		{name: "no headers", reason: "a message may have none", keys: [][]byte{keyOne}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var opts []cx.Option
			if c.keys != nil {
				opts = append(opts, cx.WithPositionKeys(c.keys...))
			}
			s := newService(t, opts...)
			s.after.Store(int64(c.after))
			consumer := message.NewConsumer("shipping", c.opts...)
			p := propagate.PositionFromContext(consumer.Extract(s.ctx(), c.headers))
			if believed := p != nil; believed != c.believed || believed && (p.Journey.ID != "7" || !p.Journey.Started.Equal(noon.Add(-time.Hour)) || p.Channel != event.Mobile) {
				t.Errorf("the position is %+v, believed %v: %s", p, c.believed, c.reason)
			}
			if got := s.counted(); !slices.Equal(got, c.faults) {
				t.Errorf("it counts %q, want %q: %s", got, c.faults, c.reason)
			}
			if !maps.EqualFunc(c.headers, c.left, slices.Equal) {
				t.Errorf("the headers are %q, want %q: %s", c.headers, c.left, c.reason)
			}
			if p == nil { // a second attempt finds nothing to count
				consumer.Extract(s.ctx(), c.headers)
				if got := s.counted(); !slices.Equal(got, c.faults) {
					t.Errorf("the second attempt counts %q, want %q", got, c.faults)
				}
			}
		})
	}
}

// TestExtractFromMap: a carrier that cannot remove a header has an empty one, and a position of the application itself stays.
func TestExtractFromMap(t *testing.T) {
	t.Parallel()
	s := newService(t, cx.WithPositionKeys(keyOne))
	headers := propagation.MapCarrier{"baggage": sent(t, nil)}
	p := propagate.PositionFromContext(message.NewConsumer("").Extract(s.at(), headers))
	if p == nil || p.Journey.ID != "7" || headers["baggage"] != "" {
		t.Errorf("the position is %+v, the headers are %q", p, headers)
	}
	if got := s.counted(); !slices.Equal(got, []string{"unsigned_position"}) {
		t.Errorf("it counts %q", got)
	}
}

// TestExtractBelievesNoPropagator: a position that OpenTelemetry's propagation has put into the context counts as what the message's
// headers say, and does not stay in OpenTelemetry's baggage, which goes everywhere.
func TestExtractBelievesNoPropagator(t *testing.T) {
	t.Parallel()
	s := newService(t) // without keys, Propagator believes all
	headers := message.Map{"baggage": sent(t, nil) + ",tenant=a"}
	found := propagation.NewCompositeTextMapPropagator(propagation.Baggage{}, propagate.Propagator{}).Extract(s.ctx(), headers)
	if propagate.PositionFromContext(found) == nil || baggage.FromContext(found).Len() == 0 {
		t.Fatal("the propagators find nothing")
	}
	ctx := message.NewConsumer("").Extract(found, headers)
	if p := propagate.PositionFromContext(ctx); p != nil {
		t.Errorf("the position is %+v, want none", p)
	}
	if b := baggage.FromContext(ctx).String(); b != "tenant=a" {
		t.Errorf("the baggage is %q", b)
	}
	if headers["baggage"] != "tenant=a" {
		t.Errorf("the headers are %q", headers)
	}
	if got := s.counted(); !slices.Equal(got, []string{"no_position_keys"}) {
		t.Errorf("it counts %q", got)
	}
}

func TestInject(t *testing.T) {
	t.Parallel()
	s := newService(t)
	text := sent(t, nil)
	for _, c := range []struct {
		name, reason string
		ctx          context.Context //nolint:containedctx // the case's
		headers      propagation.TextMapCarrier
		want         propagation.TextMapCarrier
	}{
		{"no headers", "an empty map takes them", s.at(), message.Map{}, message.Map{"baggage": text}},
		{"beside others", "OpenTelemetry's instrumentation has written the baggage", s.at(), message.Map{"baggage": "a=b", "k": "v"}, message.Map{"baggage": "a=b," + text, "k": "v"}},
		{"a stale one", "it is of another service", s.at(), message.Map{"baggage": "cairn=1/shop/order/6////////,a=b"}, message.Map{"baggage": "a=b," + text}},
		{"a stale one, in no journey", "the message is in none", s.ctx(), message.Map{"baggage": "cairn=1/shop/order/6////////"}, message.Map{}},
		{"in no journey", "there is nothing to say", s.ctx(), message.Map{"baggage": "a=b"}, message.Map{"baggage": "a=b"}},
		{"several headers", "they become one", s.at(), message.Lists{"Baggage": {"a=b", "cairn=x"}, "baggage": {"c=d"}}, message.Lists{"baggage": {"c=d,a=b," + text}}},
		{"another case", "the header keeps its name", s.at(), message.Lists{"BAGGAGE": {"a=b"}}, message.Lists{"BAGGAGE": {"a=b," + text}}},
		{"nil context", "it is in no journey", nil, message.Map{"k": "v"}, message.Map{"k": "v"}},
		{"nil map", "there is nowhere to write to", s.at(), message.Map(nil), message.Map(nil)},
		{"nil lists", "there is nowhere to write to", s.at(), message.Lists(nil), message.Lists(nil)},
		{"nil of another type", "there is nowhere to write to", s.at(), propagation.MapCarrier(nil), propagation.MapCarrier(nil)},
		{"nil", "there is nowhere to write to", s.at(), nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			message.Inject(c.ctx, c.headers, nil)
			if c.headers == nil {
				return
			}
			if got, want := flat(c.headers), flat(c.want); !maps.Equal(got, want) {
				t.Errorf("the headers are %q, want %q: %s", got, want, c.reason)
			}
		})
	}
}

// flat returns the headers with the values of each in one text.
func flat(headers propagation.TextMapCarrier) map[string]string {
	m := map[string]string{}
	for _, key := range headers.Keys() {
		m[key] = headers.Get(key)
		if all, ok := headers.(propagation.ValuesGetter); ok {
			m[key] = strings.Join(all.Values(key), "|")
		}
	}
	return m
}

func TestStart(t *testing.T) {
	t.Parallel()
	headers := message.Map{"baggage": sent(t, nil, keyOne)}
	start := func(c *message.Consumer, m message.Message, opts ...touchpoint.StartOption) event.Event {
		s := newService(t, cx.WithPositionKeys(keyOne))
		ctx, tp := c.Start(s.ctx(), m, deliver, opts...)
		if m.Headers != nil && propagate.PositionFromContext(ctx).Journey.ID != "7" {
			t.Error("the work is in no journey")
		}
		tp.End()
		s.counted() // outside_journey
		return s.Events(event.TouchpointEnded)[0]
	}
	one := message.NewConsumer("shipping", message.WithSource("eu"))
	m := message.Message{Headers: headers, ID: "42"}
	first := start(one, m)
	if first.Journey.ID != "7" || first.Stage != "delivered" || first.Channel != event.Mobile {
		t.Errorf("the event is %+v", first)
	}
	for _, c := range []struct {
		name, reason string
		e            event.Event
		same         bool
	}{
		{"delivered again", "the rule", start(message.NewConsumer("shipping", message.WithSource("eu")), m), true},
		{"delivered again without a position", "it has expired since", start(one, message.Message{ID: "42"}), true},
		{"another group", "both have done something for the customer", start(message.NewConsumer("billing", message.WithSource("eu")), m), false},
		{"another source", "its messages have IDs of their own", start(message.NewConsumer("shipping", message.WithSource("us")), m), false},
		{"another message", "it is another event", start(one, message.Message{Headers: headers, ID: "43"}), false},
		{"the application's own key", "it holds", start(one, m, touchpoint.OncePer("mine")), false},
		{"no consumer", "a nil one is safe", start(nil, m), false},
	} {
		if (c.e.ID == first.ID) != c.same {
			t.Errorf("%s: the IDs are %v and %v: %s", c.name, first.ID, c.e.ID, c.reason)
		}
	}
	if a, b := start(one, message.Message{Headers: headers}), start(one, message.Message{Headers: headers}); a.ID == b.ID {
		t.Error("two messages without an ID have one event")
	}
	if e := start(one, m, touchpoint.Via(event.Email)); e.Channel != event.Email {
		t.Errorf("the channel is %v", e.Channel)
	}
}

// TestWithoutAClient: without a client there are no keys, and recording does nothing; trusted positions still go on.
func TestWithoutAClient(t *testing.T) {
	t.Parallel()
	ctx, tp := message.NewConsumer("shipping", message.WithTrustedQueue()).Start(context.Background(), message.Message{Headers: message.Map{"baggage": sent(t, nil)}, ID: "1"}, deliver)
	tp.End()
	if p := propagate.PositionFromContext(ctx); p == nil || p.Journey.ID != "7" {
		t.Errorf("the position is %+v", p)
	}
	//nolint:staticcheck // a nil context is safe
	if ctx, tp := message.NewConsumer("shipping").Start(nil, message.Message{}, nil); ctx == nil || tp != nil {
		t.Error("it starts something without a context, a client and a definition")
	}
}

// TestHugeHeaders: a header of a megabyte is looked through once, and does not stay in the way.
func TestHugeHeaders(t *testing.T) {
	t.Parallel()
	s := newService(t, cx.WithPositionKeys(keyOne))
	signed := sent(t, nil, keyOne)
	const size = 1 << 20
	members := strings.Repeat("a=b,", size/4)
	for _, c := range []struct {
		name, header string
		believed     bool
		faults       []string
	}{
		{"many members", members + signed, true, nil},
		{"one long member", "a=" + strings.Repeat("x", size) + "," + signed, true, nil},
		{"a long position", "cairn=1/shop/order/" + strings.Repeat("7", size), false, []string{"unsigned_position"}},
		{"a long signature", signed + strings.Repeat("x", size), false, []string{"bad_header"}},
		{"many positions", strings.Repeat("cairn=x,", size/8), false, []string{"unsigned_position"}},
		{"many that differ", strings.Repeat("cairn=x,cairn=y,", size/16), false, []string{"bad_header"}},
		{"a long encoded name", strings.Repeat("%25", size/3) + "=1", false, nil},
		{"percent signs alone", strings.Repeat("%", size), false, nil},
	} {
		before := s.counted()
		headers := message.Lists{"baggage": {c.header}}
		p := propagate.PositionFromContext(message.NewConsumer("").Extract(s.ctx(), headers))
		if (p != nil) != c.believed {
			t.Errorf("%s: the position is %+v", c.name, p)
		}
		after := s.counted()
		want := slices.Sorted(slices.Values(append(before, c.faults...)))
		if !slices.Equal(after, want) {
			t.Errorf("%s: it counts %q, want %q", c.name, after, want)
		}
		if _, found := propagate.TextFromBaggage(headers.Get("baggage")); found && p == nil {
			t.Errorf("%s: the position is left in the headers", c.name)
		}
	}
}
