package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// server is the part of a store that all of its tables share.
type server struct {
	client  goredis.UniversalClient
	scripts scripts
	clocks  [partitions]clock // of the partitions' servers: the partitions of all tables with this index are in one hash slot
}

// call is one run of a script. The client must not send it again on its own, because that would repeat an append.
type call struct {
	*goredis.Cmd

	script script
}

// NoRetry keeps the client from repeating the call and any pipeline that contains it.
func (*call) NoRetry() bool { return true }

// callHead is the number of arguments before a script's keys.
const callHead = 3

// newCall returns a call of the script. Its arguments are the command's name, the script's hash and the number of keys, then
// the keys and the script's other arguments. args has room for the first three.
func newCall(ctx context.Context, s script, keys int, args []any) *call {
	args[0], args[1], args[2] = "evalsha", s.hash, keys
	return &call{Cmd: goredis.NewCmd(ctx, args...), script: s}
}

// whole returns the same call with the script's source instead of its hash.
func (c *call) whole(ctx context.Context) {
	args := c.Args()
	args[0], args[1] = "eval", c.script.source
	c.Cmd = goredis.NewCmd(ctx, args...)
}

// run makes the calls in one round trip, or in two if the server does not have a script yet. After an error the client may
// still use the calls.
func (s *server) run(ctx context.Context, calls []*call) error {
	if err := s.send(ctx, calls); err != nil {
		return err
	}
	var missing []*call
	for _, c := range calls {
		if goredis.HasErrorPrefix(c.Err(), "NOSCRIPT") {
			c.whole(ctx)
			missing = append(missing, c)
		}
	}
	if len(missing) > 0 {
		if err := s.send(ctx, missing); err != nil {
			return err
		}
	}
	for _, c := range calls {
		if err := c.Err(); err != nil {
			return explain(err)
		}
	}
	return nil
}

// send sends the calls in one pipeline and waits for the answers.
func (s *server) send(ctx context.Context, calls []*call) error {
	return s.await(ctx, func() error {
		pipe := s.client.Pipeline()
		for _, c := range calls {
			_ = pipe.Process(ctx, c) // puts it in the pipeline, which cannot fail
		}
		_, err := pipe.Exec(ctx)
		var answer goredis.Error
		if !errors.As(err, &answer) {
			return err //nolint:wrapcheck // by the store's methods, which know what was tried
		}
		for _, c := range calls {
			if c.Err() != nil {
				return nil //nolint:nilerr // which call got it, the call says
			}
		}
		return explain(err) // none got it: the connection was refused, such as for its password
	})
}

// await returns f's error, or the cause of ctx if ctx is done first. The client itself only obeys its own timeouts (see
// redis.Options.ContextTimeoutEnabled). f then goes on until such a timeout, or until the client is closed.
func (s *server) await(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx) //nolint:wrapcheck // by the store's methods
	}
	if ctx.Done() == nil {
		return f()
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx) //nolint:wrapcheck // by the store's methods
	}
}

// explain adds what to do to the error that the server answered, if that is known. The result contains no password, because
// the server does not repeat one.
func explain(err error) error {
	if hint := remedy(err); hint != "" {
		return fmt.Errorf("%s: %w", hint, err)
	}
	if goredis.HasErrorPrefix(err, "LATE") {
		return fmt.Errorf("the server got to it too late: %w: %w", context.DeadlineExceeded, err)
	}
	return err
}

// remedy returns what to do about an answer, or "".
func remedy(err error) string {
	for _, known := range []struct{ prefix, what string }{
		{"WRONGPASS", "the user or the password is wrong, or the user is disabled: correct the client's Username and Password"},
		{"NOAUTH", "the server wants a password: set the client's Password, and Username for a user of an ACL"},
		{"AUTH <password> called without any password", "the client has a password and the server has none: take it out of the client, or set requirepass"},
		{"Client sent AUTH, but no password is set", "the client has a password and the server has none: take it out of the client, or set requirepass"},
		{"DB index is out of range", "the server does not have this database: correct the client's DB, or raise the server's setting databases"},
		{"invalid DB index", "the server does not have this database: correct the client's DB"},
		{"SELECT is not allowed in cluster mode", "a cluster has database 0 alone: leave the client's DB out"},
		{"NOPERM", "the user may not do this: see the package's documentation for the rights that it needs"},
		{"READONLY", "this server is a replica and takes no writes: name the primary, or let the client find it by Sentinel or as a cluster, and leave its ReadOnly, RouteByLatency and RouteRandomly off"},
		{"LOADING", "the server is starting and reads its data: it takes calls when that is done"},
		{"MASTERDOWN", "this server is a replica that has lost its primary: name the primary, or wait for the failover"},
		{"NOREPLICAS", "fewer replicas follow the server than its min-replicas-to-write: bring them back, or lower the setting"},
		{"CLUSTERDOWN", "the cluster does not serve every slot: bring its nodes back (redis-cli --cluster check)"},
		{"MOVED", "the server is a node of a cluster: give a client of the cluster, redis.NewClusterClient, with the addresses of its nodes"},
		{"ASK ", "the server is a node of a cluster: give a client of the cluster, redis.NewClusterClient, with the addresses of its nodes"},
		{"CROSSSLOT", "something between gives keys other slots than the cluster has: connect to the cluster itself"},
		{"TRYAGAIN", "a slot of the cluster moves to another node: the call may be made again when it is there"},
		{"BUSY ", "a script, perhaps another application's, holds the server up: see SCRIPT KILL"},
		{"OOM", "the server is full: raise its maxmemory (and leave maxmemory-policy at noeviction)"},
		{"MISCONF", "the server cannot save to its disk and takes nothing until it can"},
		{"max number of clients reached", "the server has no connection left: raise its maxclients, or lower the PoolSize of the clients"},
	} {
		if goredis.HasErrorPrefix(err, known.prefix) {
			return known.what
		}
	}
	if text := err.Error(); strings.Contains(text, "compiling script") || strings.Contains(text, "unknown command") {
		return "the server does not run the scripts: Redis 7 or later is needed"
	}
	return ""
}
