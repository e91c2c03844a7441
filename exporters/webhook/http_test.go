package webhook_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/webhook"
	"cairncx.dev/cairn/internal/loopback"
)

func serve(t testing.TB, f http.HandlerFunc) string {
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

// TestAnswers: what a status means to every sink over HTTP it means here, and the error says whose it was.
func TestAnswers(t *testing.T) {
	status := 0
	u := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(status)
	})
	exporter := newSink(t, u+"/s3cr3t")
	for status = 200; status < 600; status++ {
		want := (&httpsink.Answer{Status: status, Header: http.Header{"Retry-After": {"3"}}}).Err()
		got := exporter.Export(t.Context(), some(1))
		after, asked := sink.RetryDelay(got)
		wantAfter, wantAsked := sink.RetryDelay(want)
		if (got == nil) != (want == nil) || sink.IsPermanent(got) != sink.IsPermanent(want) || asked != wantAsked || after != wantAfter {
			t.Errorf("%d is %v, want %v", status, got, want)
		}
		if want != nil && !strings.Contains(got.Error(), "webhook: "+u+" "+want.Error()) {
			t.Errorf("%d: %v, want the receiver's name and %q", status, got, want)
		}
	}
}

// TestHostileAnswers: what package httpsink does not let through does not get through here.
func TestHostileAnswers(t *testing.T) {
	tests := []struct {
		name, reason, answer string
	}{
		{"a status with a story", "it is not repeated", "HTTP/1.1 500 s3cr3t s3cr3t\r\nContent-Length: 6\r\n\r\ns3cr3t"},
		{"not HTTP", "it is not repeated", "s3cr3t\r\n\r\n"},
		{"a place that is none", "it is not repeated", "HTTP/1.1 307 X\r\nLocation: http://[s3cr3t\r\nContent-Length: 0\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
					_, _ = io.WriteString(conn, tt.answer)
					_ = conn.Close()
				}
			})
			err := newSink(t, u+"/s3cr3t?key=s3cr3t").Export(t.Context(), some(3))
			if err == nil || sink.IsPermanent(err) || strings.Contains(err.Error(), "s3cr3t") || len(err.Error()) > 500 {
				t.Errorf("%v: %s", err, tt.reason)
			}
		})
	}
}

// TestCutMidway: the receiver hangs up while the request is being sent.
func TestCutMidway(t *testing.T) {
	addr := loopback.Serve(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1000))
		_ = c.(*net.TCPConn).SetLinger(0) // a reset
	})
	err := newSink(t, "http://"+addr, webhook.WithMaxBytes(64<<20)).Export(t.Context(), some(20_000))
	if err == nil || sink.IsPermanent(err) {
		t.Errorf("%v, want an error that may go away", err)
	}
}

func TestTimeout(t *testing.T) {
	u := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	err := newSink(t, u, webhook.WithTimeout(20*time.Millisecond)).Export(t.Context(), some(1))
	if err == nil || sink.IsPermanent(err) || !strings.Contains(err.Error(), "no answer in time: 20ms") {
		t.Errorf("%v, want that there was no answer in time", err)
	}
}

// TestRedirects: a receiver may not send events, or the credentials beside them, anywhere else.
func TestRedirects(t *testing.T) {
	var stolen atomic.Int64
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { stolen.Add(1) })
	_, port, _ := strings.Cut(strings.TrimPrefix(elsewhere, "http://"), ":")
	tests := []struct {
		name, reason string
		status       int
		to           string
		want         string // what the error says; "" is delivered
	}{
		{"307 to another path", "the same server may move it", 307, "/moved", ""},
		{"308 to another path", "the same server may move it", 308, "/moved", ""},
		{"301 to another path", "clients make a GET of it, without the body", 301, "/moved", "answers 301"},
		{"302 to another path", "clients make a GET of it, without the body", 302, "/moved", "answers 302"},
		{"303 to another path", "it asks for a GET", 303, "/moved", "answers 303"},
		{"307 to itself", "three times at most", 307, "/hook", "answers 307"},
		{"307 to another port", "another server", 307, elsewhere, "answers 307"},
		{"307 to another name", "another server, whatever it resolves to", 307, "http://localhost:" + port, "answers 307"},
		{"307 with a user", "credentials that are not ours", 307, "http://u:p@SELF/moved", "answers 307"},
		{"307 to another scheme", "no network", 307, "file:///etc/passwd", "answers 307"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			moved := newReceiver(t, secret(1))
			requests := 0
			mux := http.NewServeMux()
			mux.Handle("/moved", moved)
			mux.HandleFunc("/hook", func(w http.ResponseWriter, r *http.Request) {
				requests++
				w.Header().Set("Location", strings.ReplaceAll(tt.to, "SELF", r.Host))
				w.WriteHeader(tt.status)
			})
			u := serve(t, mux.ServeHTTP)
			err := newSink(t, u+"/hook", webhook.WithSecrets(secret(1)), webhook.WithGzip()).Export(t.Context(), some(2))
			if tt.want == "" {
				if err != nil || len(moved.got()) != 2 {
					t.Errorf("%d events arrived, %v: %s", len(moved.got()), err, tt.reason)
				}
				return
			}
			if err == nil || sink.IsPermanent(err) || !strings.Contains(err.Error(), tt.want) || len(moved.got()) != 0 {
				t.Errorf("%v, want %q: %s", err, tt.want, tt.reason)
			}
			if requests > 4 {
				t.Errorf("%d requests, want 4 at most: %s", requests, tt.reason)
			}
		})
	}
	if stolen.Load() > 0 {
		t.Errorf("%d requests went elsewhere", stolen.Load())
	}
}

