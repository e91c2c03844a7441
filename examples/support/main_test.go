package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func noEnv(string) string { return "" }

// watched is the output of the command. It tells the first line.
type watched struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	first chan string
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	had := bytes.IndexByte(w.buf.Bytes(), '\n') >= 0
	w.buf.Write(b)
	if line, _, ok := strings.Cut(w.buf.String(), "\n"); ok && !had {
		w.first <- line
	}
	return len(b), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// start runs the command until stop, which returns what it wrote.
func start(t *testing.T, args ...string) (url string, stop func() (stdout, stderr string, err error)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stdout, stderr := &watched{first: make(chan string, 1)}, &watched{first: make(chan string, 1)}
	done := make(chan error, 1)
	go func() { done <- run(ctx, args, noEnv, stdout, stderr) }()
	select {
	case line := <-stdout.first:
		url = strings.TrimPrefix(line, "support listening on ")
	case err := <-done:
		t.Fatalf("the command has ended: %v\n%s", err, stderr)
	}
	return url, func() (string, string, error) {
		cancel()
		err := <-done
		return stdout.String(), stderr.String(), err
	}
}

func request(t *testing.T, method, url, cookie, form string) (body, set string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", cookie)
	resp, err := (&http.Client{
		Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	set, _, _ = strings.Cut(resp.Header.Get("Set-Cookie"), ";")
	return string(b), set
}

// TestCommand: the command serves the pages, tells each event in words, exports it, and records what is open when it ends.
func TestCommand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events.jsonl")
	url, stop := start(t, "-calls", "0", "-export", "jsonl:"+file, "-spool", filepath.Join(t.TempDir(), "spool"))
	page, cookie := request(t, http.MethodGet, url+"/", "", "")
	if !strings.Contains(page, "Customer 1") || !strings.Contains(page, "Mon ") {
		t.Errorf("the page is\n%s", page)
	}
	request(t, http.MethodPost, url+"/do/track", cookie, "order=1002")
	request(t, http.MethodPost, url+"/do/call-dial", cookie, "intent=order-late&line=orders")
	request(t, http.MethodPost, url+"/clock", cookie, "by=1m0s")
	story, _ := request(t, http.MethodGet, url+"/story", cookie, "")
	if !strings.Contains(story, "track-order on web: failed (carrier-silent)") {
		t.Errorf("the story is\n%s", story)
	}
	stdout, stderr, err := stop()
	if err != nil {
		t.Errorf("the command ends with %v", err)
	}
	if want := regexp.MustCompile(`(?s)track-order on web: failed.*call on phone: abandoned, 1m.*queue orders, waited 1m.*abandoned`); !want.MatchString(stdout) {
		t.Errorf("the terminal has\n%s", stdout)
	}
	if !strings.Contains(stderr, "6 events delivered") {
		t.Errorf("the command says\n%s", stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[event.Kind]int{}
	for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		var e event.Event
		if err := e.UnmarshalJSON(line); err != nil {
			t.Fatal(err)
		}
		kinds[e.Kind]++
		if e.Touchpoint == "call" && (e.Effort == nil || e.Effort.From != "track-order") {
			t.Errorf("the effort of the call is %+v", e.Effort)
		}
		if e.Kind == event.JourneyEnded && e.Outcome != event.Cancelled {
			t.Errorf("the matter is %v, want cancelled, because the demonstration is over", e.Outcome)
		}
	}
	want := map[event.Kind]int{event.JourneyStarted: 1, event.JourneyStageEntered: 2, event.TouchpointEnded: 2, event.JourneyEnded: 1}
	if !maps.Equal(kinds, want) {
		t.Errorf("the events are %v, want %v", kinds, want)
	}
}

// TestFlags: mistakes at the command line, and what the message says.
func TestFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-listen", "0.0.0.0:8080"}, "no login"},
		{[]string{"-listen", "192.0.2.1:80"}, "no login"},
		{[]string{"-listen", "8080"}, "no login"},
		{[]string{"-calls", "-1"}, "want 0 to 5000"},
		{[]string{"-calls", "5001"}, "want 0 to 5000"},
		{[]string{"-spool", "x"}, "-export"},
		{[]string{"-export", "smoke:signals"}, "unknown kind of sink"},
		{[]string{"-export", "stdout", "-export", "stdout"}, "given twice"},
		{[]string{"now"}, `"now" is no flag`},
	} {
		if _, err := parse(c.args, noEnv, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: the error is %v, want %q", c.args, err, c.want)
		}
	}
	if _, err := parse([]string{"-help"}, noEnv, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-help: %v", err)
	}
	if _, err := parse([]string{"-unknown"}, noEnv, io.Discard); !errors.Is(err, errUsage) {
		t.Errorf("-unknown: %v", err)
	}
	if _, err := parse(nil, func(string) string { return "short" }, io.Discard); err == nil || !strings.Contains(err.Error(), "SUPPORT_KEY has 5 bytes") {
		t.Errorf("a short key: %v", err)
	}
	for _, listen := range []string{"127.0.0.1:0", "[::1]:0", "localhost:0"} {
		if s, err := parse([]string{"-listen", listen, "-export", "stdout"}, noEnv, io.Discard); err != nil || s.tells {
			t.Errorf("%s: %v, and the terminal has lines in words: %v", listen, err, s.tells)
		}
	}
}

// TestPortTaken: the command ends with an error that names the address, and leaves nothing behind.
func TestPortTaken(t *testing.T) {
	url, stop := start(t, "-calls", "0")
	err := run(t.Context(), []string{"-calls", "0", "-listen", strings.TrimPrefix(url, "http://")}, noEnv, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("the error is %v", err)
	}
	if _, _, err := stop(); err != nil {
		t.Error(err)
	}
}

// TestLastMonday: the demonstration begins on a Monday that is over, at 8 o'clock of the office, also where the clocks change.
func TestLastMonday(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]string{
		"2026-03-02T00:00:00Z": "2026-02-23T08:00:00Z",      // on a Monday it is the one before
		"2026-03-03T07:00:00Z": "2026-03-02T08:00:00Z",      // Tuesday
		"2026-03-08T23:59:00Z": "2026-03-02T08:00:00Z",      // Sunday
		"2026-04-01T12:00:00Z": "2026-03-30T08:00:00+01:00", // summer time began on 29 March
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := lastMonday(at, zone).Format(time.RFC3339); got != want {
			t.Errorf("at %s it is %s, want %s", now, got, want)
		}
	}
}
