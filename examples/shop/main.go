// Command shop is Cairn's main demonstration: a shop of two services, a storefront and payments, whose customers
// go through one journey, the checkout. A person or a simulated crowd uses the shop. The terminal shows what the
// customers experience. With OTEL_EXPORTER_OTLP_ENDPOINT the services also send it to an OpenTelemetry backend,
// where each customer's journey is one trace.
//
// README.md says how to run the shop and where to look.
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

// run runs the command. It returns when the crowd has shopped or ctx is done.
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
	if set.traffic > 0 {
		if err := a.crowd(ctx); err != nil || !set.serve {
			return err
		}
	}
	a.invite()
	return a.wait(ctx)
}