// TestDowngrade: what has begun in https does not go on without it.
func TestDowngrade(t *testing.T) {
	var plain atomic.Int64
	target := serve(t, func(http.ResponseWriter, *http.Request) { plain.Add(1) })
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, _ := url.Parse(target)
		http.Redirect(w, r, to.String(), http.StatusTemporaryRedirect)
	}))
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	err := newSink(t, s.URL, webhook.WithTLS(&tls.Config{RootCAs: roots})).Export(t.Context(), some(1))
	if err == nil || !strings.Contains(err.Error(), "answers 307") || plain.Load() != 0 {
		t.Errorf("%v, and %d requests without TLS", err, plain.Load())
	}
}

func TestTLS(t *testing.T) {
	s := newReceiver(t, "")
	secure := httptest.NewUnstartedServer(s)
	secure.EnableHTTP2 = true
	secure.Config.ErrorLog = quiet()
	secure.StartTLS()
	t.Cleanup(secure.Close)
	err := newSink(t, secure.URL).Export(t.Context(), some(1))
	if err == nil || sink.IsPermanent(err) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v, want that the certificate is not to be trusted", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	version := 0
	s.Set(nil)
	count := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { version = r.ProtoMajor; s.ServeHTTP(w, r) })
	secure.Config.Handler = count
	if err := newSink(t, secure.URL, webhook.WithTLS(&tls.Config{RootCAs: roots})).Export(t.Context(), some(2)); err != nil || len(s.got()) != 2 || version != 2 {
		t.Errorf("%d events over HTTP/%d, %v", len(s.got()), version, err)
	}
}

// TestNilTransportOptions: nil is the default of WithTLS and WithDialer, so it may stand beside a client, and undoes what was
// set before.
func TestNilTransportOptions(t *testing.T) {
	s := newReceiver(t, "")
	refuses := &net.Dialer{Control: func(string, string, syscall.RawConn) error { return syscall.EACCES }}
	for name, opts := range map[string][]webhook.Option{
		"alone":           {webhook.WithTLS(nil), webhook.WithDialer(nil)},
		"after others":    {webhook.WithDialer(refuses), webhook.WithDialer(nil), webhook.WithTLS(&tls.Config{}), webhook.WithTLS(nil)},
		"beside a client": {webhook.WithTLS(nil), webhook.WithDialer(nil), webhook.WithHTTPClient(s.Client())},
	} {
		if err := newSink(t, s.URL, opts...).Export(t.Context(), some(1)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := webhook.New(s.URL, webhook.WithHTTPClient(s.Client()), webhook.WithTLS(&tls.Config{}), webhook.WithProxy(nil), webhook.WithDialer(&net.Dialer{}))
	if err == nil || !strings.Contains(err.Error(), "WithHTTPClient and WithTLS, WithProxy, WithDialer: ") {
		t.Errorf("%v, want the options that set something", err)
	}
}

// TestClient: a client of the application's own.
func TestClient(t *testing.T) {
	s := newReceiver(t, "")
	c := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(c.CloseIdleConnections)
	if err := newSink(t, s.URL, webhook.WithHTTPClient(c)).Export(t.Context(), some(2)); err != nil || len(s.got()) != 2 {
		t.Errorf("%d events, %v", len(s.got()), err)
	}
	if c.CheckRedirect != nil {
		t.Error("the application's client was changed")
	}
}

// proxy forwards to the receiver, whatever host was asked for, and says which that was.
func proxy(t testing.TB, to string, asked *atomic.Value) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.Host)
		out, err := http.NewRequestWithContext(r.Context(), r.Method, to, r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		out.Header = r.Header.Clone()
		res, err := http.DefaultTransport.RoundTrip(out)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		w.WriteHeader(res.StatusCode)
	})
}

func TestProxy(t *testing.T) {
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	s := newReceiver(t, "")
	var asked atomic.Value
	at, err := url.Parse(proxy(t, s.URL, &asked))
	if err != nil {
		t.Fatal(err)
	}
	if err := newSink(t, "http://hooks.invalid/x", webhook.WithProxy(http.ProxyURL(at))).Export(t.Context(), some(2)); err != nil || len(s.got()) != 2 {
		t.Errorf("%d events, %v", len(s.got()), err)
	}
	if asked.Load() != "hooks.invalid" {
		t.Errorf("the proxy was asked for %v", asked.Load())
	}
}

// childURL names the variable that makes this test binary send one event to its value.
const childURL = "CAIRN_WEBHOOK_TEST_URL"

// child is what TestProxyOfEnvironment starts: the environment's proxy is read once in a process.
func child(url string) {
	exporter, err := webhook.New(url)
	if err == nil {
		err = exporter.Export(noCancel(), some(1))
	}
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
}

func TestProxyOfEnvironment(t *testing.T) {
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	s := newReceiver(t, "")
	var asked atomic.Value
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childURL+"=http://hooks.invalid/x", "HTTP_PROXY="+proxy(t, s.URL, &asked), "NO_PROXY=")
	if out, err := cmd.CombinedOutput(); err != nil || len(s.got()) != 1 || asked.Load() != "hooks.invalid" {
		t.Errorf("%d events, asked for %v, %v: %s", len(s.got()), asked.Load(), err, out)
	}
}

// TestErrorsAreWrapped: callers find out why.
func TestErrorsAreWrapped(t *testing.T) {
	exporter := newSink(t, "http://127.0.0.1:1")
	if err := exporter.Export(t.Context(), some(1)); err == nil || sink.IsPermanent(err) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("%v, want that the connection is refused", err)
	}
	if err := exporter.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := exporter.Export(t.Context(), some(1)); !errors.Is(err, sink.ErrClosed) {
		t.Errorf("%v, want ErrClosed", err)
	}
}
