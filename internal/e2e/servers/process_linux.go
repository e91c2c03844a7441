package servers

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes the kernel kill the child if the test binary ends without its cleanups, as after a timeout
// or a panic.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
