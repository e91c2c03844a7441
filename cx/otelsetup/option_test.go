package otelsetup_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/otelsetup"
)

// TestCardinalityLimitRefused: the SDK takes a negative limit for none.
func TestCardinalityLimitRefused(t *testing.T) {
	for _, limit := range []int{-1, math.MinInt} {
		s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.OnlyIfConfigured(), otelsetup.WithCardinalityLimit(limit))
		if err == nil || s != nil || !strings.Contains(err.Error(), "WithCardinalityLimit(-") {
			t.Errorf("Start with %d: %v, %v; want an error that names the option", limit, s, err)
		}
	}
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.OnlyIfConfigured(), otelsetup.WithCardinalityLimit(0))
	if err != nil {
		t.Fatalf("0 is no bound, and Start says %v", err)
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestNoLoggerRefused: whoever gives a logger means one.
func TestNoLoggerRefused(t *testing.T) {
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.OnlyIfConfigured(), otelsetup.WithLogger(nil))
	if err == nil || s != nil || !strings.Contains(err.Error(), "WithLogger(nil)") {
		t.Errorf("Start with no logger: %v, %v; want an error that names the option", s, err)
	}
}
