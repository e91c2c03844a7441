package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
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
// returns the exit code; its usage is what help prints.
type command struct {
	name, summary string
	usage         func() *usage
	run           func(ctx context.Context, c *env, args []string) int
}

// commands is the table of the commands, in the order in which help shows them.
func commands() []command {
	return []command{
		{"init", "Write the draft of a blueprint from a past event log", initUsage, initialize},
		{"validate", "Say everything that is wrong with blueprints", validateFlags, validate},
		{"replay", "Play past event logs against a blueprint and report on the journeys", replayUsage, replay},
		{"schema", "Print the JSON Schema of a blueprint, for editors", schemaFlags, schema},
		{"help", "Say what the commands are, or with a COMMAND how it is used", helpUsage, help},
		{"version", "Say which version of Cairn this is", versionUsage, version},
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
		overview(stderr)
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
	if strings.HasPrefix(name, "-") {
		_, _ = fmt.Fprintf(stderr, "cairn: there is no flag %.80q in front of a command%s\n\n", name, meant(name, []string{"--help", "--version"}))
	} else {
		_, _ = fmt.Fprintf(stderr, "cairn: there is no command %.80q%s\n\n", name, meant(name, commandNames()))
	}
	overview(stderr)
	return exitUsage
}

func commandNames() []string {
	list := commands()
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].name
	}
	return names
}

// overview says what the commands are, and the flags of each.
func overview(w io.Writer) {
	const width = 80
	_, _ = io.WriteString(w, "Usage: cairn COMMAND [ARGUMENTS]\n\n")
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, cmd := range commands() {
		_, _ = fmt.Fprintf(tab, "  %s\t%s\n", cmd.name, cmd.summary)
	}
	_ = tab.Flush()
	_, _ = io.WriteString(w, "\nFlags:\n\n")
	for _, cmd := range commands() {
		names := cmd.usage().names()
		if len(names) > 0 {
			_, _ = io.WriteString(w, wrap("  "+cmd.name+"  ", strings.Join(names, ", "), width))
		}
	}
	_, _ = io.WriteString(w, wrap("  all  ", "--help, -h", width))
	_, _ = io.WriteString(w, "\ncairn help COMMAND, or cairn COMMAND --help, says what they mean.\n")
}

func helpUsage() *usage {
	return newUsage("help", "[COMMAND]\n\nSays what the commands are, or how the COMMAND is used.")
}

func help(_ context.Context, c *env, args []string) int {
	flags := helpUsage()
	if code, done := parse(c, flags, args); done {
		return code
	}
	switch flags.NArg() {
	case 0:
		overview(c.stdout)
		return exitOK
	case 1:
		for _, cmd := range commands() {
			if cmd.name == flags.Arg(0) {
				cmd.usage().print(c.stdout)
				return exitOK
			}
		}
		return misused(c, flags, fmt.Sprintf("there is no command %.80q%s", flags.Arg(0), meant(flags.Arg(0), commandNames())))
	default:
		return misused(c, flags, "there are several commands: name one")
	}
}

func versionUsage() *usage { return newUsage("version", "\n\nPrints the version.") }

func version(_ context.Context, c *env, args []string) int {
	flags := versionUsage()
	if code, done := parse(c, flags, args); done {
		return code
	}
	if flags.NArg() > 0 {
		return misused(c, flags, fmt.Sprintf("%.80q is too much: it takes no argument", flags.Arg(0)))
	}
	_, _ = fmt.Fprintln(c.stdout, "cairn", cx.Version)
	return exitOK
}
