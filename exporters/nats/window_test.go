package nats_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/nats"
	"cairncx.dev/cairn/exporters/sink"
)

// TestWindow: the window that is asked for, or the default, is what the stream has.
func TestWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		before       time.Duration // of the stream that is there; 0 for none
		cfg          jetstream.StreamConfig
		want         time.Duration
	}{
		{"by default", "as documented", 0, jetstream.StreamConfig{}, time.Hour},
		{"asked for", "a spool may wait for longer than the default", 0, jetstream.StreamConfig{Duplicates: 26 * time.Hour}, 26 * time.Hour},
		{"the shortest", "the server takes it", 0, jetstream.StreamConfig{Duplicates: 100 * time.Millisecond}, 100 * time.Millisecond},
		{"messages that live for less", "the server takes no window that is longer", 0, jetstream.StreamConfig{MaxAge: 7 * time.Minute}, 7 * time.Minute},
		{"messages that live for longer", "it is no reason to remember IDs for as long", 0, jetstream.StreamConfig{MaxAge: 48 * time.Hour}, time.Hour},
		{"asked for as long as messages live", "the bound is within", 0, jetstream.StreamConfig{Duplicates: 3 * time.Hour, MaxAge: 3 * time.Hour}, 3 * time.Hour},
		{"a stream that is there", "it is not ours to change", 3 * time.Minute, jetstream.StreamConfig{Duplicates: 5 * time.Hour}, 3 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := start(t).connect()
			if c.before > 0 {
				js, err := jetstream.New(conn)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: nats.DefaultStream, Subjects: []string{"cairn.>"}, Duplicates: c.before}); err != nil {
					t.Fatal(err)
				}
			}
			if err := open(t, conn, nats.WithCreateStream(c.cfg)).Export(t.Context(), sinktest.Mixed(0, 1, 1)); err != nil {
				t.Fatal(err)
			}
			if got := stream(t, conn).CachedInfo().Config.Duplicates; got != c.want {
				t.Errorf("the window is %v, want %v: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestWindowRefused: a server that allows less says so, and may be told to allow more.
func TestWindowRefused(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.stop()
	b.opts.JetStreamLimits = server.JSLimitOpts{Duplicates: time.Minute}
	b.start()
	conn := b.connect()
	e := open(t, conn)
	err := e.Export(t.Context(), sinktest.Mixed(0, 3, 1))
	if err == nil || sink.IsPermanent(err) || !strings.Contains(err.Error(), "limit of 1m0s") {
		t.Fatalf("it says %v", err)
	}
	b.stop()
	b.opts.JetStreamLimits = server.JSLimitOpts{}
	b.start()
	connected(t, conn)
	if err := e.Export(t.Context(), sinktest.Mixed(0, 3, 1)); err != nil {
		t.Error(err)
	}
}

// TestAfterWindow: what is told again later than that is in the stream twice, and is the same by its ID.
func TestAfterWindow(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	e := open(t, conn, nats.WithCreateStream(jetstream.StreamConfig{Duplicates: 100 * time.Millisecond}))
	batch := sinktest.Mixed(0, 6, 2)
	if err := e.Export(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	told := batch[:1] // one event, for the window may end between two
	until(t, "it is not told again", func() bool {
		if err := e.Export(t.Context(), told); err != nil {
			t.Fatal(err)
		}
		return len(messages(t, conn)) > len(batch)
	})
	msgs := messages(t, conn)
	if again := msgs[len(msgs)-1].Header.Get("Nats-Msg-Id"); len(msgs) != len(batch)+1 || again != told[0].ID.String() || again != msgs[0].Header.Get("Nats-Msg-Id") {
		t.Errorf("%d messages, the last is %q", len(msgs), again)
	}
	if got := received(t, conn); got[len(got)-1].ID != got[0].ID {
		t.Errorf("its data is of %v, want %v", got[len(got)-1].ID, got[0].ID)
	}
}
