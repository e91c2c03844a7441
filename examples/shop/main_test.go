package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/shop/crowd"
)

func TestMain(m *testing.M) {
	if os.Getenv(asShop) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

func noEnv(string) string { return "" }

// The command compares its counts with the crowd's, so the test only checks that it succeeds and prints so.
func TestTraffic(t *testing.T) {
	for _, events := range []string{eventsNone, eventsStory, eventsJSON} {
		t.Run(events, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			err := run(t.Context(), []string{"-traffic", "21", "-events", events}, noEnv, &stdout, &stderr)
			if err != nil {
				t.Fatalf("%v\n%s%s", err, &stdout, &stderr)
			}
			summary := stdout.String()
			if events == eventsJSON {
				summary = stderr.String()
			}
			for _, want := range []string{
				"Every number above is what these 21 customers did", "submit-payment", "NPS +", "call-support",
				"A customer whose card was declined", "(slow-psp)",
			} {
				if !strings.Contains(summary, want) {
					t.Errorf("the summary lacks %q:\n%s", want, summary)
				}
			}
			if events == eventsJSON {
				got := parseEvents(t, &stdout)
				if diff := got.Diff(crowd.Expect(21)); len(diff) > 0 {
					t.Errorf("the JSON lines have other counts:\n%s", strings.Join(diff, "\n"))
				}
			}
		})
	}
}

// parseEvents counts the events in JSON lines and skips other lines.
func parseEvents(t *testing.T, r io.Reader) (c crowd.Counts) {
	t.Helper()
	for s := bufio.NewScanner(r); s.Scan(); {
		if !strings.HasPrefix(s.Text(), "{") {
			continue
		}
		e, err := event.ParseJSON(s.Bytes())
		if err != nil {
			t.Errorf("%v: %s", err, s.Text())
			continue
		}
		c.Add(&e)
	}
	return c
}

// process is one run of the command, like a process of its own.
type process struct {
	url    string
	cancel context.CancelFunc
	done   chan error
	stdout *lines
	stderr bytes.Buffer // to be read after the end
}

// lines is a writer that announces its first line.
type lines struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	first chan string
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	had := bytes.ContainsRune(l.buf.Bytes(), '\n')
	l.buf.Write(b)
	if line, _, ok := strings.Cut(l.buf.String(), "\n"); ok && !had {
		l.first <- line
	}
	return len(b), nil
}

func (l *lines) reader() io.Reader {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.NewReader(bytes.Clone(l.buf.Bytes()))
}

func startProcess(t *testing.T, name string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{cancel: cancel, done: make(chan error, 1), stdout: &lines{first: make(chan string, 1)}}
	go func() {
		p.done <- run(ctx, append([]string{"-service", name, "-events", "json"}, args...), noEnv, p.stdout, &p.stderr)
	}()
	select {
	case line := <-p.stdout.first:
		var ok bool
		if p.url, ok = strings.CutPrefix(line, name+" listening on "); !ok {
			t.Fatalf("the first line is %q", line)
		}
	case err := <-p.done:
		t.Fatalf("%s ended: %v", name, err)
	case <-time.After(time.Minute):
		t.Fatalf("%s does not listen", name)
	}
	return p
}

// kill ends the process and returns its output.
func (p *process) kill(t *testing.T) io.Reader {
	t.Helper()
	p.cancel()
	if err := <-p.done; err != nil {
		t.Errorf("%s: %v", p.url, err)
	}
	return p.stdout.reader()
}

