package kafka_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/kafka"
)

// TestErrorsHaveOnePrefix: an error that is easy to make names the package first, and once.
func TestErrorsHaveOnePrefix(t *testing.T) {
	t.Parallel()
	sinktest.OnePrefix(t, "kafka", func(*testing.T) (event.Exporter, error) {
		return kafka.New("orders", kafka.WithBrokers("127.0.0.1:9"))
	}, map[string]func(t *testing.T) error{
		"bad options": func(*testing.T) error {
			_, err := kafka.New("", kafka.WithConcurrency(-1), kafka.WithTimeout(-1))
			return err
		},
		"no brokers": func(*testing.T) error {
			_, err := kafka.New("orders")
			return err
		},
	})
}
