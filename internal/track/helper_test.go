package track_test

import (
	"time"

	"cairncx.dev/cairn/journey"
)

var (
	noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

	checkout = journey.Define("checkout",
		journey.Stages("cart", "address", "payment", "confirmation"),
		journey.AbandonAfter(30*time.Minute))
)
