package touchpoint_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// protocol is one that a server speaks.
type protocol struct {
	name  string
	start func(*httptest.Server)
}

var protocols = []protocol{
	{"HTTP/1.1", func(s *httptest.Server) { s.Start() }},
	{"HTTP/2", func(s *httptest.Server) {
		s.EnableHTTP2 = true
		s.StartTLS()
	}},
	{"h2c", func(s *httptest.Server) {
		s.Config.Protocols = new(http.Protocols)
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
		tr := &http.Transport{Protocols: s.Config.Protocols}
		s.Client().Transport = tr
		s.Config.RegisterOnShutdown(tr.CloseIdleConnections)
	}},
}

// answer is all that a client sees of one.
type answer struct {
	Err     bool
	Proto   string
	Status  int
	Header  http.Header
	Body    string
	Trailer http.Header
	Early   []int // informational ones
	Said    string
}

// TestItChangesNothing answers the same requests with and without the handler, over each protocol,
// and expects no difference that a client or the handler could see.
func TestItChangesNothing(t *testing.T) {
	t.Parallel()
	type operation func(w http.ResponseWriter, r *http.Request) string
	control := func(f func(rc *http.ResponseController) error) operation {
		return func(w http.ResponseWriter, _ *http.Request) string {
			err := f(http.NewResponseController(w))
			_, _ = io.WriteString(w, "hello")
			return fmt.Sprint(err == nil, errors.Is(err, http.ErrNotSupported))
		}
	}
	for _, c := range []struct {
		name string
		do   operation
	}{
		{"nothing", func(http.ResponseWriter, *http.Request) string { return "" }},
		{"a body", func(w http.ResponseWriter, _ *http.Request) string {
			n, err := io.WriteString(w, "hello")
			return fmt.Sprint(n, err)
		}},
		{"a status", func(w http.ResponseWriter, _ *http.Request) string {
			w.WriteHeader(http.StatusTeapot)
			return ""
		}},
		{"two statuses", func(w http.ResponseWriter, _ *http.Request) string {
			w.WriteHeader(http.StatusTeapot)
			w.WriteHeader(http.StatusOK)
			return ""
		}},
		{"headers and trailers", func(w http.ResponseWriter, _ *http.Request) string {
			w.Header().Set("Trailer", "X-Sum")
			w.Header().Set("X-A", "1")
			_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
			w.Header().Set("X-Sum", "2")
			return ""
		}},
		{"early hints", func(w http.ResponseWriter, _ *http.Request) string {
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusAccepted)
			return ""
		}},
		{"an invalid status", func(w http.ResponseWriter, _ *http.Request) (said string) {
			defer func() { said = fmt.Sprint(recover()) }()
			w.WriteHeader(7)
			return ""
		}},
		{"no body allowed", func(w http.ResponseWriter, _ *http.Request) string {
			w.WriteHeader(http.StatusNoContent)
			_, err := w.Write([]byte("x"))
			return fmt.Sprint(errors.Is(err, http.ErrBodyNotAllowed))
		}},
		{"more than was promised", func(w http.ResponseWriter, _ *http.Request) string {
			w.Header().Set("Content-Length", "2")
			_, err := w.Write([]byte("abc"))
			return fmt.Sprint(errors.Is(err, http.ErrContentLength))
		}},
		{"a Flusher", func(w http.ResponseWriter, _ *http.Request) string {
			f, ok := w.(http.Flusher)
			if ok {
				f.Flush()
			}
			return fmt.Sprint(ok)
		}},
		{"a Hijacker", func(w http.ResponseWriter, _ *http.Request) string {
			_, ok := w.(http.Hijacker)
			return fmt.Sprint(ok)
		}},
		{"control: Flush", control((*http.ResponseController).Flush)},
		{"control: SetReadDeadline", control(func(rc *http.ResponseController) error { return rc.SetReadDeadline(time.Now().Add(time.Hour)) })},
		{"control: SetWriteDeadline", control(func(rc *http.ResponseController) error { return rc.SetWriteDeadline(time.Now().Add(time.Hour)) })},
		{"control: EnableFullDuplex", control((*http.ResponseController).EnableFullDuplex)},
		{"io.Copy", func(w http.ResponseWriter, _ *http.Request) string {
			n, err := io.Copy(w, io.MultiReader(strings.NewReader("a"), strings.NewReader("b")))
			return fmt.Sprint(n, err)
		}},
		{"io.Copy from what breaks at once", func(w http.ResponseWriter, _ *http.Request) string {
			n, err := io.Copy(w, broken{})
			http.Error(w, "the source broke", http.StatusBadGateway)
			return fmt.Sprint(n, err)
		}},
		{"a server-sent event", func(w http.ResponseWriter, _ *http.Request) string {
			rc := http.NewResponseController(w)
			for i := range 3 {
				_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
				if err := rc.Flush(); err != nil {
					return err.Error()
				}
			}
			return ""
		}},
		{"what was sent", func(w http.ResponseWriter, r *http.Request) string {
			b, err := io.ReadAll(r.Body)
			_, _ = w.Write(b)
			return fmt.Sprint(err, r.ContentLength, r.URL, r.Method, r.PathValue("rest"), r.Pattern)
		}},
		{"an aborted answer", func(w http.ResponseWriter, _ *http.Request) string {
			_, _ = io.WriteString(w, "hello")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}},
		{"http.ServeContent", func(w http.ResponseWriter, r *http.Request) string {
			r.Header.Set("Range", "bytes=2-4")
			http.ServeContent(w, r, "a.txt", time.Unix(1, 0), strings.NewReader("0123456789"))
			return ""
		}},
		{"http.TimeoutHandler inside", func(w http.ResponseWriter, r *http.Request) string {
			http.TimeoutHandler(status(http.StatusTeapot), time.Hour, "").ServeHTTP(w, r)
			return ""
		}},
	} {
		for _, p := range protocols {
			t.Run(c.name+" over "+p.name, func(t *testing.T) {
				t.Parallel()
				s := newSpy(t)
				var said string
				h := routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { said = c.do(w, r) }), "/{rest...}")
				bare := exchange(t, s, p, h)
				bare.Said = said
				said = ""
				wrapped := exchange(t, s, p, touchpoint.Handler(h))
				wrapped.Said = said
				if d := cmp.Diff(bare, wrapped); d != "" {
					t.Errorf("(-without the handler +with it):\n%s", d)
				}
				s.only(t)
			})
		}
	}
}

