package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// TestInitCopy: init copies what it can read only once to the folder of --tmp. The copy is gone when the command ends,
// however it ends, and a log that cannot be copied is a fault that names the log.
func TestInitCopy(t *testing.T) {
	t.Parallel()
	const rows = "case,activity,time\n1,cart,2026-01-31\n1,pay,2026-02-01\n"
	broken := errors.New("the pipe is broken")
	for _, c := range []struct {
		name  string
		stdin io.Reader
		tmp   string // below the test's folder
		code  int
		says  []string
	}{
		{"a log", strings.NewReader(rows), ".", exitOK, nil},
		{"not a log", strings.NewReader("PK\x03\x04"), ".", exitFault, []string{"cairn init: ", "standard input"}},
		{"a log that breaks off", io.MultiReader(strings.NewReader(rows), iotest.ErrReader(broken)), ".", exitFault, []string{"copying standard input to a temporary file", broken.Error()}},
		{"no folder", strings.NewReader(rows), "none", exitFault, []string{"copying standard input to a temporary file", "none"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), []string{"init", "--tmp", filepath.Join(folder, c.tmp), "-"}, c.stdin, &stdout, &stderr); code != c.code || (code == exitOK) != (stdout.Len() > 0) {
				t.Errorf("exit code %d, %q, %q; want %d", code, &stdout, &stderr, c.code)
			}
			for _, want := range c.says {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("the message is %q, want %q in it", &stderr, want)
				}
			}
			if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
				t.Errorf("the command leaves %v in the temporary folder (%v)", left, err)
			}
		})
	}
}
