package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// serving runs cairn serve until the test ends it, and returns the address that it prints.
func serving(t *testing.T, args ...string) (address string, end func() (stderr string, code int)) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	var errs bytes.Buffer
	code := -1
	var command sync.WaitGroup
	command.Go(func() {
		code = run(ctx, append([]string{"serve"}, args...), nil, stdout, &errs)
		_ = stdout.Close()
	})
	end = func() (string, int) {
		stop()
		command.Wait()
		return errs.String(), code
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		said, code := end()
		t.Fatalf("cairn serve ended with %d: %s", code, said)
	}
	return strings.TrimSpace(line), end
}

// page returns a page when the events are loaded.
func page(t *testing.T, address string) string {
	t.Helper()
	client := &http.Client{Timeout: time.Minute}
	defer client.CloseIdleConnections()
	for {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		w, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(w.Body)
		if err := errors.Join(err, w.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if w.StatusCode == http.StatusOK {
			return string(body)
		}
		if w.StatusCode != http.StatusServiceUnavailable {
			t.Fatalf("%s is answered with %s: %s", address, w.Status, body)
		}
	}
}

// TestServe: a log is served at the moment of its latest event, and the command ends with its context.
func TestServe(t *testing.T) {
	t.Parallel()
	address, end := serving(t, "../../examples/tickets/blueprint.yaml", "../../examples/tickets/tickets.csv")
	body := page(t, address)
	for _, want := range []string{"As of", "27 March 2026", "late with a promise", "240 runs"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if said, code := end(); code != exitOK {
		t.Errorf("cairn serve ended with %d: %s", code, said)
	}
}

// TestServeArchive: an archive is read again and again, so that a page has what was written since.
func TestServeArchive(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "events.db")
	archive, err := sqlarchive.OpenSQLite(name, sqlarchive.WithoutFsync())
	if err != nil {
		t.Fatal(err)
	}
	write := func(from, until int) {
		t.Helper()
		var list []event.Event
		for i := from; i < until; i++ {
			at := time.Now().Add(-time.Hour)
			list = append(list, event.Event{ID: event.NewID(at), Kind: event.JourneyStarted, Time: at, Journey: event.Run{Name: "order", ID: fmt.Sprint(i), Started: at}, Customer: event.Customer{Hash: fmt.Sprint("c", i)}})
		}
		if err := archive.Export(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	write(0, 7)
	address, end := serving(t, "--every", "100ms", name)
	if body := page(t, address); !strings.Contains(body, "7 runs") {
		t.Error("the page does not have the 7 runs of the archive")
	}
	write(7, 20)
	for !strings.Contains(page(t, address), "20 runs") { // the test ends by its own time limit otherwise
		if t.Context().Err() != nil {
			t.Fatal("the page never has the 20 runs of the archive")
		}
	}
	if said, code := end(); code != exitOK {
		t.Errorf("cairn serve ended with %d: %s", code, said)
	}
	if err := archive.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestServeFaults: what cannot be served is said.
func TestServeFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--every", "1ms", "x.db"}, exitUsage, "give 100ms to 24h"},
		{[]string{"--every", "25h", "x.db"}, exitUsage, "give 100ms to 24h"},
		{[]string{"--addr", "nowhere:-1", "../../examples/tickets/blueprint.yaml", "../../examples/tickets/tickets.csv"}, exitFault, "--addr nowhere:-1"},
		{[]string{"--addr", ":0", "../../examples/tickets/blueprint.yaml", "../../examples/tickets/tickets.csv"}, exitFault, "give an address of its loopback"},
		{[]string{"nowhere.db"}, exitUsage, `"nowhere.db": there is no such file`},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"serve"}, c.args...), nil, &out, &errs); code != c.code || !strings.Contains(errs.String(), c.says) {
			t.Errorf("cairn serve %v ends with %d: %s", c.args, code, errs.String())
		}
	}
}

// deaf is a listener that fails.
type deaf struct{ net.Listener }

func (deaf) Accept() (net.Conn, error) { return nil, errors.New("no more connections") }

// TestServeFails: the command ends, and says why, as soon as its server does not serve any more.
func TestServeFails(t *testing.T) {
	t.Parallel()
	on, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	err = serveWhile(t.Context(), &http.Server{ReadHeaderTimeout: time.Minute}, deaf{on}, func(ctx context.Context) error { <-ctx.Done(); return nil }, func() { closed = true }, time.Minute)
	if err == nil || !strings.Contains(err.Error(), "no more connections") || !closed {
		t.Errorf("it ends with %v", err)
	}
}

// TestServeEndsWhileAReaderDownloads: a reader who does not read the rest neither holds the command nor makes it fail.
func TestServeEndsWhileAReaderDownloads(t *testing.T) {
	t.Parallel()
	on, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("the first part"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})}
	err = serveWhile(t.Context(), server, on, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+on.Addr().String()+"/", http.NoBody)
		if err != nil {
			return err
		}
		client := &http.Client{Transport: &http.Transport{}}
		t.Cleanup(client.CloseIdleConnections)
		w, err := client.Do(r.WithContext(context.WithoutCancel(ctx)))
		if err == nil {
			t.Cleanup(func() { _ = w.Body.Close() })
		}
		return err
	}, func() {}, time.Millisecond)
	if err != nil {
		t.Errorf("it ends with %v", err)
	}
}

// reads is an archive that counts how often it is read.
type reads struct{ scans atomic.Int64 }

func (c *reads) Scan(_ context.Context, _ event.Scan, _ func(*event.Event) error) (event.Cursor, error) {
	c.scans.Add(1)
	return event.Cursor{Epoch: "1"}, nil
}

func (*reads) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

// TestServeLoadsOnce: an archive is read once at the start, and again after the time.
func TestServeLoadsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table, err := insight.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(t.Context())
		defer end()
		source, began := &reads{}, time.Now()
		var running sync.WaitGroup
		running.Go(func() {
			if err := (&serveSettings{every: 10 * time.Second}).keep(ctx, &env{stderr: io.Discard}, table, source, true); err != nil {
				t.Error(err)
			}
		})
		for _, want := range []struct {
			after time.Duration
			scans int64
		}{{0, 1}, {9 * time.Second, 1}, {11 * time.Second, 2}, {21 * time.Second, 3}} {
			time.Sleep(want.after - time.Since(began))
			synctest.Wait()
			if n := source.scans.Load(); n != want.scans {
				t.Errorf("after %s the archive was read %d times, want %d", want.after, n, want.scans)
			}
		}
		end()
		running.Wait()
	})
}