// broken is a source that breaks before it gave anything.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// exchange sends a request over the protocol and returns what was answered.
func exchange(t *testing.T, s *spy, p protocol, h http.Handler) (a answer) {
	t.Helper()
	srv := s.unstarted(h)
	p.start(srv)
	defer srv.Close()
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			a.Early = append(a.Early, code)
			return nil
		},
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+"/a/b?c=d", strings.NewReader("sent"))
	must(t, err)
	res, err := srv.Client().Do(r)
	if err != nil {
		a.Err = true
		return a
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Header.Del("Date")
	a.Err, a.Proto, a.Status, a.Header, a.Body, a.Trailer = err != nil, res.Proto, res.StatusCode, res.Header, string(body), res.Trailer
	return a
}

// TestWhatWasAnswered: the touchpoint's outcome is that of the status which the customer got.
func TestWhatWasAnswered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		writer       func(w http.ResponseWriter) http.ResponseWriter // between the server and the handler
		do           func(w http.ResponseWriter)
		want         event.Outcome
	}{
		{"early hints, then 500", "informational statuses are not the answer", nil, func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusInternalServerError)
		}, event.Failed},
		{"early hints, then nothing", "net/http says 200", nil, func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints) }, event.OK},
		{"a body, then 500", "the header has gone out with 200", nil, func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "hello")
			w.WriteHeader(http.StatusInternalServerError)
		}, event.OK},
		{"a flush, then 500", "the header has gone out with 200", nil, func(w http.ResponseWriter) {
			_ = http.NewResponseController(w).Flush()
			w.WriteHeader(http.StatusInternalServerError)
		}, event.OK},
		{"a flush by assertion, then 500", "the same", nil, func(w http.ResponseWriter) {
			w.(http.Flusher).Flush() //nolint:forcetypeassert // that is what is tried
			w.WriteHeader(http.StatusInternalServerError)
		}, event.OK},
		{"a source that breaks at once, then 502", "nothing had gone out: the customer got 502", nil, func(w http.ResponseWriter) {
			_, _ = io.Copy(w, broken{})
			http.Error(w, "", http.StatusBadGateway)
		}, event.Failed},
		{"a hijack that fails, then 500", "the customer got 500", func(w http.ResponseWriter) http.ResponseWriter {
			return failingHijacker{w}
		}, func(w http.ResponseWriter) {
			if _, _, err := http.NewResponseController(w).Hijack(); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		}, event.Failed},
		{"no hijack to be had, then 500", "the same", func(w http.ResponseWriter) http.ResponseWriter {
			return plain{w}
		}, func(w http.ResponseWriter) {
			if _, _, err := http.NewResponseController(w).Hijack(); errors.Is(err, http.ErrNotSupported) {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		}, event.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			h := touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.do(w) }), "/"))
			srv := s.server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.writer != nil {
					w = c.writer(w)
				}
				h.ServeHTTP(w, r)
			}))
			res, err := srv.Client().Get(srv.URL) //nolint:noctx // a test
			must(t, err)
			_ = res.Body.Close()
			srv.Close()
			if (res.StatusCode >= 500) != (c.want == event.Failed) {
				t.Errorf("the test is wrong: the customer got %d", res.StatusCode)
			}
			if e := s.only(t); e.Outcome != c.want {
				t.Errorf("%v, want %v: %s", e.Outcome, c.want, c.reason)
			}
		})
	}
}

