package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"cairncx.dev/cairn/exporters"
)

const (
	// maxDrain is how much of an answer is read, and drainFor for how long.
	maxDrain = 64 << 10
	drainFor = time.Second
	// maxAfter bounds what Retry-After may ask for.
	maxAfter = 24 * time.Hour
)

var (
	errTimeout   = errors.New("no answer in time")
	errNoAnswer  = errors.New("no answer that is HTTP")
	errElsewhere = errors.New("it redirects to where events are not sent: give the exporter the new URL")
	errConfig    = errors.New("a fault of the configuration here or there: look at the URL and the credentials")
	errStatus    = errors.New("it did not take the events")
)

// post sends the messages in one request. The error says what it means to try again.
func (e *Exporter) post(ctx context.Context, msgs []message) error {
	limited, cancel := context.WithTimeout(ctx, e.cfg.timeout)
	defer cancel()
	req, err := e.request(limited, msgs)
	if err != nil {
		return fmt.Errorf("webhook: %s: %w", e.name, err)
	}
	res, err := e.client.Do(req) //nolint:bodyclose // drain closes it
	if err != nil {
		switch {
		case ctx.Err() != nil:
			err = context.Cause(ctx)
		case limited.Err() != nil:
			err = fmt.Errorf("%w: %v", errTimeout, e.cfg.timeout)
		default:
			err = reason(err)
		}
		return fmt.Errorf("webhook: %s: %w", e.name, err)
	}
	drain(res.Body, cancel)
	if err = classify(res.StatusCode); err == nil {
		return nil
	}
	err = fmt.Errorf("webhook: %s answers %d %s: %w", e.name, res.StatusCode, http.StatusText(res.StatusCode), err)
	if errors.Is(err, errRefused) || exporters.IsPermanent(err) {
		return err
	}
	if after, ok := retryAfter(res.Header, time.Now()); ok {
		return exporters.RetryAfter(err, after)
	}
	return err
}

// request makes the request of the messages.
func (e *Exporter) request(ctx context.Context, msgs []message) (*http.Request, error) {
	plain := e.body(msgs)
	sent := plain
	if e.cfg.gzip {
		var err error
		if sent, err = e.compress(plain); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(sent))
	if err != nil {
		return nil, errors.New("no request can be made of the URL") // err repeats it
	}
	req.Header = e.cfg.header.Clone()
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "cairn-webhook")
	}
	// The body of an answer is read and thrown away: nobody is to unpack it for that.
	req.Header.Set("Accept-Encoding", "identity")
	if e.cfg.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if e.cfg.single {
		req.Header.Set("Content-Type", contentEvent)
	} else {
		req.Header.Set("Content-Type", contentBatch)
	}
	return req, e.sign(req.Header, messageID(msgs), time.Now(), plain)
}

// drain reads what is left of an answer, so that the connection can be used again, but neither much
// of it nor for long: the status has said everything.
func drain(body io.ReadCloser, cancel context.CancelFunc) {
	stop := time.AfterFunc(drainFor, cancel)
	defer stop.Stop()
	_, _ = io.CopyN(io.Discard, body, maxDrain) // whatever it is
	_ = body.Close()
}

// classify says what a status means: nil is taken.
func classify(status int) error {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return errRefused
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return errStatus
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound,
		http.StatusProxyAuthRequired:
		return errConfig
	}
	switch status / 100 {
	case 2:
		return nil
	case 3:
		return errElsewhere
	case 4:
		return exporters.Permanent(errStatus)
	default:
		return errStatus
	}
}

// retryAfter reads the header (RFC 9110, section 10.2.3): a number of seconds or a date, which is
// measured by the clock that wrote it where the answer has one.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := h.Get("Retry-After")
	if v == "" {
		return 0, false
	}
	if s, err := strconv.ParseUint(v, 10, 63); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(s, uint64(maxAfter/time.Second))) * time.Second, true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		now = theirs
	}
	return min(max(at.Sub(now), 0), maxAfter), true
}

// reason returns why there was no answer. Only errors pass whose text is known to hold nothing of the
// URL or of an answer.
func reason(err error) error {
	var (
		u    *url.Error
		dns  *net.DNSError
		op   *net.OpError
		no   syscall.Errno
		cert *tls.CertificateVerificationError
	)
	if errors.As(err, &u) {
		err = u.Err
	}
	switch {
	case errors.Is(err, errPrivate):
		return errPrivate
	case errors.As(err, &cert):
		return fmt.Errorf("its certificate: %w", short(cert.Err))
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

// short bounds the text of an error.
func short(err error) error {
	if text := err.Error(); len(text) > 300 {
		return errors.New(text[:300])
	}
	return err
}
