package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// usage is a command's flags, and how it is used.
type usage struct {
	*flag.FlagSet

	arguments string // what comes behind the name, and on further lines what the command does
}

func newUsage(name, arguments string) *usage {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // parse says it
	return &usage{flags, arguments}
}

// names are those of the flags, with their dashes.
func (u *usage) names() (list []string) {
	u.VisitAll(func(f *flag.Flag) { list = append(list, "--"+f.Name) })
	return list
}

// print says how the command is used, with all flags.
func (u *usage) print(w io.Writer) {
	const indent, width = "        ", 96
	_, _ = fmt.Fprintf(w, "Usage: cairn %s\n", strings.TrimSpace(strings.ReplaceAll(u.Name()+" "+u.arguments, " \n", "\n")))
	_, _ = io.WriteString(w, "\nFlags:\n\n")
	u.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		_, _ = fmt.Fprintln(w, strings.TrimRight("  --"+f.Name+" "+value, " "))
		if f.DefValue != "" && f.DefValue != "false" {
			text += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		_, _ = io.WriteString(w, wrap(indent, text, width))
	})
	_, _ = io.WriteString(w, "  --help, -h\n"+indent+"say this\n")
}

// wrap breaks the text into lines of at most so many bytes behind the head; the further ones are indented as far.
func wrap(head, text string, width int) string {
	var b strings.Builder
	indent := strings.Repeat(" ", len(head))
	line := head
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			line += word
		case len(line)+1+len(word) > width:
			b.WriteString(line + "\n")
			line = indent + word
		default:
			line += " " + word
		}
	}
	b.WriteString(line + "\n")
	return b.String()
}

// parse parses the flags of the command, and returns the exit code where that is the end of it.
func parse(c *env, u *usage, args []string) (code int, done bool) {
	switch err := u.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		u.print(c.stdout) // asked for: no error
		return exitOK, true
	case err != nil:
		return misused(c, u, u.fault(err)), true
	default:
		return 0, false
	}
}

// parseMixed is parse of flags that may come after arguments, too. It returns the arguments.
func parseMixed(c *env, u *usage, args []string) (list []string, code int, done bool) {
	for {
		if code, done = parse(c, u, args); done {
			return nil, code, true
		}
		if u.NArg() == 0 {
			return list, 0, false
		}
		if used := len(args) - u.NArg(); used > 0 && args[used-1] == "--" { // nothing after it is a flag
			return append(list, u.Args()...), 0, false
		}
		list = append(list, u.Arg(0))
		args = u.Args()[1:]
	}
}

// misused says what is wrong with how the command is used.
func misused(c *env, u *usage, what string) int {
	_, _ = fmt.Fprintf(c.stderr, "cairn %s: %s\ncairn %s --help says how it is used.\n", u.Name(), what, u.Name())
	return exitUsage
}

// oneDash is where package flag writes the name of a flag.
var oneDash = regexp.MustCompile(`( for (?:flag )?)-([a-z0-9-]+:)`)

// fault says an error of package flag in our words: with two dashes, and with the flag that was probably meant.
func (u *usage) fault(err error) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		name = "--" + strings.TrimLeft(name, "-")
		return fmt.Sprintf("there is no flag %.80q%s", name, meant(name, append(u.names(), "--help")))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		value := "VALUE"
		if f := u.Lookup(name); f != nil {
			value, _ = flag.UnquoteUsage(f)
		}
		return fmt.Sprintf("--%s needs a value: --%s %s", name, name, value)
	}
	return oneDash.ReplaceAllString(text, "$1--$2")
}
