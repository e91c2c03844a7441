package servers

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel kill the child when the test binary goes without its
// cleanups, as it does when a test times out or panics.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
