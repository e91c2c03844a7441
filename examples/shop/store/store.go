// Package store turns the value of the flag -store KIND:WHERE into one of Cairn's stores. Journeys in a shared
// store survive a restart, and several processes see the same journeys.
package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/cx/stores/sqlite"
)

// Forms lists the accepted forms of the flag.
const Forms = "memory, sqlite:PATH, redis:URL or postgres:URL"

// Memory is the kind whose journeys end with the process.
const Memory = "memory"

const (
	kindSQLite   = "sqlite"
	kindRedis    = "redis"
	kindPostgres = "postgres"
)

// ErrTarget is wrapped by the errors of [Parse]. The person who gave the flag has to change it.
var ErrTarget = errors.New("-store")

// Target is a value of -store. The zero value is [Memory].
type Target struct {
	kind  string
	where string // with its password
	place string // for display
}

// Shared reports whether the journeys outlast the process.
func (t Target) Shared() bool { return t.kind != "" && t.kind != Memory }

// Path returns the file of an SQLite store, or "" for another kind.
func (t Target) Path() string {
	if t.kind == kindSQLite {
		return t.where
	}
	return ""
}

// String returns the target for display, without user, password and query.
func (t Target) String() string {
	if !t.Shared() {
		return Memory
	}
	return t.kind + " " + t.place
}

// Parse reads the flag. It looks at the text only and opens nothing. The error wraps [ErrTarget], says which form
// is accepted, and repeats no secret.
func Parse(text string) (Target, error) {
	kind, where, _ := strings.Cut(text, ":")
	switch kind {
	case "", Memory:
		if where != "" {
			return Target{}, fmt.Errorf("%w memory: memory has no place: nothing may follow it", ErrTarget)
		}
		return Target{kind: Memory}, nil
	case kindSQLite:
		if where == "" {
			return Target{}, fmt.Errorf("%w sqlite names no file: want sqlite:PATH, such as sqlite:journeys.db", ErrTarget)
		}
		path, err := filepath.Abs(where)
		if err != nil {
			return Target{}, fmt.Errorf("%w sqlite: finding the working directory: %w", ErrTarget, err)
		}
		return Target{kind: kind, where: path, place: where}, nil
	case kindRedis, "rediss":
		return server(kindRedis, kind, where, []string{"redis", "rediss"}, "redis://localhost:6379/0")
	case kindPostgres, "postgresql":
		return server(kindPostgres, kind, where, []string{"postgres", "postgresql"}, "postgres://shop@localhost:5432/shop")
	default:
		if len(kind) > 20 {
			kind = kind[:20] + "…"
		}
		return Target{}, fmt.Errorf("%w %q: unknown kind of store: want %s", ErrTarget, kind, Forms)
	}
}

// server reads the URL of a server. People write -store redis://…, which means the same as -store redis:redis://….
func server(kind, name, where string, schemes []string, example string) (Target, error) {
	if strings.HasPrefix(where, "//") {
		where = name + ":" + where
	}
	u, err := url.Parse(where)
	if err != nil || u.Host == "" && u.Query().Get("host") == "" {
		return Target{}, fmt.Errorf("%w %s: the place is no URL such as %s", ErrTarget, kind, example)
	}
	for _, s := range schemes {
		if u.Scheme == s {
			return Target{kind: kind, where: where, place: u.Host + u.Path}, nil
		}
	}
	return Target{}, fmt.Errorf("%w %s: its URL begins with another scheme: want one such as %s", ErrTarget, kind, example)
}

// Store is an open store. The zero value keeps journeys in memory.
type Store struct {
	// Journeys is the argument for cx.WithStore. Default: nil, memory.
	Journeys ledger.Store
	// Contacts is the argument for cx.WithContactStore: a store in memory where Journeys is nil, else nil, which is Journeys. The contact
	// policy refuses everything without a store.
	Contacts ledger.Store

	close func() error
}

// Open opens the store and makes one call to it, so that it fails at once if the server is away. It creates the
// file of SQLite and the tables of PostgreSQL if they are missing. The folder and the database have to exist.
func (t Target) Open(ctx context.Context) (*Store, error) {
	var s *Store
	var err error
	switch t.kind {
	case kindSQLite:
		s, err = openSQLite(t.where)
	case kindRedis:
		s, err = openRedis(ctx, t.where)
	case kindPostgres:
		s, err = openPostgres(ctx, t.where)
	default:
		return &Store{Contacts: new(memory.Store)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("-store %s: %w", t, err)
	}
	return s, nil
}

// Close closes the store. Shut the clients down first.
func (s *Store) Close() error {
	if s == nil || s.close == nil {
		return nil
	}
	return s.close()
}

func openSQLite(path string) (*Store, error) {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("the folder does not exist: make it first: %w", err)
	}
	s, err := sqlite.Open(path)
	if err != nil {
		return nil, err
	}
	return &Store{Journeys: s, close: s.Close}, nil
}

func openRedis(ctx context.Context, where string) (*Store, error) {
	opts, err := goredis.ParseURL(where)
	if err != nil {
		return nil, errors.New("redis cannot read this URL: want one such as redis://localhost:6379/0") // redis's own error would repeat the URL
	}
	client := goredis.NewClient(opts)
	s, err := redis.New(client)
	if err == nil {
		err = client.Ping(ctx).Err()
	}
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &Store{Journeys: s, close: client.Close}, nil
}

func openPostgres(ctx context.Context, where string) (*Store, error) {
	pool, err := pgxpool.New(ctx, where)
	if err != nil {
		return nil, errors.New("postgres cannot read this URL: want one such as postgres://shop@localhost:5432/shop") // pgx's own error would repeat the URL
	}
	s, err := postgres.New(pool)
	if err == nil {
		err = s.Migrate(ctx)
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &Store{Journeys: s, close: func() error { pool.Close(); return nil }}, nil
}
