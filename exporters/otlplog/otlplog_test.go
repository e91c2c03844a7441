package otlplog_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/otlplog"
	"cairncx.dev/cairn/exporters/sink"
)

func newSink(t testing.TB, opts ...otlplog.Option) *otlplog.Exporter {
	exporter, err := otlplog.New(opts...)
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

func TestContract(t *testing.T) {
	for _, opts := range [][]otlplog.Option{{}, {otlplog.WithCompression(otlplog.NoCompression), otlplog.WithMaxBytes(64 << 10)}} {
		t.Run(fmt.Sprintf("%d options", len(opts)), func(t *testing.T) {
			exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
				r := newReceiver(t)
				exporter, err := otlplog.New(append(opts, otlplog.WithEndpoint(r.URL+"/v1/logs"))...)
				if err != nil {
					t.Fatal(err)
				}
				return exporterstest.Sink{Exporter: exporter, Received: r.events, Break: r.breaks}
			})
		})
	}
}

// TestAnswers: what a status means to every sink over HTTP it means here, and the error says whose it was.
func TestAnswers(t *testing.T) {
	status := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	exporter := newSink(t, otlplog.WithEndpoint(s.URL+"/s3cr3t"))
	for status = 200; status < 600; status++ {
		want := (&httpsink.Answer{Status: status, Header: http.Header{"Retry-After": {"3"}}}).Err()
		got := exporter.Export(t.Context(), typicals(1))
		after, asked := sink.RetryDelay(got)
		wantAfter, wantAsked := sink.RetryDelay(want)
		if (got == nil) != (want == nil) || sink.IsPermanent(got) != sink.IsPermanent(want) || asked != wantAsked || after != wantAfter {
			t.Errorf("%d is %v, want %v", status, got, want)
		}
		if want != nil && !strings.Contains(got.Error(), "otlplog: "+s.URL+" "+want.Error()) {
			t.Errorf("%d: %v, want the receiver's name and %q", status, got, want)
		}
	}
}

// TestAnswerText: of an answer that has taken the request the text counts, which is where this sink differs from
// others over HTTP.
func TestAnswerText(t *testing.T) {
	tests := []struct {
		name, reason      string
		contentType, text string
		fails             bool
	}{
		{"nothing", "OTLP/HTTP: success", "application/x-protobuf", "", false},
		{"rubbish", "the status has said it", "application/x-protobuf", "\xff\xff\xff", false},
		{"JSON", "some backends answer so", "application/json", "{}", false},
		{"too much", "it is cut off", "application/x-protobuf", strings.Repeat("\n", 1<<20), false},
		{"a web page", "a login page of a proxy has taken nothing", "text/html; charset=utf-8", "<html>", true},
		{"a web page in XML", "a login page of a proxy has taken nothing", "application/xhtml+xml", "<html>", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.contentType)
				w.WriteHeader(http.StatusAccepted)
				_, _ = io.WriteString(w, tt.text)
			}))
			t.Cleanup(s.Close)
			err := newSink(t, otlplog.WithEndpoint(s.URL)).Export(t.Context(), typicals(2))
			if (err != nil) != tt.fails || sink.IsPermanent(err) {
				t.Errorf("%v: %s", err, tt.reason)
			}
		})
	}
}

