//go:build unix

package delivery_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/jsonl"
	"cairncx.dev/cairn/exporters/kafka"
	"cairncx.dev/cairn/exporters/nats"
	"cairncx.dev/cairn/exporters/otlplog"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/exporters/webhook"
)

// sinkAt is the place of a sink, which another process can open.
type sinkAt struct {
	Kind string
	At   string // a path, a URL, or addresses divided by commas
}

// sink is the sink behind the exporters, as the test's own process sees it.
type sink interface {
	// away makes the sink unavailable while no child runs, and back makes it available again.
	away(t *testing.T)
	back(t *testing.T)
	// disturb slows the sink for a moment, or cuts its connections, while a child runs. It does nothing if the
	// sink itself acts at random at each request.
	disturb(t *testing.T)
	// lostAnswers is how often the sink has taken a batch and could not respond.
	lostAnswers() int
	// read returns all events of the sink, those of one journey in the order of arrival.
	read(t *testing.T) []event.Event
	fmt.Stringer
}

// sinkKind is a kind of sink with its guarantees.
type sinkKind struct {
	name    string
	reason  string
	start   func(t *testing.T, rng *rand.Rand) (sinkAt, sink)
	once    bool // the sink removes duplicates
	refuses bool // the sink refuses poison
}

func sinkKinds() []sinkKind {
	return []sinkKind{
		{name: "jsonl", reason: "a file has no torn line, and another process holds it for a while", start: startFile},
		{
			name: "webhook", reason: "an HTTP receiver answers 500, 429, 400 for poison, slowly, not at all, and is away",
			start: startHTTP("webhook", "/hook", cloudEvents), refuses: true,
		},
		{
			name: "otlplog", reason: "a receiver of OTLP does the same",
			start: startHTTP("otlplog", "/v1/logs", logRecords), refuses: true,
		},
		{
			name: "own", reason: "a sink reports only that it refused a batch: the spool finds the poison by halving the batch, in order",
			start: startHTTP("own", "/lines", jsonLines), refuses: true,
		},
		{name: "sqlite", reason: "another process locks the file, briefly and for a while", start: startSQLite, once: true},
		{name: "postgres", reason: "a server cuts connections, pauses, is killed, and comes back", start: startPostgres, once: true},
		{name: "kafka", reason: "a cluster is slow, cuts connections, and is away", start: startKafka},
		{
			name: "nats", reason: "a server cuts connections, refuses large messages, stops, and starts again on its files",
			start: startNATS, once: true, refuses: true,
		},
	}
}

// open opens the sink in a child.
func (at sinkAt) open(ctx context.Context) (event.Exporter, error) {
	switch at.Kind {
	case "jsonl":
		return jsonl.New(at.At, jsonl.WithMaxSize(fileBytes))
	case "webhook":
		return webhook.New(at.At, webhook.WithSecrets(secret))
	case "otlplog":
		return otlplog.New(otlplog.WithEndpoint(at.At))
	case "own":
		return &ownSink{url: at.At}, nil
	case "sqlite":
		return sqlarchive.OpenSQLite(at.At, sqlarchive.WithoutFsync(), sqlarchive.WithOpenTimeout(shortly))
	case "postgres":
		return sqlarchive.OpenPostgres(at.At)
	case "kafka":
		return kafka.New(topic, kafka.WithBrokers(strings.Split(at.At, ",")...))
	case "nats":
		conn, err := natsgo.Connect(at.At, natsgo.RetryOnFailedConnect(true), natsgo.MaxReconnects(-1),
			natsgo.ReconnectWait(shortly), natsgo.ReconnectJitter(shortly/10, shortly/10))
		if err != nil {
			return nil, fmt.Errorf("connect: %w", err)
		}
		return nats.New(conn, nats.WithCreateStream(jetstream.StreamConfig{MaxMsgSize: poisonBytes}))
	default:
		return nil, fmt.Errorf("%w: %q", errKind, at.Kind)
	}
}

// parsed reads an event's JSON.
func parsed(t *testing.T, text []byte) event.Event {
	t.Helper()
	e, err := event.ParseJSON(text)
	if err != nil {
		t.Errorf("%.200q: %v", text, err)
	}
	return e
}

// lines reads a file of events, gzipped or not. A missing file has none.
func lines(t *testing.T, path string) (list []event.Event) {
	t.Helper()
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")) {
		t.Errorf("%s ends with a torn line", path)
	}
	for line := range bytes.Lines(text) {
		list = append(list, parsed(t, line))
	}
	return list
}

// file is the sink of package jsonl.
type file struct {
	path string
	held *jsonl.Exporter
}

// fileBytes is the size at which a file is closed, a few times in a test.
const fileBytes = 256 << 10

func startFile(t *testing.T, _ *rand.Rand) (sinkAt, sink) {
	t.Helper()
	s := &file{path: filepath.Join(t.TempDir(), "events.jsonl")}
	return sinkAt{"jsonl", s.path}, s
}

func (s *file) away(t *testing.T) {
	t.Helper()
	var err error
	if s.held, err = jsonl.New(s.path, jsonl.WithMaxSize(fileBytes)); err != nil {
		t.Fatalf("open the file after a kill: %v", err)
	}
}

func (s *file) back(t *testing.T) {
	t.Helper()
	if err := s.held.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (*file) disturb(*testing.T) {}
func (*file) lostAnswers() int   { return 0 }

func (s *file) read(t *testing.T) []event.Event {
	t.Helper()
	closed, err := filepath.Glob(strings.TrimSuffix(s.path, ".jsonl") + "-*")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(closed)
	var list []event.Event
	for _, path := range append(closed, s.path) {
		list = append(list, lines(t, path)...)
	}
	return list
}

func (s *file) String() string {
	closed, _ := filepath.Glob(strings.TrimSuffix(s.path, ".jsonl") + "-*") // the pattern is well-formed
	return fmt.Sprintf("closed %d files", len(closed))
}
