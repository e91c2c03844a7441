package httpsink_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/internal/loopback"
)

// post posts the text and returns the request's error.
func post(t *testing.T, bodies *httpsink.Bodies, client *http.Client, url, text string) error {
	t.Helper()
	body := bodies.Get()
	defer body.Done()
	if len(body.Bytes) != 0 {
		t.Fatalf("a new body holds %q", body.Bytes)
	}
	body.Bytes = append(body.Bytes, text...)
	req, err := body.Request(t.Context(), url, body.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := httpsink.Do(client, req, time.Minute)
	if err != nil {
		return err
	}
	return answer.Err()
}

// slow is a transport that answers at once, and reads what is sent later.
type slow struct{ bodies []io.ReadCloser }

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	again, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	s.bodies = append(s.bodies, r.Body, again)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

// TestBodyOutlivesRequest: nobody writes where a transport is still reading.
func TestBodyOutlivesRequest(t *testing.T) {
	var bodies httpsink.Bodies
	transport := &slow{}
	client := &http.Client{Transport: transport}
	texts := []string{strings.Repeat("a", 1000), strings.Repeat("b", 1000), strings.Repeat("c", 1000)}
	for i, text := range texts {
		if err := post(t, &bodies, client, "http://a", text); err != nil {
			t.Fatal(err)
		}
		// One of the two readers ends. That the other one has not is what counts, also when this one is
		// closed again.
		first := transport.bodies[2*i]
		_ = first.Close()
		_ = first.Close()
		if n, err := first.Read(make([]byte, 10)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("a reader that is closed reads %d bytes, %v", n, err)
		}
	}
	for i, text := range texts {
		got, err := io.ReadAll(transport.bodies[2*i+1])
		if err != nil || string(got) != text {
			t.Errorf("body %d is %.10q…, %v: want %.10q…", i, got, err, text)
		}
		_ = transport.bodies[2*i+1].Close()
	}
	if err := post(t, &bodies, client, "http://a", "d"); err != nil { // in what was used before, or not
		t.Fatal(err)
	}
	for _, r := range transport.bodies {
		_ = r.Close()
		if _, ok := r.(io.WriterTo); ok {
			t.Error("a reader can be written from without its Close")
		}
	}
}

// TestEarlyAnswer: a receiver may answer before it has read, and the transport reads the body while the
// next request is made. The race detector looks at the buffers.
func TestEarlyAnswer(t *testing.T) {
	addr := loopback.Serve(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 512))
		_, _ = io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
	})
	var bodies httpsink.Bodies
	client := newClient(t)
	text := strings.Repeat("x", 1<<20)
	for range 30 {
		if err := post(t, &bodies, client, "http://"+addr, text); err == nil {
			t.Fatal("a request was taken that nobody has read")
		}
	}
}

// TestBody: what is written arrives, the part that is asked for, and again where a redirect asks for it.
func TestBody(t *testing.T) {
	var got []string
	mux := http.NewServeMux()
	mux.Handle("/old", http.RedirectHandler("/new", http.StatusTemporaryRedirect))
	mux.HandleFunc("/new", func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+string(b))
		if r.ContentLength != int64(len(b)) {
			t.Errorf("the length is said to be %d, and is %d", r.ContentLength, len(b))
		}
	})
	url := serve(t, mux.ServeHTTP)
	client := newClient(t)
	client.CheckRedirect = nil
	var bodies httpsink.Bodies
	body := bodies.Get()
	defer body.Done()
	if _, err := io.Copy(body, bytes.NewReader([]byte("0123456789"))); err != nil {
		t.Fatal(err)
	}
	for _, part := range [][2]int{{0, 10}, {3, 5}, {4, 4}} {
		req, err := body.Request(nil, url+"/old", body.Bytes[part[0]:part[1]]) //nolint:staticcheck // a nil context is no reason to fail
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := httpsink.Do(client, req, time.Minute); err != nil || answer.Err() != nil {
			t.Fatal(err, answer.Err())
		}
	}
	if want := "POST 0123456789, POST 34, POST "; strings.Join(got, ", ") != want {
		t.Errorf("%q arrived, want %q", got, want)
	}
}

// TestNoRequest: an error does not repeat the URL.
func TestNoRequest(t *testing.T) {
	var none *httpsink.Bodies
	body := none.Get()
	if _, err := body.Request(t.Context(), "http://[s3cr3t", nil); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("%v", err)
	}
	body.Done()
	(*httpsink.Body)(nil).Done()
}
