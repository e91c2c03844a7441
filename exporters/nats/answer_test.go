package nats_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/nats"
	"cairncx.dev/cairn/exporters/sink"
)

// refuses is an answer of JetStream.
func refuses(code int, number jetstream.ErrorCode, text string) string {
	return fmt.Sprintf(`{"error":{"code":%d,"err_code":%d,"description":%q}}`, code, number, text)
}

// What a server refuses, by its own numbers.
var refusals = []struct {
	name      string
	code      int
	number    jetstream.ErrorCode
	permanent bool
	slow      time.Duration // how long to wait
	remedy    string        // "" for none
}{
	{name: "a message that is too large", code: 400, number: 10054, permanent: true},
	{name: "headers that are too large", code: 400, number: 10097, permanent: true},
	{name: "another fault of a request", code: 400, number: 10003},
	{name: "too many requests", code: 429, number: 10167, slow: time.Second},
	{name: "no JetStream", code: 503, number: 10076, remedy: "has no JetStream: enable it"},
	{name: "no JetStream for the account", code: 503, number: 10039, remedy: "has no JetStream: enable it"},
	{name: "the resources of the account", code: 400, number: 10002, remedy: "raise it, or make room"},
	{name: "the streams of the account", code: 400, number: 10027, remedy: "raise it, or make room"},
	{name: "the memory of the server", code: 500, number: 10028, remedy: "raise it, or make room"},
	{name: "the disk of the server", code: 500, number: 10047, remedy: "raise it, or make room"},
	{name: "a stream that is full", code: 503, number: 10077},
	{name: "what no version of today says", code: 500, number: 19999},
}

// TestRefusals: what is too large will never be taken. Too many requests are told with how long to wait. All else
// may go away, with what to do about it where that is known.
func TestRefusals(t *testing.T) {
	t.Parallel()
	remedies := func(err error) (list []string) {
		for _, remedy := range []string{"has no JetStream: enable it", "raise it, or make room"} {
			if strings.Contains(err.Error(), remedy) {
				list = append(list, remedy)
			}
		}
		return list
	}
	s := stand(t)
	e := s.exporter()
	for _, c := range refusals {
		end := s.answer("cairn.>", says(refuses(c.code, c.number, "in its words")))
		err := e.Export(t.Context(), sinktest.Mixed(0, 1, 1))
		end()
		var api *jetstream.APIError
		if !errors.As(err, &api) || api.ErrorCode != c.number || strings.Count(err.Error(), "nats: ") != 1 {
			t.Errorf("%s: it says %v, which does not have the answer, or not one prefix", c.name, err)
			continue
		}
		if slow, _ := sink.RetryDelay(err); sink.IsPermanent(err) != c.permanent || slow != c.slow {
			t.Errorf("%s: permanent %v, to wait %v; want %v, %v", c.name, sink.IsPermanent(err), slow, c.permanent, c.slow)
		}
		if got := strings.Join(remedies(err), "; "); got != c.remedy {
			t.Errorf("%s: the remedy is %q, want %q", c.name, got, c.remedy)
		}
	}
	e = s.exporter(nats.WithCreateStream(jetstream.StreamConfig{}))
	for _, c := range refusals {
		end := s.answer(create, says(refuses(c.code, c.number, "in its words")))
		err := e.Export(t.Context(), sinktest.Mixed(0, 1, 1))
		end()
		if !strings.HasPrefix(fmt.Sprint(err), "nats: making the stream CAIRN for cairn.<kind>: ") || !strings.HasSuffix(err.Error(), "in its words") || sink.IsPermanent(err) {
			t.Errorf("%s, to make a stream: it says %v", c.name, err)
			continue
		}
		if got := strings.Join(remedies(err), "; "); got != c.remedy {
			t.Errorf("%s, to make a stream: the remedy is %q, want %q", c.name, got, c.remedy)
		}
	}
}

