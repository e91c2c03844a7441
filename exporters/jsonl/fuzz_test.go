package jsonl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/jsonl"
)

// FuzzOpen opens a file of anything: it is refused and left alone, or what is whole in it is left alone
// and what comes then is whole. One with zeros in it is set aside as it is.
func FuzzOpen(f *testing.F) {
	one := string(touches(1, 1, "one")[0].AppendJSON(nil))
	for _, seed := range []string{"", "\n", "{", one, one + "\n", one + "\n" + one[:50], one + "\n\x00\x00", "\x00", "{}\n{}", "a\n", "{\n\n\n", "\x00" + one + "\n", one + "\n\x00\x00" + one[:50] + "\n" + one} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, has []byte) {
		path := filepath.Join(t.TempDir(), "events.jsonl")
		if err := os.WriteFile(path, has, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := jsonl.New(path)
		if err != nil {
			got, _ := os.ReadFile(path)
			if !errors.Is(err, jsonl.ErrForeign) || !bytes.Equal(got, has) {
				t.Fatalf("it was refused, and is %q: %v", got, err)
			}
			return
		}
		next := touches(1, 1, "next")
		if err := e.Export(context.Background(), next); err != nil {
			t.Fatal(err)
		}
		if err := e.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		before, ok := bytes.CutSuffix(got, append(next[0].AppendJSON(nil), '\n'))
		if bytes.IndexByte(bytes.TrimRight(has, "\x00"), 0) >= 0 {
			aside, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.damaged"))
			if len(aside) != 1 || !ok {
				t.Fatalf("%q has become %q, set aside is %q", has, got, aside)
			}
			if b, err := os.ReadFile(aside[0]); err != nil || !bytes.Equal(b, has) {
				t.Fatalf("%q is set aside as %q: %v", has, b, err)
			}
			for line := range bytes.Lines(before) {
				if !json.Valid(line) {
					t.Fatalf("%q has become %q", has, got)
				}
			}
			return
		}
		whole := has[:bytes.LastIndexByte(has, '\n')+1]
		rest, kept := bytes.CutPrefix(before, whole)
		if !ok || !kept {
			t.Fatalf("%q has become %q", has, got)
		}
		if len(rest) > 0 { // the last line was completed
			if _, err := event.ParseJSON(rest); err != nil || !bytes.Equal(rest, append(bytes.TrimRight(has[len(whole):], "\x00"), '\n')) {
				t.Fatalf("%q has become %q: %v", has, got, err)
			}
		}
	})
}

// FuzzForeignNames rotates beside a file of any name: only a closed file of ours is touched.
func FuzzForeignNames(f *testing.F) {
	for _, seed := range []string{
		"events-20260417T120000.000000000Z.jsonl", "events-20260417T120000.000000000Z.jsonl.gz", "events-x.jsonl", "a", "events.jsonl.1",
		"events-20260431T120000.000000000Z.jsonl", "events-20260417T120000.00000000Z.jsonl", "events-20260417T120000,000000000Z.jsonl",
	} {
		f.Add(seed)
	}
	ours := regexp.MustCompile(`^events-\d{8}T\d{6}\.\d{9}Z\.jsonl(\.gz|\.gz\.tmp)?$`)
	f.Fuzz(func(t *testing.T, name string) {
		folder := t.TempDir()
		path := filepath.Join(folder, "events.jsonl")
		if len(name) > 200 || name != filepath.Base(name) || name == "events.jsonl" || name == "events.jsonl.lock" {
			t.Skip("it is no other file's name")
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte("mine"), 0o600); err != nil {
			t.Skip(err)
		}
		e, err := jsonl.New(path, jsonl.WithMaxSize(1), jsonl.WithMaxFiles(1))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := e.Export(context.Background(), touches(i+1, 1, "pay")); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		if ours.MatchString(name) {
			return
		}
		if got, err := os.ReadFile(filepath.Join(folder, name)); string(got) != "mine" {
			t.Fatalf("%q is %q: %v", name, got, err)
		}
		if err := os.Remove(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
		if n := len(read(t, path)); n != 2 {
			t.Fatalf("%d events are there, want 2", n)
		}
	})
}
