package nats_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/nats"
)

// TestErrorsHaveOnePrefix: an error that is easy to make names the package first, and once.
func TestErrorsHaveOnePrefix(t *testing.T) {
	t.Parallel()
	sinktest.OnePrefix(t, "nats", func(t *testing.T) (event.Exporter, error) { return nats.New(start(t).connect()) }, map[string]func(t *testing.T) error{
		"bad options": func(*testing.T) error {
			_, err := nats.New(nil, nats.WithSubject(""), nats.WithMaxInFlight(-1), nats.WithTimeout(-1))
			return err
		},
	})
}
