package touchpoint_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/touchpoint"
)

// The abilities that a ResponseWriter may have: net/http's and io's optional interfaces, and those that
// http.ResponseController looks for.
type (
	flushErrorer interface{ FlushError() error }
	deadliner    interface {
		SetReadDeadline(time.Time) error
		SetWriteDeadline(time.Time) error
	}
	fullDuplexer interface{ EnableFullDuplex() error }
)

var abilityNames = []string{
	"http.Flusher", "flushErrorer", "http.CloseNotifier", "http.Hijacker", "io.ReaderFrom",
	"deadliner", "fullDuplexer", "http.Pusher", "io.StringWriter",
}

// abilitiesOf is what a handler finds by type assertion, as bits in the order of abilityNames.
func abilitiesOf(w http.ResponseWriter) (has int) {
	for i, ok := range []bool{
		is[http.Flusher](w), is[flushErrorer](w), is[http.CloseNotifier](w), is[http.Hijacker](w), is[io.ReaderFrom](w),
		is[deadliner](w), is[fullDuplexer](w), is[http.Pusher](w), is[io.StringWriter](w),
	} {
		if ok {
			has |= 1 << i
		}
	}
	return has
}

func is[T any](w http.ResponseWriter) bool {
	_, ok := w.(T)
	return ok
}

// everything is a writer that can do all, and says what was used.
type everything struct {
	http.ResponseWriter

	used string
}

func (e *everything) Flush()                   { e.used = "Flush" }
func (e *everything) FlushError() error        { e.used = "FlushError"; return io.ErrShortBuffer }
func (e *everything) CloseNotify() <-chan bool { e.used = "CloseNotify"; return nil }
func (e *everything) SetReadDeadline(time.Time) error {
	e.used = "SetReadDeadline"
	return io.ErrShortBuffer
}

func (e *everything) SetWriteDeadline(time.Time) error {
	e.used = "SetWriteDeadline"
	return io.ErrShortBuffer
}

func (e *everything) EnableFullDuplex() error { e.used = "EnableFullDuplex"; return io.ErrShortBuffer }

func (e *everything) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	e.used = "Hijack"
	return nil, nil, io.ErrShortBuffer
}

func (e *everything) ReadFrom(io.Reader) (int64, error) {
	e.used = "ReadFrom"
	return 7, io.ErrShortBuffer
}

func (e *everything) Push(string, *http.PushOptions) error { e.used = "Push"; return io.ErrShortBuffer }

func (e *everything) WriteString(s string) (int, error) {
	e.used = "WriteString"
	return len(s), io.ErrShortBuffer
}

// TestExactlyTheAbilities: handlers look for an ability by type assertion, and do without it where it is
// not there, so the writer that they get has those of the one below, no fewer, no more, and each reaches
// it: in all 512 combinations.
func TestExactlyTheAbilities(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	for has, writer := range combinations {
		below := &everything{ResponseWriter: httptest.NewRecorder()}
		w := writer(below)
		if got := abilitiesOf(w); got != has {
			t.Fatalf("the test is wrong: the writer %b has %b", has, got)
		}
		h := touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if got := abilitiesOf(w); got != has {
				t.Errorf("below are %s, the handler finds %s", say(has), say(got))
			}
			use(t, w, below)
		}), "/"))
		h.ServeHTTP(w, get("/").WithContext(s.context()))
	}
}

