package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// stdinName is the name of the standard input in messages about a blueprint.
const stdinName = "<stdin>"

func validateFlags() *usage {
	return newUsage("validate", `FILE…

Reports all problems of the blueprints; - is the standard input.
The exit code is 0 when all are valid, 1 when one is not, 2 when the command line is wrong.`)
}

func schemaFlags() *usage {
	return newUsage("schema", `

Prints the JSON Schema of a blueprint, for editors. Save it beside the blueprint as schema.json
and begin the blueprint with:

  # yaml-language-server: $schema=schema.json`)
}

// validate checks every file and reports either a summary or all of its problems.
func validate(ctx context.Context, c *env, args []string) int {
	flags := validateFlags()
	code, done := parse(c, flags, args)
	if done {
		return code
	}
	if flags.NArg() == 0 {
		return misused(c, flags, "no blueprint is named: name one or more files, or - for the standard input")
	}
	for _, file := range flags.Args() {
		if ctx.Err() != nil {
			_, _ = fmt.Fprintln(c.stderr, "cairn: interrupted")
			return exitFault
		}
		name, b, err := load(c.stdin, file)
		if err != nil {
			_, _ = fmt.Fprintln(c.stderr, blueprintFault("validate", err))
			code = exitFault
			continue
		}
		promises := 0
		for i := range b.Journeys {
			promises += len(b.Journeys[i].Promises)
		}
		contact := ""
		if b.Contact != nil {
			contact = ", " + count(len(b.Contact.Purposes), "purpose") + " of contact"
		}
		queues := ""
		if len(b.Queues) > 0 {
			queues = ", " + count(len(b.Queues), "queue")
		}
		followUps := ""
		if len(b.FollowUps) > 0 {
			followUps = ", " + count(len(b.FollowUps), "follow-up")
		}
		if len(b.Actions) > 0 {
			followUps += ", " + count(len(b.Actions), "kind") + " of action"
		}
		if b.Breakdowns != nil {
			followUps += ", breakdowns"
		}
		_, _ = fmt.Fprintf(c.stdout, "%s: ok, %s, %s, %s, %s%s%s, %s, %s%s\n", name,
			count(len(b.Journeys), "journey"), count(promises, "promise"), count(len(b.Touchpoints), "touchpoint"),
			count(len(b.Surveys), "survey"), followUps, queues, count(len(b.AllObjectives()), "objective"), count(len(b.Hours), "set")+" of hours", contact)
	}
	return code
}

func load(stdin io.Reader, file string) (name string, b *blueprint.Blueprint, err error) {
	if file == "-" {
		if b, err = yaml.Read(stdinName, stdin); err == nil {
			err = checkLog(stdinName, b)
		}
		return stdinName, b, err
	}
	if b, err = yaml.Load(file); err == nil {
		err = checkLog(file, b)
	}
	return file, b, err
}

// blueprintFault returns the message about a blueprint that a command cannot use. A fault in the file begins
// with its place; another error begins with the command.
func blueprintFault(command string, err error) string {
	var faults *yaml.Error
	if errors.As(err, &faults) {
		return err.Error()
	}
	return "cairn " + command + ": " + strings.TrimPrefix(err.Error(), "yaml: ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// schema prints the JSON Schema of a blueprint.
func schema(_ context.Context, c *env, args []string) int {
	flags := schemaFlags()
	code, done := parse(c, flags, args)
	if done {
		return code
	}
	if flags.NArg() > 0 {
		return misused(c, flags, fmt.Sprintf("%.80q is one argument too many: the command takes none", flags.Arg(0)))
	}
	if _, err := c.stdout.Write(yaml.Schema()); err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn: print the schema:", err)
		return exitFault
	}
	return exitOK
}
