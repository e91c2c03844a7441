package browser_test

import (
	"testing"

	"cairncx.dev/cairn/internal/e2e/servers"
)

// TestInBrowser runs the cases of page.mjs, widget.mjs, charts.mjs and report.mjs in Chromium.
func TestInBrowser(t *testing.T) {
	origin, elsewhere := newShop(t)
	servers.FindBrowser(t).Cases(t, "run.mjs", origin, elsewhere)
}
