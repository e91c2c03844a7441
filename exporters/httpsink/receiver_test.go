package httpsink_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/sink"
)

// TestReceiverExport: what is wrong with a call is said before anything is sent, with the sink's prefix, once.
func TestReceiverExport(t *testing.T) {
	t.Parallel()
	given, cancel := context.WithCancelCause(t.Context())
	cancel(errGivenUp)
	shut := &httpsink.Receiver{Prefix: "lines", Client: http.DefaultClient}
	if err := shut.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, reason string
		receiver     *httpsink.Receiver
		ctx          context.Context
		says         string
		is           error
	}{
		{"a zero value", "its constructor has not made it", &httpsink.Receiver{}, t.Context(), "httpsink: the exporter was not made by New: call New", nil},
		{"without a client", "as above", &httpsink.Receiver{Prefix: "lines"}, t.Context(), "lines: the exporter was not made by New: call New", nil},
		{"a context that is done", "its cause is the reason", &httpsink.Receiver{Prefix: "lines", Client: http.DefaultClient}, given, "lines: " + errGivenUp.Error(), errGivenUp},
		{"after Shutdown", "the connections are closed", shut, t.Context(), "lines: ", sink.ErrClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.receiver.Export(tt.ctx, some(1), func(context.Context, int, int) (int, error) {
				t.Error("something was sent")
				return 1, nil
			})
			if err == nil || !strings.HasPrefix(err.Error(), tt.says) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v, want %q: %s", err, tt.says, tt.reason)
			}
		})
	}
	r := &httpsink.Receiver{Client: http.DefaultClient}
	sent := 0
	err := r.Export(nil, some(3), func(ctx context.Context, _, hi int) (int, error) { //nolint:staticcheck // what a caller may get wrong
		if ctx == nil {
			t.Error("send has no context")
		}
		sent++
		return hi, nil
	})
	if err != nil || sent != 1 {
		t.Errorf("without a context: %d requests, %v", sent, err)
	}
}

// TestReceiverPost: a request has what the sink says, what the package adds, and no more.
func TestReceiverPost(t *testing.T) {
	t.Parallel()
	type request struct{ agent, encoding, own, text string }
	got := make(chan request, 1)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got <- request{r.UserAgent(), r.Header.Get("Accept-Encoding"), r.Header.Get("X-Own"), string(text)}
		w.WriteHeader(http.StatusAccepted)
	})
	for _, tt := range []struct {
		name, reason string
		header       http.Header
		want         request
	}{
		{"its own headers", "the sink knows its form", http.Header{"X-Own": {"1"}}, request{"cairn-lines", "identity", "1", "345"}},
		{"its own name", "an application may give one", http.Header{"User-Agent": {"shop"}}, request{"shop", "identity", "", "345"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &httpsink.Receiver{Prefix: "lines", URL: url, Client: newClient(t), Timeout: time.Hour}
			body := r.Bodies.Get()
			defer body.Done()
			body.Bytes = append(body.Bytes, "0123456789"...)
			answer, err := r.Post(t.Context(), tt.header, body, body.Bytes[3:6])
			if err != nil || answer.Status != http.StatusAccepted {
				t.Fatalf("%+v, %v", answer, err)
			}
			if g := <-got; g != tt.want {
				t.Errorf("%+v has arrived, want %+v: %s", g, tt.want, tt.reason)
			}
		})
	}
	r := &httpsink.Receiver{URL: "http://[s3cr3t", Client: newClient(t), Timeout: time.Hour}
	if _, err := r.Post(t.Context(), http.Header{}, r.Bodies.Get(), nil); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("a URL that is none: %v", err)
	}
}

// shouting is a compressor that makes large letters of small ones at its Close.
type shouting struct {
	w             io.Writer
	text          bytes.Buffer
	write, finish error
}

func (c *shouting) Write(b []byte) (int, error) { _, _ = c.text.Write(b); return len(b), c.write }

func (c *shouting) Close() error {
	_, _ = c.w.Write(bytes.ToUpper(c.text.Bytes()))
	return c.finish
}

func (c *shouting) Reset(w io.Writer) { c.w = w; c.text.Reset() }

