package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
)

// overlay is the set of texts that the compiler reads instead of files on disk.
type overlay struct {
	folder  string
	replace map[string]string
}

func newOverlay(folder string) *overlay {
	return &overlay{folder: folder, replace: map[string]string{}}
}

// put sets the text of a file, which need not exist.
func (o *overlay) put(original string, text []byte) error {
	o.replace[original] = filepath.Join(o.folder, strconv.Itoa(len(o.replace))+".go")
	return os.WriteFile(o.replace[original], text, 0o600)
}

// write writes the overlay and returns the file to pass to the compiler.
func (o *overlay) write() (string, error) {
	text, err := json.Marshal(map[string]map[string]string{"Replace": o.replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(o.folder, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}
