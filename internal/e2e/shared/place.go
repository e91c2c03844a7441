package shared

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// The kinds of stores.
const (
	Redis    = "redis"
	Postgres = "postgres"
	SQLite   = "sqlite"
)

// Place is the place of a store. It travels as JSON.
type Place struct {
	Kind   string
	At     string // addresses with commas, a URL or a folder
	Prefix string // separates tests that share a server
}

// Store is what every store of cx/stores is.
type Store interface {
	ledger.Store
	ledger.Shelver
}

// Open opens the store. A killed process loses no data even without fsync. The caller calls closeStore at the end.
func (p Place) Open(ctx context.Context) (s Store, closeStore func(), err error) {
	switch p.Kind {
	case Redis:
		client := goredis.NewUniversalClient(&goredis.UniversalOptions{Addrs: strings.Split(p.At, ",")})
		s, err := redis.New(client, redis.WithPrefix(p.Prefix))
		return s, func() { _ = client.Close() }, err
	case Postgres:
		pool, err := pgxpool.New(ctx, p.At)
		if err != nil {
			return nil, nil, err
		}
		s, err := postgres.New(pool, postgres.WithPrefix(p.Prefix))
		if err == nil {
			err = s.Migrate(ctx)
		}
		return s, pool.Close, err
	case SQLite:
		s, err := sqlite.Open(filepath.Join(p.At, p.Prefix+".db"), sqlite.WithoutFsync())
		return s, func() { _ = s.Close() }, err
	default:
		return nil, nil, fmt.Errorf("unknown kind of store %q", p.Kind)
	}
}

// StartStore starts the server of the kind of store, if it has one, and returns its place until the end of the test.
func StartStore(t testing.TB, kind string) Place {
	t.Helper()
	switch kind {
	case Redis:
		return Place{Kind: kind, At: servers.StartRedis(t).Addr()}
	case Postgres:
		return Place{Kind: kind, At: servers.StartPostgres(t, servers.PostgresSetting("fsync", "off")).URL()}
	default:
		return Place{Kind: kind, At: t.TempDir()}
	}
}
