//go:build !unix

package jsonl

import "io/fs"

// noFollow is no flag here: what is opened is compared with what had the name before.
const noFollow = 0

// links returns how many names the file has, as far as the system says.
func links(fs.FileInfo) int { return 1 }

// strange cannot be told here.
func strange(_, _ fs.FileInfo) bool { return false }
