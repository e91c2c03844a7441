package delegate_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/delegate"
)

const directoryType = "application/http-message-signatures-directory+json"

// directory is the JWKS of the agent.
func (a agent) directory(more string) string {
	return `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"` + a.keyid + `","x":"` + base64.RawURLEncoding.EncodeToString(a.public()) + `","use":"sig"` + more + `}]}`
}

// serve is a server of directories, and a Recogniser that fetches from it.
func serve(t *testing.T, h http.HandlerFunc, opts ...delegate.Option) (*delegate.Recogniser, *httptest.Server, chan error) {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	errs := make(chan error, 100)
	r, err := delegate.New(append([]delegate.Option{
		delegate.WithClock(clock), delegate.Trust(pool), delegate.AnyAddress(), delegate.WithFetching(),
		delegate.WithErrorHandler(func(err error) { errs <- err }),
		delegate.WithAssistants(delegate.Assistant{Name: "Ann", SignatureAgent: server.URL}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r, server, errs
}

// of is what the Recogniser says of a request that the agent has signed in the name of the server.
func (a agent) of(r *delegate.Recogniser, server string, n int) touchpoint.Delegate {
	return r.Of(a.request(func(q *http.Request, s *signed) {
		q.Header.Set("Signature-Agent", `sig1="`+server+`"`)
		s.lines[1] = `"signature-agent";key="sig1": "` + server + `"`
		s.params = strings.Replace(s.params, `nonce="n1"`, fmt.Sprintf(`nonce="%d"`, n), 1)
	}))
}

// TestDirectory: an assistant is claimed until its directory has answered, and verified from then on. No request waits.
func TestDirectory(t *testing.T) {
	t.Parallel()
	a, release := newAgent(t), make(chan struct{})
	var asked atomic.Int64
	fetched := make(chan struct{})
	r, server, errs := serve(t, func(w http.ResponseWriter, q *http.Request) {
		if asked.Add(1) == 1 {
			<-release
		}
		if q.URL.Path != "/.well-known/http-message-signatures-directory" || q.Header.Get("Accept") == "" || q.URL.RawQuery != "" {
			t.Errorf("it asks for %s, accepting %q", q.URL, q.Header.Get("Accept"))
		}
		w.Header().Set("Content-Type", directoryType)
		_, _ = fmt.Fprint(w, a.directory(""))
	}, delegate.Fetched(func() { close(fetched) }))
	if got, want := a.of(r, server.URL, -1), (touchpoint.Delegate{Name: "Ann", Proof: touchpoint.DelegateClaimed}); got != want {
		t.Errorf("before the answer it says %+v, want %+v", got, want)
	}
	close(release)
	<-fetched
	if got := a.of(r, server.URL, 1000); got.Proof != touchpoint.DelegateVerified {
		t.Errorf("after the answer it says %+v", got)
	}
	other := newAgent(t)
	for n := range 50 { // keys that the directory does not have
		if got := other.of(r, server.URL, n); got.Proof != touchpoint.DelegateClaimed || got.Refused != "" {
			t.Fatalf("an unknown key says %+v", got)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("it asked %d times within a minute, want once", n)
	}
	select {
	case err := <-errs:
		t.Errorf("it reports %v", err)
	default:
	}
}

// TestDirectoryRefused: what is no directory gives no key, and says why.
func TestDirectoryRefused(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	type answer = func(w http.ResponseWriter, q *http.Request)
	typed := func(body string) answer {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", directoryType)
			_, _ = fmt.Fprint(w, body)
		}
	}
	for _, c := range []struct {
		name   string
		answer answer
		want   string // in the error; "" is a directory without the key
	}{
		{"not found", http.NotFound, "status"},
		{"a redirect", func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, "/other", http.StatusFound) }, "status"},
		{"another status of success", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "status"},
		{"another type", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprint(w, a.directory(""))
		}, "media type"},
		{"no JSON", typed("keys"), "Key Set"},
		{"no keys", typed("{}"), "Key Set"},
		{"too long", typed(a.directory("") + strings.Repeat(" ", 65<<10)), "longer"},
		{"too many keys", typed(`{"keys":[` + strings.Repeat("{},", 32) + `{}]}`), "more than 32"},
		{"another kid", typed(strings.Replace(a.directory(""), a.keyid, "key-1", 1)), ""},
		{"a key that is over", typed(a.directory(`,"exp":1796039999`)), ""},
		{"a key of tomorrow", typed(a.directory(`,"nbf":1796040001`)), ""},
		{"a key for encryption", typed(strings.Replace(a.directory(""), `"sig"`, `"enc"`, 1)), ""},
		{"a key of another kind", typed(strings.Replace(a.directory(""), "OKP", "EC", 1)), ""},
		{"a key of another algorithm", typed(a.directory(`,"alg":"HS256"`)), ""},
		{"a short key", typed(strings.Replace(a.directory(""), `"x":"`, `"x":"AA`, 1)), ""},
		{"no list of objects", typed(`{"keys":[1,"a",null,[]]}`), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fetched := make(chan struct{})
			var asked atomic.Int64
			r, server, errs := serve(t, func(w http.ResponseWriter, q *http.Request) {
				asked.Add(1)
				c.answer(w, q)
			}, delegate.Fetched(func() { close(fetched) }))
			select {
			case <-fetched: // its keys have replaced those of before
				if c.want != "" {
					t.Errorf("the directory is good, want the error %q", c.want)
				}
			case err := <-errs:
				if c.want == "" || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "Ann") {
					t.Errorf("the error is %v, want %q", err, c.want)
				}
			}
			if got := a.of(r, server.URL, 0); got.Proof != touchpoint.DelegateClaimed {
				t.Errorf("it says %+v", got)
			}
			if asked.Load() != 1 {
				t.Errorf("it asked %d times", asked.Load())
			}
		})
	}
}

