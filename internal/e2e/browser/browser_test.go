package browser_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"cairncx.dev/cairn/internal/e2e/servers"
)

// TestInBrowser runs the cases of page.mjs, widget.mjs and charts.mjs in Chromium. Each of them has a list of faults, which is to be empty.
func TestInBrowser(t *testing.T) {
	browser := servers.FindBrowser(t)
	origin, elsewhere := newShop(t)
	cmd := browser.Script(t, "run.mjs", origin, elsewhere)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cases, lines := 0, bufio.NewScanner(out)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c struct {
			Name    string
			Faults  []string
			Seconds float64
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Errorf("%q: %v", lines.Bytes(), err)
			continue
		}
		cases++
		t.Run(c.Name, func(t *testing.T) {
			t.Logf("%.1f s", c.Seconds)
			for _, f := range c.Faults {
				t.Error(f)
			}
		})
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the script that drives the browser: %v", err)
	}
	if cases == 0 {
		t.Error("no case ran")
	}
}
