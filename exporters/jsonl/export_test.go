package jsonl

// Disk and Handle are what a test's disk implements.
type (
	Disk   = disk
	Handle = handle
)

// System is the operating system's disk.
func System() Disk { return system{} }

// WithDisk has the files on another disk.
func WithDisk(d Disk) Option { return optionFunc(func(c *config) { c.disk = d }) }
