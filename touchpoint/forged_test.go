package touchpoint_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint"
)

// TestForgedPositionStopsHere: a service that trusts nobody passes requests on to one that trusts
// it. What a stranger says of where the customer is must not get there in its name.
func TestForgedPositionStopsHere(t *testing.T) {
	t.Parallel()
	victim := &event.Position{Journey: event.Run{Namespace: "default", Name: "checkout", ID: "victim"}}
	forged, ok := propagate.Header(victim)
	if !ok {
		t.Fatal("there is nothing to forge")
	}
	for _, c := range []struct {
		name, reason string
		baggage      []string
		hosts        []string
		want         string // the baggage that arrives
	}{
		{"to a host that is told", "only this service's own word goes on", []string{"cairn=" + forged}, []string{"127.0.0.1"}, ""},
		{"to a host that is not", "nobody's word goes on", []string{"cairn=" + forged}, nil, ""},
		{"among others", "what is none of our business goes on", []string{"a=1,cairn=" + forged, "b=2"}, []string{"127.0.0.1"}, "a=1,b=2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := make(chan string, 1)
			backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got <- strings.Join(r.Header.Values("baggage"), ",")
			}))
			defer backend.Close()
			target, err := url.Parse(backend.URL)
			if err != nil {
				t.Fatal(err)
			}
			proxy := &httputil.ReverseProxy{
				Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
				Transport: touchpoint.Transport(nil, c.hosts...),
			}
			s := newSpy(t)
			r := get("/")
			r.Header["Baggage"] = c.baggage
			s.serve(touchpoint.Handler(proxy), r)
			if g := <-got; g != c.want {
				t.Errorf("%q arrives, want %q: %s", g, c.want, c.reason)
			}
			if r.Header.Get("baggage") == c.want && c.want == "" {
				t.Error("the caller's own request was changed")
			}
		})
	}
	t.Run("without a handler before it", func(t *testing.T) {
		t.Parallel()
		var got string
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			got = r.Header.Get("baggage")
			return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
		})
		r := get("http://elsewhere.example/")
		r.Header.Set("Baggage", "cairn="+forged)
		resp, err := touchpoint.Transport(base, "payments").RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got != "" {
			t.Errorf("%q goes to a host that was not named", got)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
