package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// cache keeps recordings between runs of the command, one file for each key. An empty folder keeps
// none.
type cache struct{ folder string }

// kept is how long a recording that no run asks for stays.
const kept = 30 * 24 * time.Hour

func (c cache) file(key string) string { return filepath.Join(c.folder, key+".json") }

// load returns a recording, or nil: a file that cannot be read is made again.
func (c cache) load(key string) *recording {
	if c.folder == "" {
		return nil
	}
	text, err := os.ReadFile(c.file(key))
	if err != nil {
		return nil
	}
	r := new(recording)
	if json.Unmarshal(text, r) != nil {
		return nil
	}
	now := time.Now()
	_ = os.Chtimes(c.file(key), now, now) // it is in use
	return r
}

// save keeps a recording, and removes those that were not used in a long time.
func (c cache) save(key string, r *recording) error {
	if c.folder == "" {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return err
	}
	old, err := filepath.Glob(c.file("*"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if info, err := os.Stat(file); err == nil && time.Since(info.ModTime()) > kept {
			_ = os.Remove(file)
		}
	}
	// Another run may save the same: the file is whole at any moment.
	temp, err := os.CreateTemp(c.folder, "new")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp.Name(), c.file(key))
	}
	if err != nil {
		_ = os.Remove(temp.Name())
	}
	return err
}
