package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/cx/stores/postgres"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/touchpoint"
)

const (
	// contactsTime is how long an action on one person, and the end of any, may take.
	contactsTime = 30 * time.Second
	keyVariable  = "CAIRN_CUSTOMER_KEY"
	urlVariable  = "CAIRN_STORE"
)

// The errors of the store and the key.
var (
	errNoStore  = errors.New("no store is named: set --store, or the environment's " + urlVariable)
	errStoreURL = errors.New("the store's URL cannot be read: write sqlite:FILE, redis://HOST:6379/0 or postgres://USER@HOST/DATABASE, with % codes for special characters of a password")
	errNoKey    = errors.New("no key is given: set --customer-key-file, or the environment's " + keyVariable)
)

// recordsOnly is a store whose shelves are those of the services. Its journeys are its own, and there are none: a client on the
// services' journeys would end those that are due, and tell only its own exporters.
type recordsOnly struct {
	*memory.Store

	shelves ledger.Shelver
}

// Shelf implements [ledger.Shelver].
func (r recordsOnly) Shelf(name string) ledger.Store { return r.shelves.Shelf(name) }

// key returns the customer key.
func (s *contactsSettings) key() ([]byte, error) {
	if s.keyFile == "" {
		if key := os.Getenv(keyVariable); key != "" {
			return []byte(key), nil
		}
		return nil, errNoKey
	}
	key, err := os.ReadFile(s.keyFile)
	if err != nil {
		return nil, fmt.Errorf("--customer-key-file: %w", err)
	}
	return bytes.TrimRight(key, "\r\n"), nil
}

// work calls do with the policy and a context in which it works on the services' records.
func (s *contactsSettings) work(ctx context.Context, do func(ctx context.Context, p *touchpoint.ContactPolicy) error) (err error) {
	policy := s.policy()
	if err := policy.Validate(); err != nil {
		return fmt.Errorf("the purposes or the hold: %w", err)
	}
	key, err := s.key()
	if err != nil {
		return err
	}
	shelves, done, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	opts := []cx.Option{
		cx.WithStore(recordsOnly{new(memory.Store), shelves}), cx.WithCustomerKey(key), cx.WithDefinitions(policy),
		cx.WithLogger(slog.New(slog.DiscardHandler)), // the answers say what is wrong
	}
	if s.namespace != "" {
		opts = append(opts, cx.WithNamespace(s.namespace))
	}
	client, err := cx.New(opts...)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), contactsTime)
		defer cancel()
		err = errors.Join(err, client.Shutdown(ctx))
	}()
	return do(cx.NewContext(ctx, client), policy)
}

// open opens the store. The caller calls done when it has ended.
func (s *contactsSettings) open(ctx context.Context) (shelves ledger.Shelver, done func() error, err error) {
	text := s.store
	if text == "" {
		text = os.Getenv(urlVariable)
	}
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
func openSQLiteStore(path string) (ledger.Shelver, func() error, error) {
	if _, err := os.Stat(path); err != nil { //nolint:gosec // the file that the user names
		return nil, nil, fmt.Errorf("the store: %w", err)
	}
	store, err := sqlite.Open(path)
	if err != nil {
		return nil, nil, err
	}
	return store, store.Close, nil
}

func (s *contactsSettings) openRedis(u *url.URL, text string) (ledger.Shelver, func() error, error) {
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

func (s *contactsSettings) openPostgres(ctx context.Context, text string) (ledger.Shelver, func() error, error) {
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

// firstLine returns the first line of the standard input, which is an ID.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, event.MaxID+2)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err //nolint:wrapcheck // the caller says what was read
	}
	return strings.TrimRight(line, "\r\n"), nil
}
