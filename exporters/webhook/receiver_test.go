package webhook_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/webhook"
)

// secret returns a secret of 32 bytes.
func secret(b byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32))
}

// receiver takes webhooks as somebody would who uses the SDK of CloudEvents and the library of
// Standard Webhooks.
type receiver struct {
	*httptest.Server

	verifier *standardwebhooks.Webhook // nil takes what is not signed

	mu       sync.Mutex
	requests int
	got      []cloudevents.Event
	headers  []http.Header
	before   func(w http.ResponseWriter, r *http.Request, got []cloudevents.Event) bool
}

func newReceiver(t testing.TB, secret string) *receiver {
	s := &receiver{}
	if secret != "" {
		var err error
		if s.verifier, err = standardwebhooks.NewWebhook(secret); err != nil {
			t.Fatal(err)
		}
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := read(r)
	if err != nil {
		http.Error(w, "it cannot be read", http.StatusTeapot)
		return
	}
	if s.verifier != nil {
		if err := s.verifier.Verify(body, r.Header); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
	}
	got, err := parse(r, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	s.mu.Lock()
	s.requests++
	before := s.before
	s.mu.Unlock()
	if before != nil && before(w, r, got) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, got...)
	s.headers = append(s.headers, r.Header.Clone())
	w.WriteHeader(http.StatusNoContent)
}

// read reads the body, through gzip where it says so.
func read(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(r.Body)
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// parse reads one CloudEvent, or a batch, with the SDK.
func parse(r *http.Request, body []byte) ([]cloudevents.Event, error) {
	req := r.Clone(context.Background())
	req.Body = io.NopCloser(bytes.NewReader(body))
	var got []cloudevents.Event
	if cehttp.IsHTTPBatch(r.Header) {
		var err error
		if got, err = cehttp.NewEventsFromHTTPRequest(req); err != nil {
			return nil, err
		}
	} else {
		one, err := cehttp.NewEventFromHTTPRequest(req)
		if err != nil {
			return nil, err
		}
		got = append(got, *one)
	}
	for i := range got {
		if err := got[i].Validate(); err != nil {
			return nil, err
		}
	}
	return got, nil
}

func (s *receiver) set(before func(w http.ResponseWriter, r *http.Request, got []cloudevents.Event) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

// events returns what was received, out of the data.
func (s *receiver) events(t *testing.T) []event.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]event.Event, len(s.got))
	for i := range s.got {
		e, err := event.ParseJSON(s.got[i].Data())
		if err != nil {
			t.Fatalf("the data of a CloudEvent: %v", err)
		}
		if e.ID.String() != s.got[i].ID() {
			t.Fatalf("the ID is %s, and that of the data %s", s.got[i].ID(), e.ID)
		}
		all[i] = e
	}
	return all
}

// breaks makes the receiver fail.
func (s *receiver) breaks(_ *testing.T, f exporterstest.Fault) *exporterstest.Broken {
	mended, reached := make(chan struct{}), make(chan struct{}, 64)
	s.set(func(w http.ResponseWriter, r *http.Request, got []cloudevents.Event) bool {
		select {
		case reached <- struct{}{}:
		default:
		}
		switch f {
		case exporterstest.Away:
			w.WriteHeader(http.StatusInternalServerError)
		case exporterstest.Throttled:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case exporterstest.Refused:
			w.WriteHeader(http.StatusUnprocessableEntity)
		case exporterstest.Poisoned:
			for i := range got {
				e, _ := event.ParseJSON(got[i].Data())
				if e.Touchpoint == exporterstest.Poison {
					http.Error(w, string(got[i].Data()), http.StatusBadRequest)
					return true
				}
			}
			return false
		case exporterstest.Partial:
			for i := range got {
				e, _ := event.ParseJSON(got[i].Data())
				if e.Touchpoint == exporterstest.Busy {
					http.Error(w, string(got[i].Data()), http.StatusServiceUnavailable)
					return true
				}
			}
			return false
		case exporterstest.Cut:
			s.mu.Lock()
			s.got = append(s.got, got...)
			s.mu.Unlock()
			panic(http.ErrAbortHandler)
		case exporterstest.Stalled:
			select {
			case <-r.Context().Done():
			case <-mended:
			}
			panic(http.ErrAbortHandler)
		case exporterstest.Garbled:
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_, _ = io.WriteString(conn, strings.Repeat("s3cr3t-of-a-customer ", 9_000))
				_ = conn.Close()
			}
		}
		return true
	})
	return &exporterstest.Broken{Reached: reached, Mend: func() { close(mended); s.set(nil) }}
}

func newSink(t testing.TB, url string, opts ...webhook.Option) *webhook.Exporter {
	exporter, err := webhook.New(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := exporter.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return exporter
}

func noon() time.Time { return time.Date(2026, 4, 17, 12, 0, 0, 123456789, time.UTC) }

// some returns n events of one journey.
func some(n int) []event.Event {
	list := make([]event.Event, n)
	for i := range list {
		list[i] = event.Event{
			ID: event.NewID(noon()), Kind: event.TouchpointEnded, Time: noon(), Touchpoint: "pay", Visit: i + 1,
			Journey: event.Run{Namespace: "production", Name: "checkout", ID: "order-1"},
		}
	}
	return list
}
