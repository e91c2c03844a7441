package otlplog

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
	"google.golang.org/protobuf/encoding/protowire"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/sink"
)

const contentType = "application/x-protobuf"

var (
	errRejected = errors.New("the receiver has thrown the records away (partial_success)")
	errNotOTLP  = errors.New("a web page answers, no receiver of OTLP: look at the endpoint")
)

// newClient returns the client, and whether the exporter owns its connections.
func newClient(cfg *config) (*http.Client, bool) {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if cfg.client != nil {
		c := *cfg.client
		c.CheckRedirect = stay
		return &c, false
	}
	t := httpsink.NewTransport()
	t.TLSClientConfig = cfg.tls
	return &http.Client{CheckRedirect: stay, Transport: t}, true
}

// send sends one request with as many of the events from lo up to hi as fit. It is the send of [httpsink.Deliver].
func (e *Exporter) send(ctx context.Context, events []event.Event, lo, hi int, observed time.Time) (int, error) {
	body := e.receiver.Bodies.Get()
	defer body.Done()
	c := e.encoders.Get().(*encoder) //nolint:forcetypeassert // the pool holds nothing else
	n, part := c.request(body, &e.frame, events[lo:hi], observed, e.cfg.maxBytes)
	e.encoders.Put(c)
	hi = lo + n
	answer, err := e.receiver.Post(ctx, e.header(), body, part)
	if err != nil {
		return hi, fmt.Errorf("otlplog: %s: %w", e.receiver.Name, withRemedy(e.explain(ctx, err)))
	}
	e.probe.clear()
	if err := answer.Err(); err != nil {
		return hi, fmt.Errorf("otlplog: %s %w", e.receiver.Name, withRemedy(err))
	}
	rejected, err := e.partial(answer)
	switch {
	case err != nil:
		return hi, fmt.Errorf("otlplog: %s answers %d: %w", e.receiver.Name, answer.Status, err)
	case rejected >= int64(n):
		lost := &sink.PartialError{}
		for i := lo; i < hi; i++ {
			err := sink.Permanent(fmt.Errorf("otlplog: %s: %w", e.receiver.Name, errRejected))
			lost.Failed = append(lost.Failed, sink.Failure{Index: i, ID: events[i].ID, Err: err})
		}
		return hi, lost
	case rejected > 0:
		e.reject(rejected, n)
	}
	return hi, nil
}

// explain returns the error of a request without an answer. If the port speaks gRPC, the error also says that.
func (e *Exporter) explain(ctx context.Context, err error) error {
	if t, ok := e.receiver.Client.Transport.(*http.Transport); ok && e.receiver.Owned && ctx.Err() == nil &&
		!errors.Is(err, httpsink.ErrGRPC) && e.probe.look(ctx, t, e.cfg.endpoint) {
		return fmt.Errorf("%w: %w", err, httpsink.ErrGRPC)
	}
	return err
}

// header returns the headers of one request.
func (e *Exporter) header() http.Header {
	h := e.cfg.header.Clone()
	h.Set("Content-Type", contentType)
	if e.cfg.compression == Gzip {
		h.Set("Content-Encoding", "gzip")
	}
	return h
}

// partial reads the number of discarded records from an ExportLogsServiceResponse. It returns an error for a web page, and 0
// for any other answer that it cannot read.
func (e *Exporter) partial(a *httpsink.Answer) (rejected int64, err error) {
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	switch kind {
	case "text/html", "application/xhtml+xml":
		return 0, errNotOTLP
	case contentType:
	default:
		return 0, nil
	}
	success, ok := field(a.Text, 1, protowire.BytesType)
	if !ok {
		return 0, nil
	}
	count, _ := field(success, 1, protowire.VarintType)
	n, size := protowire.ConsumeVarint(count)
	if size < 0 || int64(n) <= 0 {
		if _, warned := field(success, 2, protowire.BytesType); warned {
			otel.Handle(fmt.Errorf("cairn: otlplog: %s took all records, and warns: look at its log", e.receiver.Name)) //nolint:err113 // a report, no caller branches on it
		}
		return 0, nil
	}
	return int64(n), nil
}

// field returns the last value of a message's field. In protobuf the last value counts.
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

// reject counts the records that the receiver has discarded and reports them.
func (e *Exporter) reject(n int64, of int) {
	e.rejected.Add(n)
	otel.Handle(fmt.Errorf("cairn: otlplog: %s has thrown away %d of %d records, without saying which (partial_success)", e.receiver.Name, n, of)) //nolint:err113 // a report, no caller branches on it
}
