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
	// MaxAnswer is how much of an answer's body is read, in bytes.
	MaxAnswer = 64 << 10
	// maxAfter bounds what Retry-After may ask for.
	maxAfter = 24 * time.Hour
)

var (
	errRefused   = errors.New("the receiver refuses what was sent")
	errStatus    = errors.New("it did not take the events")
	errConfig    = errors.New("a fault of the configuration here or there: look at the URL, at the credentials and at what the receiver takes")
	errElsewhere = errors.New("it redirects to where events are not sent: give the exporter the new URL")
	errSwitches  = errors.New("it changes to another protocol, which no request asked for: give the URL of a receiver that answers over HTTP")
)

// ErrGRPC says that the port of the receiver speaks gRPC, or no HTTP but HTTP/2. It is there for
// [errors.Is], in the error of [Do] and in that of [Answer.Err]: a sink whose receivers have one port for
// HTTP and another for gRPC adds which of them to give.
var ErrGRPC = errors.New("the port speaks gRPC, or HTTP/2 alone: give the port for HTTP/1.1")

// Answer is what a receiver has said.
type Answer struct {
	Status int
	Header http.Header
	// Text is the body, nil where it is longer than [MaxAnswer], was cut off, did not end in time, or
	// belongs to another protocol (101 Switching Protocols).
	Text []byte
}

// Err returns what the answer's status means, by the table of this package: nil where the events were
// taken, or else an error that goes on after the name of the receiver, such as "answers 503 Service
// Unavailable: it did not take the events". It is [sink.Permanent] where the answer is about what was
// sent: less of it may be taken, and of one event it is the last word. Every other says with
// [sink.RetryAfter] when to try again where the answer does. It repeats nothing of the answer but the
// number.
func (a *Answer) Err() error {
	if a == nil {
		return fmt.Errorf("has not answered: %w", errNoAnswer)
	}
	meaning := classify(a.Status)
	if a.grpc() {
		meaning = ErrGRPC // also with 200, which says of gRPC that there is an answer, and not which
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

// grpc reports whether the answer is one of gRPC, which takes nothing that is not gRPC.
func (a *Answer) grpc() bool {
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return strings.HasPrefix(kind, "application/grpc") || a.Header.Get("Grpc-Status") != ""
}

// classify says what a status means: nil is taken.
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
