//go:build unix

package exporters

import (
	"io/fs"
	"os"
	"syscall"
)

// nonBlock is the flag with which a planted pipe does not hold the call.
const nonBlock = syscall.O_NONBLOCK

// links returns how many names the file has.
func links(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Nlink) //nolint:unconvert,nolintlint // its type differs between systems; no file has so many names
	}
	return 1
}

// strange reports whether the file is another user's in a folder to which every user may write.
func strange(file, folder fs.FileInfo) bool {
	st, ok := file.Sys().(*syscall.Stat_t)
	return ok && folder.Mode()&0o002 != 0 && int(st.Uid) != os.Geteuid()
}
