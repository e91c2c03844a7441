package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
)

// The exit codes.
const (
	exitOK    = 0
	exitFault = 1 // the input is faulty
	exitUsage = 2 // the command line is wrong
	exitDoubt = 3 // the report was made, but too many rows of the log are faulty
)

// env holds the streams that a command may use.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// command is one command of the command line. Its run function gets the arguments after the command's name and returns the exit
// code. The help command prints its usage.
type command struct {
	name, summary string
	usage         func() *usage
	run           func(ctx context.Context, c *env, args []string) int
}

// commands returns the commands in the order in which help lists them.
func commands() []command {
	return []command{
		{"init", "Write a draft of a blueprint from past event logs, from Go packages, or from OpenSLO", initUsage, initialize},
		{"validate", "Report all problems of blueprints", validateFlags, validate},
		{"check", "Say whether a past event log fits a blueprint", checkUsage, check},
		{"report", "Say on one page how customers fared in a period", reportUsage, reporting},
		{"replay", "Replay past event logs against a blueprint and report on the journeys", replayUsage, replay},
		{"generate", "Write alerts, dashboards, pages, code and OpenSLO from a blueprint", generateUsage, generate},
		{"backtest", "Say when the alerts of the objectives would have fired in a past event log", backtestUsage, backtesting},
		{"match", "Say which touchpoints spans of OpenTelemetry would become", matchUsage, match},
		{"suggest", "Suggest higher targets where past event logs were better than today's", suggestUsage, suggest},
		{"ask", "Answer a question about what customers live through, from an archive or a log", askUsage, ask},
		{"runs", "List single runs: the latest, those that broke a promise, or those that are about to", runsUsage, runs},
		{"serve", "Serve the command centre over an archive or a log", serveUsage, serve},
		{"show", "Tell the story of a run in words", showUsage, show},
		{"customer", "Tell everything that happened to a customer, also as JSON for a right of access", customerUsage, customer},
		{"contacts", "Import suppression lists, and show or change one person's contact record", contactsUsage, contacts},
		{"followups", "List follow-ups by what is overdue, show one, and move one on", followupsUsage, followups},
		{"breakdowns", "List what has lastingly become worse by cost or age, show one, and move one on", breakdownsUsage, breakdowns},
		{"watch", "Watch the charts of an archive, and keep what has become worse until it is mended", watchUsage, watching},
		{"status", "Say how the objectives stand over all instances, from Prometheus", statusUsage, status},
		{"schema", "Print the JSON Schema of a blueprint, for editors", schemaFlags, schema},
		{"help", "List the commands, or explain one COMMAND", helpUsage, help},
		{"version", "Print the version of Cairn", versionUsage, version},
	}
}

func main() {
	otel.SetTracerProvider(noop.NewTracerProvider()) // the global one makes spans for nothing
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes the command that the arguments name, without the program's name, and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	stderr = legible{stderr}
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
		_, _ = fmt.Fprintf(stderr, "cairn: unknown flag %.80q before the command%s\n\n", name, meant(name, []string{"--help", "--version"}))
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

// overview lists the commands and the flags of each.
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
	_, _ = io.WriteString(w, "\nRun cairn help COMMAND or cairn COMMAND --help for an explanation.\n")
}

func helpUsage() *usage {
	return newUsage("help", "[COMMAND]\n\nLists the commands, or explains the COMMAND and its flags.")
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
		return misused(c, flags, "several commands are named: name one")
	}
}

func versionUsage() *usage { return newUsage("version", "\n\nPrints the version.") }

func version(_ context.Context, c *env, args []string) int {
	flags := versionUsage()
	if code, done := parse(c, flags, args); done {
		return code
	}
	if flags.NArg() > 0 {
		return misused(c, flags, fmt.Sprintf("%.80q is one argument too many: the command takes none", flags.Arg(0)))
	}
	_, _ = fmt.Fprintln(c.stdout, "cairn", cx.Version)
	return exitOK
}
