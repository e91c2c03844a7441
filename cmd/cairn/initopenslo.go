package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/draft"
	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/slo/openslo"
)

// initializeOpenSLO writes a draft with the objectives of an OpenSLO file, and returns the exit code.
func initializeOpenSLO(c *env, name string) int {
	text, left, err := draftOpenSLO(c.stdin, name)
	if err == nil {
		_, err = c.stdout.Write(text)
	}
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn init:", err)
		return exitFault
	}
	if len(left) > 0 {
		_, _ = fmt.Fprintf(c.stderr, "cairn init: the draft lacks what cannot be an objective:\n  %s\n", strings.Join(left, "\n  "))
		return exitDoubt
	}
	return exitOK
}

// draftOpenSLO returns the draft, and a line for each fault of an SLO that is not in it.
func draftOpenSLO(stdin io.Reader, name string) (text []byte, left []string, err error) {
	from := stdin
	if name != eventlog.Stdin {
		f, err := os.Open(name) //nolint:gosec // the file that the user names
		if err != nil {
			return nil, nil, err //nolint:wrapcheck // it names the file
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	objectives, warnings, err := openslo.Read(from)
	if err != nil {
		left = strings.Split(strings.ReplaceAll(err.Error(), "openslo: ", ""), "\n")
	}
	if len(objectives) == 0 {
		return nil, nil, fmt.Errorf("%s: %s", inWords(name), strings.Join(left, "\n  ")) //nolint:err113 // a message for the user
	}
	return draft.OpenSLO(objectives, warnings, left, []draft.Note{
		"This is a draft that cairn init made from OpenSLO. An SLO says how much is promised, and a blueprint also what about.",
		"Complete what the comments ask for. \"cairn validate\" points at what is missing.",
		"",
	}), left, nil
}

// errOpenSLO is the error of a draft that would be made from two things.
var errOpenSLO = errors.New("--openslo and a log make a draft each: run cairn init once for each, and copy the objectives into the other draft")
