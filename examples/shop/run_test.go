package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/examples/shop/payments"
)

// trigger is a writer that calls fire when it has got the text.
type trigger struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	text string
	fire func()
}

func (w *trigger) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf.Write(b)
	if w.fire != nil && strings.Contains(w.buf.String(), w.text) {
		w.fire()
		w.fire = nil
	}
	return len(b), nil
}

// TestInterruptedCrowd: a crowd that Ctrl-C ends is a failure that names the day, and there is no summary of a part
// of it.
func TestInterruptedCrowd(t *testing.T) {
	for day, at := range map[string]string{
		"the first day": "go shopping",
		"the next day":  "A day passes",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var stdout bytes.Buffer
		err := run(ctx, []string{"-traffic", "12"}, noEnv, &stdout, &trigger{text: at, fire: cancel})
		cancel()
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "shop: "+day) {
			t.Errorf("%s: the error is %v", day, err)
		}
		if strings.Contains(stdout.String(), "What to look at") {
			t.Errorf("%s: there is a summary:\n%s", day, &stdout)
		}
	}
}

// TestExamplesOfTheSummary: each of the three customers in the summary is one of whom the title is true.
func TestExamplesOfTheSummary(t *testing.T) {
	summary, _ := shop(t)
	for title, want := range map[string][]string{
		"A customer whose card was declined, and who tried another": {"failed", "(card-declined)", "checkout completed"},
		"A customer whose bank was slow":                            {"degraded", "(slow-psp)"},
		"A customer who gave up, and called on the next day":        {"checkout abandoned", "call-support"},
	} {
		_, rest, _ := strings.Cut(summary, title+"\n")
		story, _, ok := strings.Cut(rest, " What to look at\n")
		for _, w := range want {
			if !ok || !strings.Contains(story, w) {
				t.Errorf("%s: %q is missing:\n%s", title, w, story)
			}
		}
	}
}

// failing is a pipe that fails at one of its writes.
type failing struct{ good int } // the writes before it

var errPipe = errors.New("the reader has gone")

func (f *failing) Write(b []byte) (int, error) {
	f.good--
	if f.good == -1 {
		return 0, errPipe
	}
	return len(b), nil
}

// TestOutputFails: the shop reports each write to stdout that fails, whether a program waits for the addresses or a
// person for the summary.
func TestOutputFails(t *testing.T) {
	const never = 1000
	var all failing
	all.good = never
	if err := run(t.Context(), []string{"-traffic", "1"}, noEnv, &all, io.Discard); err != nil {
		t.Fatal(err)
	}
	if never-all.good < 3 {
		t.Errorf("the shop writes %d times, want at least two addresses and a summary", never-all.good)
	}
	for i := range never - all.good {
		if err := run(t.Context(), []string{"-traffic", "1"}, noEnv, &failing{i}, io.Discard); !errors.Is(err, errPipe) {
			t.Errorf("write %d fails, and the error is %v", i+1, err)
		}
	}
	if err := run(t.Context(), []string{"-service", servicePayments, "-events", "none"}, noEnv, &failing{}, io.Discard); !errors.Is(err, errPipe) {
		t.Errorf("a service alone: the error is %v", err)
	}
}

// TestHowToLook: the summary says how to send telemetry to a backend, or how to find it there.
func TestHowToLook(t *testing.T) {
	const set, find = "set OTEL_EXPORTER_OTLP_ENDPOINT", "Look up a trace by its ID there"
	if summary, _ := shop(t); !strings.Contains(summary, set) || strings.Contains(summary, find) {
		t.Errorf("without a backend:\n%s", summary)
	}
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer backend.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", backend.URL)
	if summary, _ := shop(t); strings.Contains(summary, set) || !strings.Contains(summary, find) {
		t.Errorf("with a backend:\n%s", summary)
	}
}

