package httpsink_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/internal/loopback"
)

// generous is how long a test waits for what has to happen at once before it says that it does not.
const generous = sinktest.Patience

// errGivenUp is why a test gives a call up.
var errGivenUp = errors.New("the caller gives up")

// hostile is a server over TCP that takes one connection after another, does what it likes with each, and
// says when it has done it. After that it waits until the other end closes the connection.
type hostile struct {
	addr   string
	played chan struct{} // a value for each connection with which it has played its part
	closed chan struct{} // a value for each connection that the other end has closed
}

func newHostile(t *testing.T, part func(c net.Conn) error) *hostile {
	h := &hostile{played: make(chan struct{}, 100), closed: make(chan struct{}, 100)}
	h.addr = loopback.Serve(t, func(c net.Conn) {
		if part(c) == nil {
			h.played <- struct{}{}
			_, _ = io.Copy(io.Discard, c)
		}
		h.closed <- struct{}{}
	})
	return h
}

// says reads the head of a request, answers with the text, and then with more of it for ever.
func says(text, again string) func(net.Conn) error {
	return func(c net.Conn) error {
		r := bufio.NewReader(c)
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return err
			}
			if line == "\r\n" {
				break
			}
		}
		if _, err := io.WriteString(c, text); err != nil {
			return err
		}
		if again == "" {
			return nil
		}
		for range 100 {
			if _, err := io.WriteString(c, again); err != nil {
				return nil //nolint:nilerr // it was given up already, which is as good
			}
		}
		go func() { // until the other end closes the connection
			for err := error(nil); err == nil; {
				_, err = io.WriteString(c, again)
			}
		}()
		return nil
	}
}

const upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

