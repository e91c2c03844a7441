//go:build unix

package jsonl

import (
	"io/fs"
	"os"
	"syscall"
)

// noFollow are the flags that refuse a planted symbolic link, and that keep a planted pipe from blocking the call.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// links returns the number of the file's names.
func links(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Nlink) //nolint:unconvert,nolintlint // the type differs between systems, and the number fits
	}
	return 1
}

// strange reports whether the file belongs to another user, in a folder to which every user may write.
func strange(file, folder fs.FileInfo) bool {
	st, ok := file.Sys().(*syscall.Stat_t)
	return ok && folder.Mode()&0o002 != 0 && int(st.Uid) != os.Geteuid()
}
