package store_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/examples/shop/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestParse: the flag names a kind and a place. The display has no secret.
func TestParse(t *testing.T) {
	t.Parallel()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flag, shown, path string
		shared            bool
	}{
		{"", "memory", "", false},
		{"memory", "memory", "", false},
		{"memory:", "memory", "", false},
		{"sqlite:journeys.db", "sqlite journeys.db", filepath.Join(dir, "journeys.db"), true},
		{"sqlite:/data/a:b.db", "sqlite /data/a:b.db", "/data/a:b.db", true},
		{"redis:redis://u:secret@localhost:6379/0?x=secret", "redis localhost:6379/0", "", true},
		{"redis:rediss://localhost:6379/1", "redis localhost:6379/1", "", true},
		{"redis://localhost:6379/2", "redis localhost:6379/2", "", true},
		{"rediss://u:secret@localhost/3", "redis localhost/3", "", true},
		{"postgres:postgres://u:secret@localhost:5432/shop?sslmode=secret", "postgres localhost:5432/shop", "", true},
		{"postgres:postgresql://localhost/shop", "postgres localhost/shop", "", true},
		{"postgres://localhost/shop", "postgres localhost/shop", "", true},
		{"postgresql://localhost/shop", "postgres localhost/shop", "", true},
		{"postgres:postgres:///shop?host=/run/postgresql", "postgres /shop", "", true},
	} {
		got, err := store.Parse(c.flag)
		if err != nil || got.String() != c.shown || got.Path() != c.path || got.Shared() != c.shared {
			t.Errorf("%q is %v, %v, with the file %q and shared %v; want %s, %q, %v", c.flag, got, err, got.Path(), got.Shared(), c.shown, c.path, c.shared)
		}
	}
	if zero := (store.Target{}); zero.Shared() || zero.String() != store.Memory {
		t.Errorf("the zero target is %v", zero)
	}
}

// TestParseRefuses: the error says which form is accepted, and repeats no secret.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ flag, says string }{
		{"memory:secret", "nothing may follow it"},
		{"sqlite", "want sqlite:PATH"},
		{"sqlite:", "want sqlite:PATH"},
		{"redis", "no URL such as redis://localhost:6379/0"},
		{"redis:localhost:6379/secret", "no URL such as redis://localhost:6379/0"},
		{"redis://", "no URL such as redis://localhost:6379/0"},
		{"redis:redis://u:secret@[::1", "no URL such as redis://localhost:6379/0"},
		{"redis:postgres://u:secret@localhost/shop", "another scheme: want one such as redis://localhost:6379/0"},
		{"postgres:redis://u:secret@localhost/0", "another scheme: want one such as postgres://shop@localhost:5432/shop"},
		{"postgres:///shop", "no URL such as postgres://shop@localhost:5432/shop"},
		{"mysql:secret", `"mysql": unknown kind of store: want ` + store.Forms},
		{strings.Repeat("k", 20), `"` + strings.Repeat("k", 20) + `": unknown kind`},
		{strings.Repeat("k", 21), `"` + strings.Repeat("k", 20) + `…": unknown kind`},
	} {
		got, err := store.Parse(c.flag)
		if !errors.Is(err, store.ErrTarget) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error is %v, want one that says %q and has no secret", c.flag, err, c.says)
		}
		if got != (store.Target{}) {
			t.Errorf("%q is the target %v beside its error", c.flag, got)
		}
	}
}

// open opens the store of a flag.
func open(ctx context.Context, t *testing.T, flag string) (*store.Store, error) {
	t.Helper()
	target, err := store.Parse(flag)
	if err != nil {
		t.Fatal(err)
	}
	return target.Open(ctx)
}

// TestOpen: memory is no store, and SQLite makes its file and gives it back.
func TestOpen(t *testing.T) {
	t.Parallel()
	memory, err := open(t.Context(), t, "memory")
	if err != nil || memory.Journeys != nil || memory.Contacts == nil || memory.Close() != nil || (*store.Store)(nil).Close() != nil {
		t.Errorf("memory is %v, %v", memory, err)
	}
	file := filepath.Join(t.TempDir(), "journeys.db")
	s, err := open(t.Context(), t, "sqlite:"+file)
	if err != nil || s.Journeys == nil || s.Contacts != nil {
		t.Fatalf("SQLite is %v, %v", s, err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	if _, _, err := s.Journeys.Claim(t.Context(), 0, time.Minute); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, _, err := s.Journeys.Claim(t.Context(), 0, time.Minute); err == nil {
		t.Error("the store works after Close")
	}
}

// TestOpenRefuses: a store that cannot be reached is an error at once. The error names the store without its secrets.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := l.Addr().String()
	_ = l.Close()
	for _, c := range []struct{ name, flag, says string }{
		{"no folder", "sqlite:" + filepath.Join(t.TempDir(), "none", "journeys.db"), "the folder does not exist: make it first"},
		{"a folder in place of the file", "sqlite:" + t.TempDir(), "-store sqlite "},
		{"Redis is away", "redis://u:secret@" + away + "/0", "-store redis " + away + "/0: "},
		{"no database of Redis", "redis://localhost:6379/secret", "redis cannot read this URL: want one such as redis://"},
		{"PostgreSQL is away", "postgres://u:secret@" + away + "/shop", "-store postgres " + away + "/shop: "},
		{"no port of PostgreSQL", "postgres://u:secret@localhost/shop?port=many", "postgres cannot read this URL: want one such as postgres://"},
	} {
		s, err := open(t.Context(), t, c.flag)
		if s != nil || err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "u:secret") {
			t.Errorf("%s: it is %v, %v, want an error that says %q", c.name, s, err, c.says)
		}
	}
}
