package otlplog

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"go.opentelemetry.io/otel"
	"google.golang.org/protobuf/encoding/protowire"

	"cairncx.dev/cairn/exporters"
)

const (
	// maxAnswer is how much of an answer is read, and answerFor for how long.
	maxAnswer = 64 << 10
	answerFor = 2 * time.Second
	// maxAfter bounds what Retry-After may ask for.
	maxAfter    = 24 * time.Hour
	contentType = "application/x-protobuf"
)

var (
	errTimeout  = errors.New("no answer in time")
	errNoAnswer = errors.New("no answer that is HTTP")
	errRefused  = errors.New("the receiver refuses what was sent")
	errRejected = errors.New("the receiver has thrown the records away (partial_success)")
	errStatus   = errors.New("it did not take the records")
	errNotOTLP  = errors.New("a web page answers, no receiver of OTLP: look at the endpoint")
)

// newClient returns the client, and whether its connections are the exporter's own.
func newClient(cfg *config) (*http.Client, bool) {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if cfg.client != nil {
		c := *cfg.client
		c.CheckRedirect = stay
		return &c, false
	}
	return &http.Client{
		CheckRedirect: stay,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSClientConfig: cfg.tls, ForceAttemptHTTP2: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
			TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 8,
			WriteBufferSize: 64 << 10,
		},
	}, true
}

// post sends one request and gives up its use of what is in it. It returns how many records the receiver
// has thrown away. The error says what it means to try again.
func (e *Exporter) post(ctx context.Context, plain *body) (rejected int64, err error) {
	sent := plain
	if e.cfg.compression == Gzip {
		sent, err = e.bodies.compress(plain.data)
		plain.done()
		if err != nil {
			return 0, fmt.Errorf("otlplog: %w", err)
		}
	}
	defer sent.done()
	limited, cancel := context.WithTimeout(ctx, e.cfg.timeout)
	defer cancel()
	req, err := e.request(limited, sent)
	if err != nil {
		return 0, fmt.Errorf("otlplog: %s: %w", e.name, err)
	}
	res, err := e.client.Do(req) //nolint:bodyclose // answer closes it
	if err != nil {
		switch {
		case ctx.Err() != nil:
			err = context.Cause(ctx)
		case limited.Err() != nil:
			err = fmt.Errorf("%w: %v", errTimeout, e.cfg.timeout)
		default:
			err = reason(err)
		}
		return 0, fmt.Errorf("otlplog: %s: %w", e.name, err)
	}
	text := answer(res.Body, cancel)
	if err = classify(res.StatusCode); err == nil {
		rejected, err = e.partial(res.Header, text)
	}
	if err == nil {
		return rejected, nil
	}
	err = fmt.Errorf("otlplog: %s answers %d %s: %w", e.name, res.StatusCode, http.StatusText(res.StatusCode), err)
	if errors.Is(err, errStatus) && !exporters.IsPermanent(err) {
		if after, ok := retryAfter(res.Header, time.Now()); ok {
			err = exporters.RetryAfter(err, after)
		}
	}
	return 0, err
}

// request makes the request that sends the body.
func (e *Exporter) request(ctx context.Context, sent *body) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.cfg.endpoint, http.NoBody)
	if err != nil {
		return nil, errors.New("no request can be made of the endpoint") // err repeats it
	}
	req.Header = e.cfg.header.Clone()
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "cairn-otlplog")
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept-Encoding", "identity")
	if e.cfg.compression == Gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	req.ContentLength = int64(len(sent.data))
	req.Body = sent.reader()
	req.GetBody = func() (io.ReadCloser, error) { return sent.reader(), nil }
	return req, nil
}

// answer reads an answer, but neither much of it nor for long.
func answer(body io.ReadCloser, cancel context.CancelFunc) []byte {
	stop := time.AfterFunc(answerFor, cancel)
	defer stop.Stop()
	text, err := io.ReadAll(io.LimitReader(body, maxAnswer))
	_ = body.Close()
	if err != nil || len(text) == maxAnswer {
		return nil // cut off: what it says is not known
	}
	return text
}

// classify says what a status means: nil is taken.
func classify(status int) error {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return errRefused
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return errStatus
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound,
		http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusTooEarly:
		// The protocol calls these final. But a wrong key, a wrong address or a broken Collector are not
		// the events' fault: they are to wait, not to become dead letters.
		return errStatus
	}
	switch status / 100 {
	case 2:
		return nil
	case 3, 5:
		return errStatus
	}
	return exporters.Permanent(errStatus)
}

// partial reads an ExportLogsServiceResponse: how many records were thrown away. What cannot be read says
// nothing, unless it is a web page.
func (e *Exporter) partial(h http.Header, text []byte) (rejected int64, err error) {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	switch kind {
	case "text/html", "application/xhtml+xml":
		return 0, errNotOTLP
	case contentType:
	default:
		return 0, nil
	}
	success, ok := field(text, 1, protowire.BytesType)
	if !ok {
		return 0, nil
	}
	count, _ := field(success, 1, protowire.VarintType)
	n, size := protowire.ConsumeVarint(count)
	if size < 0 || int64(n) <= 0 { //nolint:gosec // negative is no number of records
		if _, warned := field(success, 2, protowire.BytesType); warned {
			otel.Handle(fmt.Errorf("cairn: otlplog: %s took all records, and warns: look at its log", e.name)) //nolint:err113 // a report, nobody branches on it
		}
		return 0, nil
	}
	return int64(n), nil //nolint:gosec // positive
}

// field returns the last value of a message's field, which is what holds.
func field(b []byte, number protowire.Number, kind protowire.Type) (v []byte, ok bool) {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, false
		}
		b = b[n:]
		if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
			return nil, false
		}
		if num == number && typ == kind {
			v, ok = b[:n], true
			if kind == protowire.BytesType {
				v, _ = protowire.ConsumeBytes(v)
			}
		}
		b = b[n:]
	}
	return v, ok
}

// reject counts records that are lost, and says so.
func (e *Exporter) reject(n int64, of int) {
	e.rejected.Add(n)
	otel.Handle(fmt.Errorf("cairn: otlplog: %s has thrown away %d of %d records, without saying which (partial_success)", e.name, n, of)) //nolint:err113 // a report, nobody branches on it
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
	case errors.As(err, &cert):
		return errors.New("its certificate is not to be trusted: look at the roots and its name")
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
