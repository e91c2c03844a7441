package export_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/export"
	"cairncx.dev/cairn/exporters"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds each wait in these tests.
const patience = 2 * time.Minute // only a call that hangs takes this long

func touch(n int) *event.Event {
	order := event.Run{Namespace: "shop", Name: "checkout", ID: "order-1"}
	return &event.Event{
		ID: idOf(order, fmt.Sprint(n)), Kind: event.TouchpointEnded, Journey: order, Touchpoint: "view-cart",
		Time: time.Date(2026, 4, 17, 12, 0, n, 0, time.UTC), Outcome: event.OK,
	}
}

func TestBadTargets(t *testing.T) {
	for _, c := range []struct{ name, text, want, reason string }{
		{"nothing", "", `"": unknown kind of sink: want stdout, jsonl:PATH, webhook:URL`, "the error lists the table of sinks"},
		{"slip", "sqllite:shop.db", `did you mean "sqlite:PATH"?`, "one letter too many"},
		{"capitals", "JSONL:x", `did you mean "jsonl:PATH"?`, "Parse rejects capitals and suggests the right form"},
		{"other name", "pg:shop", `did you mean "postgres:URL"?`, "people use this name"},
		{"URL alone", "https://hooks.example.com/t0ken", `did you mean "webhook:URL"?`, "the kind was forgotten"},
		{"far away", "mongodb:shop", "otlplog:URL", "no kind is near, so the error suggests none"},
		{"path alone", strings.Repeat("/var", 20), `"/var/var/var/var/var…"`, "the error cuts a long text"},
		{"no path", "jsonl:", "jsonl has no place: want jsonl:PATH", "the error has the form of this kind"},
		{"no place at all", "sqlite", "sqlite has no place: want sqlite:PATH", "the colon is missing"},
		{"stdout somewhere", "stdout:x.txt", "nothing may follow it: want stdout", "stdout has no place"},
		{"webhook without scheme", "webhook:hooks.example.com/t0ken", "no http:// or https:// URL", "a URL needs its scheme"},
		{"webhook by mail", "webhook:mailto:t0ken@example.com", "no http:// or https:// URL", "another scheme"},
		{"webhook without host", "webhook:https:///t0ken", "with a host", "a request needs a host"},
		{"webhook that is no URL", "webhook:https://u:t0ken@h:port/", "no http:// or https:// URL", "net/url's own error would have the password"},
		{"otlplog address", "otlplog:localhost:4318", "no http:// or https:// URL", "the scheme is missing"},
		{"postgres with a scheme of others", "postgres:mysql://u:t0ken@h/db", "postgres://user@host:5432/database", "the scheme is MySQL's"},
		{"postgres that is no URL", "postgres:postgres://u:t0ken@h:port/db", "postgres://user@host:5432/database", "net/url's own error would have the password"},
		{"kafka without topic", "kafka:localhost:9092", "names no topic", "the slash is missing"},
		{"kafka with an empty topic", "kafka:localhost:9092/", "names no topic", "the name behind the slash is empty"},
		{"kafka without brokers", "kafka:/shop", "names no topic", "nothing is before the slash"},
		{"kafka with a short broker", "kafka:a/shop", `the broker "a" has not the form host:port`, "one letter is a name"},
		{"kafka without a host", "kafka::9092/shop", `the broker ":9092" has not the form host:port`, "nothing is before the colon"},
		{"kafka with an empty port", "kafka:a:/shop", `the broker "a:" has not the form host:port`, "nothing is behind the colon"},
		{"kafka without port", "kafka:a:9092,b/shop", `the broker "b" has not the form host:port`, "one broker of several is invalid"},
		{"nats without stream", "nats:nats://u:t0ken@localhost:4222", "a slash and the stream's name", "the last slash is the scheme's"},
		{"nats with a subject", "nats:nats://localhost:4222/cairn.>", "names no stream", "a subject is no stream's name"},
		{"nats by http", "nats:http://localhost/SHOP", "nats://host:4222", "another scheme"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := export.Parse(c.text)
			if !errors.Is(err, export.ErrTarget) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("the error is %v, want %q in it: %s", err, c.want, c.reason)
			}
			if strings.Contains(err.Error(), "t0ken") || !strings.HasPrefix(err.Error(), "-export ") {
				t.Errorf("%q: the error repeats a secret or does not name the flag", err)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct{ text, same, shown, reason string }{
		{"stdout", "stdout", "stdout", "no place"},
		{"jsonl:a/../x.jsonl", "jsonl:x.jsonl", "jsonl a/../x.jsonl", "two paths of one file share a folder"},
		{"sqlite:shop.db", "sqlite:./shop.db", "sqlite shop.db", "two paths of one file share a folder"},
		{"webhook:https://u:t0ken@h.example.com/t0ken?k=t0ken", "webhook:https://u:other@h.example.com/t0ken?k=t0ken", "webhook https://h.example.com", "a path may be a secret"},
		{"postgres:postgres://u:t0ken@h:5432/db?password=t0ken", "postgres://u:changed@h:5432/db", "postgres h:5432/db", "a changed password does not change the place"},
		{"kafka:a:9092,b:9092/shop", "kafka://a:9092,b:9092/shop", "kafka a:9092,b:9092/shop", "slashes after the kind are allowed"},
		{"nats:nats://u:t0ken@h:4222/SHOP", "nats://u:changed@h:4222/SHOP", "nats h:4222/SHOP", "the URL alone names the kind"},
		{"otlplog:http://h:4318", "otlplog:http://h:4318/v1/logs", "otlplog http://h:4318", "Parse adds the usual path"},
	} {
		t.Run(c.text, func(t *testing.T) {
			a, err := export.Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			b, err := export.Parse(c.same)
			if err != nil {
				t.Fatal(err)
			}
			if a.String() != c.shown {
				t.Errorf("the target is displayed as %q, want %q", a, c.shown)
			}
			if a.Kind()+"-" != a.Folder()[:len(a.Kind())+1] || strings.ContainsAny(a.Folder(), `/\:`) {
				t.Errorf("the folder %q", a.Folder())
			}
			if c.text != "kafka:a:9092,b:9092/shop" && a.Folder() != b.Folder() {
				t.Errorf("the folders %q and %q: %s", a.Folder(), b.Folder(), c.reason)
			}
			if other, err := export.Parse("jsonl:other.jsonl"); err != nil || other.Folder() == a.Folder() {
				t.Errorf("another target has the same folder %q: %v", a.Folder(), err)
			}
		})
	}
}

// receiver is a web server with a status that a test can change.
type receiver struct {
	*httptest.Server

	status atomic.Int64
	taken  atomic.Int64 // requests that it accepted
}

func receive(t *testing.T, status int) *receiver {
	t.Helper()
	r := &receiver{}
	r.status.Store(int64(status))
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		if r.status.Load() == http.StatusOK {
			r.taken.Add(1)
		}
		w.WriteHeader(int(r.status.Load()))
	}))
	t.Cleanup(r.Close)
	return r
}

