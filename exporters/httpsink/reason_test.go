package httpsink_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/sink"
)

// failing is a transport that makes no connection.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// textError is an error that is as long as is wanted.
type textError string

func (e textError) Error() string { return string(e) }

// TestReasons: of a transport's error what is known to be harmless is said, and nothing else.
func TestReasons(t *testing.T) {
	t.Parallel()
	secret := errors.New("s3cr3t")
	short, long := textError(strings.Repeat("x", 300)), textError(strings.Repeat("x", 300)+"s3cr3t")
	const certificate = "its certificate is not to be trusted: look at the roots and at its name: "
	for _, tt := range []struct {
		name, reason string
		err          error
		want         string // all of it
		is           error
	}{
		{"a certificate", "why it is not to be trusted", &tls.CertificateVerificationError{Err: short}, certificate + string(short), short},
		{"a certificate with a long text", "it quotes the certificate, which may be of any length", &tls.CertificateVerificationError{Err: long}, certificate + string(short), nil},
		{"a name", "the resolver's words without the name", &net.DNSError{Err: "no such host", Name: "s3cr3t"}, "looking its name up: no such host", nil},
		{"an address", "the system's words without the address", &net.AddrError{Err: "invalid port", Addr: "s3cr3t"}, "its address: invalid port", nil},
		{"a system call", "the system's words", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "the connection: connection refused", syscall.ECONNREFUSED},
		{"a time limit of the dialer", "what took too long", &net.OpError{Op: "dial", Addr: &net.UnixAddr{Name: "s3cr3t"}, Err: os.ErrDeadlineExceeded}, "the connection: dial: no answer in time", nil},
		{"another fault of the connection", "its text may have anything", &net.OpError{Op: "dial", Err: secret}, "no answer that is HTTP", nil},
		{"the end", "what arrived is not known", io.EOF, "the connection was closed: unexpected EOF", io.ErrUnexpectedEOF},
		{"the end in the middle", "as above", io.ErrUnexpectedEOF, "the connection was closed: unexpected EOF", io.ErrUnexpectedEOF},
		{"no TLS", "the first bytes are not a record's", tls.RecordHeaderError{Msg: "s3cr3t", RecordHeader: [5]byte{'S', 'S', 'H', '-', '2'}}, "the port does not speak TLS: write http:// in the URL, or give another port", nil},
		{"HTTP instead of TLS", "net/http says so", http.ErrSchemeMismatch, "the port does not speak TLS: write http:// in the URL, or give another port", nil},
		{"settings instead of TLS", "the first bytes are settings", tls.RecordHeaderError{RecordHeader: [5]byte{0, 0, 6, 4, 0}}, httpsink.ErrGRPC.Error(), httpsink.ErrGRPC},
		{"any other", "its text may have anything", secret, "no answer that is HTTP", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := do(t, &http.Client{Transport: failing{tt.err}}, "http://receiver/s3cr3t", time.Hour)
			if err == nil || err.Error() != tt.want || sink.IsPermanent(err) {
				t.Errorf("%v, want %q: %s", err, tt.want, tt.reason)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v, want its cause to be found", err)
			}
		})
	}
}

// TestFirstBytes: what a port says at once is taken for HTTP/2 where it is a frame of settings of HTTP/2 (RFC 9113, sections
// 4.1 and 6.5), and for TLS where it is an alert (RFC 8446, sections 5.1 and 6).
func TestFirstBytes(t *testing.T) {
	t.Parallel()
	const grpc, secure, other = "speaks gRPC", "speaks TLS: write https://", "no answer that is HTTP"
	for _, tt := range []struct{ name, says, want string }{
		{"no settings", "\x00\x00\x00\x04\x00\x00\x00\x00\x00", grpc},
		{"one", "\x00\x00\x06\x04\x00\x00\x00\x00\x00", grpc},
		{"as many as no server has", "\x00\x01\x0e\x04\x00\x00\x00\x00\x00", grpc},         // 270 bytes, 45 settings
		{"as many as are possible", "\x00\x3f\xfc\x04\x00\x00\x00\x00\x00", grpc},          // 16,380 bytes
		{"a header that is cut off", "\x00\x00\x06\x04\x00", grpc},                         // what is known of it is right
		{"half a header", "\x00\x00\x06\x04", other},                                       // so may much else begin
		{"a length that is no multiple of six", "\x00\x00\x05\x04\x00\x00\x00\x00", other}, // a setting has six bytes
		{"as above, of a large length", "\x00\x01\x00\x04\x00\x00\x00\x00\x00", other},     // 256
		{"a frame that is too large", "\x01\x00\x06\x04\x00\x00\x00\x00\x00", other},       // before it was allowed
		{"an acknowledgement", "\x00\x00\x00\x04\x01\x00\x00\x00\x00", other},              // the first frame is none
		{"a ping", "\x00\x00\x06\x06\x00\x00\x00\x00\x00", other},
		{"headers", "\x00\x00\x06\x01\x00\x00\x00\x00\x00", other},
		{"an alert of TLS 1.2", "\x15\x03\x03\x00\x02\x02\x46", secure},
		{"a handshake of TLS", "\x16\x03\x03\x00\x02\x02\x46", other},
		{"something", "SSH-2.0-s3cr3t", other},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHostile(t, func(c net.Conn) error {
				_, _ = c.Read(make([]byte, 1<<10))
				_, _ = io.WriteString(c, tt.says)
				return io.EOF // and close
			})
			_, err := do(t, newClient(t), "http://"+h.addr, time.Hour)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%q: %v, want %q", tt.says, err, tt.want)
			}
		})
	}
}
