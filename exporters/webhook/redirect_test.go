package webhook_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/exporters/webhook"
)

// moving is a transport whose servers answer every request for the path /hook with 307 and this place, and
// take every other one.
type moving struct {
	to    string
	asked []string
}

// RoundTrip implements [http.RoundTripper].
func (m *moving) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	m.asked = append(m.asked, r.URL.String())
	answer := &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}
	if r.URL.Path == "/hook" {
		answer.StatusCode = http.StatusTemporaryRedirect
		answer.Header.Set("Location", m.to)
	}
	return answer, nil
}

// TestSameServer: "Redirects are followed to the same host only, […] and never from https to http". A host
// is the same with its port spelt out or left out (RFC 9110, sections 4.2.1 and 4.2.2), and from http to https
// it is the same between the default ports.
func TestSameServer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, from, to string
		follows        bool
	}{
		{"another path", "http://hooks.test", "http://hooks.test/moved", true},
		{"the host in capitals", "http://hooks.test", "http://HOOKS.test/moved", true},
		{"the port of http spelt out", "http://hooks.test", "http://hooks.test:80/moved", true},
		{"the port of http left out", "http://hooks.test:80", "http://hooks.test/moved", true},
		{"the port of https spelt out", "https://hooks.test", "https://hooks.test:443/moved", true},
		{"the port of https left out", "https://hooks.test:443", "https://hooks.test/moved", true},
		{"the same port", "https://hooks.test:8443", "https://hooks.test:8443/moved", true},
		{"to https", "http://hooks.test", "https://hooks.test/moved", true},
		{"to https, with ports", "http://hooks.test:80", "https://hooks.test:443/moved", true},
		{"to https from another port", "http://hooks.test:8080", "https://hooks.test/moved", false},
		{"to https from its own port", "http://hooks.test:443", "https://hooks.test/moved", false},
		{"to https at another port", "http://hooks.test", "https://hooks.test:8443/moved", false},
		{"to https at the port of http", "http://hooks.test", "https://hooks.test:80/moved", false},
		{"to http", "https://hooks.test", "http://hooks.test/moved", false},
		{"to http at the same port", "https://hooks.test:8443", "http://hooks.test:8443/moved", false},
		{"to http, with the ports changed over", "https://hooks.test:80", "http://hooks.test:443/moved", false},
		{"to another scheme at the port of https", "http://hooks.test", "ftp://hooks.test:443/moved", false},
		{"to another scheme at the port of http", "http://hooks.test", "ftp://hooks.test:80/moved", false},
		{"another port", "http://hooks.test", "http://hooks.test:81/moved", false},
		{"the port of https, without it", "http://hooks.test", "http://hooks.test:443/moved", false},
		{"the port of http, with TLS", "https://hooks.test", "https://hooks.test:80/moved", false},
		{"another host", "http://hooks.test", "http://hooks.test.example/moved", false},
		{"another host, to https", "http://hooks.test", "https://hooks.example/moved", false},
		{"a user", "http://hooks.test", "http://u:p@hooks.test/moved", false},
		{"a user, to https", "http://hooks.test", "https://u@hooks.test/moved", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := &moving{to: tt.to}
			err := newSink(t, tt.from+"/hook", webhook.WithHTTPClient(&http.Client{Transport: m})).Export(t.Context(), some(1))
			want := []string{tt.from + "/hook"}
			if tt.follows {
				want = append(want, tt.to)
			}
			if !slices.Equal(m.asked, want) {
				t.Errorf("requests went to %q, want %q", m.asked, want)
			}
			if (err == nil) != tt.follows || err != nil && !strings.Contains(err.Error(), "answers 307") {
				t.Errorf("%v, want an error that names the answer where it is not followed", err)
			}
		})
	}
}

// TestRedirectsEnd: "three at most".
func TestRedirectsEnd(t *testing.T) {
	t.Parallel()
	m := &moving{to: "/hook"}
	err := newSink(t, "http://hooks.test/hook", webhook.WithHTTPClient(&http.Client{Transport: m})).Export(t.Context(), some(1))
	if len(m.asked) != 4 || err == nil || !strings.Contains(err.Error(), "answers 307") {
		t.Errorf("%d requests and %v, want the first one, three redirects and the last answer as the error", len(m.asked), err)
	}
}