// TestLongRefusal: of a server's text at most 300 bytes are told.
func TestLongRefusal(t *testing.T) {
	t.Parallel()
	s := stand(t)
	e := s.exporter()
	before := len((&jetstream.APIError{Code: 500, ErrorCode: 19999}).Error())
	for length, cut := range map[int]bool{300: false, 301: true, 5000: true} {
		text := strings.Repeat("x", length-before-1) + "y"
		end := s.answer("cairn.>", says(refuses(500, 19999, text)))
		err := e.Export(t.Context(), sinktest.Mixed(0, 1, 1))
		end()
		var api *jetstream.APIError
		if !errors.As(err, &api) || strings.HasSuffix(err.Error(), "y") == cut || strings.HasSuffix(err.Error(), "(cut)") != cut || len(err.Error()) > 350 {
			t.Errorf("of %d bytes it says %v", length, err)
		}
	}
}

// TestMaking: what may happen when the stream is made.
func TestMaking(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		answer       string // to the request; "" where none listens to it
		want         string // in the error; "" for none
		is           error
	}{
		{"made", "then the events are published", acknowledged, "", nil},
		{"there with another configuration", "it is not ours to change", refuses(400, jetstream.JSErrCodeStreamNameInUse, "in use"), "", nil},
		{"not an answer", "it may be anything", "<html>s3cr3t", "is there something else that listens", nil},
		{"no JetStream", "the server says that none listens", "", "the server has no JetStream: enable it", jetstream.ErrJetStreamNotEnabled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := stand(t)
			if c.answer != "" {
				s.answer(create, says(c.answer))
			}
			s.answer("cairn.>", says(acknowledged))
			e := s.exporter(nats.WithCreateStream(jetstream.StreamConfig{}))
			err := e.Export(t.Context(), sinktest.Mixed(0, 2, 2))
			if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cr3t") || sink.IsPermanent(err)) || c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("it says %v, want %q: %s", err, c.want, c.reason)
			}
			if err != nil {
				return
			}
			if err := e.Export(t.Context(), sinktest.Mixed(2, 1, 1)); err != nil {
				t.Error(err)
			}
			if got := strings.Join(subjects(s.asked()), " "); got != create+strings.Repeat(" cairn.touchpoint.ended", 3) {
				t.Errorf("it asks %s, want that the stream is made once", got)
			}
		})
	}
}

// TestRequestTooLarge: a configuration that the connection does not carry is an error, not a stream.
func TestRequestTooLarge(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	e := open(t, conn, nats.WithCreateStream(jetstream.StreamConfig{Description: strings.Repeat("x", 1<<20)}))
	if err := e.Export(t.Context(), sinktest.Mixed(0, 1, 1)); !errors.Is(err, natsgo.ErrMaxPayload) || !strings.Contains(err.Error(), "making the stream CAIRN") {
		t.Errorf("it says %v", err)
	}
}

// TestDraining: a connection that the application drains takes no inbox for an answer any more, though it is open.
func TestDraining(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]nats.Option{"a stream to make": {nats.WithCreateStream(jetstream.StreamConfig{})}, "a stream that is there": nil} {
		s := stand(t)
		entered, goOn := make(chan struct{}), make(chan struct{})
		if _, err := s.conn.Subscribe("busy", func(*natsgo.Msg) { close(entered); <-goOn }); err != nil {
			t.Fatal(err)
		}
		if err := s.conn.Publish("busy", nil); err != nil {
			t.Fatal(err)
		}
		<-entered
		e := s.exporter(opts...)
		if err := s.conn.Drain(); err != nil {
			t.Fatal(err)
		}
		if err := e.Export(t.Context(), sinktest.Mixed(0, 2, 2)); err == nil || !strings.Contains(err.Error(), "draining") || sink.IsPermanent(err) {
			t.Errorf("%s: it says %v", name, err)
		}
		close(goOn)
		closed(t, s.conn)
	}
}

