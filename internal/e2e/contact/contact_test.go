// Package contact_test has real processes ask for contacts with the same customers on one store, and kills and stops the processes
// and the stores. What each process knows of its contacts is in files that the store has no part in.
package contact_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// scenario is the load and the kills on a store.
type scenario struct {
	name, reason string
	workers      int
	people       int // customers
	atOnce       int // whom each worker asks for at the same time
	asks         int // of all workers
	kills, stops int
	during       func(t *testing.T, batch int) // called before each batch
}

// whole reports whether the whole test is asked for, and not a sample.
func whole() bool { return os.Getenv("CAIRN_WHOLE") != "" && !testing.Short() }

// scenarios are the parts of the test for each store. With CAIRN_WHOLE=1 each asks more than 10,000 times for the last permitted
// contact.
func scenarios() []scenario {
	s := []scenario{
		{
			name: "two", reason: "while one of two processes is stopped, the other one goes on",
			workers: 2, people: 400, atOnce: 24, asks: 13_000, kills: 24, stops: 12,
		},
		{
			name: "three", reason: "three processes ask for the same contact at the same time",
			workers: 3, people: 400, atOnce: 24, asks: 13_000, kills: 24, stops: 12,
		},
	}
	if !whole() {
		s = s[1:]
		s[0].people, s[0].asks, s[0].kills, s[0].stops = 60, 1000, 3, 2
	}
	return s
}

// seed is random, or the value of CAIRN_CONTACT_SEED, which repeats a run as far as several processes allow.
func seed(t *testing.T) uint64 {
	t.Helper()
	if text := os.Getenv("CAIRN_CONTACT_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("CAIRN_CONTACT_SEED: %v", err)
		}
		return n
	}
	return rand.Uint64()
}

// TestContactsSurviveTheirProcesses: no cap is exceeded, and no contact is lost for ever, whichever process is killed or stopped.
func TestContactsSurviveTheirProcesses(t *testing.T) {
	for _, kind := range []string{shared.Redis, shared.Postgres, shared.SQLite} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			at := shared.StartStore(t, kind)
			for _, s := range scenarios() {
				t.Run(s.name, func(t *testing.T) { s.run(t, at) })
			}
		})
	}
}

// TestContactsOnOtherServers is TestContactsSurviveTheirProcesses on a Redis Cluster and behind PgBouncer.
func TestContactsOnOtherServers(t *testing.T) {
	for name, start := range map[string]func(t *testing.T) shared.Place{
		"redis cluster": func(t *testing.T) shared.Place {
			return shared.Place{Kind: shared.Redis, At: strings.Join(servers.RedisAddrs(servers.StartRedisCluster(t, 3)), ",")}
		},
		"pgbouncer": func(t *testing.T) shared.Place {
			server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
			return shared.Place{Kind: shared.Postgres, At: servers.StartPgBouncer(t, server) + "&default_query_exec_mode=exec"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := start(t)
			s := scenarios()[0]
			s.run(t, at)
		})
	}
}

// TestContactsSurviveTheirStore: the store is killed and started again, and hangs, while processes ask and are killed.
func TestContactsSurviveTheirStore(t *testing.T) {
	type server interface {
		Kill(t testing.TB)
		Restart(t testing.TB)
		Pause(t testing.TB)
		Resume(t testing.TB)
	}
	for kind, start := range map[string]func(t *testing.T) (shared.Place, server){
		shared.Redis: func(t *testing.T) (shared.Place, server) {
			r := servers.StartRedis(t, servers.RedisAppendOnly())
			return shared.Place{Kind: shared.Redis, At: r.Addr()}, r
		},
		shared.Postgres: func(t *testing.T) (shared.Place, server) {
			p := servers.StartPostgres(t)
			return shared.Place{Kind: shared.Postgres, At: p.URL()}, p
		},
	} {
		if kind == shared.Postgres && !whole() {
			continue // its start takes longer than the rest of the sample
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			at, server := start(t)
			s := scenarios()[0]
			s.kills, s.stops = s.kills/2, s.stops/2
			s.during = func(t *testing.T, batch int) {
				switch batch % 40 {
				case 4: // while the workers ask
					server.Kill(t)
					server.Restart(t)
				case 10:
					server.Pause(t)
					time.AfterFunc(time.Second, func() { server.Resume(t) })
				}
			}
			s.run(t, at)
		})
	}
}

func (s *scenario) run(t *testing.T, at shared.Place) {
	began, random := time.Now(), seed(t)
	t.Logf("CAIRN_CONTACT_SEED=%d", random)
	at.Prefix = "contact_" + s.name
	store, closeStore, err := at.Open(t.Context()) // makes the tables
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore()
	c := newCrew(t, s, at, random)
	defer c.stop()
	c.work()
	c.dismiss()
	ended := time.Now()

	var lines []line
	for _, m := range c.all {
		of, err := readWitness(m.order.Witness)
		if err != nil && !(m.killed && !m.ready) {
			t.Fatal(err)
		}
		lines = append(lines, of...)
	}
	waited := s.again(t, store, ended, &lines)
	contacts, sum := testimony(lines)
	reached, err := excess(contacts, lines)
	if err != nil {
		t.Error(err)
	}
	if c.kills < s.kills || c.stops < s.stops {
		t.Errorf("%d workers were killed and %d stopped, want %d and %d", c.kills, c.stops, s.kills, s.stops)
	}
	if whole() && sum.singles < 10_000 {
		t.Errorf("the workers asked %d times for the only contact of a window, want 10,000", sum.singles)
	}
	if sum.sent == 0 || sum.capped == 0 || reached == 0 {
		t.Errorf("the test shows nothing: %+v", sum)
	}
	t.Logf("%d asks, %d of them for the only contact of a window: %d granted, %d refused by the cap, %d unknown; %d sent, %d refused before sending; %d of %d customers had as many as allowed; %d kills and %d stops %v; %v, and %v until each contact was free again",
		sum.asks, sum.singles, sum.granted, sum.capped, sum.unknown, sum.sent, sum.lapsed, reached, s.people, c.kills, c.stops, c.strikes,
		ended.Sub(began).Round(time.Millisecond), waited.Round(time.Millisecond))
}

// again asks for every customer until the contact is granted, which has to be when all windows and lives are over at the latest. It
// returns how long that took, and adds what it was answered to the lines.
func (s *scenario) again(t *testing.T, store shared.Store, ended time.Time, lines *[]line) time.Duration {
	client, err := newClient(store, "contact_"+s.name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	ctx := cx.NewContext(t.Context(), client)
	var waiting []int
	for n := range s.people {
		waiting = append(waiting, n)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); len(waiting) > 0; <-tick.C {
		still := waiting[:0]
		for _, n := range waiting {
			l := line{Person: n, What: asked, From: time.Now()}
			grant := policy.Ask(ctx, event.Customer{ID: customerID(n)}, purposeOf(n), event.Email)
			l.ID, l.To, l.Rule = grant.ID(), time.Now(), grant.Reason()
			*lines = append(*lines, l)
			if grant.OK() {
				continue
			}
			if l.Rule != event.RuleCap && l.Rule != event.RuleUnknown || l.From.Sub(ended) > max(window, life) || time.Since(begun) > patience {
				t.Fatalf("customer %d is refused as %q %v after the last worker has ended: the contact is lost", n, l.Rule, l.From.Sub(ended))
			}
			still = append(still, n)
		}
		waiting = still
	}
	return time.Since(ended)
}
