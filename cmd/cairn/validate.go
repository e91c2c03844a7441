package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// stdinName is what a blueprint from the standard input is called.
const stdinName = "<stdin>"

// parse parses the flags of the command, and returns the exit code where that is the end of it.
// Arguments says what comes after them.
func parse(c *env, flags *flag.FlagSet, arguments string, args []string) (code int, done bool) {
	flags.SetOutput(c.stderr)
	flags.Usage = func() {
		_, _ = fmt.Fprintf(flags.Output(), "Usage: cairn %s\n", strings.ReplaceAll(flags.Name()+" "+arguments, " \n", "\n"))
		flags.PrintDefaults()
	}
	for _, a := range args {
		if a == "-h" || a == "-help" || a == "--help" { // asked for: no error
			flags.SetOutput(c.stdout)
		}
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK, true
	case err != nil:
		return exitUsage, true
	default:
		return 0, false
	}
}

// validate says of every file whether it is a blueprint, and everything that is wrong with it.
func validate(ctx context.Context, c *env, args []string) int {
	flags := flag.NewFlagSet("validate", flag.ContinueOnError)
	code, done := parse(c, flags, "FILE…\n\nSays everything that is wrong with the blueprints; - is the standard input.\nThe exit code is 0 when all are valid, 1 when one is not, 2 when it is not clear what to do.", args)
	if done {
		return code
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return exitUsage
	}
	for _, file := range flags.Args() {
		if ctx.Err() != nil {
			_, _ = fmt.Fprintln(c.stderr, "cairn: interrupted")
			return exitFault
		}
		name, b, err := load(c.stdin, file)
		if err != nil {
			_, _ = fmt.Fprintln(c.stderr, err)
			code = exitFault
			continue
		}
		_, _ = fmt.Fprintf(c.stdout, "%s: ok, %s, %s, %s\n", name,
			count(len(b.Journeys), "journey"), count(len(b.Touchpoints), "touchpoint"), count(len(b.Surveys), "survey"))
	}
	return code
}

func load(stdin io.Reader, file string) (name string, b *blueprint.Blueprint, err error) {
	if file == "-" {
		b, err = yaml.Read(stdinName, stdin)
		return stdinName, b, err
	}
	b, err = yaml.Load(file)
	return file, b, err
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// schema prints the JSON Schema of a blueprint.
func schema(_ context.Context, c *env, args []string) int {
	flags := flag.NewFlagSet("schema", flag.ContinueOnError)
	code, done := parse(c, flags, "\n\nPrints the JSON Schema of a blueprint, for editors. Keep it beside the blueprint as schema.json\nand begin the blueprint with:\n\n  # yaml-language-server: $schema=schema.json", args)
	if done {
		return code
	}
	if flags.NArg() > 0 {
		flags.Usage()
		return exitUsage
	}
	if _, err := c.stdout.Write(yaml.Schema()); err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn: print the schema:", err)
		return exitFault
	}
	return exitOK
}
