package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/touchpoint"
)

const customerArguments = `ID [BLUEPRINT] SOURCE…

Tells what happened to a customer, in all runs and outside of them, in the order of time. The ID is the
application's own; - reads a line of the standard input, so that the ID is in no list of processes. The
command hashes it with the services' key, from --customer-key-file or the environment's ` + keyVariable + `.
With --pseudonym the ID is the pseudonym of events, as cairn show --json has it, and no key is needed.

%s
--json prints every field of every event about the customer, for a person who asks what is stored. With a
store it has the customer's contact record, too: consent, suppressions, contacts that still count, and
open matters. Employees are in neither. An event that may be about another customer is left out: it is of a
run with several customers, and does not name this one.

The exit code is 0 when there is something about the customer, 1 when there is nothing, 2 when the command line
is wrong, and 3 when --allow does not permit so many faulty rows of the log.

  cairn customer 8821 --customer-key-file key tickets.yaml tickets.csv
  echo 8821 | cairn customer - --json --store sqlite:store.db --store-namespace shop archive.db
`

// customerSettings holds the values of the flags of customer.
type customerSettings struct {
	storySettings
	storeSettings

	pseudonym      bool
	storeNamespace string
}

func customerUsage() *usage { return customerFlags(&customerSettings{}, &tableTexts{}) }

func customerFlags(s *customerSettings, t *tableTexts) *usage {
	flags := newUsage("customer", fmt.Sprintf(customerArguments, sourceArguments))
	storyFlags(flags, &s.storySettings, t)
	s.storeSettings.flags(flags)
	flags.StringVar(&s.storeNamespace, "store-namespace", "", "the `NAMESPACE` of the services that wrote the contact record (default that of OTEL_RESOURCE_ATTRIBUTES, or default)")
	flags.BoolVar(&s.pseudonym, "pseudonym", false, "the ID is the pseudonym of events")
	flags.Lookup("store").Usage = "the `URL` of the store of the services, to have the customer's contact record, too; the environment may give it as " + urlVariable
	flags.Lookup("customer-key-file").Usage = "`FILE` with the services' key for hashing customer IDs; a log is played with it"
	return flags
}

// The faults of a command line of customer.
var (
	errNoCustomer = errors.New("no ID is named: name that of the customer first, or - for the standard input")
	errTwoInputs  = errors.New("the ID and the log cannot both be the standard input: name the log's file")
	errNoPerson   = errors.New("the contact record needs the application's own ID: leave --pseudonym out, or --store")
)

// customer runs the command customer.
func customer(ctx context.Context, c *env, args []string) int {
	s, t := &customerSettings{}, &tableTexts{}
	u := customerFlags(s, t)
	list, code, done := parseMixed(c, u, args)
	if done {
		return code
	}
	if err := s.complete(t, list); err != nil {
		return misused(c, u, err.Error())
	}
	if s.id == "-" {
		line, err := firstLine(c.stdin)
		if err != nil {
			_, _ = fmt.Fprintln(c.stderr, "cairn customer: reading the ID:", err)
			return exitFault
		}
		s.id = line
	}
	if !event.ValidID(s.id) {
		return misused(c, u, fmt.Sprintf("the ID is not 1 to %d bytes of UTF-8 without control characters: no customer has it", event.MaxID))
	}
	return concluded(c, "customer", func() (doubt, err error) { return s.answer(ctx, c) })
}

func (s *customerSettings) complete(t *tableTexts, list []string) error {
	if len(list) == 0 {
		return errNoCustomer
	}
	s.id, s.files = list[0], list[1:]
	if s.storeSettings.store == "" && !s.pseudonym {
		s.storeSettings.store = os.Getenv(urlVariable)
	}
	faults := []error{s.completeTable(t)}
	if s.id == "-" && slices.Contains(s.files, "-") {
		faults = append(faults, errTwoInputs)
	}
	if s.pseudonym && s.storeSettings.store != "" {
		faults = append(faults, errNoPerson)
	}
	return errors.Join(faults...)
}

// told is the answer as JSON.
type toldCustomer struct {
	insight.Customer

	// Record is the contact record; nil without a store, and for a person who has none.
	Record *touchpoint.ContactRecord `json:"contact_record,omitempty"`
}

func (s *customerSettings) answer(ctx context.Context, c *env) (doubt, err error) {
	hash := s.id
	keys := contactsSettings{action: "show", storeSettings: s.storeSettings, namespace: s.storeNamespace, keyFile: s.keyFile, subject: event.Customer{ID: s.id}}
	if !s.pseudonym {
		key, err := keys.key()
		if err != nil {
			return nil, err
		}
		hash = pseudonymOf(key, s.id)
	}
	record, err := s.record(ctx, &keys)
	if err != nil {
		return nil, err
	}
	o, err := openTable(ctx, c, &s.tableSettings, "customer")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	told := toldCustomer{Record: record}
	told.Customer, err = o.View.Customer(ctx, hash)
	if err != nil && (record == nil || !errors.Is(err, insight.ErrNotFound)) {
		return nil, notFound(err, s.remedy())
	}
	if s.json {
		return o.Doubt(), writeJSON(c.stdout, told)
	}
	p := storyPage{width: textWidth(c.stdout, ""), zone: o.Zone}
	p.tell(&told)
	if err := p.write(c.stdout); err != nil || record == nil {
		return o.Doubt(), err
	}
	_, _ = fmt.Fprintln(c.stdout)
	return o.Doubt(), writeRecord(c.stdout, record)
}

// remedy says what to do where no event names the customer.
func (s *customerSettings) remedy() string {
	if s.keyFile == "" && !s.pseudonym && len(s.files) > 0 && !isArchive(s.files[0]) {
		return "a log is played with the key of --customer-key-file, and not with that of the environment"
	}
	return "check the ID and the key, and that the source has customers"
}

// record returns the contact record without employees, and nil if there is no store or no record.
func (s *customerSettings) record(ctx context.Context, keys *contactsSettings) (r *touchpoint.ContactRecord, err error) {
	if s.storeSettings.store == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, contactsTime)
	defer cancel()
	err = keys.work(ctx, func(ctx context.Context, p *touchpoint.ContactPolicy) (err error) {
		if r, err = p.Record(ctx, keys.subject); errors.Is(err, touchpoint.ErrNoRecord) {
			err = nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the contact record: %w", err)
	}
	if r != nil {
		r.Representative = ""
		for i := range r.Suppressions {
			r.Suppressions[i].LiftedBy = ""
		}
	}
	return r, nil
}

// tell writes the answer for people.
func (p *storyPage) tell(c *toldCustomer) {
	at := c.At
	if at.IsZero() {
		p.line("No event is about the customer.")
		return
	}
	p.heading("Customer "+c.Customer.Customer, at)
	p.say(c.Sentence(p.zone))
	if len(c.Segments) > 0 {
		p.say("The segment is " + strings.Join(c.Segments, ", ") + ".")
	}
	if len(c.Runs) > 0 {
		p.line("")
	}
	for i := range c.Runs {
		p.WriteString(wrap("  - ", shown(c.Runs[i].Sentence(p.zone)), p.width))
	}
	p.steps(c.Steps, true)
}
