package httpsink

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
)

var (
	errTimeout  = errors.New("no answer in time")
	errNoAnswer = errors.New("no answer that is HTTP")
)

// reason returns why there was no answer. Only errors pass whose text is known to hold nothing of the
// URL or of an answer.
func reason(err error, known []error) error {
	var (
		dns  *net.DNSError
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
	case errors.As(err, &no):
		return fmt.Errorf("the connection: %w", no)
	case errors.As(err, &op) && op.Timeout():
		return fmt.Errorf("the connection: %s: %w", op.Op, errTimeout)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the connection was closed: %w", io.ErrUnexpectedEOF)
	default:
		return errNoAnswer
	}
}

// short bounds the text of an error, which quotes a certificate.
func short(err error) error {
	if text := err.Error(); len(text) > 300 {
		return errors.New(text[:300])
	}
	return err
}