// TestReceiverCompress: what is sent is compressed, each request by itself; where that goes wrong nothing is sent.
func TestReceiverCompress(t *testing.T) {
	t.Parallel()
	var got []string
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got = append(got, string(text))
	})
	errCompress := errors.New("it cannot be compressed")
	for _, tt := range []struct {
		name string
		made error
		c    shouting
	}{
		{"it is not made", errCompress, shouting{}},
		{"it cannot be written to", nil, shouting{write: errCompress}},
		{"it cannot be ended", nil, shouting{finish: errCompress}},
	} {
		r := &httpsink.Receiver{URL: url, Client: newClient(t), Timeout: time.Hour}
		r.Compress = func(w io.Writer) (httpsink.Compressor, error) {
			tt.c.w = w
			return &tt.c, tt.made
		}
		body := r.Bodies.Get()
		body.Bytes = append(body.Bytes, "text"...)
		for range 2 { // also with one that was used before
			if answer, err := r.Post(t.Context(), http.Header{}, body, body.Bytes); !errors.Is(err, errCompress) || !strings.HasPrefix(err.Error(), "compressing: ") {
				t.Errorf("%s: %+v, %v", tt.name, answer, err)
			}
		}
	}
	if len(got) > 0 {
		t.Errorf("%q was sent though it could not be compressed", got)
	}
	r := &httpsink.Receiver{URL: url, Client: newClient(t), Timeout: time.Hour}
	r.Compress = func(w io.Writer) (httpsink.Compressor, error) { return &shouting{w: w}, nil }
	body := r.Bodies.Get()
	body.Bytes = append(body.Bytes, "onetwo"...)
	for _, part := range [][]byte{body.Bytes[:3], body.Bytes[3:], nil} {
		if _, err := r.Post(t.Context(), http.Header{}, body, part); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(got, ",") != "ONE,TWO," {
		t.Errorf("%q has arrived, want ONE, TWO and nothing", got)
	}
}

// TestReceiverGzip: the standard library's writer is a Compressor, and its reader reads what arrives.
func TestReceiverGzip(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Error(err)
		}
		got <- string(text)
	})
	r := &httpsink.Receiver{URL: url, Client: newClient(t), Timeout: time.Hour}
	r.Compress = func(w io.Writer) (httpsink.Compressor, error) { return gzip.NewWriter(w), nil }
	for _, text := range []string{strings.Repeat("a", 10_000), "b"} {
		body := r.Bodies.Get()
		body.Bytes = append(body.Bytes, text...)
		if _, err := r.Post(t.Context(), http.Header{}, body, body.Bytes); err != nil {
			t.Fatal(err)
		}
		body.Done()
		if g := <-got; g != text {
			t.Errorf("%d bytes have arrived, want %d", len(g), len(text))
		}
	}
}

// idle is a transport that counts how often its idle connections are closed.
type idle struct{ closed atomic.Int32 }

func (*idle) RoundTrip(*http.Request) (*http.Response, error) { return nil, errKnown }

func (i *idle) CloseIdleConnections() { i.closed.Add(1) }

// TestReceiverShutdown: Flush and Shutdown wait for the calls that are under way, as long as their context allows, and
// may be called again. Only connections that are the sink's are closed, and only after that.
func TestReceiverShutdown(t *testing.T) {
	t.Parallel()
	for name, owned := range map[string]bool{"its own connections": true, "the application's connections": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { waits(t, owned) })
		})
	}
	if err := new(httpsink.Receiver).Shutdown(t.Context()); err != nil {
		t.Errorf("a zero value: %v", err)
	}
	if err := (&httpsink.Receiver{Owned: true}).Shutdown(t.Context()); err != nil {
		t.Errorf("without a client: %v", err)
	}
}

func waits(t *testing.T, owned bool) {
	t.Helper()
	transport := &idle{}
	r := &httpsink.Receiver{Prefix: "lines", Client: &http.Client{Transport: transport}, Owned: owned}
	gate, exported := make(chan struct{}), make(chan error, 1)
	go func() {
		exported <- r.Export(t.Context(), make([]event.Event, 1), func(_ context.Context, _, hi int) (int, error) {
			<-gate
			return hi, nil
		})
	}()
	synctest.Wait()
	for what, f := range map[string]func(context.Context) error{"flush": r.Flush, "shutdown": r.Shutdown} {
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error, 1)
		go func() { done <- f(ctx) }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("%s has not waited: %v", what, err)
		default:
		}
		cancel(errGivenUp)
		if err := <-done; !errors.Is(err, errGivenUp) || !strings.HasPrefix(err.Error(), "lines: "+what+": ") {
			t.Errorf("%s whose context is done: %v", what, err)
		}
	}
	if n := transport.closed.Load(); n != 0 {
		t.Errorf("connections were closed %d times under a request", n)
	}
	close(gate)
	if err := <-exported; err != nil {
		t.Errorf("Export: %v", err)
	}
	for range 2 {
		if err := errors.Join(r.Flush(t.Context()), r.Shutdown(t.Context())); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
	if n := transport.closed.Load(); (n == 1) != owned || n > 1 {
		t.Errorf("the connections were closed %d times; they are the sink's: %v", n, owned)
	}
}

// TestReceiverAddress: it is the host and the port of the name.
func TestReceiverAddress(t *testing.T) {
	t.Parallel()
	r := &httpsink.Receiver{Name: "https://receiver.example"}
	if host, port := r.ServerAddress(); host != "receiver.example" || port != 443 {
		t.Errorf("%q, %d", host, port)
	}
}
