package redis_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/redis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// nowhere is a client of a server that accepts connections and never answers.
func nowhere(t *testing.T) *goredis.Client {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client := goredis.NewClient(&goredis.Options{Addr: listener.Addr().String(), MaxRetries: -1, ReadTimeout: time.Hour})
	t.Cleanup(func() {
		_ = listener.Close()
		_ = client.Close()
	})
	return client
}

func TestNewRefuses(t *testing.T) {
	client := nowhere(t)
	ring := goredis.NewRing(&goredis.RingOptions{Addrs: map[string]string{}})
	defer func() { _ = ring.Close() }()
	tests := []struct {
		name, reason string
		client       goredis.UniversalClient
		opts         []redis.Option
		want         []string
	}{
		{"no client", "a nil one would panic in a Write", nil, nil, []string{"the client is nil"}},
		{"ring", "its servers take over each other's keys without the records", ring, nil, []string{"would be split"}},
		{"empty prefix", "the hash tag would begin with a colon, as that of any other store", client, []redis.Option{redis.WithPrefix("")}, []string{`WithPrefix("")`}},
		{"opening brace", "the hash tag would begin elsewhere", client, []redis.Option{redis.WithPrefix("a{b")}, []string{"without braces"}},
		{"closing brace", "the hash tag would end before the partition, and all would be in one slot", client, []redis.Option{redis.WithPrefix("a}b")}, []string{"without braces"}},
		{"space", "ACL SETUSER cannot name it", client, []redis.Option{redis.WithPrefix("a b")}, []string{"without braces and spaces"}},
		{"control character", "nobody could type the keys", client, []redis.Option{redis.WithPrefix("a\nb")}, []string{"printable"}},
		{"invalid UTF-8", "nobody could type the keys", client, []redis.Option{redis.WithPrefix("a\xff")}, []string{"UTF-8"}},
		{"long prefix", "it is in every key", client, []redis.Option{redis.WithPrefix(strings.Repeat("a", 65))}, []string{"1 to 64 bytes"}},
		{"two faults", "one attempt shows all", nil, []redis.Option{redis.WithPrefix("{")}, []string{"the client is nil", "WithPrefix"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := redis.New(test.client, test.opts...)
			if err == nil || s != nil {
				t.Fatalf("New returns %v and %v, want an error: %s", s, err, test.reason)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestNewAccepts(t *testing.T) {
	for _, prefix := range []string{"c", "cairn", "shop:staging", "Käse", strings.Repeat("a", 64)} {
		if _, err := redis.New(nowhere(t), nil, redis.WithPrefix(prefix)); err != nil {
			t.Errorf("prefix %q: %v", prefix, err)
		}
	}
}

func TestAServerThatDoesNotAnswer(t *testing.T) {
	tests := []struct {
		name, reason string
		call         func(ctx context.Context, s *redis.Store) error
	}{
		{"Write", "its caller has a deadline of its own", func(ctx context.Context, s *redis.Store) error {
			_, err := s.Write(ctx, []ledger.Change{{Append: []byte("a")}})
			return err
		}},
		{"Claim", "a sweep does not hang", func(ctx context.Context, s *redis.Store) error {
			_, _, err := s.Claim(ctx, 10, time.Second)
			return err
		}},
		{"Count", "metrics are collected in time", func(ctx context.Context, s *redis.Store) error {
			_, _, err := s.Count(ctx, "me", time.Second)
			return err
		}},
		{"Forget", "who asks for it is told that it is not done", func(ctx context.Context, s *redis.Store) error {
			_, err := s.Forget(ctx, "customer-4711", time.Second)
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := redis.New(nowhere(t))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			err = test.call(ctx, s)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "redis store: ") {
				t.Errorf("a deadline gives %v: %s", err, test.reason)
			}
			gone, leave := context.WithCancelCause(t.Context())
			leave(errors.New("the shop is closed"))
			if err = test.call(gone, s); err == nil || !strings.Contains(err.Error(), "the shop is closed") {
				t.Errorf("a context that is done gives %v, want its cause: %s", err, test.reason)
			}
			if strings.Contains(err.Error(), "4711") {
				t.Errorf("the error %q has the customer in it", err)
			}
		})
	}
}

func TestWriteRefusesWhatDoesNotFit(t *testing.T) {
	tests := []struct {
		name, reason string
		change       ledger.Change
		want         string
	}{
		{"customer", "the contract's bound", ledger.Change{Customer: strings.Repeat("x", 129)}, "129 bytes, at most 128"},
		{"place", "its length has 16 bits", ledger.Change{Replace: []byte{}, Place: ledger.Place{Name: strings.Repeat("x", 1<<16)}}, "at most 65535"},
	}
	s, err := redis.New(nowhere(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := s.Write(t.Context(), []ledger.Change{{}, test.change})
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "xx") {
				t.Errorf("Write returns %v, want %q in it and nothing of the text: %s", err, test.want, test.reason)
			}
		})
	}
	if n, err := s.Forget(t.Context(), "", 0); n != 0 || err != nil {
		t.Errorf("Forget of nobody returns %d and %v, want 0 without asking the server", n, err)
	}
	if records, err := s.Write(t.Context(), nil); len(records) != 0 || err != nil {
		t.Errorf("Write of nothing returns %v and %v", records, err)
	}
}
