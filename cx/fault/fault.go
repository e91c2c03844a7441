// Package fault has what can go wrong between an application and Cairn: the kinds of faults, and the
// report of one, which cx.WithOnFault is given.
package fault

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Fault is something that Cairn could not take as it was given: what it did about
// it is in the constant's comment. Faults never reach the caller; they are counted
// in the metric cx.sdk.faults under error.type.
type Fault uint8

// The faults.
const (
	UnknownName     Fault = iota // a name that is not in the blueprint: folded into [Other]
	InvalidName                  // an empty or malformed name, or a faulty definition met in use: folded into [Other]
	Conflict                     // a second, different definition of a name: the first one holds
	InvalidID                    // an empty, too long or malformed journey ID: the event has no journey
	InvalidCustomer              // a too long or malformed customer ID: the event has no customer
	TooLong                      // a text beyond its bound, or not UTF-8, or a label with characters that cannot be seen or not in normal form C: cut or cleaned
	TooMany                      // more attributes, or a longer or deeper list in one, than the bound: the last ones dropped
	Duration                     // negative, or longer than MaxDuration: set to zero or to the bound
	Time                         // a time out of all reason, more than [MaxAhead] ahead, or before what it ends: set to now, or to the start of that
	Score                        // a score that is not on its scale: the event is dropped
	NoJourney                    // a change of a journey that the context is not in: dropped
	RunLimit                     // more live journeys than are tracked: the new one has no state
	SpanLimit                    // a journey's trace is full: its span is not emitted
	SeriesLimit                  // a metric's attribute sets are too many: counted under [Other]
	Untrusted                    // a position from a peer that is not trusted: ignored
	BadHeader                    // a position header that cannot be read: ignored
	HeaderSize                   // a position too large for its header: not sent
	Unsigned                     // a position without a signature, where only a signed one is believed: ignored
	UnknownKey                   // a position signed with a key that is not among the client's: ignored
	Forged                       // a position that its signature does not fit: ignored
	Expired                      // a signed position after its time: ignored
	Early                        // a signed position from the future, by more than clocks may differ: ignored
	NoKeys                       // a signed position was to be believed, and the client has no keys: ignored
	Panic                        // a panic in a callback or a processor: contained
	Closed                       // an event after Shutdown: dropped
	Store                        // a round trip to the store of journeys failed: it is tried again
	StoreFull                    // too much waits for the store of journeys: the event is exported, its journey's state does not hear of it
	StoreLost                    // the client was shut down before the store of journeys took it: the event is exported
	Unsettled                    // what a store has committed could not be made safe: an exporter or a hook does not finish
	Hook                         // a hook, or the Flush, Forget or Shutdown of a processor or exporter, did not return in time: it is left alone
	Outcome                      // an outcome that its kind of event cannot have: a touchpoint is ok, the end of a journey is dropped
	Number                       // a negative count, or an amount beyond [MaxAmount]: left out
	OutsideJourney               // a touchpoint that declares a journey was recorded in none: it counts for no journey
	UnknownRoute                 // a route that was configured and that the router does not have: nothing is ever recorded for it
	NoRoute                      // requests whose route the handler cannot see: they are no touchpoints
	OtherCustomer                // a run was started again with another customer: the first one holds
	LiveRuns                     // runs were live at Shutdown and there is no store: their ends are never told
	NameLimit                    // more names of a kind than a client knows: the new one is folded into [Other]
	CauseLimit                   // more causes than the bound: the last ones dropped

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
}

// String returns the fault's name as it appears in telemetry.
func (f Fault) String() string {
	if int(f) < len(names) {
		return names[f]
	}
	return ""
}

// Set is a set of faults.
type Set uint64 //nolint:recvcheck // asking needs no pointer, adding does

// Add puts f into the set.
func (s *Set) Add(f Fault) { *s |= 1 << f }

// Has reports whether f is in the set.
func (s Set) Has(f Fault) bool { return s&(1<<f) != 0 }

// Report is one fault, with what a person needs to find and mend it.
type Report struct {
	// Fault is the kind. [Fault.Remedy] says what to do about it.
	Fault Fault
	// Name of what the fault is about: a definition, a survey, a route, an option, an exporter. It is never
	// an ID or a text of a customer. At most [MaxName] bytes are told, with control characters escaped.
	Name string
	// Detail says what was wrong, as half a sentence, such as `its stages are ["a"], and ["a" "b"] in the blueprint`.
	// It is bounded as Name is, to 512 bytes, and holds nothing of a customer. It may be empty.
	Detail string
	// Route is the pattern of the request in which it happened, if that is known; empty is the one that the
	// context has ([RouteFromContext]). At most 128 bytes are told.
	Route string
	// Stack is the stack of a panic, else empty. At most 4 KiB are told.
	Stack []byte
	// More is how many further ones of the same fault and name there have been since it was told last. The
	// client sets it.
	More int64
}

// String returns the report as one line, which ends with the remedy, and the stack of a panic below it.
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
		fmt.Fprintf(&b, " (and %s more since it was told)", thousands(r.More))
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

// quoted returns the name in quotes. What a client tells has been made printable: its escapes are not escaped again.
func quoted(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) || r == utf8.RuneError }) {
		return strconv.Quote(name)
	}
	return `"` + strings.ReplaceAll(name, `"`, `\"`) + `"`
}

// thousands returns n with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && n > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
