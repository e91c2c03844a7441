package sinktest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"cairncx.dev/cairn/exporters/exporterstest"
)

// Receiver is the server of a sink over HTTP. It keeps what a function of the sink's test reads from each request. Body is what
// that function returns. Safe for concurrent use.
type Receiver[Body any] struct {
	*httptest.Server

	read   func(r *http.Request, data []byte) (Body, int)
	answer func(w http.ResponseWriter)

	mu      sync.Mutex
	bodies  []Body
	headers []http.Header
	before  func(w http.ResponseWriter, r *http.Request, body Body) bool
}

// NewReceiver starts a server, which ends with the test. read gets the data of each request, after gzip, and returns the body
// and 0. If it returns another status, the server answers that and keeps nothing. answer writes the answer to a request that is
// taken.
func NewReceiver[Body any](t testing.TB, read func(r *http.Request, data []byte) (body Body, status int), answer func(w http.ResponseWriter)) *Receiver[Body] {
	t.Helper()
	s := &Receiver[Body]{read: read, answer: answer}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Receiver[Body]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := Unzip(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	body, status := s.read(r, data)
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	s.mu.Lock()
	before := s.before
	s.mu.Unlock()
	if before != nil && before(w, r, body) {
		return
	}
	s.keep(r, body)
	s.answer(w)
}

// Unzip reads the body of a request, also one that is gzipped.
func Unzip(r *http.Request) ([]byte, error) {
	from := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, fmt.Errorf("the body is not gzip: %w", err)
		}
		from = z
	}
	data, err := io.ReadAll(from)
	if err != nil {
		return nil, fmt.Errorf("the body cannot be read: %w", err)
	}
	return data, nil
}

func (s *Receiver[Body]) keep(r *http.Request, body Body) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, body)
	s.headers = append(s.headers, r.Header.Clone())
}

// Bodies returns the bodies of the requests that were taken.
func (s *Receiver[Body]) Bodies() []Body {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies[:len(s.bodies):len(s.bodies)]
}

// Headers returns the headers of the requests that were taken.
func (s *Receiver[Body]) Headers() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.headers[:len(s.headers):len(s.headers)]
}

// Set sets the function that may answer a request from now on. It returns true if it has, and nothing is then kept. nil takes
// every request.
func (s *Receiver[Body]) Set(before func(w http.ResponseWriter, r *http.Request, body Body) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

// Break is the Break of an [exporterstest.Sink], where has reports whether a body has an event of the touchpoint. The answers
// repeat the body, which no error may show.
func (s *Receiver[Body]) Break(f exporterstest.Fault, has func(body Body, touchpoint string) bool) *exporterstest.Broken {
	mended, reached := make(chan struct{}), make(chan struct{}, 64)
	s.Set(func(w http.ResponseWriter, r *http.Request, body Body) bool {
		select {
		case reached <- struct{}{}:
		default:
		}
		refuse := func(status int) bool {
			http.Error(w, fmt.Sprint(body), status)
			return true
		}
		switch f {
		case exporterstest.Away:
			return refuse(http.StatusServiceUnavailable)
		case exporterstest.Throttled:
			w.Header().Set("Retry-After", "7")
			return refuse(http.StatusTooManyRequests)
		case exporterstest.Refused:
			return refuse(http.StatusUnprocessableEntity)
		case exporterstest.Poisoned:
			return has(body, exporterstest.Poison) && refuse(http.StatusBadRequest)
		case exporterstest.Partial:
			return has(body, exporterstest.Busy) && refuse(http.StatusServiceUnavailable)
		case exporterstest.Cut:
			s.keep(r, body)
		case exporterstest.Stalled:
			select {
			case <-r.Context().Done():
			case <-mended:
			}
		case exporterstest.Garbled:
			if hijacker, ok := w.(http.Hijacker); ok {
				if conn, _, err := hijacker.Hijack(); err == nil {
					_, _ = io.Copy(conn, bytes.NewReader([]byte(strings.Repeat("s3cr3t-of-a-customer ", 9_000))))
					_ = conn.Close()
					return true
				}
			}
		}
		panic(http.ErrAbortHandler)
	})
	return &exporterstest.Broken{Reached: reached, Mend: func() { close(mended); s.Set(nil) }}
}
