package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

const contactsArguments = `ACTION [FILE] --store URL --customer-key-file KEY

Works on customers' records: what the company may do to a customer, as its contact policy remembers it.
Services may use the store meanwhile. The ACTION is one of:

  import FILE   enter a suppression list, a CSV file with the columns customer or addressee, reason,
                at, and if wanted purpose, channel and source; - is the standard input
  show          print one person's record, such as for a person who asks what is stored
  suppress      record that a person must not be contacted: --reason
  lift          end a suppression with the same --reason, --purpose and --channel: --by
  open-hold     record that a matter is open, which stops purposes: --hold, --ref
  close-hold    record that the matter is closed: --hold, --ref

All but import are about one person: --customer, or --addressee. The store is sqlite:FILE, redis://…,
rediss://… or postgres://…. The environment may give it as CAIRN_STORE, and the key as
CAIRN_CUSTOMER_KEY. Namespace and key have to be those of the services. A wrong key is noticed if
services have written records in the namespace.

With --blueprint, purposes, channels and holds have to be those of its contact policy. Without it, a
name after --purpose or --hold is taken as it is.

A list with a bad row changes nothing, unless --partial is set. To import a list twice changes nothing.
A suppression that was lifted after the time of a row stays lifted.

The exit code is 0 when it was done, 1 when it was not, 2 when the command line is wrong, and 3 when
--partial left out bad rows.
`

// contactsSettings holds the values of the flags of contacts, and where it works.
type contactsSettings struct {
	action, file string

	storeSettings

	namespace, keyFile, blueprint string

	customer, addressee, reason, purpose, purposes, channel, at, tz, source, by, hold, ref string

	partial, dry, newKey, json bool

	subject  event.Customer
	time     time.Time
	location *time.Location
	on       event.Channel
	declared *touchpoint.ContactPolicy // that of --blueprint; nil without it
}

// contactsAction is one action, and the flags that it has beside those that all have.
type contactsAction struct {
	name  string
	needs []string // flags that it does not work without
	takes []string
	run   func(ctx context.Context, c *env, s *contactsSettings) (code int, err error)
}

func contactsActions() []contactsAction {
	return []contactsAction{
		{"import", nil, []string{"blueprint", "b", "purposes", "at", "tz", "source", "partial", "dry-run", "new-key", "json"}, importList},
		{"show", nil, []string{"customer", "addressee", "json"}, showRecord},
		{"suppress", []string{"reason"}, []string{"blueprint", "b", "customer", "addressee", "purpose", "channel", "at", "tz", "source"}, suppressPerson},
		{"lift", []string{"reason", "by"}, []string{"blueprint", "b", "customer", "addressee", "purpose", "channel", "at", "tz"}, liftSuppression},
		{"open-hold", []string{"hold", "ref"}, []string{"blueprint", "b", "customer"}, openHold},
		{"close-hold", []string{"hold", "ref"}, []string{"blueprint", "b", "customer"}, closeHold},
	}
}

// contactsEverywhere are the flags of all actions.
var contactsEverywhere = []string{"store", "store-prefix", "store-schema", "namespace", "customer-key-file"}

func contactsUsage() *usage { return contactsFlags(&contactsSettings{}) }

func contactsFlags(s *contactsSettings) *usage {
	flags := newUsage("contacts", contactsArguments)
	flags.StringVar(&s.blueprint, "blueprint", "", "`FILE` with the contact policy of the services, which says what purposes, channels and holds there are")
	flags.StringVar(&s.blueprint, "b", "", "the same `FILE`")
	s.flags(flags)
	flags.StringVar(&s.namespace, "namespace", "", "the `NAMESPACE` of the services (default as theirs: that of OTEL_RESOURCE_ATTRIBUTES, or default)")
	flags.StringVar(&s.keyFile, "customer-key-file", "", "`FILE` with the services' key for hashing customer IDs")
	flags.StringVar(&s.customer, "customer", "", "the application's own `ID` of the customer; - reads a line of the standard input")
	flags.StringVar(&s.addressee, "addressee", "", "the `ADDRESS` or ID of an addressee instead; - reads a line of the standard input")
	flags.StringVar(&s.reason, "reason", "", "the `REASON` of the suppression: deceased, moved, opted_out, minor or complaint")
	flags.StringVar(&s.purpose, "purpose", "", "the `PURPOSE` of the contact policy that the suppression is for (default every purpose)")
	flags.StringVar(&s.channel, "channel", "", "the `CHANNEL` that it is for, such as email (default every channel)")
	flags.StringVar(&s.at, "at", "", "the `TIME` of the suppression or the lift (default now), or of the rows of a list that have none; a date stands for its beginning")
	flags.StringVar(&s.tz, "tz", "UTC", "the `ZONE` of dates")
	flags.StringVar(&s.source, "source", "", "a `TEXT` that says where the suppression comes from, or the rows of a list that do not say it; no personal data")
	flags.StringVar(&s.by, "by", "", "the pseudonymous `ID` of the employee who lifts the suppression; the record keeps it")
	flags.StringVar(&s.hold, "hold", "", "the `NAME` of the hold in the contact policy, such as complaint")
	flags.StringVar(&s.ref, "ref", "", "the application's own `ID` of the matter, such as that of a ticket")
	flags.StringVar(&s.purposes, "purposes", "", "`NAMES` of the contact policy's purposes, with commas between; a list may name only these")
	flags.BoolVar(&s.partial, "partial", false, "enter the good rows of a list that has bad ones")
	flags.BoolVar(&s.dry, "dry-run", false, "change nothing, and say what an import would change")
	flags.BoolVar(&s.newKey, "new-key", false, "import although the records were written with another key, which was changed on purpose")
	flags.BoolVar(&s.json, "json", false, "print JSON")
	return flags
}