// TestContext: of a call whose context is done first the error has the cause, wherever the call waits.
func TestContext(t *testing.T) {
	t.Parallel()
	why := errors.New("the test is impatient")
	for _, c := range []struct {
		name, where string
		silent      string // what is asked, and not answered
		opts        []nats.Option
	}{
		{"a message", "", "cairn.>", nil},
		{"the stream", "making the stream CAIRN", create, []nats.Option{nats.WithCreateStream(jetstream.StreamConfig{})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := stand(t)
			reached := make(chan struct{}, 10)
			s.answer(c.silent, func(*natsgo.Msg) string { reached <- struct{}{}; return "" })
			e := s.exporter(append(c.opts, nats.WithTimeout(patience))...)
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() { <-reached; cancel(why) }()
			if err := e.Export(ctx, sinktest.Mixed(0, 4, 2)); !errors.Is(err, why) || !strings.Contains(err.Error(), c.where) || sink.IsPermanent(err) {
				t.Errorf("it says %v", err)
			}
			if err := e.Export(ctx, sinktest.Mixed(0, 4, 2)); !errors.Is(err, why) {
				t.Errorf("a context that is done gives %v", err)
			}
			s.asked()
			if err := s.exporter(append(c.opts, nats.WithTimeout(200*time.Millisecond))...).Export(nil, sinktest.Mixed(0, 1, 1)); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "WithTimeout") || !strings.Contains(err.Error(), c.where) { //nolint:staticcheck // on purpose
				t.Errorf("when the time is up it says %v", err)
			}
		})
	}
}

// watched is a context that tells when a call begins to watch it.
type watched struct {
	context.Context //nolint:containedctx // it is one

	begins func()
}

// Done implements [context.Context].
func (w watched) Done() <-chan struct{} {
	w.begins()
	return w.Context.Done()
}

// TestContextOfMaking: a call that waits for another one to make the stream waits no longer than its context.
func TestContextOfMaking(t *testing.T) {
	t.Parallel()
	s := stand(t)
	reached, goOn := make(chan struct{}), make(chan struct{})
	s.answer(create, func(*natsgo.Msg) string { close(reached); <-goOn; return acknowledged })
	s.answer("cairn.>", says(acknowledged))
	e := s.exporter(nats.WithCreateStream(jetstream.StreamConfig{}))
	first := make(chan error, 1)
	go func() { first <- e.Export(context.Background(), sinktest.Mixed(0, 1, 1)) }()
	<-reached
	why := errors.New("the test is impatient")
	ctx, cancel := context.WithCancelCause(t.Context())
	second, waits := make(chan error, 1), make(chan struct{})
	go func() {
		second <- e.Export(watched{ctx, sync.OnceFunc(func() { close(waits) })}, sinktest.Mixed(1, 1, 1))
	}()
	<-waits
	cancel(why)
	if err := <-second; !errors.Is(err, why) || !strings.Contains(err.Error(), "waiting for the stream CAIRN") || sink.IsPermanent(err) {
		t.Errorf("it says %v", err)
	}
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

// TestNothingSent: nothing is asked of the server for no events, without a connection, or when the context is done.
func TestNothingSent(t *testing.T) {
	t.Parallel()
	s := stand(t)
	s.answer(">", says(acknowledged))
	e := s.exporter(nats.WithCreateStream(jetstream.StreamConfig{}))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the test is impatient"))
	if err := e.Export(ctx, sinktest.Mixed(0, 2, 2)); err == nil || !strings.HasSuffix(err.Error(), "impatient") {
		t.Errorf("with a context that is done it says %v", err)
	}
	if err := e.Export(t.Context(), nil); err != nil {
		t.Errorf("without events it says %v", err)
	}
	s.stop()
	until(t, "the connection is still there", func() bool { return !s.conn.IsConnected() })
	err := e.Export(t.Context(), sinktest.Mixed(0, 2, 2))
	if !errors.Is(err, natsgo.ErrDisconnected) || !strings.Contains(err.Error(), "tried again by itself") || sink.IsPermanent(err) {
		t.Errorf("without a connection it says %v", err)
	}
	if got := s.asked(); len(got) != 0 {
		t.Errorf("it has sent %v", subjects(got))
	}
	s.start()
	connected(t, s.conn)
	connected(t, s.other)
	if err := e.Export(t.Context(), sinktest.Mixed(0, 2, 2)); err != nil {
		t.Error(err)
	}
}

// TestRights: where answers do not come, and the server has refused something, the error says what to grant.
func TestRights(t *testing.T) {
	t.Parallel()
	b := secured(t, denied("cairn.>", ""))
	conn := b.connect(as(service, password))
	e := open(t, conn, nats.WithTimeout(patience))
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		for !errors.Is(conn.LastError(), natsgo.ErrPermissionViolation) && ctx.Err() == nil {
			_ = conn.FlushTimeout(patience)
		}
		cancel(errors.New("the test is impatient"))
	}()
	if err := e.Export(ctx, sinktest.Mixed(0, 2, 2)); err == nil || !strings.Contains(err.Error(), "impatient") || !strings.Contains(err.Error(), "grant it to publish") {
		t.Errorf("it says %v", err)
	}
}

