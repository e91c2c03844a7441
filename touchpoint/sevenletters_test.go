package touchpoint_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// seen is a transport that keeps the headers of what it is asked.
type seen struct{ header http.Header }

// RoundTrip implements [http.RoundTripper].
func (s *seen) RoundTrip(r *http.Request) (*http.Response, error) {
	s.header = r.Header.Clone()
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// TestOtherHeadersStay: the position goes beside the application's own baggage, however its header is written, and
// other headers are neither taken for it nor changed, those whose names are as long included.
func TestOtherHeadersStay(t *testing.T) {
	t.Parallel()
	client, err := cx.New()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := journey.Define("tour").Start(cx.NewContext(context.Background(), client), "1", event.Customer{})
	for _, own := range []string{"", "Baggage", "baggage", "BAGGAGE"} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://peer.test/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		others := http.Header{"Referer": {"http://a.test"}, "Trailer": {"X-A"}, "Upgrade": {"h2c"}, "Baggag": {"a=1"}, "Baggages": {"a=2"}, "X-Baggage": {"a=3"}}
		for k, v := range others {
			r.Header[k] = v
		}
		if own != "" {
			r.Header[own] = []string{"mine=1"} //nolint:staticcheck // it is not canonical on purpose
		}
		var s seen
		res, err := touchpoint.Transport(&s, "peer.test").RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		for k, v := range others {
			if !slices.Equal(s.header[k], v) {
				t.Errorf("%s is %q, want %q", k, s.header[k], v)
			}
		}
		members := strings.Split(strings.Join(s.header["Baggage"], ","), ",")
		mine := slices.ContainsFunc(members, func(m string) bool { return strings.HasPrefix(m, "mine=1") })
		position := slices.ContainsFunc(members, func(m string) bool { return strings.HasPrefix(m, "cairn=") })
		if !position || mine != (own != "") || len(members) > 2 || len(members) != 1+len(own)/7 {
			t.Errorf("beside %q the baggage is %q", own, members)
		}
	}
}
