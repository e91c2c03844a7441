//go:build !unix

package jsonl

import "io/fs"

// noFollow is empty, because there is no such flag on this system. Open compares the opened file with the entry that had the
// name before.
const noFollow = 0

// links returns 1, because the number of names is not known on this system.
func links(fs.FileInfo) int { return 1 }

// strange returns false, because the owner is not known on this system.
func strange(_, _ fs.FileInfo) bool { return false }
