//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestInitPipe: init copies a pipe, because a pipe can be read only once and init reads a log twice.
func TestInitPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "log")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() {
		f, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString("case,activity,time\n1,cart,2026-01-31\n1,pay\n1,pay,2026-02-01\n")
			_ = f.Close()
		}
		wrote <- err
	}()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"init", pipe}, nil, &stdout, &stderr)
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	if code != exitOK || !strings.Contains(stdout.String(), "# 2 rows of 1 case") || !strings.Contains(stdout.String(), pipe) || !strings.Contains(stderr.String(), pipe+":3: skipped") {
		t.Errorf("the exit code is %d, and the output is\n%s%s", code, &stdout, &stderr)
	}
}
