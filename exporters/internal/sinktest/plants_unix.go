//go:build unix

package sinktest

import (
	"os"
	"path/filepath"
	"syscall"
)

// Plant is what a stranger may put where a file is to be made.
type Plant struct {
	Name string
	// Put puts it at a path. It leads to the victim, if it can.
	Put func(at, victim string) error
}

// Plants returns all of them. The file that a link to nothing leads to is the victim with ".new" after its name.
func Plants() []Plant {
	return []Plant{
		{"a symbolic link", func(at, victim string) error { return os.Symlink(victim, at) }},
		{"a symbolic link to nothing", func(at, victim string) error { return os.Symlink(victim+".new", at) }},
		{"a hard link", func(at, victim string) error { return os.Link(victim, at) }},
		{"a named pipe", func(at, _ string) error { return syscall.Mkfifo(at, 0o600) }},
		{"a folder", func(at, _ string) error { return os.Mkdir(at, 0o700) }},
		{"a folder with something in it", func(at, _ string) error { return os.MkdirAll(filepath.Join(at, "x"), 0o700) }},
	}
}
