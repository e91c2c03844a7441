package nats_test

import (
	"context"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"

	"cairncx.dev/cairn/exporters/nats"
)

// acknowledged is JetStream's answer to a message that it has stored, and to a request that it has carried out.
const acknowledged = `{"stream":"CAIRN","seq":1}`

// create is the subject of a request to make a stream.
const create = "$JS.API.STREAM.CREATE.CAIRN"

// standin is a server without JetStream. A test answers in the place of JetStream.
type standin struct {
	*broker

	conn, other *natsgo.Conn // the exporter's, and the one that answers

	mu   sync.Mutex
	msgs []*natsgo.Msg
}

func stand(t *testing.T) *standin {
	t.Helper()
	b := start(t)
	b.restart(func(o *server.Options) { o.JetStream = false })
	return &standin{broker: b, conn: b.connect(), other: b.connect()}
}

// exporter returns an exporter, which goes with the test.
func (s *standin) exporter(opts ...nats.Option) *nats.Exporter {
	s.tb.Helper()
	e, err := nats.New(s.conn, opts...)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(func() {
		if err := e.Shutdown(context.Background()); err != nil {
			s.tb.Error(err)
		}
	})
	return e
}

// answer has what comes to the subjects answered, "" for not at all, until the returned function is called.
func (s *standin) answer(subject string, answer func(*natsgo.Msg) string) (end func()) {
	s.tb.Helper()
	sub, err := s.other.Subscribe(subject, func(m *natsgo.Msg) {
		s.mu.Lock()
		s.msgs = append(s.msgs, m)
		s.mu.Unlock()
		if text := answer(m); text != "" {
			_ = m.Respond([]byte(text)) // the test sees that it does not come
		}
	})
	if err != nil {
		s.tb.Fatal(err)
	}
	flushed := func() {
		if err := s.other.FlushTimeout(patience); err != nil {
			s.tb.Error(err)
		}
	}
	flushed()
	return func() {
		if err := sub.Unsubscribe(); err != nil {
			s.tb.Error(err)
		}
		flushed()
	}
}

// says is an answer that is always the same.
func says(text string) func(*natsgo.Msg) string { return func(*natsgo.Msg) string { return text } }

// asked returns what has come since it was called before.
func (s *standin) asked() []*natsgo.Msg {
	s.mu.Lock()
	defer s.mu.Unlock()
	msgs := s.msgs
	s.msgs = nil
	return msgs
}

func subjects(msgs []*natsgo.Msg) (list []string) {
	for _, m := range msgs {
		list = append(list, m.Subject)
	}
	return list
}
