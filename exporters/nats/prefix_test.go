package nats_test

import (
	"strings"
	"testing"

	"cairncx.dev/cairn/exporters/nats"
)

// TestErrorsHaveOnePrefix: an error that is easy to make names the package first, and once.
func TestErrorsHaveOnePrefix(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(t *testing.T) error{
		"bad options": func(*testing.T) error {
			_, err := nats.New(nil, nats.WithSubject(""), nats.WithMaxInFlight(-1), nats.WithTimeout(-1))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := fails(t)
			if err == nil {
				t.Fatal("there is no error")
			}
			const prefix = "nats: "
			if text := err.Error(); !strings.HasPrefix(text, prefix) || strings.Contains(text[1:], " "+prefix) || strings.Contains(text, "\n"+prefix) {
				t.Errorf("want the prefix %q once, at the beginning: %s", prefix, text)
			}
		})
	}
}
