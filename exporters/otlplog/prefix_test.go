package otlplog_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/otlplog"
)

// TestErrorsHaveOnePrefix: an error that is easy to make names the package first, and once.
func TestErrorsHaveOnePrefix(t *testing.T) {
	t.Parallel()
	open := func(*testing.T) (event.Exporter, error) {
		return otlplog.New(otlplog.WithEndpoint("http://127.0.0.1:9/"))
	}
	sinktest.OnePrefix(t, "otlplog", open, map[string]func(t *testing.T) error{
		"bad options": func(*testing.T) error {
			_, err := otlplog.New(otlplog.WithEndpoint("no URL"), otlplog.WithTimeout(-1), otlplog.WithMaxBytes(-1))
			return err
		},
		"not made by New": func(t *testing.T) error { return new(otlplog.Exporter).Export(t.Context(), nil) },
		"no receiver": func(t *testing.T) error {
			e, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			return e.Export(t.Context(), sinktest.Mixed(0, 1, 1))
		},
	})
}
