//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package exporters_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/sink"
)

// TestSpoolPlanted: whatever stands where a file of the spool is to be, nothing is written to what is
// somebody else's, no call hangs, and no event is lost. The victim is in the same folder, to which a link
// may lead.
func TestSpoolPlanted(t *testing.T) {
	t.Parallel()
	first, second := strings.Repeat("0", 19)+"1.events1", strings.Repeat("0", 19)+"3.events1"
	for _, at := range []string{"cursor", "cursor.new", "lock", first, second, "dead.jsonl", "damaged.jsonl"} {
		for _, p := range sinktest.Plants() {
			t.Run(at+"/"+p.Name, func(t *testing.T) {
				t.Parallel()
				dir := quick(t)
				victim := filepath.Join(dir, "victim")
				const secret = "the victim's\n"
				must(t, os.WriteFile(victim, []byte(secret), 0o600))
				must(t, p.Put(filepath.Join(dir, at), victim))
				var got fake
				got.export = func(_ context.Context, es []event.Event) error {
					if slices.ContainsFunc(es, func(e event.Event) bool { return e.Touchpoint == "1" }) {
						return sink.Permanent(errSink) // a dead letter
					}
					return nil
				}
				s := newSpool(t, dir, &got, exporters.WithMaxBytes(64<<10))
				for i := range 6 {
					must(t, s.Export(context.Background(), spooled(i, i+1, 5000))) // a segment of its own
				}
				must(t, s.Flush(context.Background()))
				must(t, s.Drain(context.Background()))
				must(t, s.Shutdown(context.Background()))
				names := got.got()
				slices.Sort(names)
				same(t, names, []string{"0", "2", "3", "4", "5"}, "what is planted costs no event")
				if b, err := os.ReadFile(victim); string(b) != secret {
					t.Errorf("the victim's file is %.100q now: %v", b, err)
				}
				if _, err := os.Lstat(victim + ".new"); err == nil {
					t.Error("a file was made where the link points to")
				}
				if at == "dead.jsonl" && strings.HasPrefix(p.Name, "a folder") {
					return // it is told, and counted: see TestLostDeadLetters
				}
				if es := lines(t, filepath.Join(dir, "dead.jsonl")); len(es) != 1 || es[0].Touchpoint != "1" {
					t.Errorf("the dead letters are %v", es)
				}
			})
		}
	}
}

// TestSpoolModes: nobody else may read what is made.
func TestSpoolModes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(quick(t), "spool")
	s := newSpool(t, dir, &fake{export: func(context.Context, []event.Event) error { return sink.Permanent(errSink) }})
	must(t, s.Export(context.Background(), spooled(0, 3, 1)))
	must(t, s.Drain(context.Background()))
	must(t, s.Shutdown(context.Background()))
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v: %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v: %v", e.Name(), info.Mode(), err)
		}
	}
	if len(entries) < 4 {
		t.Errorf("there are only %v", entries)
	}
}

// TestDeadLettersPlanted: as a spool's files.
func TestDeadLettersPlanted(t *testing.T) {
	t.Parallel()
	for _, p := range sinktest.Plants() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			victim, path := filepath.Join(dir, "victim"), filepath.Join(dir, "dead.jsonl")
			must(t, os.WriteFile(victim, []byte("the victim's\n"), 0o600))
			d := deadLetters(t, path)
			must(t, p.Put(path, victim)) // once it is open
			err := d.Export(context.Background(), spooled(0, 2, 1))
			if b, _ := os.ReadFile(victim); string(b) != "the victim's\n" {
				t.Errorf("the victim's file is %.100q now", b)
			}
			if strings.HasPrefix(p.Name, "a folder") {
				if err == nil {
					t.Error("it says nothing")
				}
				return
			}
			if got := lines(t, path); err != nil || len(got) != 2 {
				t.Errorf("%d letters are kept: %v", len(got), err)
			}
		})
	}
}
