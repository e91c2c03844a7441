package nats_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/nats"
	"cairncx.dev/cairn/exporters/sink"
)

func TestNew(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	for _, c := range []struct {
		name, reason string
		conn         *natsgo.Conn
		opts         []nats.Option
		want         string // "" for no error
	}{
		{"a connection", "what is needed", conn, []nats.Option{nil}, ""},
		{"no connection", "nobody to send to", nil, nil, "connection is nil"},
		{"an empty subject", "a message needs one", conn, []nats.Option{nats.WithSubject("")}, `WithSubject("")`},
		{"an empty token", "NATS's rules", conn, []nats.Option{nats.WithSubject("a..b")}, "token is empty"},
		{"a wildcard", "NATS's rules", conn, []nats.Option{nats.WithSubject("a.*")}, "wildcards"},
		{"a space", "NATS's rules", conn, []nats.Option{nats.WithSubject("a b")}, "spaces"},
		{"the longest subject", "256 bytes", conn, []nats.Option{nats.WithSubject(strings.Repeat("abcdefg.", 31) + "abcdefgh")}, ""},
		{"a subject that is longer", "its bound", conn, []nats.Option{nats.WithSubject(strings.Repeat("abcdefg.", 31) + "abcdefghi")}, "1 to 256 bytes"},
		{"the longest token", "64 bytes", conn, []nats.Option{nats.WithSubject(strings.Repeat("a", 64))}, ""},
		{"a token that is longer", "one of an event would be cut", conn, []nats.Option{nats.WithSubject("a." + strings.Repeat("a", 65))}, "longer than 64 bytes"},
		{"a token that is not UTF-8", "it would be written otherwise", conn, []nats.Option{nats.WithSubject("a.\xff")}, "not UTF-8"},
		{"a placeholder that is not closed", "a mistake that is found now", conn, []nats.Option{nats.WithSubject("a.<kind")}, "placeholder is unknown"},
		{"a placeholder and a text", "a mistake that is found now", conn, []nats.Option{nats.WithSubject("a.<kind>x")}, "placeholder is unknown"},
		{"a placeholder that is not opened", "a > is a wildcard", conn, []nats.Option{nats.WithSubject("a.kind>")}, "wildcards"},
		{"an unknown placeholder", "a mistake that is found now", conn, []nats.Option{nats.WithSubject("a.<customer>")}, "placeholder is unknown"},
		{"the server's own", "it would ask JetStream for something", conn, []nats.Option{nats.WithSubject("$JS.API.<kind>")}, "server's own"},
		{"an inbox", "it would answer a request", conn, []nats.Option{nats.WithSubject("_INBOX.<kind>")}, "server's own"},
		{"like the server's own", "only the beginning of a subject is", conn, []nats.Option{nats.WithSubject("a.$JS._INBOX.<kind>")}, ""},
		{"a placeholder first without a stream", "the stream that is there listens to what it does", conn, []nats.Option{nats.WithSubject("<journey>.x")}, ""},
		{"a placeholder first with subjects", "it is said what the stream listens to", conn, []nats.Option{nats.WithSubject("<journey>.x"), nats.WithCreateStream(jetstream.StreamConfig{Subjects: []string{"*.x"}})}, ""},
		{"a placeholder first with a source", "a stream of another stream's messages listens to nothing", conn, []nats.Option{nats.WithSubject("<journey>.x"), nats.WithCreateStream(jetstream.StreamConfig{Sources: []*jetstream.StreamSource{{Name: "A"}}})}, ""},
		{"a placeholder first", "it is not known what the stream listens to", conn, []nats.Option{nats.WithSubject("<journey>.x"), nats.WithCreateStream(jetstream.StreamConfig{})}, `WithSubject is "<journey>.x": the subject begins with a placeholder`},
		{"no acknowledgements", "nothing would be known to be there", conn, []nats.Option{nats.WithCreateStream(jetstream.StreamConfig{NoAck: true})}, "NoAck is true"},
		{"a window that looks back", "nothing would be removed", conn, []nats.Option{nats.WithCreateStream(jetstream.StreamConfig{Duplicates: -1})}, "WithCreateStream: the field Duplicates is -1ns: the window is less than the 100ms"},
		{"a window of no length", "the server refuses it, and Export would fail for ever", conn, []nats.Option{nats.WithCreateStream(jetstream.StreamConfig{Duplicates: 99 * time.Millisecond})}, "WithCreateStream: the field Duplicates is 99ms: the window is less than the 100ms"},
		{"a window longer than messages live", "so it does this", conn, []nats.Option{nats.WithCreateStream(jetstream.StreamConfig{Duplicates: time.Hour, MaxAge: time.Minute})}, "WithCreateStream: the field Duplicates is 1h0m0s, and MaxAge is 1m0s: the window is longer than MaxAge"},
		{"a name of two parts", "the request would have another subject", conn, []nats.Option{nats.WithCreateStream(jetstream.StreamConfig{Name: "CAIRN.1"})}, `Name is "CAIRN.1": the name of a stream`},
		{"a name with a space", "the request would have another subject", conn, []nats.Option{nats.WithCreateStream(jetstream.StreamConfig{Name: "CAIRN 1"})}, `Name is "CAIRN 1": the name of a stream`},
		{"a name with a slash", "the server has a folder of that name", conn, []nats.Option{nats.WithCreateStream(jetstream.StreamConfig{Name: "CAIRN/1"})}, `Name is "CAIRN/1": the name of a stream`},
		{"a name with a backslash", "the server has a folder of that name", conn, []nats.Option{nats.WithCreateStream(jetstream.StreamConfig{Name: `CAIRN\1`})}, `Name is "CAIRN\\1": the name of a stream`},
		{"a long name", "the server takes it", conn, []nats.Option{nats.WithCreateStream(jetstream.StreamConfig{Name: strings.Repeat("N", 100)})}, ""},
		{"an unknown retention", "the server would not know it", conn, []nats.Option{nats.WithCreateStream(jetstream.StreamConfig{Retention: 99})}, "a value of the configuration is unknown"},
		{"the fewest in flight", "within the bounds", conn, []nats.Option{nats.WithMaxInFlight(1)}, ""},
		{"the most in flight", "within the bounds", conn, []nats.Option{nats.WithMaxInFlight(4096)}, ""},
		{"too many in flight", "it is kept in memory", conn, []nats.Option{nats.WithMaxInFlight(4097)}, "WithMaxInFlight(4097): use 1 to 4096"},
		{"the shortest time", "it is positive", conn, []nats.Option{nats.WithTimeout(1)}, ""},
		{"a time of nothing", "nothing would be sent", conn, []nats.Option{nats.WithTimeout(0)}, "WithTimeout(0s)"},
		{"none in flight", "nothing would be sent", conn, []nats.Option{nats.WithMaxInFlight(0)}, "WithMaxInFlight(0)"},
		{"no time", "nothing would be sent", conn, []nats.Option{nats.WithTimeout(-1)}, "WithTimeout(-1ns)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := nats.New(c.conn, c.opts...)
			if (err == nil) != (c.want == "") || (err == nil) != (e != nil) || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("it says %v, want %q: %s", err, c.want, c.reason)
			}
		})
	}
}

