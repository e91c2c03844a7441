package servers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// noSkipEnv, set to 1, turns the skip of a test without its server into a failure.
const noSkipEnv = "CAIRN_NO_SKIP"

// errNoBinary is the error of find if a server is not installed. A wrong configuration gives another error.
var errNoBinary = errors.New("not found")

// binary says where to look for a server's executable, and how to install it.
type binary struct {
	title   string // the server's name in messages
	env     string // the environment variable that names the executable
	command string // the name in PATH
	cached  bool   // whether cachePath may have it
	install string // how to install it, a whole sentence
}

// find returns the executable that the environment variable names, or else the one in PATH, or else the cached
// one. A variable that does not name an executable is an error, because another executable would be another server
// than the requested one.
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

// require returns the executable. Without it, it skips the test, or fails it if skipping is forbidden.
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

// Skip skips the test, or fails it if the environment has CAIRN_NO_SKIP=1, as in CI.
func Skip(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv(noSkipEnv) == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// cachePath returns the path of a locally built server's executable.
func cachePath(command string) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache directory: %w", err)
	}
	return filepath.Join(dir, "cairn", "bin", command), nil
}
