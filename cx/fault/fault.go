// Package fault defines the faults that Cairn reports. A [Fault] is a kind of fault, with a remedy. A [Report] is one fault
// with the details to find it. cx.WithOnFault takes a function that gets the reports.
//
// Recording never returns an error. The client corrects, folds or drops data that it cannot use, and reports a fault.
package fault

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Fault is a kind of fault. The comment of each constant has its name, the mistake, and what Cairn does. The metric
// cx.sdk.faults counts faults, with the name as error.type. A call that records does not return them.
type Fault uint8

// The faults. The bounds that they name are those of package event.
const (
	UnknownName        Fault = iota // unknown_name: a name that the client does not know: folded into _other
	InvalidName                     // invalid_name: an empty or malformed name, or a faulty definition that code uses: folded into _other
	Conflict                        // definition_conflict: a second, different definition of a name: the first one holds, and answers to a second survey are folded into _other
	InvalidID                       // invalid_id: an empty, too long or malformed ID of a run: the event has no journey
	InvalidCustomer                 // invalid_customer: a too long or malformed ID of a customer, an account or an employee: the event does not have it
	TooLong                         // too_long: a text that is too long or not UTF-8, or a name with invisible characters or not in normal form C: cut or cleaned
	TooMany                         // too_many: too many attributes, or a too long or too deep list in an attribute: the last ones are dropped
	Duration                        // invalid_duration: a negative duration, or one longer than MaxDuration: set to zero or to MaxDuration
	Time                            // invalid_time: a time before 1970, too late to store (ValidTime), more than MaxAhead ahead, or before the start of the run: set to now, or to the start
	Score                           // invalid_score: a score that is not on its scale: the event is dropped
	NoJourney                       // no_journey: a change of a run that the context is not in: dropped
	RunLimit                        // run_limit: more live runs than the client tracks: the new run has no state
	SpanLimit                       // span_limit: the trace of a run is full: the span is dropped
	SeriesLimit                     // series_limit: too many attribute sets of a metric: counted under _other
	Untrusted                       // untrusted_position: a position from a peer that is not trusted: ignored
	BadHeader                       // bad_header: a position that cannot be read: ignored
	HeaderSize                      // header_size: a position that is too large for its header: not sent
	Unsigned                        // unsigned_position: a position without a required signature: ignored
	UnknownKey                      // unknown_position_key: a position signed with a key that the client does not have: ignored
	Forged                          // forged_position: a position that does not match its signature: ignored
	Expired                         // expired_position: a signed position after its expiry: ignored
	Early                           // early_position: a position signed more than ClockSkew in the future: ignored
	NoKeys                          // no_position_keys: a signed position for a client without keys: ignored
	Panic                           // panic: a panic in a callback, a processor or an exporter: recovered
	Closed                          // already_shutdown: an event after Shutdown: dropped
	Store                           // store: a failed round trip to the store of journeys: tried again
	StoreFull                       // store_queue_full: a full queue to the store of journeys: the event is exported, and does not change its run
	StoreLost                       // store_lost: a change that the store had not taken at Shutdown: the event is exported
	Unsettled                       // unsettled: a committed change that an exporter or a hook does not finish: it stays open in the store
	Hook                            // hook_timeout: a hook, or a Flush, Forget or Shutdown of a processor or exporter, that did not return in time: left running
	Outcome                         // invalid_outcome: an outcome that the kind of event cannot have: a touchpoint becomes ok, the end of a run is dropped
	Number                          // invalid_number: a negative count, or an amount beyond MaxAmount: left out
	OutsideJourney                  // outside_journey: a touchpoint declared in a journey and recorded in no run of it: its stage is not entered
	UnknownRoute                    // unknown_route: an option with a route that the router does not have: the option never applies
	NoRoute                         // no_route: requests whose route the handler cannot find: they are no touchpoints
	OtherCustomer                   // other_customer: a second start of a live run with another customer: the first customer holds
	LiveRuns                        // live_runs_lost: live runs at Shutdown without a store: their ends are never recorded
	NameLimit                       // name_limit: more names of a kind than a client keeps: the new name is folded into _other
	CauseLimit                      // cause_limit: too many causes of an answer: the last ones are dropped
	InvalidKind                     // invalid_kind: an event without a kind, or of a kind that only the client makes: dropped
	MissingDetail                   // missing_detail: an event without what its kind requires, such as a run or an answer: dropped
	UnknownRun                      // unknown_run: a stage entered, or a promise made or kept, in a run whose state the process does not have: dropped
	Currency                        // invalid_currency: a currency that is not three capital letters: the value is left out
	InvalidValue                    // invalid_value: a number that no constant stands for, such as of a channel or an outcome: replaced by other, or by none
	Attribute                       // invalid_attribute: an attribute without a key or without a value: left out
	TextDropped                     // text_dropped: a free text for a client without a redactor: dropped
	NoCustomerKey                   // no_customer_key: the ID of a customer, an account or an employee for a client without a key: the event does not have it
	PromiseLimit                    // promise_limit: promises of more names than a run can have: the new one is not made
	PromiseFar                      // promise_far: a promise with hours and pauses that is due after the openings that its run keeps: closed time after them counts as opened
	ContactUnknown                  // contact_unknown: a contact about which the customer's record did not answer: refused, unless its purpose says otherwise
	DetailLimit                     // detail_limit: too many legs, decisions, views or replies of an assisted contact, or answers that an action names: the last ones are dropped
	ContactOrder                    // contact_order: a call of an assisted contact that does not fit what has happened in it, such as Hold before Answer: it changes as little as is sensible
	EffortLost                      // effort_lost: a contact that has joined no effort, because the store did not take it or it came too late: the numbers about efforts lack it
	RequestOver                     // request_over: an answer to a request for feedback that has ended, which counts as one without a request, or one more change of an answer than are kept
	RequestMismatch                 // request_mismatch: an answer, or what became of a request for feedback, that names the request of another survey, scale or customer, or is of a delegate or a probe: an answer counts as one without a request, all else is dropped
	UntrustedSynthetic              // untrusted_synthetic: a header that calls a request synthetic, from a peer that is not trusted or with an unknown value: removed
	RefusedDelegate                 // refused_delegate: a signature of an AI assistant that proves nothing, such as a forged, expired or repeated one: the assistant is claimed at most
	ForgedCookie                    // forged_cookie: a cookie of a run that is malformed, too large, or signed with none of the keys: ignored
	ExpiredCookie                   // expired_cookie: a signed cookie of a run after its expiry: ignored
	BadBeacon                       // bad_beacon: a request to the beacon that its module does not send: refused
	BeaconRate                      // beacon_rate: a request to the beacon of a client that sends too many: refused
	Unrecorded                      // unrecorded_spans: a sampler that does not record each span, where spans become touchpoints: those that it drops are none

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
	"promise_limit", "promise_far", "contact_unknown", "detail_limit", "contact_order", "effort_lost", "request_over",
	"request_mismatch", "untrusted_synthetic", "refused_delegate", "forged_cookie", "expired_cookie", "bad_beacon", "beacon_rate", "unrecorded_spans",
}

