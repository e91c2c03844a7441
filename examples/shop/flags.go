package main

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/examples/shop/export"
	"cairncx.dev/cairn/examples/shop/store"
)

// The values of -service and -events.
const (
	serviceAll        = "all"
	serviceStorefront = "storefront"
	servicePayments   = "payments"

	eventsStory = "story"
	eventsJSON  = "json"
	eventsNone  = "none"

	kindStdout = "stdout" // a kind of -export
)

const (
	oneDay       = 24 * time.Hour
	maxCustomers = 10_000
	minKey       = 16
)

// settings are the values of the flags and the environment.
type settings struct {
	service    string
	storefront string // address
	payments   string // address, or URL for -service storefront
	traffic    int
	serve      bool
	clock      time.Duration
	demoClock  bool
	sample     float64
	events     string
	exports    []export.Target
	spool      string // directory
	store      store.Target
	mail       string // host and port of a server of this machine

	webhookSecrets []string

	customerKey []byte
	traceURL    string
	queryURL    string
}

// errUsage reports a mistake in the flags. parse has already printed the message.
var errUsage = errors.New("usage")

const usage = `The shop: two services, one customer journey. Without flags it serves until Ctrl-C.

  go run ./examples/shop                 then open the storefront in a browser
  go run ./examples/shop -traffic 200    a crowd shops, then the shop prints a summary
  go run ./examples/shop -traffic 200 -export sqlite:shop.db    a database gets the events, too
  go run ./examples/shop -store sqlite:journeys.db -storefront 127.0.0.1:8080    journeys survive a restart

Environment:
  OTEL_EXPORTER_OTLP_ENDPOINT  the endpoint for traces, metrics and logs, such as http://localhost:4318
  SHOP_TRACE_URL               the URL of a trace, such as http://localhost:16686/trace/%s
  SHOP_PROMETHEUS_URL          the base URL of a Prometheus, such as http://localhost:9090
  SHOP_CUSTOMER_KEY            the key for the hash of customers' IDs, at least 16 bytes
  WEBHOOK_SECRET               the secret with which -export webhook signs, whsec_ and 24 to 64 bytes in base64;
                               give two, with a space between them, to change from one to the other

Flags:
`

func parse(args []string, getenv func(string) string, stderr io.Writer) (settings, error) {
	var s settings
	var exports []string
	fs := flag.NewFlagSet("shop", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		fs.PrintDefaults()
	}
	fs.StringVar(&s.service, "service", serviceAll, "which service to run: all, storefront or payments")
	fs.StringVar(&s.storefront, "storefront", "127.0.0.1:0", "`address` on which the storefront listens; port 0 picks a free port")
	fs.StringVar(&s.payments, "payments", "", "`address` of the payments service (default 127.0.0.1:0), or its URL with -service storefront")
	fs.IntVar(&s.traffic, "traffic", 0, "run a crowd of this many `customers`, and then end")
	fs.BoolVar(&s.serve, "serve", false, "go on serving after the -traffic has ended")
	fs.DurationVar(&s.clock, "clock", 0, "`offset` of the services' clock, such as -24h; enables POST /demo/clock?ahead=24h (default with -traffic: -24h)")
	fs.Float64Var(&s.sample, "sample", 1, "the `fraction` of the journeys' traces to keep, 0 to 1; both services need the same value")
	fs.StringVar(&s.events, "events", "", "the form in which stdout gets each event: story, json or none (default story; none with -traffic)")
	fs.Func("export", "send the events to this sink, `KIND:WHERE`; may be given several times: "+export.Forms(), func(text string) error {
		exports = append(exports, text) // parsed below, because the flag package repeats the text, with its password, in an error
		return nil
	})
	fs.StringVar(&s.spool, "spool", "", "a `directory` for queues on disk, one for each -export, which keep events while a sink is away and after the process ends")
	var storeText string
	fs.Func("store", "keep journeys in this store, `KIND:WHERE`: "+store.Forms+"; journeys in a shared store survive a restart, and several processes see them (default memory)", func(text string) error {
		storeText = text // parsed below, as -export
		return nil
	})
	fs.StringVar(&s.mail, "mail", "", "send the report of each day to "+mailTo+", through the SMTP server at this `address` of this machine")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return s, flag.ErrHelp
		}
		return s, errUsage
	}
	if fs.NArg() > 0 {
		return s, fmt.Errorf("shop: %q is no flag: see -help for the flags", fs.Arg(0))
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	s.demoClock = given["clock"] || s.traffic > 0
	if s.traffic > 0 && !given["clock"] {
		s.clock = -oneDay
	}
	s.traceURL, s.queryURL = getenv("SHOP_TRACE_URL"), getenv("SHOP_PROMETHEUS_URL")
	s.webhookSecrets = strings.Fields(getenv("WEBHOOK_SECRET"))
	s.customerKey = []byte(getenv("SHOP_CUSTOMER_KEY"))
	for _, text := range exports {
		if err := s.addExport(text); err != nil {
			return s, fmt.Errorf("shop: %w", err)
		}
	}
	var err error
	if s.store, err = store.Parse(storeText); err != nil {
		return s, fmt.Errorf("shop: %w", err)
	}
	if s.store.Shared() && s.demoClock {
		return s, errors.New("shop: -clock and -traffic move the shop's clock, and a shared store has a clock of its own: leave out -store, or -clock and -traffic")
	}
	return s, s.complete(given["payments"])
}

