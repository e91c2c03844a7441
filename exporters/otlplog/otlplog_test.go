package otlplog_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/otlplog"
)

func newSink(t testing.TB, opts ...otlplog.Option) *otlplog.Exporter {
	sink, err := otlplog.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sink.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return sink
}

func TestContract(t *testing.T) {
	for _, opts := range [][]otlplog.Option{{}, {otlplog.WithCompression(otlplog.NoCompression), otlplog.WithMaxBytes(64 << 10)}} {
		t.Run(fmt.Sprintf("%d options", len(opts)), func(t *testing.T) {
			exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
				r := newReceiver(t)
				sink, err := otlplog.New(append(opts, otlplog.WithEndpoint(r.URL+"/v1/logs"))...)
				if err != nil {
					t.Fatal(err)
				}
				return exporterstest.Sink{Exporter: sink, Received: r.events, Break: r.breaks}
			})
		})
	}
}

// breaks makes the receiver fail.
func (s *receiver) breaks(_ *testing.T, f exporterstest.Fault) *exporterstest.Broken {
	mended, reached := make(chan struct{}), make(chan struct{}, 64)
	s.set(func(w http.ResponseWriter, r *http.Request, body *collogpb.ExportLogsServiceRequest) bool {
		select {
		case reached <- struct{}{}:
		default:
		}
		switch f {
		case exporterstest.Away:
			w.WriteHeader(http.StatusServiceUnavailable)
		case exporterstest.Throttled:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case exporterstest.Refused:
			w.WriteHeader(http.StatusTeapot)
		case exporterstest.Poisoned:
			for _, record := range recordsOf(body) {
				if attributeOf(record, "cx.touchpoint.name").GetStringValue() == exporterstest.Poison {
					w.WriteHeader(http.StatusBadRequest)
					return true
				}
			}
			return false
		case exporterstest.Cut:
			s.mu.Lock()
			s.requests = append(s.requests, body)
			s.mu.Unlock()
			panic(http.ErrAbortHandler)
		case exporterstest.Stalled:
			select {
			case <-r.Context().Done():
			case <-mended:
			}
			panic(http.ErrAbortHandler)
		case exporterstest.Garbled:
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, strings.Repeat("s3cr3t-of-a-customer ", 9_000))
				_ = conn.Close()
			}
		}
		return true
	})
	return &exporterstest.Broken{Reached: reached, Mend: func() { close(mended); s.set(nil) }}
}

func TestAnswers(t *testing.T) {
	const permanent, transient, fine = "permanent", "transient", "fine"
	tests := []struct {
		name, reason string
		status       int
		header       map[string]string
		body         string
		want         string
		after        time.Duration // -1 where the sink does not ask
	}{
		{"200", "taken", 200, nil, "", fine, -1},
		{"202 with rubbish", "the status has said it", 202, map[string]string{"Content-Type": "application/x-protobuf"}, "\xff\xff\xff", fine, -1},
		{"200 with JSON", "some backends answer so", 200, map[string]string{"Content-Type": "application/json"}, "{}", fine, -1},
		{"200 with a huge body", "it is cut off", 200, map[string]string{"Content-Type": "application/x-protobuf"}, strings.Repeat("\n", 1<<20), fine, -1},
		{"200 with a web page", "a login page of a proxy has taken nothing", 200, map[string]string{"Content-Type": "text/html; charset=utf-8"}, "<html>", transient, -1},
		{"429 with seconds", "OTLP/HTTP Throttling", 429, map[string]string{"Retry-After": "3"}, "", transient, 3 * time.Second},
		{"503 with a date", "measured by the receiver's clock", 503, map[string]string{
			"Retry-After": "Fri, 17 Apr 2026 12:00:40 GMT", "Date": "Fri, 17 Apr 2026 12:00:00 GMT",
		}, "", transient, 40 * time.Second},
		{"429 with eternity", "bounded", 429, map[string]string{"Retry-After": "99999999999999999999999"}, "", transient, 24 * time.Hour},
		{"429 with rubbish", "ignored", 429, map[string]string{"Retry-After": "soon"}, "", transient, -1},
		{"502", "OTLP/HTTP Failures: retryable", 502, nil, "", transient, -1},
		{"504", "OTLP/HTTP Failures: retryable", 504, nil, "", transient, -1},
		{"500", "a broken Collector is not the events' fault", 500, nil, "", transient, -1},
		{"401", "nor is a wrong key", 401, nil, "", transient, -1},
		{"418", "not in the table of retryable codes", 418, nil, "", permanent, -1},
		{"307", "clients of OTLP follow no redirects; a login page is not the events' fault", 307, map[string]string{"Location": "/elsewhere"}, "", transient, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range tt.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			t.Cleanup(s.Close)
			err := newSink(t, otlplog.WithEndpoint(s.URL)).Export(t.Context(), typicals(2))
			got := transient
			switch {
			case err == nil:
				got = fine
			case exporters.IsPermanent(err):
				got = permanent
			}
			if got != tt.want {
				t.Errorf("%s (%v), want %s: %s", got, err, tt.want, tt.reason)
			}
			after, ok := exporters.AskedToWait(err)
			if !ok {
				after = -1
			}
			if after != tt.after {
				t.Errorf("asked to wait %v, want %v: %s", after, tt.after, tt.reason)
			}
		})
	}
}

