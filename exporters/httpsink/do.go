package httpsink

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// DefaultTimeout bounds the time from the connection to the answer's header, where a sink sets no other bound. A receiver has
// time to write a batch, and a caller with a shorter deadline still ends the request.
const DefaultTimeout = 15 * time.Second

// answerFor bounds the time to read an answer's body, after its header.
const answerFor = 2 * time.Second

// Do sends the request and reads the answer, whatever its status. The time from the connection to the answer's header is
// bounded by timeout, or by [DefaultTimeout] if timeout is 0 or less, and the time to read the body by two more seconds. Do also returns when the request's context is done.
// In each case Do returns on time, whatever the receiver and the client's transport do. It then cancels the request, which
// closes a connection of HTTP/1.1. The request belongs to Do from the call on. A nil client is [http.DefaultClient].
//
// Do does not read the body of 101 Switching Protocols. That body is the connection itself, and no context ends it.
//
// The error says why there is no answer. If the request's context is done, the error is the context's cause. If the
// transport's error matches one of known by [errors.Is], Do returns that known error. Every other error repeats neither the
// URL, which may hold a secret, nor anything that the receiver sent.
func Do(client *http.Client, req *http.Request, timeout time.Duration, known ...error) (*Answer, error) {
	if client == nil {
		client = http.DefaultClient
	}
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx := req.Context()
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := time.AfterFunc(timeout, func() { cancel(errTimeout) })
	defer limit.Stop()
	x := exchange{head: make(chan head), text: make(chan []byte, 1)}
	go x.run(limited, client, req.WithContext(limited))
	var h head
	select {
	case h = <-x.head:
	case <-limited.Done():
		h.err = limited.Err()
	}
	switch {
	case h.err == nil:
	case ctx.Err() != nil:
		return nil, context.Cause(ctx) //nolint:wrapcheck // the sink adds the receiver's name
	case limited.Err() != nil:
		return nil, fmt.Errorf("%w: %v", errTimeout, timeout)
	default:
		return nil, reason(h.err, known)
	}
	answer := &Answer{Status: h.res.StatusCode, Header: h.res.Header}
	if answer.Status == http.StatusSwitchingProtocols {
		return answer, nil
	}
	limit.Reset(answerFor)
	select {
	case answer.Text = <-x.text:
	case <-limited.Done(): // the status is valid, the body is unknown
	}
	return answer, nil
}

// exchange is one request and its answer. It runs in a separate goroutine, so that neither the receiver nor the transport can
// hold up the caller of [Do].
type exchange struct {
	head chan head   // received by the caller, unless it has returned
	text chan []byte // its buffer has room for the only body
}

type head struct {
	res *http.Response
	err error
}

func (x *exchange) run(ctx context.Context, client *http.Client, req *http.Request) {
	res, err := client.Do(req) //nolint:gosec // read closes the body; the application gives the URL
	select {
	case x.head <- head{res, err}:
	case <-ctx.Done():
		if err == nil {
			_ = res.Body.Close()
		}
		return
	}
	if err == nil {
		x.text <- read(ctx, res)
	}
}

// read reads an answer's body up to [MaxAnswer] bytes, so that the connection can be used again, and closes it. When ctx is
// done, read closes the body also during a Read, because not every transport does that.
func read(ctx context.Context, res *http.Response) []byte {
	stop := context.AfterFunc(ctx, func() { _ = res.Body.Close() })
	defer stop()
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusSwitchingProtocols {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, MaxAnswer+1))
	if err != nil || len(text) > MaxAnswer {
		return nil // the content is incomplete
	}
	return text
}