// TestHostileReceivers: "every read ends with the call's deadline, whatever the server does". Each receiver is
// at the point where it hangs when the call is given up; the call returns, and its connection is closed.
func TestHostileReceivers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, reason string
		part         func(net.Conn) error
		scheme       string
		body         int // bytes of the request
	}{
		{"takes one byte", "what is sent blocks", func(c net.Conn) error {
			_, err := c.Read(make([]byte, 1))
			return err
		}, "http", 32 << 20},
		{"stops in the middle of the request", "what is sent blocks", func(c net.Conn) error {
			_, err := io.CopyN(io.Discard, c, 1<<20)
			return err
		}, "http", 32 << 20},
		{"never answers", "there is no first byte", says("", ""), "http", 1},
		{"half a status line", "there is no end of the line", says("HTTP/1.1 2", ""), "http", 1},
		{"a status line that drips", "there is no end of the line", says("HTTP/1.1 200 ", "O"), "http", 1},
		{"interim answers without end", "none of them is the last", says("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), "http", 1},
		{"one interim answer", "none follows", says("HTTP/1.1 100 Continue\r\n\r\n", ""), "http", 1},
		{"half the headers", "there is no empty line", says("HTTP/1.1 200 OK\r\nX: y\r\n", ""), "http", 1},
		{"headers without end", "there is no empty line", says("HTTP/1.1 200 OK\r\n", "X: y\r\n"), "http", 1},
		{"a body that stops", "less than its length", says("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx", ""), "http", 1},
		{"a body that nothing ends", "only the end of the connection would", says("HTTP/1.1 200 OK\r\n\r\nx", ""), "http", 1},
		{"chunks without end", "there is no last chunk", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", ""), "http", 1},
		{"an extension of a chunk without end", "it is no part of the body", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x"), "http", 1},
		{"empty lines of a chunk", "they are no part of the body", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0"), "http", 1},
		{"trailers without end", "they are no part of the body", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\n", "X: y\r\n"), "http", 1},
		{"half the trailers", "there is no empty line", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n", ""), "http", 1},
		{"an error's body that stops", "its status is known", says("HTTP/1.1 503 No\r\nContent-Length: 1000\r\n\r\nx", ""), "http", 1},
		{"a redirect's body that stops", "nobody follows it", says("HTTP/1.1 307 No\r\nLocation: /x\r\nContent-Length: 1000\r\n\r\nx", ""), "http", 1},
		{"another protocol, in silence", "its body is the connection, which no context ends", says(upgrade, ""), "http", 1},
		{"another protocol, which drips", "its body is the connection, which no context ends", says(upgrade, "x"), "http", 1},
		{"another protocol, for a large request", "its body is the connection, which no context ends", says(upgrade, ""), "http", 32 << 20},
		{"another protocol without its name", "there is no body", says("HTTP/1.1 101 Switching Protocols\r\n\r\n", ""), "http", 1},
		{"no handshake", "TLS does not begin", func(net.Conn) error { return nil }, "https", 1},
		{"half a handshake", "TLS does not begin", func(c net.Conn) error {
			_, err := c.Write([]byte{0x16, 3, 3, 0, 100, 2, 0})
			return err
		}, "https", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHostile(t, tt.part)
			checkGivenUp(t, h, newClient(t), tt.scheme+"://"+h.addr, tt.body, tt.reason)
			if tt.scheme == "http" { // a handshake goes on until its own bound, for the next request
				await(t, h.closed, "the end of the connection")
			}
		})
	}
}

// checkGivenUp sends a request and gives it up when the receiver has played its part.
func checkGivenUp(t *testing.T, h *hostile, client *http.Client, url string, size int, reason string) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var bodies httpsink.Bodies
	body := bodies.Get()
	defer body.Done()
	body.Bytes = append(body.Bytes, make([]byte, size)...)
	req, err := body.Request(ctx, url, body.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		answer *httpsink.Answer
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		answer, err := httpsink.Do(client, req, time.Hour)
		done <- outcome{answer, err}
	}()
	await(t, h.played, "the receiver's part")
	cancel(errGivenUp)
	select {
	case o := <-done:
		switch {
		case o.err == nil && o.answer.Text != nil:
			t.Errorf("there is a body of %d bytes: %s", len(o.answer.Text), reason)
		case o.err == nil, errors.Is(o.err, errGivenUp):
		case strings.HasPrefix(o.err.Error(), "no answer that is HTTP"): // the transport's own bounds were first
		default:
			t.Errorf("%v, want the cause of the context or an answer: %s", o.err, reason)
		}
	case <-time.After(generous):
		t.Fatalf("the call hangs: %s", reason)
	}
}

func await(t *testing.T, ch <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-ch:
	case <-time.After(generous):
		t.Fatalf("in vain the test waits for %s", what)
	}
}

// TestSwitchedProtocols: without any deadline of the caller's, too, and the answer says what is wrong.
func TestSwitchedProtocols(t *testing.T) {
	t.Parallel()
	h := newHostile(t, says(upgrade, ""))
	answer, err := do(t, newClient(t), "http://"+h.addr, time.Hour)
	if err != nil || answer.Text != nil {
		t.Fatalf("%+v, %v", answer, err)
	}
	if err := answer.Err(); err == nil || !strings.Contains(err.Error(), "101 Switching Protocols: it changes to another protocol") {
		t.Errorf("%v, want that it changes to another protocol", err)
	}
	await(t, h.closed, "the end of the connection")
}

// HTTP/2 by hand (RFC 9113, section 4): what a server says that stops in the middle.
const (
	settingsFrame    = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	settingsNoWindow = "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00" // INITIAL_WINDOW_SIZE 0
	settingsAck      = "\x00\x00\x00\x04\x01\x00\x00\x00\x00"
	headers200       = "\x00\x00\x01\x01\x04\x00\x00\x00\x01\x88" // END_HEADERS of stream 1, ":status: 200"
	headers103       = "\x00\x00\x05\x01\x04\x00\x00\x00\x01\x08\x03103"
)

// TestHostileHTTP2: the same of HTTP/2, whose connections outlive their requests.
func TestHostileHTTP2(t *testing.T) {
	t.Parallel()
	ca := httptest.NewUnstartedServer(http.NotFoundHandler())
	ca.StartTLS()
	ca.Close() // only its certificate is wanted
	tests := []struct {
		name, reason, text string
		body               int
	}{
		{"says nothing", "there are no settings", "", 1},
		{"opens no window", "what is sent blocks", settingsNoWindow + settingsAck, 1 << 20},
		{"never answers", "there are no headers", settingsFrame + settingsAck, 1},
		{"interim answers only", "none of them is the last", settingsFrame + settingsAck + headers103 + headers103, 1},
		{"headers alone", "there is no end of the stream", settingsFrame + settingsAck + headers200, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHostile(t, func(c net.Conn) error {
				s := tls.Server(c, &tls.Config{Certificates: ca.TLS.Certificates, NextProtos: []string{"h2"}})
				if _, err := io.ReadFull(s, make([]byte, 24+9)); err != nil { // the preface, and a frame
					return err
				}
				_, err := io.WriteString(s, tt.text)
				return err
			})
			checkGivenUp(t, h, trusting(t), "https://"+h.addr, tt.body, tt.reason)
		})
	}
}

// trusting returns a client that believes every certificate.
func trusting(t *testing.T) *http.Client {
	client := newClient(t)
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the certificate is not what this is about
	return client
}

// deaf is a transport whose answers and bodies heed neither a context nor Close.
type deaf struct {
	gate   chan struct{}
	headed bool
}

func (d deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	if !d.headed {
		<-d.gate
		return nil, errKnown
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(d), Request: r}, nil
}

func (d deaf) Read([]byte) (int, error) {
	<-d.gate
	return 0, io.EOF
}

// TestDeafTransport: nor does the caller wait for a transport of the application's own that hangs.
func TestDeafTransport(t *testing.T) {
	t.Parallel()
	for name, headed := range map[string]bool{"without an answer": false, "with an answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gate := make(chan struct{})
			defer close(gate)
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(errGivenUp)
			req, err := new(httpsink.Bodies).Get().Request(ctx, "http://receiver", nil)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				_, err := httpsink.Do(&http.Client{Transport: deaf{gate, headed}}, req, time.Hour)
				done <- err
			}()
			select {
			case <-done:
			case <-time.After(generous):
				t.Fatal("the call hangs")
			}
		})
	}
}

