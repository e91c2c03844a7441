//go:build unix

package delivery_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"

	"cairncx.dev/cairn/cx/event"
)

// secret signs the webhook's messages.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// receiver is an HTTP server that takes events and chooses its responses at random.
type receiver struct {
	decode func(body []byte) ([]event.Event, error)

	mu    sync.Mutex
	rng   *rand.Rand
	taken []event.Event
	gone  bool
	did   map[string]int // how often it did each action
	fault error          // the fault of an invalid body
}

// The actions of a receiver for a request, besides refusing poison.
const (
	takes      = "takes"
	takesLate  = "takes late"
	fails      = "500"
	throttles  = "429"
	cutsBefore = "cuts the request"
	cutsAfter  = "cuts the answer"
	refuses    = "400"
	isAway     = "away"
)

// startHTTP returns a function that starts a receiver of one kind.
func startHTTP(kind, path string, decode func([]byte) ([]event.Event, error)) func(*testing.T, *rand.Rand) (sinkAt, sink) {
	return func(t *testing.T, rng *rand.Rand) (sinkAt, sink) {
		t.Helper()
		r := &receiver{decode: decode, rng: rng, did: map[string]int{}}
		server := httptest.NewServer(r)
		t.Cleanup(server.Close)
		return sinkAt{kind, server.URL + path}, r
	}
}

// plan chooses the action for the next request.
func (r *receiver) plan() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	what := takes
	switch p := r.rng.IntN(100); {
	case r.gone:
		what = isAway
	case p < 4:
		what = fails
	case p < 5:
		what = throttles
	case p < 9:
		what = cutsBefore
	case p < 13:
		what = cutsAfter
	case p < 16:
		what = takesLate
	}
	r.did[what]++
	return what
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	what := r.plan()
	switch what {
	case isAway:
		cut(w, "")
		return
	case cutsBefore:
		_, _ = io.CopyN(io.Discard, req.Body, 100)
		cut(w, "")
		return
	case fails:
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	case throttles:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many", http.StatusTooManyRequests)
		return
	}
	body, err := bodyOf(req)
	if err != nil {
		return // the child was killed during the request
	}
	if what == takesLate {
		<-time.After(shortly)
	}
	if bytes.Contains(body, []byte(poison)) {
		r.mu.Lock()
		r.did[refuses]++
		r.mu.Unlock()
		http.Error(w, "poison", http.StatusBadRequest)
		return
	}
	r.take(body)
	if what == cutsAfter {
		cut(w, "HTTP/1.1 20")
		return
	}
	if w.Header().Set("Content-Type", req.Header.Get("Content-Type")); req.URL.Path == "/hook" {
		w.Header().Set("Content-Type", "text/plain")
	}
	w.WriteHeader(http.StatusOK)
}

func (r *receiver) take(body []byte) {
	events, err := r.decode(body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.fault = fmt.Errorf("%.200q: %w", body, err)
	}
	r.taken = append(r.taken, events...)
}

// bodyOf reads the whole body of a request.
func bodyOf(req *http.Request) ([]byte, error) {
	if req.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(req.Body)
	}
	z, err := gzip.NewReader(req.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// cut sends a part of a response and closes the connection.
func cut(w http.ResponseWriter, answer string) {
	h, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	conn, _, err := h.Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, answer)
	_ = conn.Close()
}

func (r *receiver) set(gone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = gone
}

func (r *receiver) away(*testing.T) { r.set(true) }
func (r *receiver) back(*testing.T) { r.set(false) }

func (*receiver) disturb(*testing.T) {}

func (r *receiver) lostAnswers() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.did[cutsAfter]
}

func (r *receiver) read(t *testing.T) []event.Event {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault != nil {
		t.Error(r.fault)
	}
	return r.taken
}

func (r *receiver) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprint(r.did)
}

// cloudEvents reads a batch of CloudEvents.
func cloudEvents(body []byte) (list []event.Event, err error) {
	var messages []struct{ Data json.RawMessage }
	if err := json.Unmarshal(body, &messages); err != nil {
		return nil, err
	}
	for _, m := range messages {
		e, err := event.ParseJSON(m.Data)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// logRecords reads a request of OTLP. The bodies of its records are events.
func logRecords(body []byte) (list []event.Event, err error) {
	r := plogotlp.NewExportRequest()
	if err := r.UnmarshalProto(body); err != nil {
		return nil, err
	}
	for _, resource := range r.Logs().ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				e, err := event.ParseJSON([]byte(record.Body().Str()))
				if err != nil {
					return nil, err
				}
				list = append(list, e)
			}
		}
	}
	return list, nil
}