func TestPartialSuccess(t *testing.T) {
	tests := []struct {
		name, reason string
		rejected     int64
		message      string
		failed       int
		counted      int64
		told         string
	}{
		{"none", "an empty partial_success is a full one", 0, "", 0, 0, ""},
		{"a warning", "told without repeating it", 0, "s3cr3t", 0, 0, "and warns"},
		{"some", "the protocol does not say which, and forbids to try again", 2, "s3cr3t", 0, 2, "thrown away 2 of 5 records"},
		{"all", "then it is known which", 5, "s3cr3t", 5, 0, ""},
		{"more than all", "a receiver that cannot count", 500, "", 5, 0, ""},
		{"fewer than none", "a receiver that cannot count", -3, "", 0, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newReceiver(t)
			r.set(func(w http.ResponseWriter, _ *http.Request, _ *collogpb.ExportLogsServiceRequest) bool {
				answer(w, tt.rejected, tt.message)
				return true
			})
			sink := newSink(t, otlplog.WithEndpoint(r.URL))
			err := sink.Export(t.Context(), typicals(5))
			var p *exporters.PartialError
			failed := 0
			if errors.As(err, &p) {
				failed = len(p.Failed)
			}
			if failed != tt.failed || (err != nil) != (tt.failed > 0) || failed > 0 && !exporters.IsPermanent(p.Failed[0].Err) {
				t.Errorf("%v, want %d permanent failures: %s", err, tt.failed, tt.reason)
			}
			if n := sink.Rejected(); n != tt.counted {
				t.Errorf("Rejected is %d, want %d: %s", n, tt.counted, tt.reason)
			}
			if !strings.Contains(reported(), tt.told) || strings.Contains(reported(), "s3cr3t") {
				t.Errorf("told %q: %s", reported(), tt.reason)
			}
		})
	}
}

// TestSplits: what too many refusals leave is to be tried again, and the order holds.
func TestSplits(t *testing.T) {
	r := newReceiver(t)
	var requests atomic.Int64
	r.set(func(w http.ResponseWriter, _ *http.Request, _ *collogpb.ExportLogsServiceRequest) bool {
		requests.Add(1)
		w.WriteHeader(http.StatusBadRequest)
		return true
	})
	err := newSink(t, otlplog.WithEndpoint(r.URL)).Export(t.Context(), typicals(512))
	var p *exporters.PartialError
	if !errors.As(err, &p) || len(p.Failed) != 512 {
		t.Fatalf("%v, want a PartialError of all 512", err)
	}
	if n := requests.Load(); n > 257 {
		t.Errorf("%d requests, want 257 at most", n)
	}
	permanent := 0
	for i, f := range p.Failed {
		if f.Index != i {
			t.Fatalf("failure %d is about event %d", i, f.Index)
		}
		if exporters.IsPermanent(f.Err) {
			if permanent++; permanent != i+1 {
				t.Fatalf("event %d is permanent behind one that is not", i)
			}
		}
	}
	if permanent < 64 || permanent == 512 {
		t.Errorf("%d are permanent, want some and not all", permanent)
	}
}

