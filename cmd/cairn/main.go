package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"text/tabwriter"

	"cairncx.dev/cairn/cx"
)

// The exit codes.
const (
	exitOK    = 0
	exitFault = 1 // what was asked for was done, and something is wrong with what it was done to
	exitUsage = 2 // it is not clear what was asked for
	exitDoubt = 3 // what was asked for was done, and too much of the input is not in it
)

// env is what a command may use of the world.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// command is one word of the command line. Its run gets the arguments after its name and
// returns the exit code.
type command struct {
	name, summary string
	run           func(ctx context.Context, c *env, args []string) int
}

// commands is the table of the commands, in the order in which help shows them.
func commands() []command {
	return []command{
		{"validate", "Say everything that is wrong with blueprints", validate},
		{"replay", "Play past event logs against a blueprint and report on the journeys", replay},
		{"schema", "Print the JSON Schema of a blueprint, for editors", schema},
		{"help", "Say what the commands are", help},
		{"version", "Say which version of Cairn this is", version},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run does what the arguments, without the program's name, ask for, and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &env{stdin: stdin, stdout: stdout, stderr: stderr}
	if len(args) == 0 {
		usage(stderr)
		return exitUsage
	}
	name := args[0]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-version", "--version":
		name = "version"
	}
	for _, cmd := range commands() {
		if cmd.name == name {
			return cmd.run(ctx, c, args[1:])
		}
	}
	_, _ = fmt.Fprintf(stderr, "cairn: there is no command %.80q\n\n", name)
	usage(stderr)
	return exitUsage
}

func usage(w io.Writer) {
	_, _ = io.WriteString(w, "Usage: cairn COMMAND [ARGUMENTS]\n\n")
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, cmd := range commands() {
		_, _ = fmt.Fprintf(tab, "  %s\t%s\n", cmd.name, cmd.summary)
	}
	_ = tab.Flush()
	_, _ = io.WriteString(w, "\ncairn COMMAND -h says more about one of them.\n")
}

func help(_ context.Context, c *env, _ []string) int {
	usage(c.stdout)
	return exitOK
}

func version(_ context.Context, c *env, _ []string) int {
	_, _ = fmt.Fprintln(c.stdout, "cairn", cx.Version)
	return exitOK
}
