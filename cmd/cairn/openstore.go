package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/cx/stores/sqlite"
)

const urlVariable = "CAIRN_STORE"

// The errors of the store.
var (
	errNoStore  = errors.New("no store is named: set --store, or the environment's " + urlVariable)
	errStoreURL = errors.New("the store's URL cannot be read: write sqlite:FILE, redis://HOST:6379/0 or postgres://USER@HOST/DATABASE, with % codes for special characters of a password")
)

// storeSettings say where the services' store is.
type storeSettings struct{ store, prefix, schema string }

// flags adds the flags of the store.
func (s *storeSettings) flags(flags *usage) {
	flags.StringVar(&s.store, "store", "", "the `URL` of the store of the services")
	flags.StringVar(&s.prefix, "store-prefix", "", "the `PREFIX` of the services' keys or tables, in Redis or PostgreSQL (default cairn)")
	flags.StringVar(&s.schema, "store-schema", "", "the `SCHEMA` of the tables in PostgreSQL (default that of the connection)")
}

// openedStore is what all stores are.
type openedStore interface {
	ledger.Store
	ledger.Shelver
}

// address returns the address of the store: that of the flag, or else of the environment.
func (s *storeSettings) address() string { return cmp.Or(s.store, os.Getenv(urlVariable)) }

// inFile reports whether the store is a file of SQLite, which has no prefix.
func (s *storeSettings) inFile() bool {
	u, err := url.Parse(s.address())
	return err == nil && (u.Scheme == "" || u.Scheme == "sqlite")
}

// open opens the store. The caller calls done when it has ended.
func (s *storeSettings) open(ctx context.Context) (store openedStore, done func() error, err error) {
	text := s.address()
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil, nil, errNoStore
	case err != nil: // it has the text of the URL, which may have a password
		return nil, nil, errStoreURL
	}
	switch u.Scheme {
	case "sqlite":
		return openSQLiteStore(strings.TrimPrefix(strings.TrimPrefix(text, "sqlite:"), "//"))
	case "redis", "rediss", "unix":
		return s.openRedis(u, text)
	case "postgres", "postgresql":
		return s.openPostgres(ctx, text)
	case "":
		return openSQLiteStore(text)
	default:
		return nil, nil, errStoreURL
	}
}

// openSQLiteStore opens a file that exists: a mistyped name must not make an empty store.
func openSQLiteStore(path string) (openedStore, func() error, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, nil, fmt.Errorf("the store: %w", err)
	}
	store, err := sqlite.Open(path)
	if err != nil {
		return nil, nil, err
	}
	return store, store.Close, nil
}

func (s *storeSettings) openRedis(u *url.URL, text string) (openedStore, func() error, error) {
	logging.Disable() // the error of a call says it, once
	var client goredis.UniversalClient
	if u.Query().Has("addr") {
		o, err := goredis.ParseClusterURL(text)
		if err != nil {
			return nil, nil, errStoreURL
		}
		client = goredis.NewClusterClient(o)
	} else {
		o, err := goredis.ParseURL(text)
		if err != nil {
			return nil, nil, errStoreURL
		}
		client = goredis.NewClient(o)
	}
	var opts []redis.Option
	if s.prefix != "" {
		opts = append(opts, redis.WithPrefix(s.prefix))
	}
	store, err := redis.New(client, opts...)
	if err != nil {
		return nil, nil, errors.Join(err, client.Close())
	}
	return store, client.Close, nil
}

func (s *storeSettings) openPostgres(ctx context.Context, text string) (openedStore, func() error, error) {
	pool, err := pgxpool.New(ctx, text)
	if err != nil {
		return nil, nil, errStoreURL
	}
	end := func() error {
		pool.Close()
		return nil
	}
	var opts []postgres.Option
	if s.prefix != "" {
		opts = append(opts, postgres.WithPrefix(s.prefix))
	}
	if s.schema != "" {
		opts = append(opts, postgres.WithSchema(s.schema))
	}
	store, err := postgres.New(pool, opts...)
	if err != nil {
		return nil, nil, errors.Join(err, end())
	}
	return store, end, nil
}
