package servers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// ask sends a command in Redis's inline form and returns the first line of the answer, or the text of a bulk
// string.
func ask(t *testing.T, r *Redis, within time.Duration, command string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", r.Addr())
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return "", err
	}
	lines := bufio.NewReader(conn)
	line, err := lines.ReadString('\n')
	if err == nil && strings.HasPrefix(line, "$") && !strings.HasPrefix(line, "$-1") {
		line, err = lines.ReadString('\n')
	}
	return strings.TrimSpace(line), err
}

// wantAnswer checks the answer to a command.
func wantAnswer(t *testing.T, r *Redis, command, want string) {
	t.Helper()
	got, err := ask(t, r, patience, command)
	if err != nil || got != want {
		t.Errorf("%s answers %q and %v, want %q", command, got, err, want)
	}
}

func TestRedisOutlivesACrashOnlyWithAppendOnly(t *testing.T) {
	tests := []struct {
		name, reason string
		opts         []RedisOption
		want         string
	}{
		{"in memory", "without an option nothing is saved", nil, "$-1"},
		{"append only", "acknowledged data is on disk", []RedisOption{RedisAppendOnly()}, "2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := StartRedis(t, test.opts...)
			before := r.Addr()
			wantAnswer(t, r, "SET tills 2", "+OK")
			r.Kill(t)
			if _, err := ask(t, r, patience, "PING"); err == nil {
				t.Error("a killed server answers")
			}
			r.Restart(t)
			if r.Addr() != before {
				t.Errorf("the address is %s now and was %s", r.Addr(), before)
			}
			if got, err := ask(t, r, patience, "GET tills"); err != nil || got != test.want {
				t.Errorf("the value is %q and %v, want %q: %s", got, err, test.want, test.reason)
			}
		})
	}
}

func TestRedisPauses(t *testing.T) {
	r := StartRedis(t)
	r.Pause(t)
	if got, err := ask(t, r, 50*time.Millisecond, "PING"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a stopped server answers %q and %v", got, err)
	}
	r.Resume(t)
	wantAnswer(t, r, "PING", "+PONG")
}

func TestRedisIsConfigured(t *testing.T) {
	r := StartRedis(t, RedisSetting("requirepass", "open sesame"))
	if got, err := ask(t, r, patience, "PING"); err != nil || !strings.HasPrefix(got, "-NOAUTH") {
		t.Errorf("a server with a password answers %q and %v", got, err)
	}
}

func TestRedisWithAWrongSettingFails(t *testing.T) {
	r := record(t, func(t testing.TB) { StartRedis(t, RedisSetting("no-such-setting", "1")) })
	if !strings.Contains(r.fatal, "no-such-setting") {
		t.Errorf("the failure %q does not have the log with the cause", r.fatal)
	}
}

func TestRedisThatRunsIsNotRestarted(t *testing.T) {
	server := StartRedis(t)
	r := record(t, func(t testing.TB) { server.Restart(t) })
	if !strings.Contains(r.fatal, "kill it first") {
		t.Errorf("the failure is %q", r.fatal)
	}
}

func TestRedisCluster(t *testing.T) {
	cluster := StartRedisCluster(t, 3)
	if n := len(RedisAddrs(cluster)); n != 3 {
		t.Fatalf("the cluster has %d servers, want 3", n)
	}
	// redis.io, "Redis cluster specification", example: the slot of 123456789 is 12739.
	wantAnswer(t, cluster[0], "CLUSTER KEYSLOT 123456789", ":12739")
	taken := 0
	for _, r := range cluster {
		if got, err := ask(t, r, patience, "SET 123456789 1"); err == nil && got == "+OK" {
			taken++
		} else if want := fmt.Sprint("-MOVED 12739 "); !strings.HasPrefix(got, want) {
			t.Errorf("%s answers %q and %v, want +OK or %s", r.Addr(), got, err, want)
		}
	}
	if taken != 1 {
		t.Errorf("%d servers take the key, want one", taken)
	}
}