// plain can do nothing but what a ResponseWriter must.
type plain struct{ http.ResponseWriter }

type failingHijacker struct{ http.ResponseWriter }

func (failingHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, io.ErrClosedPipe
}

// unwrapping is what middleware looks like since Go 1.20: abilities are reached by Unwrap only.
type unwrapping struct{ w http.ResponseWriter }

func (u unwrapping) Header() http.Header         { return u.w.Header() }
func (u unwrapping) Write(b []byte) (int, error) { return u.w.Write(b) } //nolint:wrapcheck // passes it on
func (u unwrapping) WriteHeader(status int)      { u.w.WriteHeader(status) }
func (u unwrapping) Unwrap() http.ResponseWriter { return u.w }

// able has the abilities, and says when they are used.
type able struct {
	http.ResponseWriter

	used []string
	err  error
}

func (a *able) use(what string) error {
	a.used = append(a.used, what)
	return a.err
}

func (a *able) FlushError() error                { return a.use("flush") }
func (a *able) SetReadDeadline(time.Time) error  { return a.use("read deadline") }
func (a *able) SetWriteDeadline(time.Time) error { return a.use("write deadline") }
func (a *able) EnableFullDuplex() error          { return a.use("full duplex") }
func (a *able) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, a.use("hijack")
}

// flushable is able, the older way.
type flushable struct{ *able }

func (f flushable) Flush() { _ = f.use("flush") }

// TestAbilities reaches for what is below, through whatever is between.
func TestAbilities(t *testing.T) {
	t.Parallel()
	errBelow := errors.New("below")
	calls := []struct {
		name string
		call func(rc *http.ResponseController) error
	}{
		{"flush", (*http.ResponseController).Flush},
		{"read deadline", func(rc *http.ResponseController) error { return rc.SetReadDeadline(time.Time{}) }},
		{"write deadline", func(rc *http.ResponseController) error { return rc.SetWriteDeadline(time.Time{}) }},
		{"full duplex", (*http.ResponseController).EnableFullDuplex},
		{"hijack", func(rc *http.ResponseController) error {
			_, _, err := rc.Hijack()
			return err //nolint:wrapcheck // a test
		}},
	}
	for _, c := range []struct {
		name    string
		between func(*able) http.ResponseWriter
		err     error
		flusher bool
	}{
		{"directly", func(a *able) http.ResponseWriter { return a }, nil, false},
		{"directly, the older way to flush", func(a *able) http.ResponseWriter { return flushable{a} }, nil, true},
		{"through middleware that unwraps", func(a *able) http.ResponseWriter { return unwrapping{a} }, nil, false},
		{"with errors", func(a *able) http.ResponseWriter { return a }, errBelow, false},
		{"with errors, the older way to flush", func(a *able) http.ResponseWriter { return flushable{a} }, errBelow, true},
	} {
		for _, call := range calls {
			t.Run(call.name+" "+c.name, func(t *testing.T) {
				t.Parallel()
				s := newSpy(t)
				below := &able{ResponseWriter: httptest.NewRecorder(), err: c.err}
				var got error
				h := touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if _, ok := w.(http.Flusher); ok != c.flusher {
						t.Errorf("it is a Flusher: %v, below: %v", ok, c.flusher)
					}
					got = call.call(http.NewResponseController(w))
				}), "/"))
				h.ServeHTTP(c.between(below), get("/").WithContext(s.context()))
				if !errors.Is(got, c.err) || c.err == nil && got != nil {
					t.Errorf("the error is %v, want %v", got, c.err)
				}
				if len(below.used) != 1 || below.used[0] != call.name {
					t.Errorf("below, %q was used", below.used)
				}
			})
		}
	}
}

