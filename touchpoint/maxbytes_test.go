package touchpoint_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"cairncx.dev/cairn/touchpoint"
)

// TestMaxBytes: after http.MaxBytesReader has had enough the connection is closed, and the client told so,
// as without the handler: else whoever sends too much goes on sending. In all other cases it is kept.
func TestMaxBytes(t *testing.T) {
	t.Parallel()
	limited := func(limit int64, read func(r io.Reader) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, limit)
			if err := read(r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			}
		}
	}
	all := func(r io.Reader) error {
		_, err := io.ReadAll(r)
		return err //nolint:wrapcheck // a test
	}
	some := func(n int) func(io.Reader) error {
		return func(r io.Reader) error {
			_, err := io.ReadFull(r, make([]byte, n))
			return err //nolint:wrapcheck // a test
		}
	}
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		sent    int
	}{
		{"one byte too much", limited(100, all), 101},
		{"far too much", limited(100, all), 1 << 20},
		{"as much as is allowed", limited(100, all), 100},
		{"less", limited(100, all), 99},
		{"nothing is allowed", limited(0, all), 1},
		{"one byte is allowed", limited(1, all), 2},
		{"nothing is sent", limited(100, all), 0},
		{"some is read", limited(100, some(50)), 80},
		{"some is read to the limit", limited(100, some(100)), 200},
		{"beyond the limit is asked for", limited(100, some(101)), 200},
		{"byte by byte", limited(100, func(r io.Reader) error { return all(iotestOneByte{r}) }), 200},
		{"buffered", limited(100, func(r io.Reader) error { return all(bufio.NewReaderSize(r, 16)) }), 200},
		{"as JSON", limited(100, func(r io.Reader) error {
			var v []int
			return json.NewDecoder(r).Decode(&v) //nolint:wrapcheck // a test
		}), 200},
		{"as a form", func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, 100)
			if err := r.ParseForm(); err != nil {
				http.Error(w, "", http.StatusBadRequest)
			}
		}, 200},
		{"by http.MaxBytesHandler", func(w http.ResponseWriter, r *http.Request) {
			http.MaxBytesHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _ = all(r.Body) }), 100).ServeHTTP(w, r)
		}, 200},
		{"answered before", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "hello")
			_ = http.NewResponseController(w).Flush()
			_ = all(http.MaxBytesReader(w, r.Body, 1<<30))
		}, 200},
		{"no limit, some is read", func(_ http.ResponseWriter, r *http.Request) { _ = some(50)(r.Body) }, 80},
		{"no limit, one byte is read", func(_ http.ResponseWriter, r *http.Request) { _ = some(1)(r.Body) }, 80},
		{"no limit, refused", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) }, 80},
	} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, ", chunked ", chunked), func(t *testing.T) {
				t.Parallel()
				s := newSpy(t)
				h := routes(c.handler, "/")
				bare := conversation(t, s, h, c.sent, chunked)
				wrapped := conversation(t, s, touchpoint.Handler(h), c.sent, chunked)
				if bare != wrapped {
					t.Errorf("with the handler:\n%s\nwithout it:\n%s", wrapped, bare)
				}
			})
		}
	}
}

// iotestOneByte reads byte by byte from a larger piece of memory.
type iotestOneByte struct{ r io.Reader }

func (o iotestOneByte) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return o.r.Read(p[:1:1]) //nolint:wrapcheck // a test
}

// conversation sends a body and then, on the same connection, a second request, and returns what was
// answered.
func conversation(t *testing.T, s *spy, h http.Handler, size int, chunked bool) string {
	t.Helper()
	srv := s.server(h)
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String()) //nolint:noctx // a test
	must(t, err)
	defer func() { _ = conn.Close() }()
	body := strings.Repeat("1", size)
	var sent bytes.Buffer
	head := "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	if chunked {
		fmt.Fprintf(&sent, "%sTransfer-Encoding: chunked\r\n\r\n", head)
		if size > 0 {
			fmt.Fprintf(&sent, "%x\r\n%s\r\n", size, body)
		}
		sent.WriteString("0\r\n\r\n")
	} else {
		fmt.Fprintf(&sent, "%sContent-Length: %d\r\n\r\n%s", head, size, body)
	}
	sent.WriteString("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	go func() { _, _ = conn.Write(sent.Bytes()) }() // the server need not read all of it
	var said strings.Builder
	in := bufio.NewReader(conn)
	for {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return said.String()
		}
		got, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		res.Header.Del("Date")
		fmt.Fprintln(&said, res.StatusCode, res.Close, res.Header, string(got), err)
	}
}
