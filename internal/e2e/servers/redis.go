package servers

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Redis is a Redis server that a test can kill, pause and start again. [StartRedis] makes one. Its methods may be
// called concurrently.
type Redis struct {
	server server
	port   int

	mu     sync.Mutex
	proc   *process
	starts int
	killed bool   // the test has killed proc
	logs   string // the folder of its logs
}

// RedisOption is an option of [StartRedis] and [StartRedisCluster].
type RedisOption interface{ applyRedis(*redisConfig) }

type redisFunc func(*redisConfig)

func (f redisFunc) applyRedis(c *redisConfig) { f(c) }

type redisConfig struct {
	extra []string
}

// RedisAppendOnly makes the server write every command to its log on disk before it answers, so that acknowledged
// data survives [Redis.Kill].
func RedisAppendOnly() RedisOption {
	return redisFunc(func(c *redisConfig) {
		c.extra = append(c.extra, "--appendonly", "yes", "--appendfsync", "always")
	})
}

// RedisSetting adds a setting as in redis.conf: a name and its values.
func RedisSetting(name string, values ...string) RedisOption {
	return redisFunc(func(c *redisConfig) {
		c.extra = append(append(c.extra, "--"+name), values...)
	})
}

// redisReady is in Redis's log once it accepts commands.
const redisReady = "Ready to accept connections"

// StartRedis starts a Redis server, returns when it accepts commands, and kills it at the end of the test. If the
// test failed, it shows the server's log. The server saves nothing to disk unless an option says so.
//
// The binary is the one that CAIRN_REDIS names, or else redis-server in PATH. Without a binary it skips the test,
// or fails it if CAIRN_NO_SKIP is 1.
func StartRedis(t testing.TB, opts ...RedisOption) *Redis {
	t.Helper()
	return startRedis(t, 1, opts, func([]int) []string { return nil })
}

// startRedis starts a server on the first of the given number of ports. args returns further arguments for all
// ports.
func startRedis(t testing.TB, ports int, opts []RedisOption, further func(ports []int) []string) *Redis {
	t.Helper()
	bin := binary{
		title:   "Redis",
		env:     "CAIRN_REDIS",
		command: "redis-server",
		install: "Install your distribution's package of it, on Debian and Ubuntu with: apt-get install redis-server redis-tools",
	}
	path := bin.require(t)
	dir, cfg := t.TempDir(), redisConfig{}
	for _, o := range opts {
		o.applyRedis(&cfg)
	}
	r := &Redis{logs: dir, server: server{title: bin.title, path: path, ready: redisReady, ports: ports}}
	var taken []int
	r.server.args = func(ports []int) ([]string, error) {
		taken = ports
		args := []string{
			"--port", strconv.Itoa(ports[0]), "--bind", "127.0.0.1", "--dir", dir,
			"--save", "", "--daemonize", "no", "--protected-mode", "no",
		}
		return slices.Concat(args, cfg.extra, further(ports)), nil
	}
	for attempt := 1; ; attempt++ {
		p, err := r.try(t.Context())
		if err == nil {
			r.proc, r.port = p, taken[0]
			break
		}
		if p == nil || !strings.Contains(strings.ToLower(p.log()), portTaken) || attempt == startAttempts {
			t.Fatalf("start Redis: %v%s", err, r.server.quote(p))
		}
	}
	// A restart uses the same place.
	was := taken
	args := r.server.args
	r.server.args = func([]int) ([]string, error) { return args(was) }
	t.Cleanup(func() { r.end(t) })
	return r
}

// try starts the process once. Each start has a log of its own.
func (r *Redis) try(ctx context.Context) (*process, error) {
	r.starts++
	_, p, err := r.server.try(ctx, filepath.Join(r.logs, fmt.Sprintf("start-%d.log", r.starts)))
	return p, err
}

// end kills the server, and shows the log if the test failed.
func (r *Redis) end(t testing.TB) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.proc.stop(); err != nil && !r.killed {
		t.Errorf("Redis ended during the test: %v", err)
	}
	if t.Failed() {
		t.Log("Redis" + r.server.quote(r.proc))
	}
}

// Addr is the server's address: 127.0.0.1:port.
func (r *Redis) Addr() string { return loopback(r.port) }

// Kill ends the server with SIGKILL, as a crash would, and returns when it is gone.
func (r *Redis) Kill(t testing.TB) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.killed = true
	if err := r.proc.stop(); err != nil {
		t.Errorf("kill Redis: the server had ended before: %v", err)
	}
}

// Restart starts a killed server again, on the same port and with the same files, and returns when it accepts
// commands. If another process has taken the port meanwhile, the test fails.
func (r *Redis) Restart(t testing.TB) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.killed {
		t.Fatalf("restart Redis: the server is running, kill it first")
	}
	p, err := r.try(t.Context())
	if err != nil {
		t.Fatalf("restart Redis: %v%s", err, r.server.quote(p))
	}
	r.proc, r.killed = p, false
}

// Pause stops the server with SIGSTOP. Its connections stay open, and it does not answer.
func (r *Redis) Pause(t testing.TB) {
	t.Helper()
	r.signal(t, syscall.SIGSTOP)
}

// Resume continues a paused server with SIGCONT.
func (r *Redis) Resume(t testing.TB) {
	t.Helper()
	r.signal(t, syscall.SIGCONT)
}

func (r *Redis) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.proc.cmd.Process.Signal(s); err != nil {
		t.Fatalf("send %v to Redis: %v", s, err)
	}
}

// StartRedisCluster starts a cluster of n Redis servers, at least three, without replicas, and returns when it
// accepts commands for every slot.
//
// Besides the binary of [StartRedis] it needs redis-cli in PATH or in CAIRN_REDIS_CLI.
func StartRedisCluster(t testing.TB, nodes int, opts ...RedisOption) []*Redis {
	t.Helper()
	cli := binary{
		title:   "redis-cli",
		env:     "CAIRN_REDIS_CLI",
		command: "redis-cli",
		install: "Install your distribution's package of it, on Debian and Ubuntu with: apt-get install redis-tools",
	}.require(t)
	var cluster []*Redis
	create := []string{"--cluster", "create"}
	for range nodes {
		r := startRedis(t, 2, opts, func(ports []int) []string {
			return []string{"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(ports[1])}
		})
		cluster = append(cluster, r)
		create = append(create, r.Addr())
	}
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	if out, err := exec.CommandContext(ctx, cli, append(create, "--cluster-yes")...).CombinedOutput(); err != nil {
		t.Fatalf("create a cluster: %v\n%s", err, out)
	}
	for _, r := range cluster {
		Eventually(t, startTimeout, func() error {
			out, err := exec.CommandContext(ctx, cli, "-p", strconv.Itoa(r.port), "cluster", "info").CombinedOutput()
			if err == nil && !strings.Contains(string(out), "cluster_state:ok") {
				err = errors.New("the cluster is not ready")
			}
			if err != nil {
				return fmt.Errorf("cluster info of %s: %w\n%s", r.Addr(), err, out)
			}
			return nil
		})
	}
	return cluster
}

// RedisAddrs returns the addresses of all servers.
func RedisAddrs(cluster []*Redis) []string {
	addrs := make([]string, len(cluster))
	for i, r := range cluster {
		addrs[i] = r.Addr()
	}
	return addrs
}
