package stores_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// benchRun returns a run's ID. IDs are spread like those of real runs.
func benchRun(n int) ledger.Key {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return ledger.Key(sum[:16])
}

// BenchmarkRedisTouch measures the most frequent change, an append of 64 bytes to an existing run with an earlier
// due time, 250 in a Write. It compares it with the least that a script can do in the same number of calls: one
// command with the same payload that returns its value. One operation is a Write. Both alternate, and the ratio is
// that of their rates.
func BenchmarkRedisTouch(b *testing.B) {
	const batch, runs = 250, 10_000
	payload := bytes.Repeat([]byte("e"), 64)
	floors := []struct{ name, source string }{
		{"set", "redis.call('SET', KEYS[1], ARGV[1]) return ARGV[1]"},
		{"append", "redis.call('APPEND', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])"},
	}
	for _, floor := range floors {
		b.Run(floor.name, func(b *testing.B) {
			server := servers.StartRedis(b)
			client := redisClient(b, server.Addr())
			ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
			defer cancel()
			store := redisStore(b, client)
			bare, err := client.ScriptLoad(ctx, floor.source).Result()
			if err != nil {
				b.Fatal(err)
			}
			write := func(i int, due time.Time) {
				changes := make([]ledger.Change, batch)
				for k := range changes {
					changes[k] = ledger.Change{Key: benchRun((i*batch + k) % runs), Append: payload, Due: due, Customer: "0123456789abcdef0123456789abcdef"}
				}
				if _, err := store.Write(ctx, changes); err != nil {
					b.Fatal(err)
				}
			}
			call := func(i int) {
				pipe := client.Pipeline()
				for k := range batch {
					id := benchRun((i*batch + k) % runs)
					pipe.EvalSha(ctx, bare, []string{"bare:" + hex.EncodeToString(id[:])}, payload)
				}
				if _, err := pipe.Exec(ctx); err != nil {
					b.Fatal(err)
				}
			}
			soon := time.Now().Add(time.Hour)
			for i := range runs / batch {
				write(i, soon)
				call(i)
			}
			client.ConfigResetStat(ctx)
			var ours, floors time.Duration
			b.ResetTimer()
			for i := range b.N {
				began := time.Now()
				write(i, soon.Add(time.Hour))
				half := time.Now()
				call(i)
				ours, floors = ours+half.Sub(began), floors+time.Since(half)
			}
			b.StopTimer()
			changes := float64(b.N * batch)
			b.ReportMetric(changes/ours.Seconds(), "changes/s")
			b.ReportMetric(changes/floors.Seconds(), "bare/s")
			b.ReportMetric(floors.Seconds()/ours.Seconds(), "ratio")
			b.Log(stats(ctx, client))
		})
	}
}

// stats returns the server's own statistics of its commands.
func stats(ctx context.Context, client goredis.UniversalClient) string {
	return client.Info(ctx, "commandstats").Val()
}
