package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// A server is what all tables of a store share.
type server struct {
	client  goredis.UniversalClient
	scripts scripts
}

// A call is a script that is run once: sent again by the client on its own account, an append would
// be made twice.
type call struct {
	*goredis.Cmd

	script script
}

// NoRetry keeps the client from sending the call, and any pipeline it is in, again.
func (*call) NoRetry() bool { return true }

// callHead is how many arguments come before a script's keys.
const callHead = 3

// newCall returns a call of the script. The arguments are the command's name, the script's hash and
// how many keys there are, for which room is left, then the keys and what else the script is given.
func newCall(ctx context.Context, s script, keys int, args []any) *call {
	args[0], args[1], args[2] = "evalsha", s.hash, keys
	return &call{Cmd: goredis.NewCmd(ctx, args...), script: s}
}

// whole makes the call again, with the script's source.
func (c *call) whole(ctx context.Context) {
	args := c.Args()
	args[0], args[1] = "eval", c.script.source
	c.Cmd = goredis.NewCmd(ctx, args...)
}

// run makes the calls in one round trip, or two where the server does not have their scripts yet. After
// an error the calls may still be in use.
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
		if errors.As(err, &answer) {
			return nil // which call got it, the call says
		}
		return err //nolint:wrapcheck // by the store's methods, which know what was tried
	})
}

// await returns f's error, or the context's if that is done before. A client by itself waits for its
// own timeouts, whatever the context says (see redis.Options.ContextTimeoutEnabled); f goes on as long
// as they let it, or until the client is closed.
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

// explain says what to do about an answer that is an error, where that is known.
func explain(err error) error {
	switch text := err.Error(); {
	case goredis.HasErrorPrefix(err, "LATE"):
		return fmt.Errorf("the server got to it too late: %w: %w", context.DeadlineExceeded, err)
	case strings.Contains(text, "compiling script"), strings.Contains(text, "unknown command"):
		return fmt.Errorf("the server does not run the scripts: Redis 7 or later is needed: %w", err)
	case strings.HasPrefix(text, "OOM"):
		return fmt.Errorf("the server is full: raise its maxmemory (and leave maxmemory-policy at noeviction): %w", err)
	case strings.HasPrefix(text, "NOPERM"):
		return fmt.Errorf("the user may not do this: see the package's documentation for the rights that it needs: %w", err)
	case strings.HasPrefix(text, "MISCONF"):
		return fmt.Errorf("the server cannot save to its disk and takes nothing until it can: %w", err)
	}
	return err
}
