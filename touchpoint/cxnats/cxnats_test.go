package cxnats_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxnats"
	"cairncx.dev/cairn/touchpoint/message"
)

var errMail = errors.New("the mail server is away")

// process starts and ends the touchpoint of a message.
func process(s *cxtest.Recorder, c *cxnats.Consumer, m jetstream.Msg, err error) event.Event {
	_, tp := c.Start(s.Context(context.Background()), m, confirm, touchpoint.Via(event.Email))
	tp.Fail(err)
	tp.End()
	all := s.Events(event.TouchpointEnded)
	return all[len(all)-1]
}

// TestRedelivery: a message comes again after a Nak, at the end of the wait for an Ack, and to another process. All attempts that failed
// are one event, and all that did the work are another one.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	s := newService(t)
	js, c := queue(t, start(t), 100*time.Millisecond)
	publish(t, js, s, "7")
	mailer := cxnats.NewConsumer("")

	m := next(t, c)
	failed := process(s, mailer, m, errMail)
	if err := m.Nak(); err != nil {
		t.Fatal(err)
	}
	m = next(t, c)
	again := process(s, mailer, m, errMail)
	if err := m.Nak(); err != nil {
		t.Fatal(err)
	}
	done := process(s, mailer, next(t, c), nil) // the process ends before it acknowledges
	second := newService(t)
	late := process(second, cxnats.NewConsumer(""), next(t, c), nil)

	for _, e := range []event.Event{failed, again, done, late} {
		if e.Journey.ID != "7" || e.Stage != "confirmed" || e.Channel != event.Email {
			t.Errorf("the event is %+v", e)
		}
	}
	if failed.Outcome != event.Failed || failed.ID != again.ID {
		t.Errorf("the failed attempts have %v and %v", failed.ID, again.ID)
	}
	if done.Outcome != event.OK || done.ID != late.ID || done.ID == failed.ID {
		t.Errorf("the attempts that did the work have %v and %v, a failed one %v", done.ID, late.ID, failed.ID)
	}
}

// TestIdentity: the message, its stream and its consumer tell events apart; a named group tells them apart in place of the consumer.
func TestIdentity(t *testing.T) {
	t.Parallel()
	s := newService(t)
	conn := start(t)
	js, one := queue(t, conn, patience)
	other := durable(t, js, "billing", patience)
	publish(t, js, s, "7")
	publish(t, js, s, "8")
	m, sibling, elsewhere := next(t, one), next(t, one), next(t, other)
	plain, named := cxnats.NewConsumer(""), cxnats.NewConsumer("mails")
	first := process(s, plain, m, nil).ID
	for _, c := range []struct {
		name, reason string
		id           event.ID
		same         bool
	}{
		{"the same message", "the rule", process(s, cxnats.NewConsumer(""), m, nil).ID, true},
		{"no consumer", "a nil one has no group", process(s, nil, m, nil).ID, true},
		{"another message", "it is another event", process(s, plain, sibling, nil).ID, false},
		{"another consumer", "both have done something", process(s, plain, elsewhere, nil).ID, false},
		{"a named group", "another purpose", process(s, named, m, nil).ID, false},
		{"another source", "its streams may have the same names", process(s, cxnats.NewConsumer("", message.WithSource("eu")), m, nil).ID, false},
	} {
		if (c.id == first) != c.same {
			t.Errorf("%s: the same ID %v, want %v: %s", c.name, c.id == first, c.same, c.reason)
		}
	}
	if process(s, named, m, nil).ID != process(s, named, elsewhere, nil).ID {
		t.Error("an ephemeral consumer that gets another name gives a named group another ID")
	}
	if err := js.DeleteStream(t.Context(), "ORDERS"); err != nil {
		t.Fatal(err)
	}
	js, again := queue(t, conn, patience)
	publish(t, js, s, "7")
	if process(s, plain, next(t, again), nil).ID == first {
		t.Error("the first message of a stream that was made again has the ID of the first one's")
	}
}

