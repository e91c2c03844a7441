// Package fault defines what can go wrong between an application and Cairn. A [Fault] is a kind of fault, with a remedy. A
// [Report] is one fault with the details that a person needs to find it: cx.WithOnFault takes a function that gets the
// reports.
//
// Recording never returns an error. What the client cannot take as it was given it corrects, folds or drops, and reports as
// a fault.
package fault

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Fault is a kind of fault. The comment of each constant says what is wrong and what Cairn does about it. Faults never reach
// the code that records: the metric cx.sdk.faults counts them, with the name of the fault as error.type.
type Fault uint8

// The faults. The bounds that they name are those of package event.
const (
	UnknownName     Fault = iota // a name that is not in the blueprint: folded into _other
	InvalidName                  // an empty or malformed name, or a faulty definition met in use: folded into _other
	Conflict                     // a second, different definition of a name: the first one holds, and answers of a second survey are folded into _other
	InvalidID                    // an empty, too long or malformed ID of a run: the event has no journey
	InvalidCustomer              // a too long or malformed ID of a customer: the event has no customer
	TooLong                      // a text beyond its bound or not UTF-8, or a label with unseen characters or not in normal form C: cut or cleaned
	TooMany                      // more attributes, or a longer or deeper list in an attribute, than the bound: the last ones are dropped
	Duration                     // a duration that is negative or longer than MaxDuration: set to zero or to the bound
	Time                         // a time beyond the range of event times, more than MaxAhead ahead, or before the start: set to now, or to the start
	Score                        // a score that is not on its scale: the event is dropped
	NoJourney                    // a change of a journey that the context is not in: dropped
	RunLimit                     // more live runs than the client tracks: the new run has no state
	SpanLimit                    // the trace of a run is full: the span is not emitted
	SeriesLimit                  // too many attribute sets of a metric: counted under _other
	Untrusted                    // a position from a peer that is not trusted: ignored
	BadHeader                    // a position that cannot be read: ignored
	HeaderSize                   // a position too large for its header: not sent
	Unsigned                     // a position without a signature where one is required: ignored
	UnknownKey                   // a position signed with a key that the client does not have: ignored
	Forged                       // a position that does not match its signature: ignored
	Expired                      // a signed position after its time: ignored
	Early                        // a position signed in the future, by more than clocks may differ: ignored
	NoKeys                       // a signed position for a client without keys: ignored
	Panic                        // a panic in a callback or a processor: contained
	Closed                       // an event after Shutdown: dropped
	Store                        // a failed round trip to the store of journeys: tried again
	StoreFull                    // a full queue to the store of journeys: the event is exported, and does not change its run
	StoreLost                    // a change that the store had not taken at Shutdown: the event is exported
	Unsettled                    // a committed change that an exporter or a hook does not finish: it stays open in the store
	Hook                         // a hook, or a Flush, Forget or Shutdown of a processor or exporter, that did not return in time: left running
	Outcome                      // an outcome that the kind of event cannot have: a touchpoint is ok, the end of a run is dropped
	Number                       // a negative count, or an amount beyond MaxAmount: left out
	OutsideJourney               // a touchpoint that declares a journey and was recorded in none: it counts for no journey
	UnknownRoute                 // an option names a route that the router does not have: the option never applies
	NoRoute                      // requests whose route the handler cannot see: they are no touchpoints
	OtherCustomer                // a second start of a run with another customer: the first customer holds
	LiveRuns                     // live runs at Shutdown without a store: their ends are never recorded
	NameLimit                    // more names of a kind than a client keeps: the new name is folded into _other
	CauseLimit                   // more causes than the bound: the last ones are dropped
	InvalidKind                  // an event without a kind, or of a kind that only the client makes: dropped
	MissingDetail                // an event without what its kind requires, such as a run, an answer or a follow-up: dropped
	UnknownRun                   // a stage entered in a run whose state the process does not have: the entry is dropped
	Currency                     // a currency that is not three capital letters: the value is left out
	InvalidValue                 // a number that no constant stands for, such as of a channel or an outcome: replaced by other, or by none
	Attribute                    // an attribute without a key or without a value: left out
	TextDropped                  // a free text for a client without a redactor: dropped
	NoCustomerKey                // a customer's ID for a client without a key: the event has no customer

	// Num is one more than the highest Fault.
	Num = int(iota)
)

