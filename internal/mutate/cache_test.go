package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKey: a suite's key depends on the content of the files from which its tests are built or that they read, and
// not on the place of the checkout.
func TestKey(t *testing.T) {
	key := func() string {
		t.Helper()
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		s, err := readSources(t.Context(), "./internal/e2e/archive", filepath.Join(dir, "internal/e2e/archive"))
		if err != nil {
			t.Fatal(err)
		}
		k, err := s.key(dir)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	var first string
	t.Run("first checkout", func(t *testing.T) {
		fixture(t)
		first = key()
	})
	fixture(t)
	if key() != first {
		t.Error("two checkouts have different keys")
	}
	change := func(file string) bool {
		t.Helper()
		before := key()
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("// more\n"); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return key() != before
	}
	if err := os.Mkdir("internal/e2e/archive/testdata", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"internal/e2e/archive/archive_test.go", "exporters/sqlarchive/code.go", "internal/e2e/archive/testdata/x"} {
		if !change(file) {
			t.Errorf("a change of %s does not change the key", file)
		}
	}
	for _, file := range []string{"exporters/sqlarchive/code_test.go", "loop/loop.go"} {
		if change(file) {
			t.Errorf("a change of %s, which the suite does not use, changes the key", file)
		}
	}
}

// TestCache: load returns a recording as save got it. The cache ignores a damaged file, and removes a recording
// that no run has used for a long time.
func TestCache(t *testing.T) {
	c := cache{folder: filepath.Join(t.TempDir(), "new")}
	save := func(key string) {
		t.Helper()
		r := &recording{
			Files: map[string]int{"x.go": 0}, Took: time.Second, Ran: set{3},
			Tests: []recorded{{Name: "TestX", Took: time.Minute, Ran: set{1}}, {Name: "TestY", Failed: true}},
		}
		if err := c.save(key, r); err != nil {
			t.Fatal(err)
		}
	}
	if c.load("k") != nil {
		t.Error("an empty cache returned a recording")
	}
	save("k")
	got := c.load("k")
	if got == nil || got.Took != time.Second || len(got.Tests) != 2 || got.Files["x.go"] != 0 || !got.Tests[1].Failed ||
		!got.Ran.has(1) || got.Ran.has(2) || !got.Tests[0].Ran.has(0) || got.Tests[0].Ran.has(1) {
		t.Errorf("loaded %+v", got)
	}
	text, err := os.ReadFile(c.file("k"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.file("half"), text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if c.load("half") != nil {
		t.Error("the cache loaded a damaged recording")
	}
	old := time.Now().Add(-kept - time.Hour)
	if err := os.Chtimes(c.file("k"), old, old); err != nil {
		t.Fatal(err)
	}
	save("other")
	if c.load("k") != nil || c.load("other") == nil {
		t.Error("the cache did not remove the old recording or did not keep the new one")
	}
	if (cache{}).save("k", &recording{}) != nil || (cache{}).load("k") != nil {
		t.Error("a cache without a folder keeps a recording")
	}
	if list, err := filepath.Glob(filepath.Join(c.folder, "new*")); err != nil || len(list) != 0 {
		t.Errorf("files that are not recordings remain: %s, %v", strings.Join(list, ", "), err)
	}
}
