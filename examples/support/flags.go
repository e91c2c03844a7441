package main

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"

	"cairncx.dev/cairn/examples/shop/centre"
	"cairncx.dev/cairn/examples/shop/export"
)

const (
	morningCalls = 2880 // about what comes in four hours, 360 in each half hour
	pastWeeks    = 13   // of customers before the demonstration, with -serve
	maxWeeks     = 26
	maxCalls     = 5000 // the queues in front of the sinks have room for them
	minKey       = 16
)

// settings are the values of the flags and the environment.
type settings struct {
	listen  string
	calls   int
	exports []export.Target
	spool   string
	key     []byte   // for the hashes of customers and employees
	secrets []string // for the webhook
	serve   bool     // whether the command centre is mounted
	weeks   int      // of its past
	traces  string   // where it links traces to; "" is nowhere
	tells   bool     // whether stdout has a line for each event
}

// errUsage reports a mistake in the flags. parse has already printed the message.
var errUsage = errors.New("usage")

const usage = `Larkfield support: customers who need help, and the people who help. It serves until Ctrl-C.

  go run ./examples/support                                then open its address in a browser
  go run ./examples/support -serve                         with some weeks of customers, and the command centre over them
  go run ./examples/support -export sqlite:support.db      a database gets the events, too

Environment:
  OTEL_EXPORTER_OTLP_ENDPOINT  the endpoint for traces, metrics and logs, such as http://localhost:4318
  SUPPORT_KEY                  the key for the hashes of customers' and employees' IDs, at least 16 bytes
  WEBHOOK_SECRET               the secret with which -export webhook signs, whsec_ and 24 to 64 bytes in base64

Flags:
`

func parse(args []string, getenv func(string) string, stderr io.Writer) (settings, error) {
	var s settings
	var exports []string
	fs := flag.NewFlagSet("support", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		fs.PrintDefaults()
	}
	fs.StringVar(&s.listen, "listen", "127.0.0.1:0", "`address` of this machine's loopback to listen on; port 0 picks a free port")
	fs.IntVar(&s.calls, "calls", morningCalls, "the `number` of calls of the simulated morning, 0 for none")
	fs.BoolVar(&s.serve, "serve", false, "let the customers of some weeks come first, and mount the command centre at "+centre.Path)
	fs.IntVar(&s.weeks, "weeks", pastWeeks, "how many `weeks` of customers -serve begins with")
	fs.StringVar(&s.traces, "traces", "", "link traces to this `address` with -serve, such as http://localhost:16686/trace/{trace_id}; the OTEL_ variables say where traces are sent")
	fs.Func("export", "send the events to this sink, `KIND:WHERE`; may be given several times: "+export.Forms(), func(text string) error {
		exports = append(exports, text) // parsed below, because the flag package repeats the text, with its password, in an error
		return nil
	})
	fs.StringVar(&s.spool, "spool", "", "a `directory` for queues on disk, one for each -export, which keep events while a sink is away")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return s, flag.ErrHelp
		}
		return s, errUsage
	}
	if fs.NArg() > 0 {
		return s, fmt.Errorf("support: %q is no flag: see -help for the flags", fs.Arg(0))
	}
	s.key, s.secrets = []byte(getenv("SUPPORT_KEY")), strings.Fields(getenv("WEBHOOK_SECRET"))
	return s, s.complete(exports)
}

// complete fills in the defaults and rejects what cannot work.
func (s *settings) complete(exports []string) error {
	host, _, err := net.SplitHostPort(s.listen)
	if ip, bad := netip.ParseAddr(host); host != "localhost" && (err != nil || bad != nil || !ip.IsLoopback()) {
		return fmt.Errorf("support: -listen is %q: the demonstration has no login, so give an address of this machine only, such as 127.0.0.1:8080", s.listen)
	}
	if s.calls < 0 || s.calls > maxCalls {
		return fmt.Errorf("support: -calls is %d: want 0 to %d", s.calls, maxCalls)
	}
	if s.weeks < 1 || s.weeks > maxWeeks {
		return fmt.Errorf("support: -weeks is %d: want 1 to %d", s.weeks, maxWeeks)
	}
	s.tells = true
	folders := map[string]bool{}
	for _, text := range exports {
		t, err := export.Parse(text)
		if err != nil {
			return fmt.Errorf("support: %w", err)
		}
		if folders[t.Folder()] {
			return fmt.Errorf("support: -export %s is given twice: leave one out", t)
		}
		folders[t.Folder()] = true
		s.exports = append(s.exports, t)
		s.tells = s.tells && t.Kind() != "stdout"
	}
	if s.spool != "" && len(s.exports) == 0 {
		return errors.New("support: -spool keeps the events of an -export: give one too, such as -export jsonl:events.jsonl")
	}
	if len(s.key) == 0 {
		s.key = []byte(rand.Text()) // for this run only
	}
	if len(s.key) < minKey {
		return fmt.Errorf("support: SUPPORT_KEY has %d bytes: want at least %d random bytes", len(s.key), minKey)
	}
	return nil
}