// TestKeysWithTimes: a key within its time is good.
func TestKeysWithTimes(t *testing.T) {
	t.Parallel()
	a := newAgent(t)
	fetched := make(chan struct{})
	r, server, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", directoryType+"; charset=utf-8")
		_, _ = fmt.Fprint(w, a.directory(`,"nbf":1796040000,"exp":1796040001000`)) // in milliseconds
	}, delegate.Fetched(func() { close(fetched) }))
	<-fetched
	if got := a.of(r, server.URL, 0); got.Proof != touchpoint.DelegateVerified {
		t.Errorf("it says %+v", got)
	}
}

// TestPrivateAddresses: the guard sees the address after the name was resolved.
func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address string
		public  bool
	}{
		{"8.8.8.8:443", true},
		{"1.1.1.1:8443", true},
		{"[2606:4700:4700::1111]:443", true},
		{"[::ffff:8.8.8.8]:443", true},
		{"127.0.0.1:443", false},
		{"127.8.9.1:443", false},
		{"0.0.0.0:443", false},
		{"0.1.2.3:443", false},
		{"10.1.2.3:443", false},
		{"172.16.0.1:443", false},
		{"192.168.1.1:443", false},
		{"169.254.169.254:443", false},
		{"100.64.0.1:443", false},
		{"192.0.0.1:443", false},
		{"192.0.2.1:443", false},
		{"198.18.0.1:443", false},
		{"198.51.100.1:443", false},
		{"203.0.113.1:443", false},
		{"224.0.0.1:443", false},
		{"240.0.0.1:443", false},
		{"255.255.255.255:443", false},
		{"192.88.99.1:443", false},
		{"[::1]:443", false},
		{"[::]:443", false},
		{"[fe80::1]:443", false},
		{"[fe80::1%eth0]:443", false},
		{"[fc00::1]:443", false},
		{"[fd12::1]:443", false},
		{"[ff02::1]:443", false},
		{"[::ffff:127.0.0.1]:443", false},
		{"[::ffff:10.0.0.1]:443", false},
		{"[::127.0.0.1]:443", false},
		{"[64:ff9b::7f00:1]:443", false},
		{"[64:ff9b:1::a00:1]:443", false},
		{"[2002:7f00:1::]:443", false},
		{"[2001::1]:443", false},
		{"[2001:db8::1]:443", false},
		{"[100::1]:443", false},
		{"[3fff::1]:443", false},
		{"[fec0::1]:443", false},
		{"[5f00::1]:443", false},
	} {
		if got := delegate.Public(netip.MustParseAddrPort(c.address)) == nil; got != c.public {
			t.Errorf("%s is public: %v, want %v", c.address, got, c.public)
		}
	}
	if delegate.Public(netip.AddrPort{}) == nil {
		t.Error("no address is public")
	}
}

// TestGuard: a directory on this machine is not asked for, whatever it is called.
func TestGuard(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "https://"), ":")
	for _, host := range []string{"127.0.0.1", "localhost"} {
		errs := make(chan error, 100)
		r, err := delegate.New(delegate.WithFetching("Ann"), delegate.WithErrorHandler(func(err error) { errs <- err }),
			delegate.WithAssistants(delegate.Assistant{Name: "Ann", SignatureAgent: "https://" + host + ":" + port}))
		if err != nil {
			t.Fatal(err)
		}
		if err := <-errs; !strings.Contains(err.Error(), "not public") {
			t.Errorf("%s: the error is %v", host, err)
		}
		if err := r.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if asked.Load() != 0 {
		t.Error("it has asked")
	}
}

// TestShutdown: it ends a fetch that does not end, and may be called again.
func TestShutdown(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	r, _, errs := serve(t, func(_ http.ResponseWriter, q *http.Request) {
		close(began)
		<-q.Context().Done()
	})
	<-began
	for range 2 {
		if err := r.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if len(errs) > 0 {
		t.Errorf("it reports %v, and Shutdown is no fault", <-errs)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // not by chance
		if err := r.Shutdown(over); err != nil {
			t.Fatalf("the goroutine has ended, and Shutdown says %v", err)
		}
	}
}

// TestFresh: how long an answer is good, within bounds.
func TestFresh(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		control, age string
		want         time.Duration
	}{
		{"", "", time.Hour},
		{"max-age=7200", "", 2 * time.Hour},
		{"public, MAX-AGE=\"7200\"", "3600", time.Hour},
		{"max-age=1", "", time.Minute},
		{"max-age=999999999", "", 24 * time.Hour},
		{"no-store, max-age=7200", "", time.Minute},
		{"no-cache", "", time.Minute},
		{"max-age=-1", "", time.Hour},
		{"max-age=7200", "9999999", time.Minute},
		{"max-age=99999999999999999999", "x", time.Hour},
	} {
		h := http.Header{"Cache-Control": {c.control}, "Age": {c.age}}
		if got := delegate.FreshFor(h); got != c.want {
			t.Errorf("%q of the age %q is fresh for %v, want %v", c.control, c.age, got, c.want)
		}
	}
}
