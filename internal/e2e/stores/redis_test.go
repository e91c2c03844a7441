package stores_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// redisClient connects to the servers until the end of the test.
func redisClient(t testing.TB, addrs ...string) goredis.UniversalClient {
	t.Helper()
	client := goredis.NewUniversalClient(&goredis.UniversalOptions{Addrs: addrs})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// redisStore returns a store that uses the client.
func redisStore(t testing.TB, client goredis.UniversalClient, opts ...redis.Option) *redis.Store {
	t.Helper()
	s, err := redis.New(client, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// redisRun returns the key of a run in a partition.
func redisRun(partition, n int) ledger.Key {
	return ledger.Key{byte(partition << 4), 15: byte(n), 14: byte(n >> 8)}
}

// redisPeek reads a record.
func redisPeek(t testing.TB, s *redis.Store, id ledger.Key) ledger.Record {
	t.Helper()
	return redisWrite(t, s, ledger.Change{Key: id, If: []byte("\x00 never"), Replace: []byte{}})[0]
}

func redisWrite(t testing.TB, s *redis.Store, changes ...ledger.Change) []ledger.Record {
	t.Helper()
	records, err := s.Write(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// redisBusy makes a store busy: its servers stand still.
func redisBusy(all ...*servers.Redis) ledgertest.Option {
	return ledgertest.WithBusy(func(t *testing.T, _ ledger.Store) func() {
		for _, r := range all {
			r.Pause(t)
		}
		return func() {
			for _, r := range all {
				r.Resume(t)
			}
		}
	})
}

func TestRedisKeepsTheContract(t *testing.T) {
	server := servers.StartRedis(t)
	var stores atomic.Int64
	ledgertest.Run(t, func(t *testing.T) func() ledger.Store {
		prefix := redis.WithPrefix(fmt.Sprint("test", stores.Add(1)))
		return func() ledger.Store { return redisStore(t, redisClient(t, server.Addr()), prefix) }
	}, redisBusy(server))
}

func TestRedisClusterKeepsTheContract(t *testing.T) {
	if testing.Short() {
		t.Skip("TestRedisKeepsTheContract runs the same code of the store")
	}
	cluster := servers.StartRedisCluster(t, 3)
	addrs := servers.RedisAddrs(cluster)
	var stores atomic.Int64
	ledgertest.Run(t, func(t *testing.T) func() ledger.Store {
		prefix := redis.WithPrefix(fmt.Sprint("test", stores.Add(1)))
		return func() ledger.Store { return sampled(redisStore(t, redisClient(t, addrs...), prefix)) }
	}, redisBusy(cluster...))
	for _, r := range cluster {
		if n := redisClient(t, r.Addr()).DBSize(t.Context()).Val(); n == 0 {
			t.Errorf("%s has no keys: the cluster does not spread the partitions", r.Addr())
		}
	}
}

func TestRedisLosesNothingInACrash(t *testing.T) {
	server := servers.StartRedis(t, servers.RedisAppendOnly())
	s := redisStore(t, redisClient(t, server.Addr()))
	const writers, enough = 4, 200
	var acknowledged [writers]atomic.Int64
	var total atomic.Int64
	crash := make(chan struct{})
	var running sync.WaitGroup
	for w := range writers {
		running.Go(func() {
			for n := 1; ; n++ {
				change := ledger.Change{Key: redisRun(w, 0), Append: fmt.Appendf(nil, "%d.", n), Customer: "c", Due: time.Unix(0, 0)}
				if _, err := s.Write(t.Context(), []ledger.Change{change}); err != nil {
					return
				}
				acknowledged[w].Store(int64(n))
				if total.Add(1) == enough {
					close(crash)
				}
			}
		})
	}
	<-crash
	server.Kill(t)
	running.Wait()
	server.Restart(t)
	servers.Eventually(t, 2*time.Minute, func() error { // the client finds its broken connections one by one
		_, err := s.Write(t.Context(), nil)
		if err == nil {
			_, _, err = s.Claim(t.Context(), 0, 0)
		}
		return err
	})
	for w := range writers {
		var want strings.Builder
		for n := range acknowledged[w].Load() {
			fmt.Fprintf(&want, "%d.", n+1)
		}
		if got := string(redisPeek(t, s, redisRun(w, 0)).Log); !strings.HasPrefix(got, want.String()) {
			t.Errorf("writer %d: the log has %d bytes after the crash and lacks some of the %d acknowledged ones", w, len(got), want.Len())
		}
	}
	if n, err := s.Forget(t.Context(), "c", 0); err != nil || n != writers {
		t.Errorf("Forget returns %d and %v after the crash, want the %d runs", n, err, writers)
	}
}

func TestRedisThatStandsStill(t *testing.T) {
	server := servers.StartRedis(t)
	// The client's own timeouts would keep the connection for an hour.
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr(), ReadTimeout: time.Hour})
	t.Cleanup(func() { _ = client.Close() })
	s := redisStore(t, client)
	id := redisRun(1, 1)
	first, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := s.Write(first, []ledger.Change{{Key: id, Append: []byte("a")}}); err != nil {
		t.Fatal(err)
	}
	server.Pause(t)
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Write(short, []ledger.Change{{Key: id, Append: []byte("late")}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Write returned %v, want context.DeadlineExceeded", err)
	}
	server.Resume(t)
	// The server runs the commands in its buffers before those of a new connection.
	if err := redisClient(t, server.Addr()).Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if got := string(redisPeek(t, s, id).Log); got != "a" {
		t.Errorf("the log is %q: the server made a change after its deadline", got)
	}
	if _, err := s.Write(first, []ledger.Change{{Key: id, Append: []byte("b")}}); err != nil {
		t.Errorf("Write after the pause returned %v", err)
	}
}

func TestRedisForgetsItsScripts(t *testing.T) {
	server := servers.StartRedis(t)
	client := redisClient(t, server.Addr())
	s := redisStore(t, client)
	var changes []ledger.Change
	for i := range 100 {
		changes = append(changes, ledger.Change{Key: redisRun(i%16, i), Append: []byte("a"), Due: time.Unix(0, 0), Customer: "c"})
	}
	for round := 1; round <= 3; round++ {
		if err := client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		for i, r := range redisWrite(t, s, changes...) {
			if want := strings.Repeat("a", round); string(r.Log) != want {
				t.Fatalf("round %d: log %d is %q, want %q: a change was made twice or not at all", round, i, r.Log, want)
			}
		}
	}
}

func TestRedisExplainsItself(t *testing.T) {
	tests := []struct {
		name, reason string
		setting      []servers.RedisOption
		want         string
	}{
		{
			"no scripts", "the store does not work with such a server",
			[]servers.RedisOption{servers.RedisSetting("rename-command", "EVALSHA", "")},
			"Redis 7 or later is needed",
		},
		{
			"full", "the error says which setting to raise, and which not to change",
			[]servers.RedisOption{servers.RedisSetting("maxmemory", "1")},
			"raise its maxmemory (and leave maxmemory-policy at noeviction)",
		},
		{
			"no rights", "the error says where to find the list of rights",
			[]servers.RedisOption{servers.RedisSetting("user", "default", "on", "nopass", "~*", "+hello", "+client")},
			"the rights that it needs",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := redisStore(t, redisClient(t, servers.StartRedis(t, test.setting...).Addr()))
			const secret = "customer-4711"
			_, err := s.Write(t.Context(), []ledger.Change{{Key: redisRun(0, 0), Append: []byte("a"), Customer: secret}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Write returned %v, want %q in it: %s", err, test.want, test.reason)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error %q contains the customer", err)
			}
		})
	}
}

// The rights are those in the package's documentation.
func TestRedisNeedsOnlyTheseRights(t *testing.T) {
	server := servers.StartRedis(t, servers.RedisSetting("user", "cairn", "on", ">secret", "~{cairn:*", "+hello", "+client", "+ping",
		"+evalsha", "+eval", "+time", "+get", "+set", "+append", "+setrange", "+del", "+zadd", "+zrem", "+zrange",
		"+hincrby", "+hdel", "+hgetall"))
	client := goredis.NewClient(&goredis.Options{Addr: server.Addr(), Username: "cairn", Password: "secret"})
	t.Cleanup(func() { _ = client.Close() })
	s := redisStore(t, client)
	stage := ledger.Place{Group: "checkout", Name: "cart"}
	a, b := redisRun(0, 1), redisRun(15, 2)
	redisWrite(t, s, ledger.Change{Key: a, Append: []byte("a"), Customer: "c"}, ledger.Change{Key: b, Lease: time.Hour})
	redisWrite(t, s, ledger.Change{Key: b, Append: []byte("b"), Customer: "c", Due: time.Unix(0, 0)})
	redisWrite(t, s, ledger.Change{Key: a, If: []byte("a"), Replace: []byte("A"), Place: stage, Due: time.Unix(0, 0)})
	if _, due, err := s.Claim(t.Context(), 10, time.Hour); err != nil || len(due) != 2 {
		t.Errorf("Claim returns %d records and %v, want 2", len(due), err)
	}
	if live, held, err := s.Count(t.Context(), "me", time.Hour); err != nil || !held || live[stage] != 1 {
		t.Errorf("Count returns %v, %t and %v", live, held, err)
	}
	redisWrite(t, s, ledger.Change{Key: b, If: []byte("b"), Replace: []byte("B"), Close: true})
	if n, err := s.Forget(t.Context(), "c", 0); err != nil || n != 1 {
		t.Errorf("Forget returns %d and %v, want 1", n, err)
	}
	if err := useShelf(t.Context(), s.Shelf("tasks")); err != nil {
		t.Errorf("a shelf: %v", err)
	}
}

func TestRedisKeepsNothingOfWhatIsGone(t *testing.T) {
	client := redisClient(t, servers.StartRedis(t).Addr())
	s := redisStore(t, client)
	const runs = 200
	var made, moved, closed []ledger.Change
	for i := range runs {
		id, place := redisRun(i%16, i), ledger.Place{Group: "a:b", Name: fmt.Sprint(i % 3)}
		made = append(made, ledger.Change{Key: id, Append: []byte("a"), Customer: fmt.Sprint(i % 7), Due: time.Unix(0, 0)})
		moved = append(moved, ledger.Change{Key: id, If: []byte("a"), Replace: []byte("b"), Place: place, Lease: time.Hour})
		closed = append(closed, ledger.Change{Key: id, If: []byte("b"), Replace: []byte("c"), Close: true, Keep: time.Duration(i % 2)})
	}
	redisWrite(t, s, made...)
	redisWrite(t, s, moved...)
	redisWrite(t, s, closed[:runs/2]...)
	for customer := range 7 {
		if _, err := s.Forget(t.Context(), fmt.Sprint(customer), time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	servers.Eventually(t, 2*time.Minute, func() error {
		if keys := client.Keys(t.Context(), "*").Val(); len(keys) > 0 {
			return fmt.Errorf("the server still has %d keys, such as %q", len(keys), keys[0])
		}
		return nil
	})
}

// pipelines counts round trips.
type pipelines struct{ n atomic.Int64 }

func (*pipelines) DialHook(next goredis.DialHook) goredis.DialHook          { return next }
func (*pipelines) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook { return next }
func (p *pipelines) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		p.n.Add(1)
		return next(ctx, cmds)
	}
}

func TestRedisClaimsInFewRoundTrips(t *testing.T) {
	tests := []struct {
		name, reason      string
		due               func(i int) int // the partition of a due run
		runs, limit, want int
		trips             int64
	}{
		{"nothing", "most sweeps find no due run", func(int) int { return 0 }, 0, 250, 0, 1},
		{"little", "most others find few", func(i int) int { return i % 16 }, 100, 250, 100, 2},
		{"much", "after an outage every partition has many", func(i int) int { return i % 16 }, 1600, 800, 800, 2},
		{"one partition", "one partition may have all due runs", func(int) int { return 7 }, 900, 800, 800, 2},
		{"two partitions", "each partition gives its part", func(i int) int { return 3 + i%2 }, 900, 800, 800, 2},
		{"few of many", "the longest due runs come first, from all partitions", func(i int) int { return i % 16 }, 100, 3, 3, 2},
	}
	server := servers.StartRedis(t)
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, count := redisClient(t, server.Addr()), new(pipelines)
			client.AddHook(count)
			s := redisStore(t, client, redis.WithPrefix(fmt.Sprint("claim", i)))
			var changes []ledger.Change
			for i := range test.runs {
				changes = append(changes, ledger.Change{Key: redisRun(test.due(i), i), Lease: 1, Due: time.Unix(int64(i), 0)})
			}
			redisWrite(t, s, changes...)
			if _, _, err := s.Claim(t.Context(), 0, 0); err != nil { // loads the script into the server
				t.Fatal(err)
			}
			count.n.Store(0)
			_, due, err := s.Claim(t.Context(), test.limit, time.Hour)
			if err != nil || len(due) != test.want || count.n.Load() != test.trips {
				t.Fatalf("Claim(%d) returns %d records and %v in %d round trips, want %d in %d: %s",
					test.limit, len(due), err, count.n.Load(), test.want, test.trips, test.reason)
			}
			for i, r := range due {
				if r.Key != changes[i].Key {
					t.Fatalf("record %d is of run %x, want %x: %s", i, r.Key, changes[i].Key, "the longest due first")
				}
			}
		})
	}
}
