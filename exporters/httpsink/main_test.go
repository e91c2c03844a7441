package httpsink_test

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/exporters/httpsink"
)

func TestMain(m *testing.M) {
	// A failure names its seed, which is enough to repeat it: no files in testdata.
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// serve returns the URL of a server.
func serve(t testing.TB, f http.HandlerFunc) string {
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

// newClient returns a client with the transport of this package, which follows nothing.
func newClient(t testing.TB) *http.Client {
	transport := httpsink.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