// use calls every ability that w has, and expects that it reaches the writer below, and its answer the
// caller.
func use(t *testing.T, w http.ResponseWriter, below *everything) {
	t.Helper()
	expect := func(what string, err error) {
		t.Helper()
		if below.used != what || err != io.ErrShortBuffer {
			t.Errorf("%s used %q below, and returned %v", what, below.used, err)
		}
		below.used = ""
	}
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
		expect("Flush", io.ErrShortBuffer)
	}
	if f, ok := w.(flushErrorer); ok {
		expect("FlushError", f.FlushError())
	}
	if c, ok := w.(http.CloseNotifier); ok {
		c.CloseNotify()
		expect("CloseNotify", io.ErrShortBuffer)
	}
	if h, ok := w.(http.Hijacker); ok {
		_, _, err := h.Hijack()
		expect("Hijack", err)
	}
	if r, ok := w.(io.ReaderFrom); ok {
		n, err := r.ReadFrom(strings.NewReader("x"))
		if expect("ReadFrom", err); n != 7 {
			t.Errorf("ReadFrom returned %d, want 7", n)
		}
	}
	if d, ok := w.(deadliner); ok {
		expect("SetReadDeadline", d.SetReadDeadline(time.Time{}))
		expect("SetWriteDeadline", d.SetWriteDeadline(time.Time{}))
	}
	if d, ok := w.(fullDuplexer); ok {
		expect("EnableFullDuplex", d.EnableFullDuplex())
	}
	if p, ok := w.(http.Pusher); ok {
		expect("Push", p.Push("/a.css", nil))
	}
	if s, ok := w.(io.StringWriter); ok {
		n, err := s.WriteString("hello")
		if expect("WriteString", err); n != 5 {
			t.Errorf("WriteString returned %d, want 5", n)
		}
	}
}

func say(has int) string {
	var names []string
	for i, n := range abilityNames {
		if has&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return fmt.Sprintf("%q", names)
}

// TestAbilitiesOfServers: the writers that servers give to handlers, over each protocol.
func TestAbilitiesOfServers(t *testing.T) {
	t.Parallel()
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			var bare, wrapped int
			inner := touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { wrapped = abilitiesOf(w) }), "/{rest...}"))
			exchange(t, s, p, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				bare = abilitiesOf(w)
				inner.ServeHTTP(w, r)
			}))
			if bare == 0 || bare != wrapped {
				t.Errorf("the server's writer has %s, the handler finds %s", say(bare), say(wrapped))
			}
		})
	}
}

// TestWrappingAllocates no more than one piece of memory for a writer of net/http: it is done for each
// request.
func TestWrappingAllocates(t *testing.T) { //nolint:paralleltest // it counts allocations
	s := newSpy(t)
	r := get("/").WithContext(s.context())
	h := touchpoint.Handler(routes(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), "/"))
	count := func(has int) float64 {
		w := combinations[has](&everything{ResponseWriter: httptest.NewRecorder()})
		return testing.AllocsPerRun(200, func() { h.ServeHTTP(w, r) })
	}
	const http1, http2, tests = 0b101111111 &^ 0b010000000, 0b111100111, 0b100000001
	plain := count(0)
	for name, has := range map[string]int{"HTTP/1.1": http1, "HTTP/2": http2, "httptest": tests} {
		if got := count(has); got != plain {
			t.Errorf("a writer of %s costs %v allocations more than one that can nothing", name, got-plain)
		}
	}
}

var update = flag.Bool("update", false, "write the generated files")

// TestCombinations makes combinations_gen_test.go, or says that it is not what it would make.
func TestCombinations(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString("// Code generated by TestCombinations -update. DO NOT EDIT.\n\npackage touchpoint_test\n\nimport (\n\t\"io\"\n\t\"net/http\"\n)\n\n")
	b.WriteString("// combinations are writers by the abilities that they have, as bits in the order of abilityNames.\n")
	b.WriteString("var combinations = []func(e *everything) http.ResponseWriter{\n")
	for has := range 1 << len(abilityNames) {
		fields, values := "http.ResponseWriter", "e.ResponseWriter"
		for i, n := range abilityNames {
			if has&(1<<i) != 0 {
				fields += "; " + n
				values += ", e"
			}
		}
		fmt.Fprintf(&b, "\tfunc(e *everything) http.ResponseWriter { return struct{ %s }{%s} },\n", fields, values)
	}
	b.WriteString("}\n")
	want, err := format.Source(b.Bytes())
	must(t, err)
	const name = "combinations_gen_test.go"
	if *update {
		must(t, os.WriteFile(name, want, 0o600))
	}
	if had, err := os.ReadFile(name); err != nil || !bytes.Equal(had, want) {
		t.Errorf("%s is not what it should be (%v): run go test -run TestCombinations -update ./touchpoint", name, err)
	}
}
