//go:build !linux

package servers

import "os/exec"

// dieWithParent does nothing on a system without this service. A child then outlives a test binary that ends
// without its cleanups.
func dieWithParent(*exec.Cmd) {}
