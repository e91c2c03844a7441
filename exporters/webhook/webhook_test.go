package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cloudevents/sdk-go/v2/binding"
	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/webhook"
)

func TestContract(t *testing.T) {
	for name, opts := range map[string][]webhook.Option{
		"batch":  {webhook.WithGzip(), webhook.WithSecrets(secret(1))},
		"single": {webhook.WithSingle(), webhook.WithSecrets(secret(1))},
		"small":  {webhook.WithMaxBytes(4 << 10), webhook.WithSecrets(secret(1))},
	} {
		t.Run(name, func(t *testing.T) {
			exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
				s := newReceiver(t, secret(1))
				exporter, err := webhook.New(s.URL+"/hook", opts...)
				if err != nil {
					t.Fatal(err)
				}
				return exporterstest.Sink{Exporter: exporter, Received: s.events, Break: s.breaks}
			})
		})
	}
}

// TestSDKReceiver: what is sent singly is what the CloudEvents SDK's own receiver takes.
func TestSDKReceiver(t *testing.T) {
	var mu sync.Mutex
	var got []cloudevents.Event
	p, err := cehttp.New()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	ctx, cancel := context.WithCancel(context.Background())
	received := make(chan struct{})
	go func() {
		defer close(received)
		for {
			m, respond, err := p.Respond(ctx)
			if err != nil {
				return
			}
			e, err := binding.ToEvent(ctx, m)
			if err == nil {
				mu.Lock()
				got = append(got, *e)
				mu.Unlock()
			}
			_ = respond(ctx, nil, nil)
		}
	}()
	t.Cleanup(func() { cancel(); <-received })
	list := some(3)
	if err := newSink(t, s.URL, webhook.WithSingle()).Export(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 3 || got[0].ID() != list[0].ID.String() || got[2].ID() != list[2].ID.String() {
		t.Errorf("the SDK has received %v", got)
	}
}

func TestCloudEvent(t *testing.T) {
	request := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	journey := event.Run{Namespace: "pro/duction", Name: "check/out", ID: "100%\n\u00e9"}
	parent := (&event.Event{Journey: journey}).JourneySpan()
	tests := []struct {
		name, reason                        string
		e                                   event.Event
		source, typ, subject, parent, forID string
	}{
		{
			"all", "attributes are escaped where they would mean something else",
			event.Event{ID: event.ID{1}, Kind: event.JourneyEnded, Time: noon(), Journey: journey, SpanContext: request},
			"cairn/pro%2Fduction", "dev.cairncx.journey.ended", "check%2Fout/100%25%0A\u00e9", "00-01000000000000000000000000000000-0200000000000000-01",
			"01000000-0000-0000-0000-000000000000",
		},
		{
			"the journey's trace", "an event without a request has a place there",
			event.Event{ID: event.ID{2}, Kind: event.JourneyEnded, Time: noon(), Journey: journey},
			"cairn/pro%2Fduction", "dev.cairncx.journey.ended", "check%2Fout/100%25%0A\u00e9",
			"00-" + parent.TraceID().String() + "-" + parent.SpanID().String() + "-01", "02000000-0000-0000-0000-000000000000",
		},
		{
			"the least", "an event may be of no journey",
			event.Event{ID: event.ID{3}, Kind: "\x00", Time: noon()},
			"cairn", "dev.cairncx._other", "", "", "03000000-0000-0000-0000-000000000000",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newReceiver(t, "")
			if err := newSink(t, s.URL).Export(t.Context(), []event.Event{tt.e}); err != nil {
				t.Fatal(err)
			}
			ce := s.got()[0]
			parent, _ := ce.Extensions()["traceparent"].(string)
			got := []string{ce.Source(), ce.Type(), ce.Subject(), parent, ce.ID(), ce.DataContentType(), ce.SpecVersion(), ce.Time().String(), string(ce.Data())}
			want := []string{tt.source, tt.typ, tt.subject, tt.parent, tt.forID, "application/json", "1.0", noon().String(), string(tt.e.AppendJSON(nil))}
			if !slices.Equal(got, want) {
				t.Errorf("got\n%q, want\n%q: %s", got, want, tt.reason)
			}
		})
	}
}

// TestSource: a receiver may want to know who it is, whatever the namespace.
func TestSource(t *testing.T) {
	s := newReceiver(t, "")
	if err := newSink(t, s.URL, webhook.WithSource("https://shop.example/eu")).Export(t.Context(), some(2)); err != nil {
		t.Fatal(err)
	}
	if got := s.got()[1].Source(); got != "https://shop.example/eu" {
		t.Errorf("the source is %q", got)
	}
}