var names = []string{
	"unknown_name", "invalid_name", "definition_conflict", "invalid_id", "invalid_customer",
	"too_long", "too_many", "invalid_duration", "invalid_time", "invalid_score", "no_journey",
	"run_limit", "span_limit", "series_limit", "untrusted_position", "bad_header", "header_size",
	"unsigned_position", "unknown_position_key", "forged_position", "expired_position", "early_position", "no_position_keys",
	"panic", "already_shutdown", "store", "store_queue_full", "store_lost",
	"unsettled", "hook_timeout", "invalid_outcome", "invalid_number",
	"outside_journey", "unknown_route", "no_route", "other_customer", "live_runs_lost", "name_limit", "cause_limit",
	"invalid_kind", "missing_detail", "unknown_run", "invalid_currency", "invalid_value", "invalid_attribute", "text_dropped", "no_customer_key",
}

// String returns the fault's name as it appears in telemetry.
func (f Fault) String() string {
	if int(f) < len(names) {
		return names[f]
	}
	return ""
}

// Set is a set of faults. The zero value is empty.
type Set uint64 //nolint:recvcheck // asking needs no pointer, adding does

// Add puts f into the set.
func (s *Set) Add(f Fault) { *s |= 1 << f }

// Has reports whether f is in the set.
func (s Set) Has(f Fault) bool { return s&(1<<f) != 0 }

// Report is one fault, with what a person needs to find and fix it. It never holds personal data.
type Report struct {
	// Fault is the kind of fault. [Fault.Remedy] says what to do about it.
	Fault Fault
	// Name is what the fault is about: a definition, a survey, a route, an option, an exporter. It is never an ID or a text
	// of a customer. The client reports at most 64 bytes, with control characters escaped.
	Name string
	// Detail says what was wrong, as half a sentence such as `its stages are ["a"], and ["a" "b"] in the blueprint`. The
	// client reports at most 512 bytes. Detail may be empty.
	Detail string
	// Route is the pattern of the request in which the fault happened. Empty is the route of the context
	// (propagate.RouteFromContext). The client reports at most 128 bytes.
	Route string
	// Stack is the stack of a panic, else empty. The client reports at most [MaxStack] bytes.
	Stack []byte
	// More counts the faults of the same kind and name since the last report. The client sets it.
	More int64
}

// String returns the report as one line that ends with the remedy. The stack of a panic follows on further lines.
func (r Report) String() string {
	var b strings.Builder
	b.WriteString(r.Fault.String())
	if r.Name != "" {
		b.WriteString(" " + quoted(r.Name))
	}
	if r.Route != "" {
		fmt.Fprintf(&b, " in %s", r.Route)
	}
	if r.Detail != "" {
		b.WriteString(": " + r.Detail)
	}
	if r.More > 0 {
		fmt.Fprintf(&b, " (and %s more since the last report)", thousands(r.More))
	}
	if remedy := r.Fault.Remedy(); remedy != "" {
		b.WriteString(": " + remedy)
	}
	if len(r.Stack) > 0 {
		b.WriteByte('\n')
		b.Write(r.Stack)
	}
	return b.String()
}

// quoted returns the name in quotes. A client has escaped what is not printable: quoted does not escape those escapes again.
func quoted(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) || r == utf8.RuneError }) {
		return strconv.Quote(name)
	}
	return `"` + strings.ReplaceAll(name, `"`, `\"`) + `"`
}

// thousands returns n, 0 or more, with commas between groups of three digits.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