// TestExamplesAreChosen: a customer of whom a title is true stands under it, also the first one. Without one, the
// title is left out.
func TestExamplesAreChosen(t *testing.T) {
	a := newApp(settings{traffic: 1}, io.Discard, io.Discard)
	for _, c := range []struct {
		name     string
		customer crowd.Customer
		want     int // titles
	}{
		{"a second card", crowd.Customer{Cards: []string{payments.CardDeclined, payments.CardGood}}, 1},
		{"a slow second card", crowd.Customer{Cards: []string{payments.CardDeclined, payments.CardSlow}}, 2},
		{"one card", crowd.Customer{Cards: []string{payments.CardGood}}, 0},
		{"left, and did not call", crowd.Customer{Cards: []string{payments.CardDeclined, payments.CardDeclined}, Leaves: "payment"}, 0},
		{"left, and called", crowd.Customer{Leaves: "payment", Call: crowd.NoCall + 1}, 1},
		{"called after the purchase", crowd.Customer{Cards: []string{payments.CardGood}, Call: crowd.NoCall + 1}, 0},
	} {
		var b bytes.Buffer
		if err := a.examples(&b, []crowd.Visit{{Customer: c.customer}}, true); err != nil {
			t.Error(err)
		}
		if got := strings.Count(b.String(), "A customer who"); got != c.want {
			t.Errorf("%s: %d titles, want %d:\n%s", c.name, got, c.want, &b)
		}
	}
}

// TestNotStarted: the shop does not serve if a part of it does not start, and the error names the part and the
// remedy.
func TestNotStarted(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	addr := taken.Addr().String()
	db := filepath.Join(t.TempDir(), "journeys.db")
	if err := os.Mkdir(db+".key", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, flags, exporter, want string
	}{
		{"an exporter that does not exist", "", "pigeon", `OTEL_TRACES_EXPORTER="pigeon"`},
		{"the address of payments is taken", "-payments " + addr, "", "service payments: listen tcp " + addr},
		{"the address of the storefront is taken", "-storefront " + addr, "", "service storefront: listen tcp " + addr},
		{"the URL of payments is none of the web", "-service storefront -payments ftp://" + addr, "", "want http://host:port"},
		{"the customers' key cannot be read", "-store sqlite:" + db, "", "shop: reading the customers' key"},
		{"no store", "-store sqlite:" + filepath.Dir(db), "", "it is no regular file: give the path of one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.exporter != "" {
				t.Setenv("OTEL_TRACES_EXPORTER", c.exporter)
			}
			var stdout bytes.Buffer
			err := run(t.Context(), append([]string{"-events", "none"}, strings.Fields(c.flags)...), noEnv, &stdout, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) || stdout.Len() > 0 {
				t.Errorf("the error is %v, want %q in it, and stdout has %q", err, c.want, &stdout)
			}
		})
	}
}

// TestServiceNotMade: a client that cannot be made is an error of its service.
func TestServiceNotMade(t *testing.T) {
	set, err := parse([]string{"-events", "none"}, noEnv, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	set.customerKey = []byte("short")
	a := newApp(set, io.Discard, io.Discard)
	if err := a.start(t.Context()); err == nil || !strings.Contains(err.Error(), "service payments: ") {
		t.Errorf("the error is %v", err)
	}
	if err := a.stop(); err != nil {
		t.Error(err)
	}
}

// TestKeyBeside: every run with the same store gets the same key, which only the owner can read.
func TestKeyBeside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journeys.db")
	first, err := keyBeside(path)
	if err != nil || len(first) < minKey {
		t.Fatalf("the first run gets a key of %d bytes, %v", len(first), err)
	}
	if second, err := keyBeside(path); err != nil || !bytes.Equal(first, second) {
		t.Errorf("the second run gets another key: %v", err)
	}
	for _, c := range []struct {
		name, key string // the content of the file
		want      string // the key, or a part of the error
		ok        bool
	}{
		{"a key of the least size, as an editor writes it", " 0123456789abcdef\r\n", "0123456789abcdef", true},
		{"a key that is too short", "0123456789abcde\n", "has 15 bytes: want at least 16; remove the file", false},
		{"an empty file", "", "has 0 bytes", false},
	} {
		path := filepath.Join(t.TempDir(), "journeys.db")
		if err := os.WriteFile(path+".key", []byte(c.key), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := keyBeside(path)
		if c.ok && (err != nil || string(key) != c.want) || !c.ok && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: keyBeside returns %q, %v", c.name, key, err)
		}
	}
	if _, err := keyBeside(filepath.Join(t.TempDir(), "none", "journeys.db")); err == nil || !strings.Contains(err.Error(), "making the customers' key") {
		t.Errorf("without its folder: %v", err)
	}
}

