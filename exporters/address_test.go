package exporters_test

import (
	"context"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// somewhere is a sink with an address.
type somewhere struct{}

func (somewhere) Export(context.Context, []event.Event) error { return nil }
func (somewhere) Shutdown(context.Context) error              { return nil }
func (somewhere) ServerAddress() (host string, port int)      { return "sink.internal", 4318 }

// TestServerAddress: what stands in front of a sink answers for it.
func TestServerAddress(t *testing.T) {
	t.Parallel()
	spool, err := exporters.NewSpool(t.TempDir(), exporters.NewRetry(somewhere{}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = spool.Shutdown(context.Background()) }()
	var noSpool *exporters.Spool
	var noRetry *exporters.Retry
	for _, c := range []struct {
		name, reason string
		e            sink.Addressed
		host         string
		port         int
	}{
		{"a spool in front of a retry", "each asks what is behind it", spool, "sink.internal", 4318},
		{"a retry of one that does not say", "it is not known", exporters.NewRetry(&fake{}), "", 0},
		{"no spool", "nil is nothing", noSpool, "", 0},
		{"no retry", "nil is nothing", noRetry, "", 0},
		{"an empty retry", "the zero value does nothing", &exporters.Retry{}, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if host, port := c.e.ServerAddress(); host != c.host || port != c.port {
				t.Errorf("it is %q, %d; want %q, %d: %s", host, port, c.host, c.port, c.reason)
			}
		})
	}
}
