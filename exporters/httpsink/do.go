package httpsink

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// answerFor is how long an answer's body is listened to.
const answerFor = 2 * time.Second

// Do sends the request and reads the answer, whatever its status. From the connection to the status it may
// take as long as timeout, and the answer's body two seconds more. It returns when the request's context is
// done, whatever the receiver and the client's transport do: what is still under way then is given up, and its
// connection closed. The request is Do's from now on.
//
// The body of 101 Switching Protocols is not read: it is the connection itself, which no context ends.
//
// The error says why there was no answer: the cause of the request's context where that is done; otherwise it
// holds nothing of the URL, which may be a secret, and nothing of what was answered. Errors of the client's
// transport are told as they are where they are among known.
func Do(client *http.Client, req *http.Request, timeout time.Duration, known ...error) (*Answer, error) {
	if client == nil {
		client = http.DefaultClient
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
		return nil, context.Cause(ctx) //nolint:wrapcheck // the sink says where
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
	case <-limited.Done(): // the status stands, and what the body says is not known
	}
	return answer, nil
}

// exchange is one request and its answer, in a goroutine of its own, so that nothing that a receiver or a
// transport does can hold up the caller of [Do].
type exchange struct {
	head chan head   // received by the caller, unless it has returned
	text chan []byte // has room for the one body
}

type head struct {
	res *http.Response
	err error
}

func (x *exchange) run(ctx context.Context, client *http.Client, req *http.Request) {
	res, err := client.Do(req) //nolint:gosec // read closes it; the application's own URL
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

// read reads an answer's body, so that its connection can be used again, but not all of a long one, and
// closes it, also while it is being read, when ctx is done: not every transport does that.
func read(ctx context.Context, res *http.Response) []byte {
	stop := context.AfterFunc(ctx, func() { _ = res.Body.Close() })
	defer stop()
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusSwitchingProtocols {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, MaxAnswer+1))
	if err != nil || len(text) > MaxAnswer {
		return nil // what it says is not known
	}
	return text
}
