package ledgertest

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// RunImpatiently is [Run] for a store that is broken on purpose, and so has to fail: it fails sooner. The patience is
// still long enough for a machine under load to come to the failure that the test is about.
func RunImpatiently(t *testing.T, open func(t *testing.T) (connect func() ledger.Store), opts ...Option) {
	t.Helper()
	runWithin(t, open, 5*time.Second, nil, opts)
}

// Patience is how long Run waits for an effect of the store's clock.
const Patience = patience

// RunAltered is RunImpatiently with trackers that are wrong: what they deliver is altered.
func RunAltered(t *testing.T, open func(t *testing.T) (connect func() ledger.Store), alter func(*flight.Event, *journey.State)) {
	t.Helper()
	runWithin(t, open, 5*time.Second, alter, nil)
}