func TestNil(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]*nats.Exporter{"nil": nil, "zero": {}} {
		if err := errors.Join(e.Export(context.Background(), sinktest.Mixed(0, 2, 1)), e.Flush(context.Background()), e.Shutdown(context.Background())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMessage: subject, headers and data as they are documented.
func TestMessage(t *testing.T) {
	t.Parallel()
	e := sinktest.Touch(0, "order-1")
	e.Channel, e.Stage = event.InPerson, "pay. *>now\n"
	span := trace.SpanContextConfig{TraceID: trace.TraceID{0x4b, 15: 1}, SpanID: trace.SpanID{0xf9, 7: 2}, TraceFlags: trace.FlagsSampled}
	e.SpanContext = trace.NewSpanContext(span)
	state, err := trace.ParseTraceState("vendor=1")
	if err != nil {
		t.Fatal(err)
	}
	stated := e
	span.TraceState = state
	stated.SpanContext = trace.NewSpanContext(span)
	odd := sinktest.Touch(1, "order-1")
	odd.Kind = "acme..x*\r\nNats-Msg-Id: 1"
	for _, c := range []struct {
		name, reason string
		template     string
		e            event.Event
		subject      string
		kind         string
		parent       string
		state        string
	}{
		{"by default", "a kind is as many tokens as it has parts", nats.DefaultSubject, e, "cairn.touchpoint.ended", "touchpoint.ended", "00-4b000000000000000000000000000001-f900000000000002-01", ""},
		{"everything", "each placeholder", "cx.<namespace>.<journey>.<channel>.<kind>", e, "cx.test.checkout.in_person.touchpoint.ended", "touchpoint.ended", "00-4b000000000000000000000000000001-f900000000000002-01", ""},
		{"a trace state", "W3C Trace Context, section 3.3", nats.DefaultSubject, stated, "cairn.touchpoint.ended", "touchpoint.ended", "00-4b000000000000000000000000000001-f900000000000002-01", "vendor=1"},
		{"what cannot be in a token", "it would be another subject", "cx.<stage>.<touchpoint>", e, "cx.pay____now_.order-1_0", "touchpoint.ended", "00-4b000000000000000000000000000001-f900000000000002-01", ""},
		{"nothing there", "a token is never empty", "cx.<stage>", odd, "cx._", "acme..x*Nats-Msg-Id: 1", "", ""},
		{"a hostile kind", "neither a subject nor a header of its own", nats.DefaultSubject, odd, "cairn.acme._.x___Nats-Msg-Id:_1", "acme..x*Nats-Msg-Id: 1", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := start(t).connect()
			if err := open(t, conn, nats.WithSubject(c.template)).Export(t.Context(), []event.Event{c.e}); err != nil {
				t.Fatal(err)
			}
			msgs := messages(t, conn)
			if len(msgs) != 1 {
				t.Fatalf("%d messages", len(msgs))
			}
			m := msgs[0]
			if m.Subject != c.subject {
				t.Errorf("the subject is %q, want %q: %s", m.Subject, c.subject, c.reason)
			}
			for key, want := range map[string]string{
				"Nats-Msg-Id": c.e.ID.String(), "cairn-event-kind": c.kind, "traceparent": c.parent, "content-type": "application/json", "cairn-schema-version": "1",
				"tracestate": c.state,
			} {
				if got := m.Header.Values(key); strings.Join(got, "|") != want {
					t.Errorf("header %s is %q, want %q", key, got, want)
				}
			}
			if string(m.Data) != string(c.e.AppendJSON(nil)) {
				t.Errorf("the data is %s", m.Data)
			}
		})
	}
}

// TestRestart: the server is restarted again and again while events are exported. What Export has
// acknowledged is there, once, in its journey's order.
func TestRestart(t *testing.T) {
	t.Parallel()
	b := start(t)
	conn := b.connect()
	e := open(t, conn, nats.WithTimeout(5*time.Second))
	if err := e.Export(t.Context(), sinktest.Mixed(0, 50, 10)); err != nil {
		t.Fatal(err)
	}
	sent := sinktest.Mixed(0, 50, 10)
	var wg sync.WaitGroup
	progress, stop := make(chan struct{}, 1), make(chan struct{})
	failures := 0
	wg.Go(func() {
		for i := 1; ; i++ {
			batch := sinktest.Mixed(i*50, 50, 10)
			for {
				err := e.Export(context.Background(), batch)
				if err == nil {
					break
				}
				failures++
				batch = sinktest.Rest(t, batch, err)
				if t.Failed() {
					return
				}
			}
			sent = append(sent, sinktest.Mixed(i*50, 50, 10)...)
			select {
			case progress <- struct{}{}:
			default:
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for range 4 {
		<-progress
		<-progress
		b.stop()
		b.start()
		connected(t, conn)
	}
	<-progress
	close(stop)
	wg.Wait()
	t.Logf("%d events, %d calls failed", len(sent), failures)
	if failures == 0 {
		t.Error("no call has failed: nothing was shown")
	}
	sinktest.InOrder(t, sent, received(t, conn), true)
}

// TestDuplicates: what is sent again within the window is there once.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	b := start(t)
	conn := b.connect()
	e := open(t, conn)
	batch := sinktest.Mixed(0, 30, 4)
	for i := range 4 {
		if err := e.Export(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if i == 1 { // the window outlives the server
			b.stop()
			b.start()
			connected(t, conn)
		}
	}
	sinktest.InOrder(t, batch, received(t, conn), true)
}

// TestFull: a stream that is full takes the rest when there is room, in order.
func TestFull(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	e := open(t, conn, nats.WithCreateStream(jetstream.StreamConfig{MaxMsgs: 10, Discard: jetstream.DiscardNew}))
	batch := sinktest.Mixed(0, 25, 3)
	var got []event.Event
	left := batch
	for range 10 {
		err := e.Export(t.Context(), left)
		got = append(got, received(t, conn)...)
		if err == nil {
			break
		}
		if !strings.Contains(err.Error(), "maximum messages exceeded") {
			t.Fatalf("it says %v", err)
		}
		left = sinktest.Rest(t, left, err)
		if err := stream(t, conn).Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sinktest.InOrder(t, batch, got, true)
}

// TestWithoutID: an event that has no ID has no header with one, and is not one of the duplicates.
func TestWithoutID(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	e := open(t, conn)
	batch := sinktest.Mixed(0, 1, 1)
	batch[0].ID = event.ID{}
	for range 2 {
		if err := e.Export(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	msgs := messages(t, conn)
	if len(msgs) != 2 {
		t.Fatalf("%d messages, want 2", len(msgs))
	}
	if _, there := msgs[0].Header["Nats-Msg-Id"]; there {
		t.Errorf("the headers are %v", msgs[0].Header)
	}
}

// TestFullBehind: while a stream gets room and loses it, a journey keeps its order.
func TestFullBehind(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	e := open(t, conn, nats.WithCreateStream(jetstream.StreamConfig{MaxMsgs: 7, Discard: jetstream.DiscardNew, Retention: jetstream.WorkQueuePolicy}))
	var got []event.Event
	var wg sync.WaitGroup
	batch := sinktest.Mixed(0, 400, 5)
	left := batch
	if err := e.Export(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	_ = e.Export(t.Context(), batch[:1])
	consumer, err := stream(t, conn).CreateConsumer(t.Context(), jetstream.ConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	wg.Go(func() {
		for len(got) < len(batch) {
			msg, err := consumer.Next(jetstream.FetchMaxWait(patience))
			if err != nil {
				t.Error(err)
				return
			}
			e, err := event.ParseJSON(msg.Data())
			if err != nil {
				t.Error(err)
				return
			}
			got = append(got, e)
			if err := msg.DoubleAck(context.Background()); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 100_000 {
		err := e.Export(t.Context(), left)
		if err == nil {
			break
		}
		left = sinktest.Rest(t, left, err)
	}
	wg.Wait()
	sinktest.InOrder(t, batch, got, true)
}

// TestTooLarge: one event that is too large, for the connection or for the stream, stops no other.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		size         int
		limit        int32
		poison       []int
		want         error
	}{
		{"for the connection", "it is not sent", 1 << 20, -1, []int{0, 7}, natsgo.ErrMaxPayload},
		{"for the stream", "it is refused", 5000, 4000, []int{3, 4, 19}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := start(t).connect()
			e := open(t, conn, nats.WithCreateStream(jetstream.StreamConfig{MaxMsgSize: c.limit}))
			batch := sinktest.Mixed(0, 20, 3)
			for _, i := range c.poison {
				batch[i].Cause = strings.Repeat("x", c.size)
			}
			t.Log(c.reason)
			err := e.Export(t.Context(), batch)
			sent := sinktest.Refused(t, batch, err, c.poison, func(err error) bool { return c.want == nil || errors.Is(err, c.want) })
			sinktest.InOrder(t, sent, received(t, conn), true)
		})
	}
}

// TestNoStream: somebody may still make it.
func TestNoStream(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	e, err := nats.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	err = e.Export(t.Context(), sinktest.Mixed(0, 3, 3))
	if err == nil || sink.IsPermanent(err) || !strings.Contains(err.Error(), "WithCreateStream") {
		t.Errorf("it says %v", err)
	}
}

// TestStream: what is made, and what is left as it is.
func TestStream(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	if err := open(t, conn).Export(t.Context(), sinktest.Mixed(0, 1, 1)); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		cfg := stream(t, conn).CachedInfo().Config
		if cfg.Duplicates != nats.DefaultWindow || !slices.Equal(cfg.Subjects, []string{"cairn.>"}) || cfg.Storage != jetstream.FileStorage {
			t.Errorf("the stream is %+v", cfg)
		}
	}
	check()
	if err := open(t, conn, nats.WithCreateStream(jetstream.StreamConfig{MaxMsgs: 3})).Export(t.Context(), sinktest.Mixed(1, 1, 1)); err != nil {
		t.Fatal(err)
	}
	check()
}

// TestShutdown: bounded by its context, and again.
func TestShutdown(t *testing.T) {
	t.Parallel()
	w := &wire{reached: make(chan struct{}, 1)}
	conn := start(t).connect(natsgo.SetCustomDialer(w))
	e := open(t, conn)
	if err := e.Export(t.Context(), sinktest.Mixed(0, 3, 1)); err != nil {
		t.Fatal(err)
	}
	silent := make(chan struct{})
	w.set(false, silent)
	first := make(chan error, 1)
	go func() { first <- e.Export(context.Background(), sinktest.Mixed(3, 3, 1)) }()
	<-w.reached
	short, cancel := context.WithTimeoutCause(context.Background(), 50*time.Millisecond, errors.New("the test is impatient"))
	defer cancel()
	for what, err := range map[string]error{"Flush": e.Flush(short), "Shutdown": e.Shutdown(short)} {
		if err == nil || !strings.Contains(err.Error(), "impatient") {
			t.Errorf("%s says %v", what, err)
		}
	}
	w.set(false, nil)
	close(silent)
	for range 2 {
		if err := e.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown says %v", err)
		}
	}
	if err := <-first; err != nil {
		t.Errorf("a call that was under way says %v", err)
	}
	if err := e.Export(context.Background(), nil); !errors.Is(err, sink.ErrClosed) {
		t.Errorf("Export says %v", err)
	}
	if !conn.IsConnected() {
		t.Error("it has closed the caller's connection")
	}
}

// BenchmarkExport: batches of 512 of so many journeys, on files that are not synced.
func BenchmarkExport(b *testing.B) {
	for _, journeys := range []int{1, 8, 512} {
		b.Run(fmt.Sprintf("%d journeys", journeys), func(b *testing.B) {
			s := start(b)
			s.stop()
			s.opts.SyncAlways = false
			s.start()
			e := open(b, s.connect())
			batch := sinktest.Mixed(0, 512, journeys)
			for b.Loop() {
				for i := range batch {
					batch[i].ID = event.NewID(sinktest.Noon())
				}
				if err := e.Export(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*512/b.Elapsed().Seconds(), "events/s")
		})
	}
}
