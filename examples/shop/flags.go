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

// What -service and -events can be.
const (
	serviceAll        = "all"
	serviceStorefront = "storefront"
	servicePayments   = "payments"

	eventsStory = "story"
	eventsJSON  = "json"
	eventsNone  = "none"

	kindStdout = "stdout" // of -export
)

const (
	oneDay       = 24 * time.Hour
	maxCustomers = 10_000
	minKey       = 16
)

// settings are what the flags and the environment say.
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

	webhookSecrets []string

	customerKey []byte
	traceURL    string
	queryURL    string
}

// errUsage is a mistake in the flags. It has been told already.
var errUsage = errors.New("usage")

const usage = `The shop: two services, one customer journey. Without flags it serves until Ctrl-C.

  go run ./examples/shop                 then open the storefront in a browser
  go run ./examples/shop -traffic 200    a crowd shops, and a summary says how it was
  go run ./examples/shop -traffic 200 -export sqlite:shop.db    the events are in a database, too
  go run ./examples/shop -store sqlite:journeys.db -storefront 127.0.0.1:8080    journeys survive a restart

Environment:
  OTEL_EXPORTER_OTLP_ENDPOINT  where to send traces, metrics and logs, such as http://localhost:4318
  SHOP_TRACE_URL               where a trace can be seen, such as http://localhost:16686/trace/%s
  SHOP_PROMETHEUS_URL          where metrics can be queried, such as http://localhost:9090
  SHOP_CUSTOMER_KEY            the secret that customers' IDs are hashed with, at least 16 bytes
  WEBHOOK_SECRET               the secret that -export webhook signs with, whsec_ and 24 to 64 bytes in base64;
                               two with a space between them while one takes the other's place

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
	fs.StringVar(&s.storefront, "storefront", "127.0.0.1:0", "`address` of the storefront; port 0 is a free one")
	fs.StringVar(&s.payments, "payments", "", "`address` of the payments service (default 127.0.0.1:0), or its URL with -service storefront")
	fs.IntVar(&s.traffic, "traffic", 0, "how many `customers` of a crowd shop; the demonstration ends when they have")
	fs.BoolVar(&s.serve, "serve", false, "go on serving when the -traffic has ended")
	fs.DurationVar(&s.clock, "clock", 0, "`offset` of the services' clock, such as -24h; opens POST /demo/clock?ahead=24h (default with -traffic: -24h)")
	fs.Float64Var(&s.sample, "sample", 1, "which `part` of the journeys' traces is kept, 0 to 1; both services need the same")
	fs.StringVar(&s.events, "events", "", "what to write to stdout about each event: story, json or none (default story; none with -traffic)")
	fs.Func("export", "`KIND:WHERE` the events go to as well, may be given several times: "+export.Forms(), func(text string) error {
		exports = append(exports, text) // parsed below: an error here would repeat the text, with its password
		return nil
	})
	fs.StringVar(&s.spool, "spool", "", "a `directory` for queues on disk, one for each -export: they outlast a sink that is away, and the process")
	var storeText string
	fs.Func("store", "`KIND:WHERE` journeys are kept: "+store.Forms+"; what is shared survives a restart, and two processes see the same journeys (default memory)", func(text string) error {
		storeText = text // parsed below, like -export
		return nil
	})
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return s, flag.ErrHelp
		}
		return s, errUsage
	}
	if fs.NArg() > 0 {
		return s, fmt.Errorf("shop: %q is no flag", fs.Arg(0))
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
		return s, errors.New("shop: -clock and -traffic move the shop's clock, and a store that is shared has one of its own: leave them out, or -store")
	}
	return s, s.complete(given["payments"])
}

// complete fills in defaults and says what cannot be.
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
	if err := s.completeEvents(); err != nil {
		return err
	}
	if len(s.customerKey) == 0 && s.store.Shared() {
		if s.store.Path() != "" {
			return nil // a key beside the file
		}
		return fmt.Errorf("shop: -store %s outlasts this run, so customers need the same hash in the next one: set SHOP_CUSTOMER_KEY, the same in every process, such as $(openssl rand -hex 16)", s.store)
	}
	if len(s.customerKey) == 0 {
		// A key for this run only: tomorrow the same customer has another hash. With a key of
		// one's own, kept as secret as a password, the hash stays the same.
		s.customerKey = []byte(rand.Text())
	}
	if len(s.customerKey) < minKey {
		return fmt.Errorf("shop: SHOP_CUSTOMER_KEY has %d bytes: want at least %d, random ones", len(s.customerKey), minKey)
	}
	return nil
}

// addExport is called for each -export.
func (s *settings) addExport(text string) error {
	t, err := export.Parse(text)
	if err != nil {
		return err
	}
	for _, other := range s.exports {
		if other.Folder() == t.Folder() {
			return fmt.Errorf("-export %s is there twice: leave one out", t)
		}
	}
	s.exports = append(s.exports, t)
	return nil
}

// completeEvents decides what is written to stdout about each event, by -events or -export stdout.
func (s *settings) completeEvents() error {
	if s.spool != "" && len(s.exports) == 0 {
		return errors.New("shop: -spool keeps what -export sends: give an -export too, such as -export jsonl:events.jsonl")
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

// stdoutIsJSON reports whether programs read stdout: then the summary goes to stderr.
func (s *settings) stdoutIsJSON() bool { return s.events == eventsJSON || s.exportsTo(kindStdout) }
