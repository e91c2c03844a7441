//go:build unix

package export

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/gzip"
	"google.golang.org/protobuf/encoding/protowire"
)

// sink is the local receiver that all of them send to. It reads everything and counts events, and costs as
// little as it can, for it runs beside those that are measured.
type sink struct {
	*httptest.Server

	events  atomic.Int64
	count   func(body []byte) int
	readers sync.Pool // of *reader
}

func newSink(count func([]byte) int) *sink {
	s := &sink{count: count, readers: sync.Pool{New: func() any { return new(reader) }}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

func (s *sink) serve(w http.ResponseWriter, r *http.Request) {
	in := s.readers.Get().(*reader)
	defer s.readers.Put(in)
	body, err := in.read(r)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.events.Add(int64(s.count(body)))
	_, _ = w.Write([]byte("{}"))
}

// reader reads the bodies of requests, one after the other, into one buffer.
type reader struct {
	body  bytes.Buffer
	unzip gzip.Reader
}

// read returns the body, which is the reader's.
func (in *reader) read(r *http.Request) ([]byte, error) {
	in.body.Reset()
	var from io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		if err := in.unzip.Reset(r.Body); err != nil {
			return nil, fmt.Errorf("a body that is not gzip: %w", err)
		}
		from = &in.unzip
	} else if r.ContentLength > 0 {
		in.body.Grow(int(r.ContentLength) + bytes.MinRead) // ReadFrom wants that much to see the end
	}
	if _, err := in.body.ReadFrom(from); err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	return in.body.Bytes(), nil
}

func occurrences(of string) func([]byte) int {
	text := []byte(of)
	return func(b []byte) int { return bytes.Count(b, text) }
}

// records counts the log records of an OTLP request, without making anything of them.
func records(b []byte) int {
	n := 0
	walk(b, 1, func(resource []byte) {
		walk(resource, 2, func(scope []byte) {
			walk(scope, 2, func([]byte) { n++ })
		})
	})
	return n
}

func walk(b []byte, field protowire.Number, f func([]byte)) {
	for len(b) > 0 {
		num, typ, k := protowire.ConsumeTag(b)
		if k < 0 {
			return
		}
		b = b[k:]
		if num == field && typ == protowire.BytesType {
			v, k := protowire.ConsumeBytes(b)
			if k < 0 {
				return
			}
			f(v)
			b = b[k:]
			continue
		}
		if k = protowire.ConsumeFieldValue(num, typ, b); k < 0 {
			return
		}
		b = b[k:]
	}
}

// send has a client send n events and wait until all are delivered or given up.
func (s *sink) send(b *testing.B, who string, n int, send func(i int), finish func() error) turn {
	b.Helper()
	defer s.Close()
	var t turn
	if err := t.time(func() error {
		for i := range n {
			send(i)
		}
		return finish()
	}); err != nil {
		b.Errorf("%s: %v", who, err)
	}
	t.events = int(s.events.Load())
	t.lost = n - t.events
	if t.events == 0 {
		b.Fatalf("%s: of %d events none came", who, n)
	}
	return t
}
