package survive_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// storeAt is the place of a store, which another process can open.
type storeAt struct {
	Kind   string
	At     string // an address, a URL or a path
	Prefix string // separates tests that share a server
}

// storeKinds are all kinds of stores, each with a function that starts its server.
var storeKinds = []struct {
	name  string
	start func(t *testing.T) storeAt
}{
	{"redis", func(t *testing.T) storeAt {
		return storeAt{Kind: "redis", At: servers.StartRedis(t).Addr()}
	}},
	{"postgres", func(t *testing.T) storeAt {
		return storeAt{Kind: "postgres", At: servers.StartPostgres(t, servers.PostgresSetting("fsync", "off")).URL()}
	}},
	{"sqlite", func(t *testing.T) storeAt {
		return storeAt{Kind: "sqlite", At: t.TempDir()}
	}},
}

// open opens the store. A killed process loses no data even without fsync.
func (at storeAt) open() (s ledger.Store, closeStore func(), err error) {
	switch at.Kind {
	case "redis":
		client := goredis.NewClient(&goredis.Options{Addr: at.At})
		s, err := redis.New(client, redis.WithPrefix(at.Prefix))
		return s, func() { _ = client.Close() }, err
	case "postgres":
		pool, err := pgxpool.New(context.Background(), at.At)
		if err != nil {
			return nil, nil, err
		}
		s, err := postgres.New(pool, postgres.WithPrefix(at.Prefix))
		if err == nil {
			err = s.Migrate(context.Background())
		}
		return s, pool.Close, err
	case "sqlite":
		s, err := sqlite.Open(filepath.Join(at.At, at.Prefix+".db"), sqlite.WithoutFsync())
		return s, func() { _ = s.Close() }, err
	default:
		return nil, nil, fmt.Errorf("unknown kind of store %q", at.Kind)
	}
}
