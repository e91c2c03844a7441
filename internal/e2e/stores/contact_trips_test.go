package stores_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/touchpoint"
)

// wire is a proxy that counts round trips: how often a client sends something after the server has answered. Its users take turns.
type wire struct {
	addr string

	mu    sync.Mutex
	asked bool // the client has sent the last bytes
	trips int
}

// newWire returns a proxy in front of the server until the end of the test.
func newWire(t *testing.T, server string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{addr: l.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			back, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			for _, way := range []struct {
				from, to net.Conn
				asking   bool
			}{{client, back, true}, {back, client, false}} {
				running.Go(func() {
					_, _ = io.Copy(counted{way.to, w, way.asking}, way.from)
					_, _ = client.Close(), back.Close()
				})
			}
		}
	})
	t.Cleanup(func() { _ = l.Close(); running.Wait() }) // those who use it close their connections before
	return w
}

// counted tells the wire of what it writes, before it does.
type counted struct {
	io.Writer

	wire   *wire
	asking bool
}

func (c counted) Write(b []byte) (int, error) {
	c.wire.mu.Lock()
	if c.asking && !c.wire.asked {
		c.wire.trips++
	}
	c.wire.asked = c.asking
	c.wire.mu.Unlock()
	return c.Writer.Write(b)
}

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trips
}

// commits returns how many transactions the write-ahead log of a SQLite file has: https://www.sqlite.org/fileformat2.html#walformat.
func commits(t *testing.T, path string) (n int) {
	t.Helper()
	wal, err := os.ReadFile(path + "-wal")
	if err != nil || len(wal) < 32 {
		t.Fatalf("the write-ahead log has %d bytes, and the error is %v", len(wal), err)
	}
	size := 24 + int(binary.BigEndian.Uint32(wal[8:]))
	for f := wal[32:]; len(f) >= size; f = f[size:] {
		if string(f[8:16]) == string(wal[16:24]) && binary.BigEndian.Uint32(f[4:]) != 0 { // a frame of this log that ends a transaction
			n++
		}
	}
	return n
}

// tripStores are the stores, each with a function that counts its round trips. That of SQLite is a transaction, because there is
// nothing to travel to.
var tripStores = map[string]func(t *testing.T) (store ledger.Store, count func() int){
	"redis": func(t *testing.T) (ledger.Store, func() int) {
		w := newWire(t, servers.StartRedis(t).Addr())
		return redisStore(t, redisClient(t, w.addr)), w.count
	},
	"postgres": func(t *testing.T) (ledger.Store, func() int) {
		c, err := pgxpool.ParseConfig(servers.StartPostgres(t).URL())
		if err != nil {
			t.Fatal(err)
		}
		w := newWire(t, net.JoinHostPort(c.ConnConfig.Host, strconv.Itoa(int(c.ConnConfig.Port))))
		at := netip.MustParseAddrPort(w.addr)
		c.ConnConfig.Host, c.ConnConfig.Port, c.MaxConns = at.Addr().String(), at.Port(), 1
		pool, err := pgxpool.NewWithConfig(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		return postgresStore(t, pool), w.count
	},
	"sqlite": func(t *testing.T) (ledger.Store, func() int) {
		path := filepath.Join(t.TempDir(), "store.db")
		s, err := sqlite.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s, func() int { return commits(t, path) }
	},
}

// TestContactTrips: each question about a contact is one round trip to the store, whatever the answer is and whether or not the
// addressee is another person.
func TestContactTrips(t *testing.T) {
	for name, start := range tripStores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, count := start(t)
			policy := touchpoint.DefineContactPolicy("contacts", touchpoint.ContactWait(5*time.Second),
				touchpoint.Purpose("offer", touchpoint.Cap(2, time.Hour)), touchpoint.Purpose("letter"))
			client, err := cx.New(cx.WithStore(store), cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithDefinitions(policy),
				cx.WithSweepInterval(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := client.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
			}()
			ctx := cx.NewContext(t.Context(), client)
			who := event.Customer{ID: "alice"}
			var grant *touchpoint.Grant
			ask := func(purpose string, opts ...touchpoint.AskOption) string {
				grant = policy.Ask(ctx, who, purpose, event.Email, opts...)
				return grant.Reason()
			}
			steps := []struct {
				name string
				do   func() string
				want string
			}{
				{"Ask", func() string { return ask("offer") }, event.RuleGranted},
				{"Use", func() string { grant.Use(ctx); return grant.Reason() }, event.RuleGranted},
				{"Use again", func() string { grant.Use(ctx); return grant.Reason() }, event.RuleGranted},
				{"Ask with an addressee", func() string { return ask("offer", touchpoint.To("bob")) }, event.RuleGranted},
				{"Ask beyond the cap", func() string { return ask("offer") }, event.RuleCap},
				{"Ask without a cap", func() string { return ask("letter", touchpoint.To("carol")) }, event.RuleGranted},
				{"Use with an addressee", func() string { grant.Use(ctx); return grant.Reason() }, event.RuleGranted},
				{"May", func() string {
					_, reason := policy.May(ctx, who, "offer", event.Email, touchpoint.To("bob"))
					return reason
				}, event.RuleCap},
				{"Withdraw", func() string {
					if err := policy.Withdraw(ctx, who, touchpoint.Permit{Purpose: "offer"}); err != nil {
						t.Fatal(err)
					}
					return ""
				}, ""},
				{"Ask without consent", func() string { return ask("offer") }, event.RuleConsent},
			}
			who.ID = "warm" // connections, prepared statements, scripts and the clock of the store
			for range 2 {
				for _, s := range steps {
					s.do()
				}
				grant.Release(ctx)
			}
			who.ID = "alice"
			for _, s := range steps {
				was, most := count(), 1
				if s.name == "Use again" {
					most = 0
				}
				got := s.do()
				trips := count() - was
				if got != s.want {
					t.Errorf("%s is answered %q, want %q", s.name, got, s.want)
				}
				// What reads only commits nothing to a file.
				if trips > most || trips < most && !(name == "sqlite" && s.name == "May") {
					t.Errorf("%s took %d round trips, want %d", s.name, trips, most)
				}
			}
		})
	}
}
