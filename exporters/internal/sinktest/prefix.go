package sinktest

import (
	"context"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// OnePrefix checks that an error names the package first, and once: the errors of more, and those of an exporter that open
// returns, with a context that is done and after Shutdown.
func OnePrefix(t *testing.T, name string, open func(t *testing.T) (event.Exporter, error), more map[string]func(t *testing.T) error) {
	t.Helper()
	opened := func(t *testing.T) event.Exporter {
		t.Helper()
		e, err := open(t)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Shutdown(context.Background()) })
		return e
	}
	cases := map[string]func(t *testing.T) error{
		"a context that is done": func(t *testing.T) error {
			t.Helper()
			done, cancel := context.WithCancel(t.Context())
			cancel()
			return opened(t).Export(done, Mixed(0, 1, 1))
		},
		"after Shutdown": func(t *testing.T) error {
			t.Helper()
			e := opened(t)
			if err := e.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			return e.Export(t.Context(), Mixed(0, 1, 1))
		},
	}
	for what, fails := range more {
		cases[what] = fails
	}
	prefix := name + ": "
	for what, fails := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			err := fails(t)
			if err == nil {
				t.Fatal("there is no error")
			}
			if text := err.Error(); !strings.HasPrefix(text, prefix) || strings.Contains(text[1:], " "+prefix) || strings.Contains(text, "\n"+prefix) {
				t.Errorf("want the prefix %q once, at the beginning: %s", prefix, text)
			}
		})
	}
}
