package nats_test

import (
	"bytes"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/nats"
)

func TestContract(t *testing.T) {
	t.Parallel()
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		t.Helper()
		b := start(t)
		w := &wire{reached: make(chan struct{}, 1)}
		conn := b.connect(natsgo.SetCustomDialer(w))
		e, err := nats.New(conn, nats.WithCreateStream(jetstream.StreamConfig{}), nats.WithTimeout(30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		s := attached{broker: b, wire: w, conn: conn, other: b.connect()}
		return exporterstest.Sink{
			Exporter: e, Deduplicates: true, Break: s.breaks,
			Received: func(t *testing.T) []event.Event { return received(t, s.other) },
		}
	})
}

type attached struct {
	*broker
	*wire

	conn, other *natsgo.Conn
}

// breaks makes the server fail. It cannot refuse an event for what is in it: TestTooLarge has that.
func (s attached) breaks(t *testing.T, f exporterstest.Fault) *exporterstest.Broken {
	t.Helper()
	switch f {
	case exporterstest.Away:
		s.stop()
		return &exporterstest.Broken{Mend: func() {
			s.start()
			connected(t, s.conn)
			connected(t, s.other)
		}}
	case exporterstest.Refused:
		s.maxSize(t, 10)
		return &exporterstest.Broken{Mend: func() { s.maxSize(t, -1) }}
	case exporterstest.Cut:
		s.set(true, nil)
		return &exporterstest.Broken{Mend: func() {
			s.set(false, nil)
			connected(t, s.conn)
		}}
	case exporterstest.Stalled:
		silent := make(chan struct{})
		s.set(false, silent)
		return &exporterstest.Broken{Reached: s.reached, Mend: func() {
			s.set(false, nil)
			close(silent)
		}}
	case exporterstest.Partial:
		return s.responds(t, s.exceptBusy(t))
	case exporterstest.Throttled:
		return s.answers(t, `{"error":{"code":429,"err_code":10167,"description":"too many requests"}}`)
	case exporterstest.Garbled:
		return s.answers(t, `<html>s3cr3t-of-a-customer`)
	default:
		return nil
	}
}

// maxSize sets the largest message that the stream takes.
func (s attached) maxSize(t *testing.T, n int32) {
	t.Helper()
	js, err := jetstream.New(s.other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{
		Name: nats.DefaultStream, Subjects: []string{"cairn.>"}, Duplicates: nats.DefaultWindow, MaxMsgSize: n,
	}); err != nil {
		t.Fatal(err)
	}
}

// exceptBusy returns a responder that stores a message under another subject of the stream, and answers with the stream's own
// acknowledgement. It does not store the messages of busy events: it answers that there is no leader.
func (s attached) exceptBusy(t *testing.T) func(*natsgo.Msg) {
	t.Helper()
	return func(m *natsgo.Msg) {
		if bytes.Contains(m.Data, []byte(`"`+exporterstest.Busy+`"`)) {
			_ = m.Respond([]byte(`{"error":{"code":503,"err_code":10008,"description":"JetStream system temporarily unavailable"}}`))
			return
		}
		stored, err := s.other.RequestMsg(&natsgo.Msg{Subject: "elsewhere", Header: m.Header, Data: m.Data}, patience)
		if err != nil {
			t.Error(err)
			return
		}
		_ = m.Respond(stored.Data)
	}
}

// answers makes another responder answer than a stream, with the text.
func (s attached) answers(t *testing.T, text string) *exporterstest.Broken {
	t.Helper()
	return s.responds(t, func(m *natsgo.Msg) { _ = m.Respond([]byte(text)) })
}

// responds makes another responder answer than the stream, which listens elsewhere meanwhile.
func (s attached) responds(t *testing.T, answer func(*natsgo.Msg)) *exporterstest.Broken {
	t.Helper()
	js, err := jetstream.New(s.other)
	if err != nil {
		t.Fatal(err)
	}
	s.maxSize(t, -1) // it is there
	if _, err := js.UpdateStream(t.Context(), jetstream.StreamConfig{Name: nats.DefaultStream, Subjects: []string{"elsewhere"}}); err != nil {
		t.Fatal(err)
	}
	sub, err := s.other.Subscribe("cairn.>", answer)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.other.FlushTimeout(patience); err != nil {
		t.Fatal(err)
	}
	return &exporterstest.Broken{Mend: func() {
		if err := sub.Unsubscribe(); err != nil {
			t.Error(err)
		}
		s.maxSize(t, -1)
	}}
}
