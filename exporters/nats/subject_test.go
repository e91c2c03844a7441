package nats_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/nats"
)

// TestSubjectCharacters: what cannot be in a token becomes "_", as WithSubject says; everything else stays.
func TestSubjectCharacters(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64)
	cases := []struct{ name, stage, want string }{
		{"nothing", "", "_"},
		{"plain", "pay-now/1~", "pay-now/1~"},
		{"beyond ASCII", "Käse€😀", "Käse€😀"},
		{"first control characters", "a\x00b\x1fc", "a_b_c"},
		{"space and what comes after it", " !", "_!"},
		{"the last one of ASCII and those of Latin-1", "a~b\x7fc\u0080d\u009fe\u00a0f\u00a1g", "a~b_c_d_e_f¡g"},
		{"dot", ".a/b.", "_a/b_"},
		{"wildcards", "*a+b>?<=", "_a+b_?<="},
		{"the server's own, which this token does not begin", "$JS", "$JS"},
		{"64 bytes", long, long},
		{"more", long + "y", long},
		{"a character that would be cut", long[1:] + "é", long[1:]},
		{"not UTF-8", "a\xffb", "ab"},
	}
	conn := start(t).connect()
	batch := make([]event.Event, len(cases))
	for i, c := range cases {
		batch[i] = sinktest.Touch(i, "")
		batch[i].Stage = c.stage
	}
	if err := open(t, conn, nats.WithSubject("c.<stage>"), nats.WithMaxInFlight(1)).Export(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	msgs := messages(t, conn)
	if len(msgs) != len(cases) {
		t.Fatalf("%d messages, want %d", len(msgs), len(cases))
	}
	for i, c := range cases {
		if got := msgs[i].Subject; got != "c."+c.want {
			t.Errorf("%s: the subject is %q, want %q", c.name, got, "c."+c.want)
		}
	}
}

// TestSubjectOfKind: each part of a kind is a token, of a kind of 64 bytes at most.
func TestSubjectOfKind(t *testing.T) {
	t.Parallel()
	conn := start(t).connect()
	batch := []event.Event{sinktest.Touch(0, ""), sinktest.Touch(1, ""), sinktest.Touch(2, ""), sinktest.Touch(3, "")}
	batch[0].Kind = "acme.$x"
	batch[1].Kind = event.Kind(strings.Repeat("k.", 32) + "k")
	batch[2].Kind = "a\u200bb\u2028c\u2029\xffd\x00"
	batch[3].Kind = ""
	if err := open(t, conn, nats.WithMaxInFlight(1)).Export(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	var subjects, kinds []string
	for _, m := range messages(t, conn) {
		subjects = append(subjects, m.Subject)
		kinds = append(kinds, strings.Join(m.Header.Values("cairn-event-kind"), "|"))
	}
	if want := []string{"cairn.acme.$x", "cairn." + strings.Repeat("k.", 32) + "_", "cairn.a\u200bb\u2028c\u2029d_", "cairn._"}; !slices.Equal(subjects, want) {
		t.Errorf("the subjects are %q, want %q", subjects, want)
	}
	if want := []string{"acme.$x", strings.Repeat("k.", 32), "abcd", ""}; !slices.Equal(kinds, want) {
		t.Errorf("the headers are %q, want %q: a line that can be read", kinds, want)
	}
}

// TestSubjectOfTheServer: a name that an event begins a subject with does not ask the server for something, and
// answers no request.
func TestSubjectOfTheServer(t *testing.T) {
	t.Parallel()
	s := stand(t)
	s.answer("*.x", says(acknowledged))
	e := s.exporter(nats.WithSubject("<journey>.x"), nats.WithMaxInFlight(1))
	for journey, want := range map[string]string{
		"$JS": "_JS.x", "$": "_.x", "_INBOX": "__INBOX.x", "_INBOXES": "__INBOXES.x", "INBOX": "INBOX.x", "": "_.x", "a$": "a$.x", "_": "_.x",
	} {
		ev := sinktest.Touch(0, "order-1")
		ev.Journey.Name = journey
		if err := e.Export(t.Context(), []event.Event{ev}); err != nil {
			t.Fatal(err)
		}
		if got := s.asked(); len(got) != 1 || got[0].Subject != want {
			t.Errorf("an event of the journey %q has the subjects %v, want %s", journey, subjects(got), want)
		}
	}
}

// TestStreamSubjects: the stream that is made listens to all that the template can make.
func TestStreamSubjects(t *testing.T) {
	t.Parallel()
	for template, want := range map[string][]string{
		"cairn.<kind>":             {"cairn.>"},
		"a.b.<stage>.c.<kind>":     {"a.b.>"},
		"a.b":                      {"a.b"},
		"shop.<journey>.<channel>": {"shop.>"},
	} {
		conn := start(t).connect()
		e := open(t, conn, nats.WithSubject(template), nats.WithCreateStream(jetstream.StreamConfig{Storage: jetstream.MemoryStorage}))
		if err := e.Export(context.Background(), sinktest.Mixed(0, 2, 2)); err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		if got := stream(t, conn).CachedInfo().Config.Subjects; !slices.Equal(got, want) {
			t.Errorf("the stream of %s listens to %v, want %v", template, got, want)
		}
	}
}
