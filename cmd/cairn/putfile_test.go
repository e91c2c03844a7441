package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReportKeepsWhatThereWas: a report that cannot be written whole leaves the file of the last one, and nothing beside it.
func TestReportKeepsWhatThereWas(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	name, link := filepath.Join(folder, "week.html"), filepath.Join(folder, "link.html")
	const last = "the report of last week"
	if err := os.WriteFile(name, []byte(last), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	var before os.FileInfo
	for _, c := range []struct{ to, want, reason string }{
		{name, "new", "a whole report replaces the last one"},
		{link, "newer", "a link stays a link"},
	} {
		if err := putFile(c.to, []byte(c.want)); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(name); err != nil || string(text) != c.want {
			t.Errorf("%s: %q, %v", c.reason, text, err)
		}
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: the mode is %v, want that of the last report, %v", c.reason, info.Mode(), err)
		}
		if before != nil && os.SameFile(before, info) {
			t.Errorf("%s: the file was written over, so that half of it can be left", c.reason)
		}
		before = info
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
	if err := putFile(filepath.Join(folder, "none", "week.html"), nil); err == nil || strings.Contains(err.Error(), stagedSuffix) {
		t.Errorf("a file in no folder: %v", err)
	}
	if err := putFile(os.DevNull, []byte("text")); err != nil {
		t.Errorf("what is no regular file: %v", err)
	}
	if list, err := os.ReadDir(folder); err != nil || len(list) != 2 {
		t.Errorf("%d files are left, want 2: %v, %v", len(list), list, err)
	}
}

// TestReportOverItsInput: the command does not write over what it reads, nor one form over another.
func TestReportOverItsInput(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	read := func(name string) []byte {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	log, blueprint, link := filepath.Join(folder, "tickets.csv"), filepath.Join(folder, "blueprint.yaml"), filepath.Join(folder, "link.csv")
	for _, name := range []string{log, blueprint} {
		if err := os.WriteFile(name, read(ticketsFolder+filepath.Base(name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(log, link); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(folder, "a.html")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"the command reads this file", []string{"--html", log}},
		{"the command reads this file", []string{"--csv", link}},
		{"the command reads this file", []string{"--markdown", filepath.Join(folder, ".", "blueprint.yaml")}},
		{"--html and --mail are the same file", []string{"--html", other, "--mail", filepath.Join(folder, "x", "..", "a.html")}},
	} {
		_, stderr, code := reported(t, append(c.args, "--week", "2026-W11", blueprint, log)...)
		if code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit code %d, %q: want %q", c.args, code, stderr, c.want)
		}
	}
	if string(read(log)) != string(read(ticketsFolder+"tickets.csv")) || string(read(blueprint)) != string(read(ticketsFolder+"blueprint.yaml")) {
		t.Error("an input was written over")
	}
}