func open(t *testing.T, text string, cfg export.Config) *export.Sink {
	t.Helper()
	target, err := export.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := export.Open(t.Context(), target, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeSink(t *testing.T, s *export.Sink) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.Close(ctx)
}

// The events that an absent sink has not taken wait in the spool, and the next run delivers them.
func TestSpoolOutlastsTheSinkAndTheRun(t *testing.T) {
	dir, r := t.TempDir(), receive(t, http.StatusServiceUnavailable)
	s := open(t, "webhook:"+r.URL, export.Config{Spool: dir, Drain: time.Millisecond})
	for n := range 3 {
		s.Process(t.Context(), touch(n))
	}
	said, err := closeSink(t, s)
	if err != nil || !strings.Contains(said, "0 events delivered, 3 wait in "+dir) {
		t.Fatalf("%q, %v", said, err)
	}
	r.status.Store(http.StatusOK)
	said, err = closeSink(t, open(t, "webhook:"+r.URL, export.Config{Spool: dir}))
	if err != nil || !strings.Contains(said, "3 events delivered") || strings.Contains(said, "wait") || r.taken.Load() == 0 {
		t.Errorf("the next run: %q, %v", said, err)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name, want, reason string
		spool              bool
		events             int
	}{
		{"without spool", "2 of 2, see the log for why; with -spool DIR", "no queue on disk keeps the events", false, 2},
		{"with spool", "refused 2 for good", "the file of dead letters has the events", true, 2},
		{"one without spool", "1 of 1, see the log for why; with -spool DIR", "one event is a loss", false, 1},
		{"one with spool", "refused 1 for good", "the file of dead letters has the event", true, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, cfg := receive(t, http.StatusBadRequest), export.Config{}
			if c.spool {
				cfg.Spool = t.TempDir()
			}
			s := open(t, "webhook:"+r.URL, cfg)
			for n := range c.events {
				s.Process(t.Context(), touch(n))
			}
			said, err := closeSink(t, s)
			if !errors.Is(err, export.ErrLost) || !strings.Contains(err.Error(), c.want) || !strings.Contains(said, "0 events") {
				t.Errorf("%q, %v: %s", said, err, c.reason)
			}
			if dead, _ := filepath.Glob(filepath.Join(cfg.Spool, "*", "dead.jsonl")); c.spool != (len(dead) == 1) {
				t.Errorf("dead letters: %v", dead)
			}
		})
	}
}

func TestCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("no archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, text, spool, want, reason string }{
		{"jsonl in no folder", "jsonl:" + filepath.Join(dir, "none", "x"), "", "make its folder first", "a typing error must not create a folder"},
		{"sqlite in no folder", "sqlite:" + filepath.Join(dir, "none", "x"), "", "make its folder first", "a typing error must not create a folder"},
		{"sqlite on a text", "sqlite:" + plain, "", "it cannot be opened", "an existing file keeps its content"},
		{"no NATS", "nats://u:t0ken@127.0.0.1:1/SHOP", "", "check that the server runs", "no server listens on port 1"},
		{"spool is a file", "stdout", plain, "-spool, for -export stdout", "the error names -spool"},
	} {
		t.Run(c.name, func(t *testing.T) {
			target, err := export.Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			_, err = export.Open(t.Context(), target, export.Config{Spool: c.spool, Stdout: io.Discard})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "t0ken") {
				t.Errorf("the error is %v, want %q in it: %s", err, c.want, c.reason)
			}
		})
	}
}

// A wrong secret is the fault of another variable than the URL.
func TestSecrets(t *testing.T) {
	target, err := export.Parse("webhook:http://localhost/")
	if err != nil {
		t.Fatal(err)
	}
	_, err = export.Open(t.Context(), target, export.Config{Secrets: []string{"t0ken"}})
	if err == nil || !strings.HasSuffix(err.Error(), ": correct WEBHOOK_SECRET") || strings.Contains(err.Error(), "t0ken") {
		t.Errorf("the error is %v, want one that names WEBHOOK_SECRET", err)
	}
}

// stalled is a writer that waits.
type stalled chan struct{}

func (s stalled) Write(b []byte) (int, error) { <-s; return len(b), nil }

// A patient sink makes the caller wait for a sink that does not keep up, and loses nothing. Another one loses the newest.
func TestPatient(t *testing.T) {
	const events = 20_000 // more than fit into the queue
	for _, patient := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w, done := make(stalled), make(chan struct{})
			s := open(t, "stdout", export.Config{Stdout: w, Patient: patient})
			go func() {
				defer close(done)
				for n := range events {
					s.Process(t.Context(), touch(n))
				}
			}()
			synctest.Wait()
			select {
			case <-done:
				if patient {
					t.Error("the events are processed although the sink has taken none")
				}
			default:
				if !patient {
					t.Error("the caller waits for the sink")
				}
			}
			close(w)
			<-done
			said, err := closeSink(t, s)
			if all := said == fmt.Sprintf("stdout: %d events delivered", events); all != patient || errors.Is(err, export.ErrLost) == patient {
				t.Errorf("patient %v: %q, %v", patient, said, err)
			}
		})
	}
}

func TestSpoolInUse(t *testing.T) {
	cfg := export.Config{Spool: t.TempDir(), Stdout: io.Discard}
	s := open(t, "stdout", cfg)
	target, err := export.Parse("stdout")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := export.Open(t.Context(), target, cfg); !errors.Is(err, exporters.ErrSpoolLocked) {
		t.Errorf("a second process got %v", err)
	}
	if said, err := closeSink(t, s); err != nil || said != "stdout: 0 events delivered" {
		t.Errorf("%q, %v", said, err)
	}
}

func TestNothing(t *testing.T) {
	var s *export.Sink
	s.Process(t.Context(), touch(1))
	said, err := s.Close(t.Context())
	if err = errors.Join(err, s.Flush(t.Context()), s.Shutdown(t.Context())); err != nil || said != "" {
		t.Errorf("Close of a nil Sink returned %q, %v", said, err)
	}
	if _, err := export.Open(t.Context(), export.Target{}, export.Config{}); !errors.Is(err, export.ErrTarget) {
		t.Errorf("Open of a zero Target returned %v", err)
	}
}

func ExampleParse() {
	t, err := export.Parse("postgres:postgres://shop:secret@db.example.com:5432/shop")
	fmt.Println(t, err)
	_, err = export.Parse("sqllite:shop.db")
	fmt.Println(err)
	// Output:
	// postgres db.example.com:5432/shop <nil>
	// -export "sqllite": unknown kind of sink: want stdout, jsonl:PATH, webhook:URL, sqlite:PATH, postgres:URL, kafka:BROKERS/TOPIC, nats:URL/STREAM, otlplog:URL: did you mean "sqlite:PATH"?
}

func ExampleOpen() {
	ctx := context.Background()
	var lines bytes.Buffer
	target, err := export.Parse("stdout")
	if err != nil {
		fmt.Println(err)
		return
	}
	sink, err := export.Open(ctx, target, export.Config{Stdout: &lines})
	if err != nil {
		fmt.Println(err)
		return
	}
	sink.Process(ctx, touch(1)) // cx.WithProcessors(sink) in a service
	fmt.Println(sink.Close(ctx))
	fmt.Println(bytes.Count(lines.Bytes(), []byte("\n")), "line")
	// Output:
	// stdout: 1 events delivered <nil>
	// 1 line
}

// idOf returns the ID of an event in the run, the same one for the same name.
func idOf(r event.Run, name string) event.ID {
	sum := sha256.Sum256([]byte(r.Name + "/" + r.ID + "/" + name))
	return event.ID(sum[:16])
}
