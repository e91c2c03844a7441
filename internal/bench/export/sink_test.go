//go:build unix

package export

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"google.golang.org/protobuf/encoding/protowire"
)

// sink is the local receiver that all of them send to. It reads everything and answers; what it was sent is
// looked at when the clock has stopped, for it runs beside those that are measured.
type sink struct {
	*httptest.Server

	count func(body []byte) int
	mu    sync.Mutex
	sent  []sent
}

// sent is the body of one request.
type sent struct {
	body []byte
	gzip bool
}

func newSink(count func([]byte) int) *sink {
	s := &sink{count: count}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

func (s *sink) serve(w http.ResponseWriter, r *http.Request) {
	var body []byte
	var err error
	if r.ContentLength >= 0 {
		body = make([]byte, r.ContentLength)
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(r.Body)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.sent = append(s.sent, sent{body, r.Header.Get("Content-Encoding") == "gzip"})
	s.mu.Unlock()
	_, _ = w.Write([]byte("{}"))
}

// came returns how many events were sent. It is no error that there is a body without one: that is a loss.
func (s *sink) came() (events int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.sent {
		if r.gzip {
			z, err := gzip.NewReader(bytes.NewReader(r.body))
			if err != nil {
				return 0, fmt.Errorf("a body that is not gzip: %w", err)
			}
			if r.body, err = io.ReadAll(z); err != nil {
				return 0, fmt.Errorf("a body that is not gzip: %w", err)
			}
		}
		events += s.count(r.body)
	}
	return events, nil
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
	came, err := s.came()
	if err != nil {
		b.Errorf("%s: %v", who, err)
	}
	t.events = came
	t.lost = n - t.events
	if t.events == 0 {
		b.Fatalf("%s: of %d events none came", who, n)
	}
	return t
}
