package fakedisk_test

import (
	"errors"
	"os"
	"testing"

	"cairncx.dev/cairn/exporters/internal/fakedisk"
)

// TestCuts: what survives the end of a process or a machine.
func TestCuts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		cut          fakedisk.Cut
		want         map[string]string
	}{
		{"kill", "the system has every write", fakedisk.Kill, map[string]string{"synced": "abcd", "unsynced": "abcd", "new": "abcd"}},
		{"power", "a name and a byte that are not synced are gone", fakedisk.Power, map[string]string{"synced": "abcd", "unsynced": "ab"}},
		{"zeroed", "a length may be durable before the bytes", fakedisk.Zeroed, map[string]string{"synced": "abcd", "unsynced": "ab\x00\x00", "new": "\x00\x00\x00\x00"}},
	} {
		d := fakedisk.New()
		write := func(name, text string, sync bool) {
			t.Helper()
			f, err := d.Open(name, os.O_RDWR|os.O_CREATE)
			if err == nil {
				_, err = f.Write([]byte(text))
			}
			if err == nil && sync {
				err = f.Sync()
			}
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
		}
		write("synced", "abcd", true)
		write("unsynced", "ab", true)
		write("unsynced", "cd", false)
		if err := d.SyncFolder("."); err != nil {
			t.Fatal(err)
		}
		write("new", "abcd", false)
		after := d.After(c.cut)
		if names := after.Names(); len(names) != len(c.want) {
			t.Errorf("%s: the files are %q: %s", c.name, names, c.reason)
		}
		for name, text := range c.want {
			if got := after.Text(name); got != text {
				t.Errorf("%s: %s is %q, want %q: %s", c.name, name, got, text, c.reason)
			}
		}
	}
}

// TestFailedSync: what was written before a sync that failed is not written by the next one.
func TestFailedSync(t *testing.T) {
	t.Parallel()
	d, broken := fakedisk.New(), errors.New("the disk is not well")
	f, err := d.Open("f", os.O_RDWR|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write([]byte("abcd"))
	d.Call = func(does, _ string) error {
		if does == "sync" {
			return broken
		}
		return nil
	}
	if synced := f.Sync(); err != nil || !errors.Is(synced, broken) {
		t.Fatalf("%v, %v", err, synced)
	}
	d.Call = nil
	if err := errors.Join(f.Sync(), d.SyncFolder("."), f.Close()); err != nil {
		t.Fatal(err)
	}
	if got := d.After(fakedisk.Power).Text("f"); got != "\x00\x00\x00\x00" {
		t.Errorf("the disk has %q, want none of what was written", got)
	}
	if _, err := f.Write(nil); !errors.Is(err, os.ErrClosed) || len(d.Misuse()) != 1 {
		t.Errorf("a write after Close: %v, %q", err, d.Misuse())
	}
}