// Two processes run on the first day, and two others on the next day, with a moved clock. The events of all four
// together equal the crowd's counts.
func TestSeparateProcesses(t *testing.T) {
	const customers = 50
	yesterday := []string{"-clock", "-24h"}
	pay := startProcess(t, "payments", yesterday...)
	front := startProcess(t, "storefront", append(yesterday, "-payments", pay.url)...)
	d := crowd.Driver{Storefront: front.url, Customers: customers}
	visits, err := d.FirstDay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{front.url, pay.url} {
		moveClock(t, url)
	}
	first := io.MultiReader(front.kill(t), pay.kill(t))

	pay = startProcess(t, "payments", "-clock", "0s")
	front = startProcess(t, "storefront", "-clock", "0s", "-payments", pay.url)
	d.Storefront = front.url
	if err := d.NextDay(t.Context(), visits); err != nil {
		t.Fatal(err)
	}
	got := parseEvents(t, io.MultiReader(first, front.kill(t), pay.kill(t)))
	if diff := got.Diff(crowd.Expect(customers)); len(diff) > 0 {
		t.Errorf("the four processes have other counts:\n%s", strings.Join(diff, "\n"))
	}
}

func moveClock(t *testing.T, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/demo/clock?ahead=24h", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: the clock did not move: %s", url, resp.Status)
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		name string
		args string
		env  map[string]string
		want string // part of the error; "" means no error
	}{
		{name: "none"},
		{name: "addresses", args: "-storefront 127.0.0.1:8080 -payments 127.0.0.1:8081"},
		{name: "storefront alone", args: "-service storefront -payments http://127.0.0.1:8081"},
		{name: "storefront without payments", args: "-service storefront", want: "needs -payments http://host:port"},
		{name: "no such service", args: "-service billing", want: "all, storefront or payments"},
		{name: "no such events", args: "-events xml", want: "story, json or none"},
		{name: "negative crowd", args: "-traffic -1", want: "1 to 10000"},
		{name: "crowd in one service", args: "-traffic 5 -service payments", want: "leave -service out"},
		{name: "not a flag", args: "200", want: `"200" is no flag`},
		{name: "no such flag", args: "-crowd 5", want: "usage"},
		{name: "short key", env: map[string]string{"SHOP_CUSTOMER_KEY": "secret"}, want: "at least 16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(strings.Fields(c.args), func(k string) string { return c.env[k] }, io.Discard)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("the error is %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestFlagDefaults(t *testing.T) {
	for _, customers := range []string{"1", "5"} {
		s, err := parse([]string{"-traffic", customers}, noEnv, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if s.clock != -oneDay || !s.demoClock || s.events != eventsNone || len(s.customerKey) < minKey {
			t.Errorf("with -traffic %s: %+v", customers, s)
		}
	}
	s, err := parse(nil, noEnv, io.Discard)
	if err != nil || s.clock != 0 || s.demoClock || s.events != eventsStory {
		t.Errorf("parse without flags returned %+v, %v", s, err)
	}
	if s, err = parse([]string{"-clock", "0s"}, noEnv, io.Discard); err != nil || !s.demoClock {
		t.Errorf("parse with -clock 0s does not allow to move the clock: %+v, %v", s, err)
	}
}

func TestBadTraceURL(t *testing.T) {
	for _, bad := range []string{"localhost:16686", "http://localhost/trace/", "javascript:%s", "http://localhost/%s/%s"} {
		env := func(k string) string {
			if k == "SHOP_TRACE_URL" {
				return bad
			}
			return ""
		}
		err := run(t.Context(), []string{"-events", "none"}, env, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "is not the URL of a trace") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestUnsentIsSaidOnce: the command reports an absent backend once for each service, and still prints the crowd's
// counts.
func TestUnsentIsSaidOnce(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+closedAddress(t))
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), []string{"-traffic", "21"}, noEnv, &stdout, &stderr)
	if !errors.Is(err, errUnsent) {
		t.Fatalf("the error is %v, want errUnsent", err)
	}
	for _, name := range []string{"service storefront", "service payments"} {
		if n := strings.Count(err.Error(), name); n != 1 {
			t.Errorf("the error has %q %d times, want once: %v", name, n, err)
		}
	}
	if !strings.Contains(stdout.String(), "Every number above is what these 21 customers did") || !strings.Contains(stdout.String(), "did not reach your OpenTelemetry backend") {
		t.Errorf("the summary lacks the check of its numbers, or the loss:\n%s", &stdout)
	}
}

// closedAddress returns an address at which no server listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
