package httpsink

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
)

var (
	errTimeout  = errors.New("no answer in time")
	errNoAnswer = errors.New("no answer that is HTTP")
	errTLS      = errors.New("the port speaks TLS: write https:// in the URL")
	errNoTLS    = errors.New("the port does not speak TLS: write http:// in the URL, or give another port")
)

// reason returns why there was no answer. It passes on only errors whose text is known to hold nothing of the URL or of an
// answer.
func reason(err error, known []error) error {
	var (
		dns  *net.DNSError
		addr *net.AddrError
		op   *net.OpError
		no   syscall.Errno
		cert *tls.CertificateVerificationError
	)
	for _, k := range known {
		if errors.Is(err, k) {
			return k
		}
	}
	switch {
	case errors.As(err, &cert):
		return fmt.Errorf("its certificate is not to be trusted: look at the roots and at its name: %w", short(cert.Err))
	case errors.As(err, &dns):
		return fmt.Errorf("looking its name up: %s", dns.Err)
	case errors.As(err, &addr):
		return fmt.Errorf("its address: %s", addr.Err)
	case errors.As(err, &no):
		return fmt.Errorf("the connection: %w", no)
	case errors.As(err, &op) && op.Timeout():
		return fmt.Errorf("the connection: %s: %w", op.Op, errTimeout)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the connection was closed: %w", io.ErrUnexpectedEOF)
	default:
		return spoken(err)
	}
}

// spoken returns the protocol that the receiver spoke instead of HTTP, as an error, as far as the first bytes show it.
func spoken(err error) error {
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return errNoTLS
	case errors.As(err, &record):
		if settings(record.RecordHeader[:]) {
			return ErrGRPC
		}
		return errNoTLS
	}
	// The transport's error is a text that quotes the first line.
	_, quoted, _ := strings.Cut(err.Error(), `malformed HTTP response "`)
	line, _ := strconv.Unquote(`"` + quoted) // it is "" if nothing is quoted
	switch {
	case settings([]byte(line)):
		return ErrGRPC
	case strings.HasPrefix(line, "\x15\x03"): // an alert of TLS (RFC 8446, section 5.1)
		return errTLS
	default:
		return errNoAnswer
	}
}

// settings reports whether b begins with the header of a SETTINGS frame: three bytes of length, which is a multiple of six,
// type 4 and flags 0. A server's first frame in HTTP/2 is a SETTINGS frame (RFC 9113, section 3.4).
func settings(b []byte) bool {
	return len(b) >= 5 && b[0] == 0 && (int(b[1])<<8|int(b[2]))%6 == 0 && b[3] == 4 && b[4] == 0
}

// short bounds the text of an error that quotes a certificate, to 300 bytes.
func short(err error) error {
	if text := err.Error(); len(text) > 300 {
		return errors.New(text[:300])
	}
	return err
}