// TestWhyDisconnected: where the library knows why it has no connection, the error says so.
func TestWhyDisconnected(t *testing.T) {
	t.Parallel()
	b := secured(t, nil)
	conn := b.connect(as(service, password), natsgo.IgnoreAuthErrorAbort())
	e := open(t, conn)
	b.restart(func(*server.Options) { b.permit(nil, "another") })
	until(t, "the password is still right", func() bool { return errors.Is(conn.LastError(), natsgo.ErrAuthorization) })
	if err := e.Export(t.Context(), sinktest.Mixed(0, 2, 2)); !errors.Is(err, natsgo.ErrAuthorization) || !errors.Is(err, natsgo.ErrDisconnected) || sink.IsPermanent(err) {
		t.Errorf("it says %v", err)
	}
}

// TestMaxInFlight: as many messages of a call wait for their answers as WithMaxInFlight says, and of a journey one.
func TestMaxInFlight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ most, journeys, want int }{{1, 0, 1}, {3, 0, 3}, {100, 0, 12}, {100, 4, 4}, {3, 4, 3}} {
		t.Run(fmt.Sprintf("%d in flight, %d journeys", c.most, c.journeys), func(t *testing.T) {
			t.Parallel()
			s := stand(t)
			s.answer("cairn.>", says(""))
			e := s.exporter(nats.WithMaxInFlight(c.most), nats.WithTimeout(patience))
			batch := make([]event.Event, 12)
			for i := range batch {
				batch[i] = sinktest.Touch(i, "")
				if c.journeys > 0 {
					batch[i] = sinktest.Touch(i/c.journeys, fmt.Sprint("order-", i%c.journeys))
				}
			}
			done := make(chan error, 1)
			go func() { done <- e.Export(t.Context(), batch) }()
			for left := len(batch); left > 0; {
				var waiting []*natsgo.Msg
				until(t, "not all that may be sent is sent", func() bool {
					waiting = append(waiting, s.asked()...)
					return len(waiting) >= min(c.want, left)
				})
				for range 20 { // the exporter has time for more, if it takes it
					if err := errors.Join(s.conn.FlushTimeout(patience), s.other.FlushTimeout(patience)); err != nil {
						t.Fatal(err)
					}
				}
				if waiting = append(waiting, s.asked()...); len(waiting) > c.want {
					t.Fatalf("%d messages wait, want %d", len(waiting), c.want)
				}
				left -= len(waiting)
				for _, m := range waiting {
					if err := m.Respond([]byte(acknowledged)); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}