// TestReadFrom: files still go by sendfile, which the server does in its ReadFrom.
func TestReadFrom(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	below := &readerFrom{ResponseWriter: httptest.NewRecorder()}
	h := touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n, err := io.Copy(w, io.LimitReader(strings.NewReader("hello, world"), 5)); n != 5 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	}), "/"))
	h.ServeHTTP(below, get("/").WithContext(s.context()))
	if below.read != 5 {
		t.Errorf("%d bytes went through ReadFrom, want 5", below.read)
	}
}

type readerFrom struct {
	http.ResponseWriter

	read int64
}

func (r *readerFrom) ReadFrom(src io.Reader) (n int64, err error) {
	n, err = io.Copy(io.Discard, src)
	r.read += n
	return n, err //nolint:wrapcheck // a test
}

// TestUpgrade talks over a connection that the handler has taken over, as WebSockets do, on a real
// server.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		hijack func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error)
	}{
		{"by ResponseController", func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) {
			return http.NewResponseController(w).Hijack() //nolint:wrapcheck // a test
		}},
		{"by assertion", func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) {
			return w.(http.Hijacker).Hijack() //nolint:wrapcheck,forcetypeassert // a test
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			done := make(chan struct{})
			inner := touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				conn, rw, err := c.hijack(w)
				if err != nil {
					t.Errorf("no hijack: %v", err)
					return
				}
				defer func() { _ = conn.Close() }()
				_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
				_ = rw.Flush()
				line, _ := rw.ReadString('\n')
				_, _ = rw.WriteString("echo " + line)
				_ = rw.Flush()
			}), "/ws"))
			srv := s.server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(done)
				inner.ServeHTTP(w, r)
			}))
			defer srv.Close()
			conn, err := net.Dial("tcp", srv.Listener.Addr().String()) //nolint:noctx // a test
			must(t, err)
			defer func() { _ = conn.Close() }()
			_, err = io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello\n")
			must(t, err)
			said, err := io.ReadAll(conn)
			must(t, err)
			if !strings.HasPrefix(string(said), "HTTP/1.1 101 ") || !strings.HasSuffix(string(said), "\r\n\r\necho hello\n") {
				t.Errorf("the server said %q", said)
			}
			<-done
			if e := s.only(t); e.Outcome != event.OK || e.Touchpoint != "/ws" {
				t.Errorf("%s was %v, want /ws ok", e.Touchpoint, e.Outcome)
			}
		})
	}
}

// TestFormsLeaveNoFiles: net/http removes a form's temporary files by the request that it has made
// itself, so it has to be told of the form.
func TestFormsLeaveNoFiles(t *testing.T) { //nolint:paralleltest // a folder for temporary files, by a variable
	for _, c := range []struct {
		name   string
		opt    touchpoint.HandlerOption
		panics bool
	}{
		{"a touchpoint", nil, false},
		{"a request that is skipped", touchpoint.WithSkip("/upload"), false},
		{"a panic, which HTTP/2 survives", nil, true},
	} {
		for _, p := range protocols {
			if c.panics && p.name == "HTTP/1.1" {
				continue // net/http itself leaves the files when a handler panics
			}
			t.Run(c.name+" over "+p.name, func(t *testing.T) { //nolint:paralleltest // see above
				dir := t.TempDir()
				t.Setenv("TMPDIR", dir)
				s := newSpy(t)
				var during int
				h := routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					if err := r.ParseMultipartForm(1); err != nil {
						t.Error(err)
					}
					files, _ := os.ReadDir(dir)
					during = len(files)
					if c.panics {
						panic(http.ErrAbortHandler)
					}
				}), "/upload")
				srv := s.unstarted(touchpoint.Handler(h, c.opt))
				p.start(srv)
				var body strings.Builder
				form := multipart.NewWriter(&body)
				part, err := form.CreateFormFile("file", "a.bin")
				must(t, err)
				_, err = part.Write(make([]byte, 11<<20)) // 10 MiB are always kept in memory
				must(t, err)
				must(t, form.Close())
				res, err := srv.Client().Post(srv.URL+"/upload", form.FormDataContentType(), strings.NewReader(body.String())) //nolint:noctx // a test
				if err == nil {
					_ = res.Body.Close()
				} else if !c.panics {
					t.Fatal(err)
				}
				srv.Close()
				files, err := os.ReadDir(dir)
				must(t, err)
				if during != 1 || len(files) != 0 {
					t.Errorf("there were %d temporary files, and %d are left", during, len(files))
				}
			})
		}
	}
}