func TestMaxBytes(t *testing.T) {
	r := newReceiver(t)
	sink := newSink(t, otlplog.WithEndpoint(r.URL), otlplog.WithMaxBytes(64<<10))
	list := typicals(500)
	list[250].Attributes = []attribute.KeyValue{attribute.String("huge", strings.Repeat("x", 200<<10))}
	if err := sink.Export(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	for i, req := range r.requests {
		if n := proto.Size(req); n > 64<<10 && len(recordsOf(req)) != 1 {
			t.Errorf("request %d has %d bytes and %d records", i, n, len(recordsOf(req)))
		}
	}
	if got := r.events(t); len(got) != 500 || got[0].ID != list[0].ID || got[499].ID != list[499].ID {
		t.Errorf("%d events arrived, want 500 in order", len(got))
	}
}

// TestEarlyAnswer: a receiver may answer before it has read, and the transport reads the body while the
// next request is made. The race detector looks at the buffers.
func TestEarlyAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = c.Read(make([]byte, 512))
				_, _ = io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
			}()
		}
	}()
	sink := newSink(t, otlplog.WithEndpoint("http://"+l.Addr().String()), otlplog.WithCompression(otlplog.NoCompression))
	list := typicals(2000)
	for range 30 {
		if err := sink.Export(t.Context(), list); err == nil || exporters.IsPermanent(err) {
			t.Fatalf("%v, want an error that may go away", err)
		}
	}
}

func TestTimeout(t *testing.T) {
	block := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-block
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(block) })
	err := newSink(t, otlplog.WithEndpoint(s.URL), otlplog.WithTimeout(20*time.Millisecond)).Export(t.Context(), typicals(1))
	if err == nil || exporters.IsPermanent(err) || !strings.Contains(err.Error(), "no answer in time: 20ms") {
		t.Errorf("%v, want that there was no answer in time", err)
	}
}

// FuzzRecord: whatever an event holds, the generated types can read what is sent.
func FuzzRecord(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(decodes))
}

func TestRecord(t *testing.T) { rapid.Check(t, decodes) }

func decodes(t *rapid.T) {
	list := rapid.SliceOfN(events(hostileText(), years(-100, 20_000)), 1, 4).Draw(t, "events")
	var opts []otlplog.Option
	comments := rapid.Bool().Draw(t, "comments")
	if comments {
		opts = append(opts, otlplog.WithoutJSON())
	}
	caught := &catcher{}
	sink, err := otlplog.New(append(opts, otlplog.WithHTTPClient(&http.Client{Transport: caught}), otlplog.WithEndpoint("http://collector/v1/logs"))...)
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Export(context.Background(), list); err != nil {
		t.Fatal(err)
	}
	records := recordsOf(&caught.got)
	if len(records) != len(list) {
		t.Fatalf("%d records of %d events", len(records), len(list))
	}
	for i, r := range records {
		if len(r.ProtoReflect().GetUnknown()) > 0 {
			t.Fatalf("record %d has fields that nobody knows", i)
		}
		keys := map[string]bool{}
		for _, kv := range r.GetAttributes() {
			if keys[kv.GetKey()] && !slices.ContainsFunc(list[i].Attributes, func(a attribute.KeyValue) bool { return strings.ToValidUTF8(string(a.Key), "\ufffd") != string(a.Key) }) {
				t.Fatalf("record %d has %q twice", i, kv.GetKey())
			}
			keys[kv.GetKey()] = true
		}
		if comments {
			continue
		}
		if got, want := r.GetBody().GetStringValue(), string(list[i].AppendJSON(nil)); got != want {
			t.Fatalf("record %d: the body is %q, want %q", i, got, want)
		}
	}
}

// catcher is a transport that decodes what is sent.
type catcher struct {
	got collogpb.ExportLogsServiceRequest
}

func (c *catcher) RoundTrip(r *http.Request) (*http.Response, error) {
	defer r.Body.Close()
	data, err := unzip(r)
	if err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(data, &c.got); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func TestNil(t *testing.T) {
	var sink *otlplog.Exporter
	if err := errors.Join(sink.Export(t.Context(), typicals(1)), sink.Shutdown(t.Context())); err != nil || sink.Rejected() != 0 {
		t.Errorf("a nil Exporter: %v", err)
	}
	if err := new(otlplog.Exporter).Export(t.Context(), typicals(1)); err == nil {
		t.Error("an Exporter that was not made by New takes events")
	}
}
