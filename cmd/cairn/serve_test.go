package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
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
