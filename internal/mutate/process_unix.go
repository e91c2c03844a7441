//go:build unix

package main

import (
	"os/exec"
	"strconv"
	"syscall"
)

// mapsFiles says whether the probes can write to a mapped file.
const mapsFiles = true

// ownGroup starts a command in a process group of its own, so that the end of the group ends every process that it
// started.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// endGroup ends the processes that a command left behind.
func endGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
}

// bounded wraps a command so that it may use at most the given MiB. A mutant that appends without end must not
// exhaust the machine's memory.
func bounded(binary string, memory int, args []string) (string, []string) {
	if memory == 0 {
		return binary, args
	}
	limit := "ulimit -v " + strconv.Itoa(memory<<10) + ` && exec "$0" "$@"`
	return "/bin/sh", append([]string{"-c", limit, binary}, args...)
}
