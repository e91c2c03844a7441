//go:build unix

package main

import (
	"os/exec"
	"strconv"
	"syscall"
)

// mapsFiles tells that the tests can note in a mapped file what they run.
const mapsFiles = true

// ownGroup starts a command in a process group of its own, so that its end is the end of all that
// it started.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// endGroup ends what a command left behind.
func endGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
}

// bounded wraps a command so that it may use so many MiB: a mutant that never stops to append must
// not take the machine with it.
func bounded(binary string, memory int, args []string) (string, []string) {
	if memory == 0 {
		return binary, args
	}
	limit := "ulimit -v " + strconv.Itoa(memory<<10) + ` && exec "$0" "$@"`
	return "/bin/sh", append([]string{"-c", limit, binary}, args...)
}