// TestRedirect: OTLP has none, and events go where they are told to go.
func TestRedirect(t *testing.T) {
	r := newReceiver(t)
	s := httptest.NewServer(http.RedirectHandler(r.URL, http.StatusTemporaryRedirect))
	t.Cleanup(s.Close)
	err := newSink(t, otlplog.WithEndpoint(s.URL)).Export(t.Context(), typicals(2))
	if err == nil || sink.IsPermanent(err) || !strings.Contains(err.Error(), "answers 307") || len(r.Bodies()) != 0 {
		t.Errorf("%d requests arrived, %v", len(r.Bodies()), err)
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
			r.Set(func(w http.ResponseWriter, _ *http.Request, _ *collogpb.ExportLogsServiceRequest) bool {
				answer(w, tt.rejected, tt.message)
				return true
			})
			exporter := newSink(t, otlplog.WithEndpoint(r.URL))
			err := exporter.Export(t.Context(), typicals(5))
			var p *sink.PartialError
			failed := 0
			if errors.As(err, &p) {
				failed = len(p.Failed)
			}
			if failed != tt.failed || (err != nil) != (tt.failed > 0) || failed > 0 && !sink.IsPermanent(p.Failed[0].Err) {
				t.Errorf("%v, want %d permanent failures: %s", err, tt.failed, tt.reason)
			}
			if n := exporter.Rejected(); n != tt.counted {
				t.Errorf("Rejected is %d, want %d: %s", n, tt.counted, tt.reason)
			}
			if !strings.Contains(reports.Text(), tt.told) || strings.Contains(reports.Text(), "s3cr3t") {
				t.Errorf("told %q: %s", reports.Text(), tt.reason)
			}
			err = exporter.Flush(t.Context())
			if says := "2 records are lost"; (err != nil) != (tt.counted > 0) || err != nil && (!strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "s3cr3t")) {
				t.Errorf("Flush says %v, want %q only where Export has said nothing of a loss", err, says)
			}
			if err := exporter.Flush(t.Context()); err != nil {
				t.Errorf("the next Flush says it again: %v", err)
			}
		})
	}
}

func TestMaxBytes(t *testing.T) {
	r := newReceiver(t)
	exporter := newSink(t, otlplog.WithEndpoint(r.URL), otlplog.WithMaxBytes(64<<10))
	list := typicals(500)
	list[250].Attributes = []attribute.KeyValue{attribute.String("huge", strings.Repeat("x", 200<<10))}
	if err := exporter.Export(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	for i, req := range r.Bodies() {
		if n := proto.Size(req); n > 64<<10 && len(recordsOf(req)) != 1 {
			t.Errorf("request %d has %d bytes and %d records", i, n, len(recordsOf(req)))
		}
	}
	if got := r.events(t); len(got) != 500 || got[0].ID != list[0].ID || got[499].ID != list[499].ID {
		t.Errorf("%d events arrived, want 500 in order", len(got))
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
	if err == nil || sink.IsPermanent(err) || !strings.Contains(err.Error(), "no answer in time: 20ms") {
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
	exporter, err := otlplog.New(append(opts, otlplog.WithHTTPClient(&http.Client{Transport: caught}), otlplog.WithEndpoint("http://collector/v1/logs"))...)
	if err != nil {
		t.Fatal(err)
	}
	if err := exporter.Export(context.Background(), list); err != nil {
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
	data, err := sinktest.Unzip(r)
	if err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(data, &c.got); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func TestNil(t *testing.T) {
	var exporter *otlplog.Exporter
	if err := errors.Join(exporter.Export(t.Context(), typicals(1)), exporter.Shutdown(t.Context())); err != nil || exporter.Rejected() != 0 {
		t.Errorf("a nil Exporter: %v", err)
	}
	if err := new(otlplog.Exporter).Export(t.Context(), typicals(1)); err == nil {
		t.Error("an Exporter that was not made by New takes events")
	}
}

// TestNilContext: it is context.Background().
func TestNilContext(t *testing.T) {
	r := newReceiver(t)
	exporter := newSink(t, otlplog.WithEndpoint(r.URL))
	var none context.Context
	if err := errors.Join(exporter.Export(none, typicals(2)), exporter.Shutdown(none)); err != nil || len(r.records()) != 2 {
		t.Errorf("%d events arrived, %v", len(r.records()), err)
	}
	exporter = nil
	if err := errors.Join(exporter.Export(none, typicals(1)), exporter.Shutdown(none)); err != nil {
		t.Errorf("a nil Exporter: %v", err)
	}
}
