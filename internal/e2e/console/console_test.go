package console_test

import (
	"os"
	"testing"

	"cairncx.dev/cairn/internal/e2e/servers"
)

// whole reports whether all cases are to run, and not a sample of them.
func whole() bool { return os.Getenv("CAIRN_WHOLE") != "" && !testing.Short() }

// TestInBrowser runs the cases of pages.mjs, use.mjs, live.mjs, print.mjs and signin.mjs in Chromium.
func TestInBrowser(t *testing.T) {
	browser := servers.FindBrowser(t)
	h := newHouse(t)
	for _, name := range []string{"everything", "moved", "moved2", "live", "cut"} { // the first one is only looked at
		h.everything(name)
	}
	h.broken("broken")
	h.open("empty", newTable(t, desk(plain), &memory{}), nil)
	h.open("days", newTable(t, desk(plain), days(2, plain)), nil)
	h.open("hostile", newTable(t, desk(odd()), days(40, odd())), nil)
	runs := 20_000
	if whole() {
		runs = 2_000_000 // ten million events
	}
	h.open("large", newTable(t, desk(plain), large(runs)), nil)
	h.used()
	h.loading()
	h.signIn()
	browser.Cases(t, "run.mjs", h.worlds["everything"], h.said())
}
