package httpsink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/exporters"
)

const (
	// MaxAnswer is how much of an answer's body is read, in bytes.
	MaxAnswer = 64 << 10
	// answerFor is how long an answer's body is listened to.
	answerFor = 2 * time.Second
	// maxAfter bounds what Retry-After may ask for.
	maxAfter = 24 * time.Hour
)

var (
	errRefused   = errors.New("the receiver refuses what was sent")
	errStatus    = errors.New("it did not take the events")
	errConfig    = errors.New("a fault of the configuration here or there: look at the URL, at the credentials and at what the receiver takes")
	errElsewhere = errors.New("it redirects to where events are not sent: give the exporter the new URL")
)

// Answer is what a receiver has said.
type Answer struct {
	Status int
	Header http.Header
	// Text is the body, nil where it is longer than [MaxAnswer] or was cut off.
	Text []byte
}

// Do sends the request and reads the answer, whatever its status. From the connection to the status it may
// take as long as timeout, and the answer's body two seconds more. The error says why there was no answer:
// the cause of the request's context where that is done; otherwise it holds nothing of the URL, which may
// be a secret, and nothing of what was answered. Errors of the client's transport are told as they are where
// they are among known.
func Do(client *http.Client, req *http.Request, timeout time.Duration, known ...error) (*Answer, error) {
	if client == nil {
		client = http.DefaultClient
	}
	ctx := req.Context()
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := time.AfterFunc(timeout, func() { cancel(errTimeout) })
	defer limit.Stop()
	res, err := client.Do(req.WithContext(limited)) //nolint:bodyclose,gosec // read closes it; the application's own URL
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, context.Cause(ctx) //nolint:wrapcheck // the sink says where
	case limited.Err() != nil:
		return nil, fmt.Errorf("%w: %v", errTimeout, timeout)
	default:
		return nil, reason(err, known)
	}
	limit.Reset(answerFor)
	return &Answer{Status: res.StatusCode, Header: res.Header, Text: read(res.Body)}, nil
}

// read reads an answer's body, so that its connection can be used again, but not all of a long one.
func read(body io.ReadCloser) []byte {
	text, err := io.ReadAll(io.LimitReader(body, MaxAnswer+1))
	_ = body.Close()
	if err != nil || len(text) > MaxAnswer {
		return nil // what it says is not known
	}
	return text
}

// Err returns what the answer's status means, by the table of this package: nil where the events were
// taken, or else an error that goes on after the name of the receiver, such as "answers 503 Service
// Unavailable: it did not take the events". It is [exporters.Permanent] where the answer is about what was
// sent: less of it may be taken, and of one event it is the last word. Every other says with
// [exporters.RetryAfter] when to try again where the answer does. It repeats nothing of the answer but the
// number.
func (a *Answer) Err() error {
	if a == nil {
		return fmt.Errorf("has not answered: %w", errNoAnswer)
	}
	meaning := classify(a.Status)
	if meaning == nil {
		return nil
	}
	said := strings.TrimSpace(strconv.Itoa(a.Status) + " " + http.StatusText(a.Status))
	err := fmt.Errorf("answers %s: %w", said, meaning)
	if errors.Is(meaning, errRefused) {
		return exporters.Permanent(err)
	}
	if after, ok := retryAfter(a.Header, time.Now()); ok {
		return exporters.RetryAfter(err, after)
	}
	return err
}

// classify says what a status means: nil is taken.
func classify(status int) error {
	switch status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return errRefused
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return errStatus
	}
	switch status / 100 {
	case 2:
		return nil
	case 3:
		return errElsewhere
	case 4:
		return errConfig
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
