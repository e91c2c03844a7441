package cx_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/propagate"
)

var positionKey = []byte("a key for positions, of 32 bytes")

func TestWithPositionKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opts []cx.Option
		says string
	}{
		{"none", nil, ""},
		{"one", []cx.Option{cx.WithPositionKeys(positionKey)}, ""},
		{"16 bytes", []cx.Option{cx.WithPositionKeys(positionKey[:16])}, ""},
		{"without keys", []cx.Option{cx.WithPositionKeys()}, "WithPositionKeys: propagate: there is no key"},
		{"a nil key", []cx.Option{cx.WithPositionKeys(nil)}, "0 bytes, at least 16"},
		{"one too short", []cx.Option{cx.WithPositionKeys(positionKey, positionKey[:15])}, "key 2 of 2 for positions has 15 bytes, at least 16 are needed"},
		{"the last option counts", []cx.Option{cx.WithPositionKeys(), cx.WithPositionKeys(positionKey)}, ""},
		{"a life", []cx.Option{cx.WithPositionKeys(positionKey), cx.WithPositionLife(time.Hour)}, ""},
		{"a life of nothing", []cx.Option{cx.WithPositionKeys(positionKey), cx.WithPositionLife(0)}, "WithPositionLife(0)"},
		{"a negative life", []cx.Option{cx.WithPositionKeys(positionKey), cx.WithPositionLife(-1)}, "from 1s"},
		{"a life for ever", []cx.Option{cx.WithPositionKeys(positionKey), cx.WithPositionLife(1 << 62)}, "8784h"},
		{"a life without keys", []cx.Option{cx.WithPositionLife(time.Hour)}, "nothing is signed without WithPositionKeys"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, err := cx.New(c.opts...)
			if c.says != "" {
				if !errors.Is(err, cx.ErrConfig) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("the error is %v, want one that says %q", err, c.says)
				}
				if err != nil && strings.Contains(err.Error(), string(positionKey[:15])) {
					t.Errorf("the key is in the error: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = client.Shutdown(context.Background()) }()
			if got := client.PositionKeys() != nil; got != (c.name != "none") {
				t.Errorf("it has keys: %v", got)
			}
			for _, verb := range []string{"%v", "%+v", "%#v"} {
				out := fmt.Sprintf(verb, client)
				if strings.Contains(out, string(positionKey[:16])) || strings.Contains(out, strings.Trim(fmt.Sprint(positionKey[:16]), "[]")) {
					t.Errorf("%s of a client prints the key", verb)
				}
			}
		})
	}
	if (*cx.Client)(nil).PositionKeys() != nil {
		t.Error("nobody has keys")
	}
}

// TestNoKeysIsTold once, however often it is counted.
func TestNoKeysIsTold(t *testing.T) { //nolint:paralleltest // it sets a global
	var mu sync.Mutex
	var told []string
	before := otel.GetErrorHandler()
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(err.Error(), "no keys") { // clients of other tests report as well
			told = append(told, err.Error())
		}
	}))
	client, err := cx.New()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	for range 3 {
		if _, err := propagate.Verify(cx.NewContext(context.Background(), client), "1//a/b////////;sig=x", 0); err == nil {
			t.Error("it is believed without a key")
		}
	}
	if err := client.Flush(context.Background()); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 1 || !strings.Contains(told[0], "cx.WithPositionKeys") {
		t.Errorf("told %q, want the remedy once", told)
	}
}
