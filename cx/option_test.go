package cx_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/stdout"
)

// TestWithExportersNil: a sink that is not there is a fault, not a client that delivers nothing.
func TestWithExportersNil(t *testing.T) {
	t.Parallel()
	there := stdout.New()
	for _, c := range []struct {
		name   string
		opts   []cx.Option
		says   []string // nothing is no error
		reason string
	}{
		{"none", []cx.Option{cx.WithExporters()}, nil, "the default is none"},
		{"a nil slice", []cx.Option{cx.WithExporters([]event.Exporter(nil)...)}, nil, "it is none, too"},
		{"nil", []cx.Option{cx.WithExporters(nil)}, []string{"WithExporters: exporter 1 of 1 is nil"}, "nothing would be delivered"},
		{"among several", []cx.Option{cx.WithExporters(there, nil, there)}, []string{"exporter 2 of 3 is nil"}, "it says which"},
		{"two options", []cx.Option{cx.WithExporters(nil, there), cx.WithExporters(nil)}, []string{"exporter 1 of 3 is nil", "exporter 3 of 3 is nil"}, "they add up"},
		{"beside another fault", []cx.Option{cx.WithExporters(nil), cx.WithNamespace("_")}, []string{"exporter 1 of 1 is nil", "WithNamespace"}, "every fault is named"},
		{"a typed nil", []cx.Option{cx.WithExporters((*stdout.Exporter)(nil))}, nil, "a nil pointer is an exporter that does nothing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, err := cx.New(c.opts...)
			if shut := client.Shutdown(context.Background()); shut != nil {
				t.Errorf("Shutdown: %v", shut)
			}
			if len(c.says) == 0 {
				if err != nil {
					t.Errorf("New: %v, though %s", err, c.reason)
				}
				return
			}
			if client != nil || !errors.Is(err, cx.ErrConfig) || slices.ContainsFunc(c.says, func(s string) bool { return !strings.Contains(err.Error(), s) }) {
				t.Errorf("New: %v, %v; want no client and an error with %q: %s", client, err, c.says, c.reason)
			}
		})
	}
}