// TestLost: the error of a service that could not send everything is that of its end, or else the one before.
func TestLost(t *testing.T) {
	before, atEnd := errors.New("at noon"), errors.New("at the end")
	for _, c := range []struct{ before, stopped, is, isNot error }{
		{nil, nil, nil, errUnsent},
		{nil, atEnd, atEnd, errUnsent},
		{before, nil, before, atEnd},
		{before, atEnd, atEnd, before},
	} {
		a := app{unsent: map[string]error{servicePayments: c.before}}
		err := a.lost(servicePayments, c.stopped)
		if !errors.Is(err, c.is) || errors.Is(err, c.isNot) || errors.Is(err, errUnsent) != (c.before != nil) {
			t.Errorf("%v before and %v at the end: %v", c.before, c.stopped, err)
		}
	}
}

// TestLog: the terminal warns of a payment that fails, unless it is one of the crowd's, which is expected.
func TestLog(t *testing.T) {
	pay := startProcess(t, servicePayments)
	front := startProcess(t, serviceStorefront, "-payments", pay.url)
	who := newShopper(t)
	who.send(front.url, "/cart", "product", "mug")
	who.address(front.url)
	who.send(front.url, "/payment", "card", payments.CardBroken)
	front.kill(t)
	pay.kill(t)
	if !strings.Contains(front.stderr.String(), "level=WARN msg=paying") {
		t.Errorf("the failed payment is not in the log:\n%s", &front.stderr)
	}
	if _, stderr := shop(t); strings.Contains(stderr, "level=") {
		t.Errorf("the crowd's payments are in the log:\n%s", stderr)
	}
}

// TestInvitation: a person gets the URL of the shop, and with a shared store the way to stop and go on. A service
// without pages invites nobody.
func TestInvitation(t *testing.T) {
	db := filepath.Join(t.TempDir(), "journeys.db")
	for _, c := range []struct {
		name, service string
		flags         []string
		open, kept    bool
	}{
		{"a storefront", serviceStorefront, []string{"-payments", "http://127.0.0.1:1"}, true, false},
		{"a storefront with a store", serviceStorefront, []string{"-payments", "http://127.0.0.1:1", "-store", "sqlite:" + db}, true, true},
		{"payments", servicePayments, nil, false, false},
		{"payments with a store", servicePayments, []string{"-store", "sqlite:" + db}, false, false},
	} {
		p := startProcess(t, c.service, c.flags...)
		p.kill(t)
		text := p.stderr.String()
		if strings.Contains(text, "Open "+p.url+" in a browser") != c.open || strings.Contains(text, "Journeys are kept in sqlite "+db) != c.kept {
			t.Errorf("%s says %q; want its URL: %v, its store: %v", c.name, text, c.open, c.kept)
		}
	}
}

// TestStopClosesConnections: a storefront that has ended holds no connection to payments, which runs elsewhere.
func TestStopClosesConnections(t *testing.T) {
	pay := startProcess(t, servicePayments)
	target, err := url.Parse(pay.url)
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan struct{}, 10)
	between := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{DisableKeepAlives: true},
	})
	between.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
	between.Start()
	defer between.Close()
	front := startProcess(t, serviceStorefront, "-payments", between.URL)
	who := newShopper(t)
	who.send(front.url, "/cart", "product", "mug")
	who.address(front.url)
	who.pay(front.url)
	front.kill(t)
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Error("the connection to payments is still open")
	}
	pay.kill(t)
}
