package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// usage holds the flags of a command and the text that explains it.
type usage struct {
	*flag.FlagSet

	arguments string // the arguments after the name; further lines explain the command
}

func newUsage(name, arguments string) *usage {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // parse reports the errors
	return &usage{flags, arguments}
}

// names returns the names of the flags, with their dashes. A flag of one letter follows the flag that it is short for.
func (u *usage) names() (list []string) {
	short := u.short()
	u.VisitAll(func(f *flag.Flag) {
		if len(f.Name) == 1 {
			return
		}
		list = append(list, "--"+f.Name)
		if s, ok := short[f.Name]; ok {
			list = append(list, "-"+s)
		}
	})
	return list
}

// short returns the flags of one letter by the names of those that they are short for: both set the same variable.
func (u *usage) short() map[string]string {
	all := map[string]string{}
	u.VisitAll(func(letter *flag.Flag) {
		u.VisitAll(func(f *flag.Flag) {
			if len(letter.Name) == 1 && len(f.Name) > 1 && f.Value == letter.Value {
				all[f.Name] = letter.Name
			}
		})
	})
	return all
}

// print writes the explanation of the command and of all its flags.
func (u *usage) print(w io.Writer) {
	const indent, width = "        ", 96
	_, _ = fmt.Fprintf(w, "Usage: cairn %s\n", strings.TrimSpace(strings.ReplaceAll(u.Name()+" "+u.arguments, " \n", "\n")))
	_, _ = io.WriteString(w, "\nFlags:\n\n")
	short := u.short()
	u.VisitAll(func(f *flag.Flag) {
		if len(f.Name) == 1 {
			return // it stands beside the flag that it is short for
		}
		value, text := flag.UnquoteUsage(f)
		name := "--" + f.Name
		if s, ok := short[f.Name]; ok {
			name += ", -" + s
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight("  "+name+" "+value, " "))
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0s" {
			text += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		_, _ = io.WriteString(w, wrap(indent, text, width))
	})
	_, _ = io.WriteString(w, "  --help, -h\n"+indent+"print this help\n")
}

// wrap breaks the text after head into lines of at most width bytes. It indents further lines by the length of head.
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

// parse parses the flags of the command. If the command has to end after that, parse returns done and the exit code.
func parse(c *env, u *usage, args []string) (code int, done bool) {
	switch err := u.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		u.print(c.stdout) // the user asked for help, which is no error
		return exitOK, true
	case err != nil:
		return misused(c, u, u.fault(err)), true
	default:
		return 0, false
	}
}

// parseMixed parses flags before, between and after the arguments. It returns the arguments.
func parseMixed(c *env, u *usage, args []string) (list []string, code int, done bool) {
	for {
		if code, done = parse(c, u, args); done {
			return nil, code, true
		}
		rest := u.Args()
		if len(rest) == 0 {
			return list, 0, false
		}
		if u.endsFlags(args[:len(args)-len(rest)]) {
			return append(list, rest...), 0, false
		}
		list = append(list, rest[0])
		args = rest[1:]
	}
}

// endsFlags reports whether the parsed arguments end with "--", after which everything is an argument. It is false if "--" is
// the value of a flag.
func (u *usage) endsFlags(parsed []string) bool {
	last := len(parsed) - 1
	return last >= 0 && parsed[last] == "--" && u.Parse(parsed[:last]) == nil
}

// misused reports a wrong use of the command.
func misused(c *env, u *usage, what string) int {
	_, _ = fmt.Fprintf(c.stderr, "cairn %s: %s\nRun cairn %s --help for its usage.\n", u.Name(), what, u.Name())
	return exitUsage
}

// oneDash matches the name of a flag that package flag writes with one dash.
var oneDash = regexp.MustCompile(`( for (?:flag )?)-([a-z0-9-]+:)`)

// fault rewords an error of package flag. It writes flags with two dashes and suggests the flag that was probably meant.
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