// String returns the fault's name, as in the comments of the constants. It is "" for a number that stands for no fault.
func (f Fault) String() string {
	if int(f) < len(names) {
		return names[f]
	}
	return ""
}

// Set is a set of faults, with a bit for each. The zero value is empty. Sets are comparable.
type Set [2]uint64 //nolint:recvcheck // asking needs no pointer, adding does

// room is how many faults a Set has room for. The constant below does not compile if there are more, because it must not be a negative uint.
const (
	room = 64 * len(Set{})
	_    = uint(room - Num)
)

// Add puts f into the set. It ignores a number that stands for no fault.
func (s *Set) Add(f Fault) {
	if int(f) < room {
		s[f/64] |= 1 << (f % 64)
	}
}

// Has reports whether f is in the set.
func (s Set) Has(f Fault) bool { return int(f) < room && s[f/64]&(1<<(f%64)) != 0 }

// Union returns the faults that are in either set.
func (s Set) Union(o Set) Set {
	for i, word := range o {
		s[i] |= word
	}
	return s
}

// IsEmpty reports whether the set has no fault.
func (s Set) IsEmpty() bool { return s == Set{} }

// All calls yield with each fault of the set, in the order of their numbers, until it returns false.
func (s Set) All(yield func(Fault) bool) {
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			if !yield(Fault(64*i + bits.TrailingZeros64(word))) { //nolint:gosec // at most 127
				return
			}
		}
	}
}

// Report is one fault, with the details to find and fix it. It never holds personal data.
type Report struct {
	// Fault is the kind of fault. [Fault.Remedy] returns what to do about it.
	Fault Fault
	// Name identifies the faulty thing: a definition, a survey, a route, an option, an exporter. It is never an ID or a
	// text of a customer. The client reports at most 64 bytes, with control characters escaped.
	Name string
	// Detail says what was wrong, as a clause such as `its stages are ["a"], and ["a" "b"] in the blueprint`. The client
	// reports at most 512 bytes. Detail may be empty.
	Detail string
	// Route is the pattern of the request in which the fault happened. If it is empty, the client takes the route of the
	// context (propagate.RouteFromContext). The client reports at most 128 bytes.
	Route string
	// Stack is the stack of a panic, else empty. The client reports at most [MaxStack] bytes.
	Stack []byte
	// More is the number of faults of the same kind and name since the last report. The client sets it.
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
