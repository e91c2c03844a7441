//go:build !unix

package exporters

import "io/fs"

// nonBlock is no flag here.
const nonBlock = 0

// links returns how many names the file has, as far as the system says.
func links(fs.FileInfo) int { return 1 }

// strange cannot be told here.
func strange(_, _ fs.FileInfo) bool { return false }