// TestCore: core NATS delivers nothing again. The publisher's ID identifies a message that it has published twice, for each queue group.
func TestCore(t *testing.T) {
	t.Parallel()
	s := newService(t)
	conn := start(t)
	subscribe := func(group string) *nats.Subscription {
		sub, err := conn.QueueSubscribeSync("mail.>", group)
		if err != nil {
			t.Fatal(err)
		}
		return sub
	}
	mails, audits := subscribe("mails"), subscribe("audits")
	send := func(id string) {
		m := nats.NewMsg("mail.send")
		if id != "" {
			m.Header.Set(nats.MsgIdHdr, id)
		}
		cxnats.Inject(in(s, "7"), m)
		if err := conn.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	receive := func(c *cxnats.Consumer, sub *nats.Subscription) event.ID {
		m, err := sub.NextMsg(patience)
		if err != nil {
			t.Fatal(err)
		}
		_, tp := c.StartMsg(s.Context(context.Background()), m, confirm)
		tp.End()
		all := s.Events(event.TouchpointEnded)
		if e := all[len(all)-1]; e.Journey.ID != "7" {
			t.Errorf("the event is in the journey %q", e.Journey.ID)
		}
		if c.ExtractMsg(context.Background(), m) == nil {
			t.Error("there is no context")
		}
		return all[len(all)-1].ID
	}
	plain, named := cxnats.NewConsumer(""), cxnats.NewConsumer("x")
	for range 4 {
		send("42")
	}
	first := receive(plain, mails)
	if receive(plain, mails) != first {
		t.Error("the same Nats-Msg-Id gives two IDs")
	}
	if receive(plain, audits) == first {
		t.Error("two queue groups have one ID")
	}
	if receive(named, mails) != receive(named, audits) {
		t.Error("a named group has two IDs")
	}
	send("")
	send("")
	receive(plain, mails)
	if receive(plain, mails) == receive(plain, mails) {
		t.Error("two messages without Nats-Msg-Id have one ID")
	}
}

// TestPlainMessagesOfAStream: a message of JetStream that came by the older interface has the identity of the newer one.
func TestPlainMessagesOfAStream(t *testing.T) {
	t.Parallel()
	s := newService(t)
	conn := start(t)
	js, c := queue(t, conn, 100*time.Millisecond)
	publish(t, js, s, "7")
	stored := next(t, c)
	process(s, nil, stored, nil)
	old, err := conn.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	sub, err := old.PullSubscribe("", "mailer", nats.Bind("ORDERS", "mailer"))
	if err != nil {
		t.Fatal(err)
	}
	msgs, err := sub.Fetch(1, nats.MaxWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	mailer, ctx := cxnats.NewConsumer(""), s.Context(context.Background())
	_, tp := mailer.StartMsg(ctx, msgs[0], confirm)
	tp.End()
	// Code that records the touchpoint itself gives its event the same ID.
	confirm.Record(mailer.Extract(ctx, stored), event.Email, mailer.Options(ctx, stored)...)
	confirm.Record(mailer.ExtractMsg(ctx, msgs[0]), event.Email, mailer.OptionsMsg(ctx, msgs[0])...)
	all := s.Events(event.TouchpointEnded)
	if len(all) != 4 {
		t.Fatalf("%d events, want 4", len(all))
	}
	for i, e := range all {
		if e.ID != all[0].ID || e.Journey.ID != "7" {
			t.Errorf("event %d has the ID %v in the journey %q, want %v", i, e.ID, e.Journey.ID, all[0].ID)
		}
	}
}

// TestHeaders: messages share maps of headers, and senders write other cases and several values. The map of a message that is published
// never changes; the map of one that was received loses a position that is not believed.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const stranger = "cairn=1/shop/order/6////////"
	cut := func(s string) string { return strings.Split(s, ";sig=")[0] } // the time of signing differs
	for _, c := range []struct {
		name, reason string
		ctx          context.Context //nolint:containedctx // the case's
		header       nats.Header
		want         string
	}{
		{"none", "a message may have no map", in(s, "7"), nil, "map[baggage:[cairn=1/shop/order/7///paid/1///web/"},
		{"others", "they stay", in(s, "7"), nats.Header{"K": {"v", "w"}}, "map[K:[v w] baggage:[cairn=1/shop/order/7///paid/1///web/"},
		{"stale ones", "they are replaced", in(s, "7"), nats.Header{"Baggage": {"a=b", stranger}, "baggage": {"c=d"}}, "map[baggage:[c=d,a=b,cairn=1/shop/order/7///paid/1///web/"},
		{"a stale one, in no journey", "it goes", s.Context(context.Background()), nats.Header{"baggage": {stranger}, "K": {"v"}}, "map[K:[v]]"},
		{"none, in no journey", "nothing changes", s.Context(context.Background()), nil, "map[]"},
	} {
		was := fmt.Sprint(c.header)
		m := &nats.Msg{Header: c.header}
		cxnats.Inject(c.ctx, m)
		if got := cut(fmt.Sprint(m.Header)); got != c.want {
			t.Errorf("%s: the headers are %s, want %s: %s", c.name, got, c.want, c.reason)
		}
		if fmt.Sprint(c.header) != was {
			t.Errorf("%s: the map changed that another message may have", c.name)
		}
	}
	s.AllowFaults(fault.Unsigned)
	m := &nats.Msg{Header: nats.Header{"BAGGAGE": {stranger, "a=b"}}}
	if propagate.PositionFromContext(cxnats.NewConsumer("").ExtractMsg(s.Context(context.Background()), m)) != nil {
		t.Error("it believes a stranger")
	}
	if !maps.EqualFunc(m.Header, nats.Header{"BAGGAGE": {"a=b"}}, slices.Equal) {
		t.Errorf("the headers are %q", m.Header)
	}
}

// TestPoison: what a stranger publishes with the broker's own tools begins a touchpoint outside of the journey, is counted, and goes no
// further, however large it is.
func TestPoison(t *testing.T) {
	t.Parallel()
	s := newService(t)
	js, c := queue(t, start(t), patience)
	for _, header := range []nats.Header{
		{"baggage": {"cairn=1/shop/order/6////////"}},
		{"Baggage": {strings.Repeat("a=b,", 15_000) + "cairn=x"}}, // the server takes 64 KiB of headers into a stream
		{"baggage": {"%63airn=%2F", "cairn=y"}},
		{"baggage": {"\xff\xfe"}},
	} {
		if _, err := js.PublishMsg(t.Context(), &nats.Msg{Subject: subject, Header: header}); err != nil {
			t.Fatal(err)
		}
	}
	s.AllowFaults(fault.Unsigned).AllowFaults(fault.OutsideJourney)
	for range 4 {
		m := next(t, c)
		if e := process(s, nil, m, nil); !e.Journey.IsZero() {
			t.Errorf("the event is in %+v", e.Journey)
		}
		for _, values := range m.Headers() {
			if _, found := propagate.TextFromBaggage(strings.Join(values, ",")); found {
				t.Error("the position is left in the message")
			}
		}
	}
	if n := s.Faults(fault.Unsigned); len(n) != 1 || n[0].Count != 3 {
		t.Errorf("it counts %v", n)
	}
}

// TestNil: nothing that is nil is a reason to panic.
func TestNil(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.AllowFaults(fault.OutsideJourney)
	ctx := s.Context(context.Background())
	var none *cxnats.Consumer
	for _, c := range []*cxnats.Consumer{none, {}, cxnats.NewConsumer("", nil)} {
		_, tp := c.Start(ctx, nil, confirm)
		tp.End()
		for _, m := range []*nats.Msg{nil, {}} {
			_, tp := c.StartMsg(ctx, m, confirm)
			tp.End()
			if c.ExtractMsg(ctx, m) == nil || c.Extract(ctx, nil) == nil {
				t.Error("there is no context")
			}
			if c.Options(ctx, nil) != nil || m == nil && c.OptionsMsg(ctx, m) != nil {
				t.Error("a nil message has options")
			}
		}
	}
	cxnats.Inject(ctx, nil)
	if n := len(s.Events(event.TouchpointEnded)); n != 9 {
		t.Errorf("%d events, want 9", n)
	}
}
