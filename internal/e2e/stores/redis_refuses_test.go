package stores_test

import (
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/redis"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// TestRedisSaysWhatIsWrong: each call reports an error of configuration with its cause, without the password. Once
// the error is corrected, the same store works.
func TestRedisSaysWhatIsWrong(t *testing.T) {
	const password = "s3cr3t-word"
	server := servers.StartRedis(t)
	admin := goredis.NewClient(&goredis.Options{Addr: server.Addr()})
	defer func() { _ = admin.Close() }()
	do := func(t *testing.T, args ...any) {
		t.Helper()
		if err := admin.Do(t.Context(), args...).Err(); err != nil {
			t.Fatalf("%v: %v", args[0], err)
		}
	}
	for _, c := range []struct {
		name, says, reason string
		opts               goredis.Options
		begin, end         [][]any
	}{
		{
			"a wrong password", "user or the password is wrong", "the server's password and the service's change at different times",
			goredis.Options{Username: "shop", Password: password},
			[][]any{{"ACL", "SETUSER", "shop", "on", ">another", "~*", "+@all"}},
			[][]any{{"ACL", "SETUSER", "shop", ">" + password}},
		},
		{
			"no password", "wants a password", "the password was forgotten",
			goredis.Options{},
			[][]any{{"ACL", "SETUSER", "default", "resetpass", ">another"}},
			[][]any{{"ACL", "SETUSER", "default", "nopass"}},
		},
		{
			"a user without rights", "may not do this", "the operator grants the rights later",
			goredis.Options{Username: "small", Password: password},
			[][]any{{"ACL", "SETUSER", "small", "on", ">" + password, "~*", "+hello", "+client", "+ping"}},
			[][]any{{"ACL", "SETUSER", "small", "+@all"}},
		},
		{
			"a missing database", "does not have this database", "Redis has 16 by default",
			goredis.Options{DB: 99},
			nil, nil,
		},
		{
			"a replica", "is a replica", "a primary was demoted",
			goredis.Options{},
			[][]any{{"REPLICAOF", "127.0.0.1", "1"}, {"CONFIG", "SET", "replica-serve-stale-data", "yes"}},
			[][]any{{"REPLICAOF", "NO", "ONE"}},
		},
		{
			"a replica without its primary", "", "a replica without its primary serves no data",
			goredis.Options{},
			[][]any{{"CONFIG", "SET", "replica-serve-stale-data", "no"}, {"REPLICAOF", "127.0.0.1", "1"}},
			[][]any{{"REPLICAOF", "NO", "ONE"}},
		},
		{
			"too few replicas", "min-replicas-to-write", "the replicas are restarted",
			goredis.Options{},
			[][]any{{"CONFIG", "SET", "min-replicas-to-write", "1"}},
			[][]any{{"CONFIG", "SET", "min-replicas-to-write", "0"}},
		},
		{
			"a full server", "is full", "the operator raises the memory",
			goredis.Options{},
			[][]any{{"CONFIG", "SET", "maxmemory", "1"}},
			[][]any{{"CONFIG", "SET", "maxmemory", "0"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, args := range c.begin {
				do(t, args...)
			}
			c.opts.Addr = server.Addr()
			client := goredis.NewClient(&c.opts)
			defer func() { _ = client.Close() }()
			store, err := redis.New(client)
			if err != nil {
				t.Fatal(err)
			}
			change := ledger.Change{Key: redisRun(1, 1), Append: []byte("a"), Due: time.Now().Add(time.Hour)}
			_, wrote := store.Write(t.Context(), []ledger.Change{change})
			for range 2 {
				if wrote == nil || !strings.Contains(wrote.Error(), c.says) || strings.Contains(wrote.Error(), password) {
					t.Errorf("Write returned %v, want %q in it: %s", wrote, c.says, c.reason)
				}
				_, wrote = store.Write(t.Context(), []ledger.Change{change})
			}
			if c.end == nil {
				return
			}
			for _, args := range c.end {
				do(t, args...)
			}
			servers.Eventually(t, time.Minute, func() error { // a refused connection may not recover
				_, err := store.Write(t.Context(), []ledger.Change{change})
				return err
			})
		})
	}
}

// TestRedisOfAClusterIsToldToOthers: a client for a single server reports that the server is a node of a cluster.
func TestRedisOfAClusterIsToldToOthers(t *testing.T) {
	server := servers.StartRedis(t, servers.RedisSetting("cluster-enabled", "yes"))
	for _, c := range []struct {
		name, says string
		opts       goredis.Options
	}{
		{"slots without a node", "does not serve every slot", goredis.Options{}},
		{"a database of its own", "leave the client's DB out", goredis.Options{DB: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opts.Addr = server.Addr()
			client := goredis.NewClient(&c.opts)
			defer func() { _ = client.Close() }()
			store := redisStore(t, client)
			if _, err := store.Write(t.Context(), []ledger.Change{{Key: redisRun(1, 1), Append: []byte("a")}}); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Write returned %v, want %q in it", err, c.says)
			}
		})
	}
}