// TestOtherProtocols: what a port speaks instead of HTTP is said where it can be told, without repeating it.
func TestOtherProtocols(t *testing.T) {
	t.Parallel()
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	alert := newHostile(t, func(c net.Conn) error {
		_, _ = c.Read(make([]byte, 1<<10)) // what comes before a request is no answer to one
		_, _ = io.WriteString(c, "\x15\x03\x01\x00\x02\x02\x46")
		return io.EOF // and close
	})
	tests := []struct {
		name, reason, url, want string
	}{
		{"http to a port of TLS", "a server that says so in HTTP", "http://" + secure.Listener.Addr().String(), "answers 400"},
		{"http to a port of TLS, which says so in TLS", "RFC 8446, section 6", "http://" + alert.addr, "speaks TLS: write https://"},
		{"https to a port without", "the first bytes are HTTP", strings.Replace(plain, "http", "https", 1), "does not speak TLS: write http://"},
		{"https to a port of HTTP/2 without", "the first bytes are settings", "https://" + http2Port(t).addr, httpsink.ErrGRPC.Error()},
		{"http to a port of HTTP/2", "the first bytes are settings", "http://" + http2Port(t).addr, httpsink.ErrGRPC.Error()},
		{"a port that cannot be", "the system's words", "http://127.0.0.1:99999", "its address: invalid port"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := do(t, newClient(t), tt.url+"/s3cr3t", time.Hour)
			if err == nil {
				err = answer.Err()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%v, want %q: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// http2Port is what a server of gRPC does to a client that speaks something else: it says its settings, and
// hangs up.
func http2Port(t *testing.T) *hostile {
	return newHostile(t, func(c net.Conn) error {
		_, _ = c.Read(make([]byte, 1<<10)) // what comes before a request is no answer to one
		_, _ = io.WriteString(c, settingsFrame)
		return io.EOF
	})
}

// TestGRPCAnswers: an answer of gRPC has taken nothing, and is not about the events, whatever its status:
// with 200 gRPC says that there is an answer (gRPC over HTTP2, "Responses").
func TestGRPCAnswers(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 404, 415, 500, 503} {
		for name, h := range map[string]http.Header{
			"content":      {"Content-Type": {"application/grpc"}},
			"with a codec": {"Content-Type": {"application/grpc+proto"}, "Grpc-Status": {"12"}},
			"status alone": {"Grpc-Status": {"12"}},
		} {
			err := (&httpsink.Answer{Status: status, Header: h}).Err()
			if !errors.Is(err, httpsink.ErrGRPC) || sink.IsPermanent(err) {
				t.Errorf("%d, %s: %v, want ErrGRPC, to be tried again", status, name, err)
			}
		}
	}
}