// TestSameID: a message that is tried again has the same IDs, also where an event has none.
func TestSameID(t *testing.T) {
	s := newReceiver(t, "")
	list := some(3)
	list[1].ID = event.ID{}
	exporter := newSink(t, s.URL)
	for _, batch := range [][]event.Event{list, list, list[:2], list[:1]} {
		if err := exporter.Export(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	ids := make([]string, len(s.Headers()))
	for i, h := range s.Headers() {
		ids[i] = h.Get("Webhook-Id")
	}
	if ids[0] != ids[1] || ids[0] == ids[2] || ids[3] != list[0].ID.String() {
		t.Errorf("the messages' IDs are %q", ids)
	}
	for range 20 {
		if err := exporter.Export(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		if got := s.Headers()[len(s.Headers())-1].Get("Webhook-Id"); got != ids[0] {
			t.Fatalf("the same batch has the ID %s, and later %s", ids[0], got)
		}
	}
	if s.got()[1].ID() != s.got()[4].ID() || !list[1].ID.IsZero() {
		t.Errorf("an event without an ID has %s and %s", s.got()[1].ID(), s.got()[4].ID())
	}
}

func TestSignature(t *testing.T) {
	const fine = ""
	tests := []struct {
		name, reason string
		ours         []string
		theirs       string
		opts         []webhook.Option
		want         string
	}{
		{"batch", "the body as it is", []string{secret(1)}, secret(1), nil, fine},
		{"single", "the body as it is", []string{secret(1)}, secret(1), []webhook.Option{webhook.WithSingle()}, fine},
		{"gzip", "what is signed is what is read", []string{secret(1)}, secret(1), []webhook.Option{webhook.WithGzip()}, fine},
		{"the old one of two", "receivers change one after the other", []string{secret(1), secret(2)}, secret(1), nil, fine},
		{"the new one of two", "receivers change one after the other", []string{secret(1), secret(2)}, secret(2), nil, fine},
		{"another", "not ours to take, and a fault of the configuration", []string{secret(1)}, secret(2), nil, "answers 401 Unauthorized"},
		{"none", "not ours to take, and a fault of the configuration", nil, secret(2), nil, "answers 401 Unauthorized"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newReceiver(t, tt.theirs)
			err := newSink(t, s.URL, append(tt.opts, webhook.WithSecrets(tt.ours...))...).Export(t.Context(), some(3))
			switch {
			case tt.want == fine:
				if err != nil || len(s.got()) != 3 {
					t.Errorf("%d events arrived, %v: %s", len(s.got()), err, tt.reason)
				}
			case err == nil || sink.IsPermanent(err) || !strings.Contains(err.Error(), tt.want):
				t.Errorf("%v, want %q, and not permanent: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// TestSignatureByHand: the example of the Standard Webhooks specification's libraries.
func TestSignatureByHand(t *testing.T) {
	s := newReceiver(t, "")
	if err := newSink(t, s.URL, webhook.WithSecrets(secret(1), secret(2))).Export(t.Context(), some(1)); err != nil {
		t.Fatal(err)
	}
	signatures := strings.Fields(s.Headers()[0].Get(standardwebhooks.HeaderWebhookSignature))
	if len(signatures) != 2 || !strings.HasPrefix(signatures[0], "v1,") || !strings.HasPrefix(signatures[1], "v1,") || signatures[0] == signatures[1] {
		t.Errorf("the signatures are %q, want one of version 1 for each secret", signatures)
	}
}

func TestNewFaults(t *testing.T) {
	tests := []struct {
		name, reason, url string
		opts              []webhook.Option
		want              string
	}{
		{"no URL", "it may hold a secret", "http://u:s3cr3t@[::1", nil, "the receiver is no URL: write one of the form https://host/path"},
		{"no scheme", "a path is no receiver", "hooks.example.com/s3cr3t", nil, "of the form https://host/path"},
		{"another scheme", "events go over HTTP", "file:///s3cr3t", nil, "of the form https://host/path"},
		{"no prefix", "a key in another form is easily mistaken", "http://a", []webhook.Option{webhook.WithSecrets(secret(1), "s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t")}, `secret 2 of 2 does not begin with "whsec_"`},
		{"no base64", "half a key", "http://a", []webhook.Option{webhook.WithSecrets("whsec_s3cr3t!")}, "secret 1 of 1 is not base64"},
		{"too short", "it can be guessed", "http://a", []webhook.Option{webhook.WithSecrets("whsec_c2VjcmV0")}, "has 6 bytes: it has to have 24 to 64"},
		{"no source", "CloudEvents require one", "http://a", []webhook.Option{webhook.WithSource("")}, `WithSource("")`},
		{"a source that is no URI", "CloudEvents require one", "http://a", []webhook.Option{webhook.WithSource("shop/%zz")}, `WithSource("shop/%zz")`},
		{"too many bytes", "", "http://a", []webhook.Option{webhook.WithMaxBytes(1 << 30)}, "WithMaxBytes(1073741824)"},
		{"no time", "", "http://a", []webhook.Option{webhook.WithTimeout(-1)}, "WithTimeout(-1ns)"},
		{"no header", "a line break would be another header", "http://a", []webhook.Option{webhook.WithHeader("X-A", "s3cr3t\r\nB: c")}, `WithHeader("X-A"): the name, or its value`},
		{"our header", "a receiver would take it for a signature", "http://a", []webhook.Option{webhook.WithHeader("webhook-signature", "v1,x")}, `WithHeader("Webhook-Signature"): the exporter sets this header`},
		{"no client", "", "http://a", []webhook.Option{webhook.WithHTTPClient(nil)}, "WithHTTPClient(nil)"},
		{"client and transport", "one would be ignored, and protection with it", "http://a", []webhook.Option{webhook.WithHTTPClient(http.DefaultClient), webhook.WithPublicAddressesOnly()}, "WithHTTPClient and WithPublicAddressesOnly"},
		{"public and a proxy", "the proxy resolves names", "http://a", []webhook.Option{webhook.WithPublicAddressesOnly(), webhook.WithProxy(http.ProxyFromEnvironment)}, "WithPublicAddressesOnly and WithProxy"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := webhook.New(tt.url, tt.opts...)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%v, want %q: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// TestHeader: the application sets headers. The last value of a name counts.
func TestHeader(t *testing.T) {
	s := newReceiver(t, "")
	if err := newSink(t, s.URL, webhook.WithHeader("authorization", "Bearer w"), webhook.WithHeader("Authorization", "Bearer x"), webhook.WithHeader("User-Agent", "shop")).Export(t.Context(), some(1)); err != nil {
		t.Fatal(err)
	}
	h := s.Headers()[0]
	if !slices.Equal(h.Values("Authorization"), []string{"Bearer x"}) || h.Get("User-Agent") != "shop" || h.Get("Accept-Encoding") != "identity" ||
		h.Get("Content-Type") != "application/cloudevents-batch+json" {
		t.Errorf("the headers are %v", h)
	}
}

// TestStops: an event that was not taken for now is not overtaken by the next one of its journey.
func TestStops(t *testing.T) {
	s := newReceiver(t, "")
	list := some(40)
	s.Set(func(w http.ResponseWriter, _ *http.Request, got []cloudevents.Event) bool {
		status := 0
		for i := range got {
			switch got[i].ID() {
			case list[5].ID.String():
				status = http.StatusBadRequest
			case list[20].ID.String():
				if status == 0 {
					status = http.StatusServiceUnavailable
				}
			}
		}
		if status != 0 {
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(status)
		}
		return status != 0
	})
	err := newSink(t, s.URL).Export(t.Context(), list)
	var p *sink.PartialError
	if !errors.As(err, &p) {
		t.Fatalf("%v, want a PartialError", err)
	}
	if after, ok := sink.RetryDelay(err); !ok || after.Seconds() != 5 {
		t.Errorf("asked to wait %v, want 5 s", after)
	}
	first := p.Failed[0]
	if first.Index != 5 || first.ID != list[5].ID || !sink.IsPermanent(first.Err) {
		t.Errorf("the first failure is %+v, want that of event 5", first)
	}
	for i, f := range p.Failed[1:] {
		if f.Index != p.Failed[1].Index+i || sink.IsPermanent(f.Err) {
			t.Errorf("failure %d is %+v, want the events to the end, not permanent", i, f)
		}
	}
	if got := len(s.got()) + len(p.Failed); got != 40 || p.Failed[1].Index > 20 {
		t.Errorf("%d arrived, %d failed, from %d on", len(s.got()), len(p.Failed), p.Failed[1].Index)
	}
}

func TestNil(t *testing.T) {
	var exporter *webhook.Exporter
	if err := errors.Join(exporter.Export(t.Context(), some(1)), exporter.Shutdown(t.Context())); err != nil {
		t.Errorf("a nil Exporter: %v", err)
	}
	if err := new(webhook.Exporter).Export(t.Context(), some(1)); err == nil {
		t.Error("an Exporter that was not made by New takes events")
	}
}

// TestNilContext: it is context.Background().
func TestNilContext(t *testing.T) {
	s := newReceiver(t, "")
	exporter := newSink(t, s.URL)
	var none context.Context
	if err := errors.Join(exporter.Export(none, some(2)), exporter.Shutdown(none)); err != nil || len(s.got()) != 2 {
		t.Errorf("%d events arrived, %v", len(s.got()), err)
	}
	exporter = nil
	if err := errors.Join(exporter.Export(none, some(1)), exporter.Shutdown(none)); err != nil {
		t.Errorf("a nil Exporter: %v", err)
	}
}
