// Package store is where the shop's journeys are kept: it makes of -store KIND:WHERE one of Cairn's
// stores. Journeys in one of the shared kinds survive a restart, and several processes see the same ones.
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
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/cx/stores/sqlite"
)

// Forms is what the flag can be.
const Forms = "memory, sqlite:PATH, redis:URL or postgres:URL"

// Memory is the kind that ends with the process.
const Memory = "memory"

const (
	kindSQLite   = "sqlite"
	kindRedis    = "redis"
	kindPostgres = "postgres"
)

// ErrTarget is wrapped by the errors of [Parse]: the flag has to be another one.
var ErrTarget = errors.New("-store")

// Target is a value of -store. The zero value is [Memory].
type Target struct {
	kind  string
	where string // with its password
	place string // for people
}

// Shared reports whether the journeys outlast the process.
func (t Target) Shared() bool { return t.kind != "" && t.kind != Memory }

// Path returns the file of a store in SQLite, else "".
func (t Target) Path() string {
	if t.kind == kindSQLite {
		return t.where
	}
	return ""
}

// String returns the target for people, without user, password and query.
func (t Target) String() string {
	if !t.Shared() {
		return Memory
	}
	return t.kind + " " + t.place
}

// Parse reads the flag. It looks at nothing but the text. The error wraps [ErrTarget] and says what to
// write instead; it does not repeat what may be secret.
func Parse(text string) (Target, error) {
	kind, where, _ := strings.Cut(text, ":")
	switch kind {
	case "", Memory:
		if where != "" {
			return Target{}, fmt.Errorf("%w memory: nothing may follow it", ErrTarget)
		}
		return Target{kind: Memory}, nil
	case kindSQLite:
		if where == "" {
			return Target{}, fmt.Errorf("%w sqlite names no file: want sqlite:PATH, such as sqlite:journeys.db", ErrTarget)
		}
		path, err := filepath.Abs(where)
		if err != nil {
			return Target{}, fmt.Errorf("%w sqlite: where is this process: %w", ErrTarget, err)
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
		return Target{}, fmt.Errorf("%w %q: there is no such kind of store: want %s", ErrTarget, kind, Forms)
	}
}

// server reads the URL of a server. -store redis://… is what people write, and means the same as
// -store redis:redis://….
func server(kind, name, where string, schemes []string, example string) (Target, error) {
	if strings.HasPrefix(where, "//") {
		where = name + ":" + where
	}
	u, err := url.Parse(where)
	if err != nil || u.Host == "" && u.Query().Get("host") == "" {
		return Target{}, fmt.Errorf("%w %s: that is no URL such as %s", ErrTarget, kind, example)
	}
	for _, s := range schemes {
		if u.Scheme == s {
			return Target{kind: kind, where: where, place: u.Host + u.Path}, nil
		}
	}
	return Target{}, fmt.Errorf("%w %s: its URL begins with another scheme: want one such as %s", ErrTarget, kind, example)
}

// Store is an open store. The zero value is none: journeys are kept in memory.
type Store struct {
	// Journeys is for cx.WithStore; nil is memory.
	Journeys ledger.Store

	close func() error
}

// Open opens the store and asks it something, so that a server that is not there is said at once. The
// file of SQLite and the tables of PostgreSQL are made where they are missing; the folder and the
// database have to be there.
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
		return &Store{}, nil
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
		return nil, fmt.Errorf("the folder is not there: make it first: %w", err)
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
		return nil, errors.New("redis cannot read this URL: want one such as redis://localhost:6379/0") // its error has the URL
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
		return nil, errors.New("postgres cannot read this URL: want one such as postgres://shop@localhost:5432/shop") // its error has the URL
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
