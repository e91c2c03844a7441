package exporters

// Disk and DiskFile are what a test's disk implements.
type (
	Disk     = disk
	DiskFile = diskFile
)

// WithDisk has the spool's folder on another disk.
func WithDisk(open func(dir string) (Disk, error)) SpoolOption {
	return option(func(s *settings) { s.open = open })
}
