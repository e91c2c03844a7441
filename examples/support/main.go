// Command support is the demonstration of what Cairn measures when people help: the website, the chat, the telephone and the public
// messages of a mail-order company, and the desk of its employees, in one process. A person plays both sides in a browser, and reads
// the numbers beside what happened to the customer.
//
// README.md says how to run it and what to click.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	switch err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run runs the command. It returns when ctx is done or when the server has ended.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (err error) {
	set, err := parse(args, getenv, stderr)
	if err != nil {
		return err
	}
	a := newApp(set, stdout, stderr)
	defer func() { err = errors.Join(err, a.stop()) }()
	if err := a.start(ctx); err != nil {
		return err
	}
	return a.service.Wait(ctx)
}