// contacts runs the command contacts.
func contacts(ctx context.Context, c *env, args []string) int {
	s := &contactsSettings{}
	flags := contactsFlags(s)
	list, code, done := parseMixed(c, flags, args)
	if done {
		return code
	}
	action, wrong := s.complete(c, flags, list)
	if wrong != "" {
		return misused(c, flags, wrong)
	}
	if err := s.declare(); err != nil {
		_, _ = fmt.Fprintln(c.stderr, blueprintFault("contacts "+s.action, err))
		return exitFault
	}
	code, err := action.run(ctx, c, s)
	if err != nil {
		_, _ = fmt.Fprintf(c.stderr, "cairn contacts %s: %s\n", s.action, strings.TrimPrefix(err.Error(), "touchpoint: "))
	}
	return code
}

// complete returns the action, or says what is wrong with the command line.
func (s *contactsSettings) complete(c *env, flags *usage, list []string) (action contactsAction, wrong string) {
	all := contactsActions()
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name
	}
	if len(list) == 0 {
		return action, "no action is named: name one of " + strings.Join(names, ", ")
	}
	i := slices.Index(names, list[0])
	if i < 0 {
		return action, fmt.Sprintf("there is no action %.80q%s", list[0], meant(list[0], names))
	}
	action, s.action, list = all[i], list[0], list[1:]
	if s.action == "import" && len(list) > 0 {
		s.file, list = list[0], list[1:]
	}
	switch {
	case len(list) > 0: // the argument is not shown: it may be a person's
		return action, s.action + " has an argument too many: the person is named by --customer or --addressee"
	case s.action == "import" && s.file == "":
		return action, "import has no list: name a CSV file, or - for the standard input"
	}
	if wrong = action.check(flags); wrong != "" {
		return action, wrong
	}
	return action, s.parse(c)
}

// check says which flag the action does not take, or does not work without.
func (a *contactsAction) check(flags *usage) (wrong string) {
	set := map[string]bool{}
	flags.Visit(func(f *flag.Flag) {
		set[f.Name] = true
		if wrong == "" && !slices.Contains(slices.Concat(a.needs, a.takes, contactsEverywhere), f.Name) {
			wrong = fmt.Sprintf("%s does not take --%s", a.name, f.Name)
		}
	})
	if wrong == "" && set["purposes"] && (set["blueprint"] || set["b"]) {
		wrong = a.name + " takes the purposes from --blueprint: remove --purposes"
	}
	for _, name := range a.needs {
		if wrong == "" && !set[name] {
			wrong = fmt.Sprintf("%s needs --%s", a.name, name)
		}
	}
	if wrong == "" && slices.Contains(a.takes, "customer") && set["customer"] == set["addressee"] {
		wrong = a.name + " is about one person: name it by --customer or by --addressee"
		if !slices.Contains(a.takes, "addressee") {
			wrong = a.name + " needs --customer"
		}
	}
	return wrong
}

// parse reads the values of the flags. It says what is wrong with one, without a person's ID.
func (s *contactsSettings) parse(c *env) (wrong string) {
	var err error
	if s.location, err = time.LoadLocation(s.tz); err != nil {
		return fmt.Sprintf("--tz: there is no time zone %.80q: use a name of the IANA database, such as Europe/Berlin", s.tz)
	}
	if s.at != "" {
		if s.time, err = time.Parse(time.RFC3339, s.at); err != nil {
			s.time, err = time.ParseInLocation(time.DateOnly, s.at, s.location)
		}
		if err != nil {
			return fmt.Sprintf("--at: %.80q is no time: write it as 2026-03-31 or 2026-03-31T18:00:00Z", s.at)
		}
	}
	if s.channel != "" && s.on.UnmarshalText([]byte(s.channel)) != nil {
		return fmt.Sprintf("--channel: there is no channel %.80q: use email, phone, post, chat, mobile, social, web, ivr, in_person, kiosk, api or other", s.channel)
	}
	id, flagName := s.customer, "--customer"
	if s.addressee != "" {
		id, flagName = s.addressee, "--addressee"
	}
	if s.action == "import" {
		return ""
	}
	if id == "-" {
		if id, err = firstLine(c.stdin); err != nil {
			return flagName + ": the standard input cannot be read: " + err.Error()
		}
	}
	if !event.ValidID(id) {
		return fmt.Sprintf("%s: the ID is not 1 to %d bytes of UTF-8 without control characters", flagName, event.MaxID)
	}
	s.subject = event.Customer{ID: id}
	return ""
}
