package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/touchpoint"
)

const (
	// contactsTime is how long an action on one person, and the end of any, may take.
	contactsTime = 30 * time.Second
	keyVariable  = "CAIRN_CUSTOMER_KEY"
)

var errNoKey = errors.New("no key is given: set --customer-key-file, or the environment's " + keyVariable)

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

// firstLine returns the first line of the standard input, which is an ID.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, event.MaxID+2)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err //nolint:wrapcheck // the caller says what was read
	}
	return strings.TrimRight(line, "\r\n"), nil
}
