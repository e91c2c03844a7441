package servers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// noSkipEnv, set to 1, turns the skip of a test whose server is not installed into
// a failure.
const noSkipEnv = "CAIRN_NO_SKIP"

// errNoBinary is what find reports when a server is not installed, as opposed to
// being configured wrongly.
var errNoBinary = errors.New("not found")

// binary says where a server's executable is looked for, and what to tell someone
// who does not have it.
type binary struct {
	title   string // what messages call the server
	env     string // the environment variable that names the executable
	command string // the name looked for in PATH
	cached  bool   // whether cachePath is looked at too
	install string // how to get it, a whole sentence
}

// find returns the executable that the environment variable names, else the one in
// PATH, else the cached one. A variable that names something else than an
// executable is an error of its own: falling back would test another server than
// the one asked for.
func (b binary) find() (string, error) {
	if named := os.Getenv(b.env); named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("%s=%s: %w", b.env, named, err)
		}
		return path, nil
	}
	if path, err := exec.LookPath(b.command); err == nil {
		return path, nil
	}
	if !b.cached {
		return "", fmt.Errorf("%w: neither %s is set nor is %s in PATH", errNoBinary, b.env, b.command)
	}
	cached, err := cachePath(b.command)
	if err != nil {
		return "", err
	}
	path, err := exec.LookPath(cached)
	if err != nil {
		return "", fmt.Errorf("%w: %s is not set, %s is not in PATH, and %s is not an executable",
			errNoBinary, b.env, b.command, cached)
	}
	return path, nil
}

// require returns the executable, or skips the test, or fails it when skipping was
// ruled out.
func (b binary) require(t testing.TB) string {
	t.Helper()
	path, err := b.find()
	switch {
	case err == nil:
		return path
	case errors.Is(err, errNoBinary):
		Skip(t, "%s: %v. %s", b.title, err, b.install)
	default:
		t.Fatalf("%s: %v. %s", b.title, err, b.install)
	}
	return ""
}

// Skip skips the test, or fails it where the environment has CAIRN_NO_SKIP=1, as it has in CI.
func Skip(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv(noSkipEnv) == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// cachePath is where a locally built server's executable is kept.
func cachePath(command string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory: %w", err)
	}
	return filepath.Join(dir, "cairn", "bin", command), nil
}
