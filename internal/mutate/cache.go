package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// cache keeps recordings between runs of the command, in one file for each key. With an empty folder it keeps
// none.
type cache struct{ folder string }

// kept is how long an unused recording stays.
const kept = 30 * 24 * time.Hour

func (c cache) file(key string) string { return filepath.Join(c.folder, key+".json") }

// load returns a recording, or nil if there is none or its file cannot be read.
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
	_ = os.Chtimes(c.file(key), now, now) // marks the recording as used
	return r
}

// save keeps a recording and removes those that have not been used for a long time.
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
	// Rename makes the file complete at any moment, even if another run saves the same recording.
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
