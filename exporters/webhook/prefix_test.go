package webhook_test

import (
	"context"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/webhook"
)

// TestErrorsHaveOnePrefix: an error that is easy to make names the package first, and once.
func TestErrorsHaveOnePrefix(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(t *testing.T) error{
		"bad options": func(*testing.T) error {
			_, err := webhook.New("no URL", webhook.WithTimeout(-1), webhook.WithMaxBytes(-1))
			return err
		},
		"not made by New": func(*testing.T) error {
			return new(webhook.Exporter).Export(context.Background(), nil)
		},
		"a context that is done": func(t *testing.T) error {
			e, err := webhook.New("http://127.0.0.1:9/")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = e.Shutdown(context.Background()) }()
			return e.Export(done(), []event.Event{{Kind: event.ActionTaken}})
		},
		"after Shutdown": func(t *testing.T) error {
			e, err := webhook.New("http://127.0.0.1:9/")
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			return e.Export(t.Context(), []event.Event{{Kind: event.ActionTaken}})
		},
		"no receiver": func(t *testing.T) error {
			e, err := webhook.New("http://127.0.0.1:9/")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = e.Shutdown(context.Background()) }()
			return e.Export(t.Context(), []event.Event{{Kind: event.ActionTaken}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := fails(t)
			if err == nil {
				t.Fatal("there is no error")
			}
			const prefix = "webhook: "
			if text := err.Error(); !strings.HasPrefix(text, prefix) || strings.Contains(text[1:], " "+prefix) || strings.Contains(text, "\n"+prefix) {
				t.Errorf("want the prefix %q once, at the beginning: %s", prefix, text)
			}
		})
	}
}

func done() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
