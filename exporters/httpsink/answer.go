package httpsink

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/exporters/sink"
)

const (
	// MaxAnswer bounds the part of an answer's body that Do reads, in bytes: 64 KiB.
	MaxAnswer = 64 << 10
	// maxAfter bounds the wait that an answer may ask for with Retry-After.
	maxAfter = 24 * time.Hour
)

var (
	errRefused   = errors.New("the receiver refuses what was sent")
	errStatus    = errors.New("it did not take the events")
	errConfig    = errors.New("a fault of the configuration here or there: look at the URL, at the credentials and at what the receiver takes")
	errElsewhere = errors.New("it redirects to where events are not sent: give the exporter the new URL")
	errSwitches  = errors.New("it changes to another protocol, which no request asked for: give the URL of a receiver that answers over HTTP")
)

// ErrGRPC says that the receiver's port speaks gRPC, or speaks HTTP/2 and not HTTP/1.1. It is for [errors.Is], in the error of
// [Do] and in that of [Answer.Err]. A sink whose receivers have one port for HTTP and another for gRPC adds to the error which
// port to give.
var ErrGRPC = errors.New("the port speaks gRPC, or HTTP/2 alone: give the port for HTTP/1.1")

// Answer is a receiver's answer to one request.
type Answer struct {
	Status int
	Header http.Header
	// Text is the body, at most [MaxAnswer] bytes. It is nil if the body is longer, was cut off or did not end in time. It is
	// also nil for 101 Switching Protocols, because the body then belongs to another protocol.
	Text []byte
}

// Err returns the meaning of the answer's status by the table of this package. It returns nil if the receiver has taken the
// events. Otherwise the text of the error continues a sentence that begins with the name of the receiver: "answers 503 Service
// Unavailable: it did not take the events".
//
// The error is [sink.Permanent] if the receiver refuses the content of the request. A part of the same events may still be
// taken; for a single event the refusal is final. Every other error carries the time of the next try with [sink.RetryAfter],
// if the answer has one. The error repeats nothing of the answer except the status. On a nil Answer, Err returns an error.
func (a *Answer) Err() error {
	if a == nil {
		return fmt.Errorf("has not answered: %w", errNoAnswer)
	}
	meaning := classify(a.Status)
	if a.grpc() {
		meaning = ErrGRPC // also with 200: in gRPC, 200 does not mean success
	}
	if meaning == nil {
		return nil
	}
	said := strings.TrimSpace(strconv.Itoa(a.Status) + " " + http.StatusText(a.Status))
	err := fmt.Errorf("answers %s: %w", said, meaning)
	if errors.Is(meaning, errRefused) {
		return sink.Permanent(err)
	}
	if after, ok := retryAfter(a.Header, time.Now()); ok {
		return sink.RetryAfter(err, after)
	}
	return err
}

// grpc reports whether the answer is a gRPC answer. A gRPC server takes no other requests.
func (a *Answer) grpc() bool {
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return strings.HasPrefix(kind, "application/grpc") || a.Header.Get("Grpc-Status") != ""
}

// classify returns the meaning of a status. It returns nil if the receiver has taken the events.
func classify(status int) error {
	switch status {
	case http.StatusSwitchingProtocols:
		return errSwitches
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

// retryAfter reads the header (RFC 9110, section 10.2.3), which is a number of seconds or a date. A date is compared with the
// answer's own Date if there is one, and otherwise with now.
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
