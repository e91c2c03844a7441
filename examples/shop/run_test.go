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
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/examples/shop/payments"
)

// asShop is the variable that makes this test's binary the command.
const asShop = "CAIRN_SHOP_AS_COMMAND"

// command returns the command as a process of its own, with what it writes to stderr.
func command(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env, cmd.Stderr = append(os.Environ(), asShop+"=1"), &stderr
	return cmd, &stderr
}

// TestExitCode: a script tells a wrong flag from a failure by the exit code, and a person reads the reason once.
func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		name, flags string
		want        int
		says        string // exactly once on stderr
	}{
		{"help is no failure", "-help", 0, "Flags:"},
		{"a flag that does not exist", "-crowd 5", 2, "flag provided but not defined: -crowd"},
		{"a flag with a wrong value", "-traffic 0x", 2, "invalid value"},
		{"flags that do not fit", "-traffic -1", 1, "shop: -traffic is -1: want 1 to 10000 customers"},
		{"a crowd", "-traffic 1", 0, "It took"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd, stderr := command(t, strings.Fields(c.flags)...)
			if err := cmd.Run(); cmd.ProcessState.ExitCode() != c.want {
				t.Errorf("%v, want the exit code %d", err, c.want)
			}
			if strings.Count(stderr.String(), c.says) != 1 {
				t.Errorf("stderr does not say %q once:\n%s", c.says, stderr)
			}
		})
	}
}

// TestInterrupt: Ctrl-C ends a shop that serves, which is no failure.
func TestInterrupt(t *testing.T) {
	cmd, stderr := command(t, "-events", "none")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 1) // the shop serves when it writes its addresses
	if _, err := stdout.Read(text); err != nil {
		t.Errorf("the shop does not write its addresses: %v", err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, stdout); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after the interrupt: %v\n%s", err, stderr)
	}
}

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

// failing is a closed pipe.
type failing struct{}

var errPipe = errors.New("the reader has gone")

func (failing) Write([]byte) (int, error) { return 0, errPipe }

// TestOutputFails: the shop does not go on for a reader that has gone, since it waits for the addresses or the
// summary.
func TestOutputFails(t *testing.T) {
	for _, flags := range []string{"-events none", "-traffic 1", "-service payments"} {
		if err := run(t.Context(), strings.Fields(flags), noEnv, failing{}, io.Discard); !errors.Is(err, errPipe) {
			t.Errorf("%s: the error is %v", flags, err)
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