// complete fills in the defaults and rejects combinations of flags that cannot work.
func (s *settings) complete(paymentsGiven bool) error {
	switch s.service {
	case serviceAll, servicePayments:
		if !paymentsGiven {
			s.payments = "127.0.0.1:0"
		}
	case serviceStorefront:
		if u, err := url.Parse(s.payments); err != nil || u.Host == "" {
			return fmt.Errorf("shop: -service storefront needs -payments http://host:port, the URL of the payments service; it is %q", s.payments)
		}
	default:
		return fmt.Errorf("shop: -service is %q: want all, storefront or payments", s.service)
	}
	if s.traffic < 0 || s.traffic > maxCustomers {
		return fmt.Errorf("shop: -traffic is %d: want 1 to %d customers", s.traffic, maxCustomers)
	}
	if s.traffic > 0 && s.service != serviceAll {
		return errors.New("shop: -traffic needs both services: leave -service out")
	}
	if !(s.sample >= 0 && s.sample <= 1) {
		return fmt.Errorf("shop: -sample is %v: want 0 to 1", s.sample)
	}
	if s.mail != "" && (s.service == servicePayments || s.traffic > 0 && !s.serve) {
		return errors.New("shop: -mail sends what the storefront's archive has: leave out -service payments, and give -serve with -traffic")
	}
	if err := s.completeEvents(); err != nil {
		return err
	}
	if len(s.customerKey) == 0 && s.store.Shared() {
		if s.store.Path() != "" {
			return nil // keyBeside makes the key
		}
		return fmt.Errorf("shop: -store %s outlasts this run, and customers need the same hash in the next run: set SHOP_CUSTOMER_KEY to the same value in every process, such as $(openssl rand -hex 16)", s.store)
	}
	if len(s.customerKey) == 0 {
		// The key is for this run only: in the next run the same customer has another hash. With
		// SHOP_CUSTOMER_KEY, which has to be kept as secret as a password, the hash stays the same.
		s.customerKey = []byte(rand.Text())
	}
	if len(s.customerKey) < minKey {
		return fmt.Errorf("shop: SHOP_CUSTOMER_KEY has %d bytes: want at least %d random bytes", len(s.customerKey), minKey)
	}
	return nil
}

// addExport adds one value of -export.
func (s *settings) addExport(text string) error {
	t, err := export.Parse(text)
	if err != nil {
		return err
	}
	for _, other := range s.exports {
		if other.Folder() == t.Folder() {
			return fmt.Errorf("-export %s is given twice: leave one out", t)
		}
	}
	s.exports = append(s.exports, t)
	return nil
}

// completeEvents decides what the shop writes to stdout for each event, from -events or -export stdout.
func (s *settings) completeEvents() error {
	if s.spool != "" && len(s.exports) == 0 {
		return errors.New("shop: -spool keeps the events of an -export: give one too, such as -export jsonl:events.jsonl")
	}
	if s.exportsTo(kindStdout) {
		if s.events != "" && s.events != eventsNone {
			return fmt.Errorf("shop: -events %s and -export stdout would both write to stdout: leave one out", s.events)
		}
		s.events = eventsNone
	}
	switch s.events {
	case "":
		s.events = eventsStory
		if s.traffic > 0 {
			s.events = eventsNone
		}
	case eventsStory, eventsJSON, eventsNone:
	default:
		return fmt.Errorf("shop: -events is %q: want story, json or none", s.events)
	}
	return nil
}

func (s *settings) exportsTo(kind string) bool {
	return slices.ContainsFunc(s.exports, func(t export.Target) bool { return t.Kind() == kind })
}

// stdoutIsJSON reports whether stdout has JSON for programs. If so, the summary goes to stderr.
func (s *settings) stdoutIsJSON() bool { return s.events == eventsJSON || s.exportsTo(kindStdout) }
