package servers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Browser is Chromium and what drives it: Node.js with the packages of ../browser/package.json. [FindBrowser] finds them.
type Browser struct{ node, chromium, packages string }

// FindBrowser returns the installed browser. Without it, it skips the test, or fails it if skipping is forbidden. CAIRN_CHROMIUM and
// CAIRN_NODE name other executables than those in PATH.
func FindBrowser(t testing.TB) Browser {
	t.Helper()
	b := Browser{
		node:     binary{title: "Node.js", env: "CAIRN_NODE", command: "node", install: "Install nodejs and npm."}.require(t),
		chromium: binary{title: "Chromium", env: "CAIRN_CHROMIUM", command: "chromium", install: "Install chromium."}.require(t),
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatalf("finding the cache directory: %v", err)
	}
	folder := filepath.Join(cache, "cairn", "browser")
	b.packages = filepath.Join(folder, "node_modules")
	want, err := os.ReadFile(filepath.Join("..", "browser", "package-lock.json"))
	if err != nil {
		t.Fatalf("reading what the tests of pages need: %v", err)
	}
	if have, err := os.ReadFile(filepath.Join(folder, "installed")); err != nil || !bytes.Equal(have, want) {
		Skip(t, "the packages that drive the browser: %s is not up to date. Run internal/e2e/browser/install %s.", b.packages, folder)
	}
	return b
}

// Script returns the command that runs a script of Node.js until the end of the test. The script finds Chromium and its packages in the
// environment, as CAIRN_CHROMIUM and CAIRN_PACKAGES.
func (b Browser) Script(t testing.TB, path string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), b.node, append([]string{path}, args...)...)
	cmd.Env = append(os.Environ(), "CAIRN_CHROMIUM="+b.chromium, "CAIRN_PACKAGES="+b.packages)
	dieWithParent(cmd)
	return cmd
}

// Cases runs a script of cases, which prints a line of JSON for each. A case has a list of faults, which is to be empty.
func (b Browser) Cases(t *testing.T, path string, args ...string) {
	t.Helper()
	cmd := b.Script(t, path, args...)
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
			Name           string
			Faults, Remark []string
			Seconds        float64
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Errorf("%q: %v", lines.Bytes(), err)
			continue
		}
		cases++
		t.Run(c.Name, func(t *testing.T) {
			t.Logf("%.1f s", c.Seconds)
			for _, r := range c.Remark {
				t.Log(r)
			}
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
