package fleet_test

import (
	"io"
	"net/http"
	"strings"
)

// roundTrip is a transport without a network.
type roundTrip func(*http.Request) *http.Response

// RoundTrip implements [http.RoundTripper].
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// answerOf is a response with that body.
func answerOf(body string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}
