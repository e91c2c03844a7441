package cx

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/lifecycle"
)

// Bounds of a report beside its name, in bytes.
const (
	maxDetail = 512
	maxRoute  = 128
)

// maxWaiting bounds the reports that wait for a listener.
const maxWaiting = 2 * maxReports

// message is a report, or an error, on its way to a listener.
type message struct {
	ctx    context.Context //nolint:containedctx // the listener gets it
	report fault.Report
	err    error // instead of a report
	last   bool
}

// lastNote returns a note that the bound of a minute is reached, or nothing.
func (s *message) lastNote() string {
	if !s.last {
		return ""
	}
	return " (" + strconv.Itoa(maxReports) + " faults were reported within a minute: the rest of this minute's are counted in cx.sdk.faults)"
}

// outlet gives reports to one listener, in a goroutine that exists only while reports wait.
type outlet struct {
	give func(message) // to the listener

	mu      sync.Mutex
	waiting []message
	idle    chan struct{} // closed when no report waits any more; nil while none does
}

// add queues s behind the others. It returns false where too many wait.
func (o *outlet) add(s message) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) >= maxWaiting {
		return false
	}
	o.waiting = append(o.waiting, s)
	if o.idle == nil {
		o.idle = make(chan struct{})
		go o.run()
	}
	return true
}

// run gives the listener what waits. A listener that ends its goroutine (runtime.Goexit) does not end the outlet.
func (o *outlet) run() {
	done := false
	defer func() {
		if !done {
			go o.run()
		}
	}()
	for {
		s, ok := o.take()
		if !ok {
			done = true
			return
		}
		o.give(s)
	}
}

func (o *outlet) take() (s message, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.waiting) == 0 {
		close(o.idle)
		o.idle, o.waiting = nil, nil
		return s, false
	}
	s = o.waiting[0]
	o.waiting[0] = message{}
	o.waiting = o.waiting[1:]
	return s, true
}

// quiet reports whether no report waits.
func (o *outlet) quiet() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.idle == nil
}

// wait returns true when the listener has had what waits, or false when ctx is done first.
func (o *outlet) wait(ctx context.Context) bool {
	o.mu.Lock()
	idle := o.idle
	o.mu.Unlock()
	return idle == nil || lifecycle.AwaitCall(ctx, idle)
}

// contextOf returns the context that listeners get for a fault in ctx. It has the span and the position of ctx and nothing else,
// because the request that ctx belongs to may have ended by then.
func (t *reporter) contextOf(ctx context.Context) context.Context {
	own := context.WithValue(context.Background(), insideKey{}, &inside{c: t.c, reporting: true})
	if ctx != nil {
		if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
			own = trace.ContextWithSpanContext(own, sc)
		}
	}
	return NewContext(flight.ContextWithPosition(own, flight.PositionFromContext(ctx)), t.c)
}

// wait returns when the listeners have had all reports up to now, when ctx is done, or after a second: a listener that does not
// return holds nothing up for longer. A listener does not wait for itself.
func (t *reporter) wait(ctx context.Context) {
	if t.people.quiet() && t.code.quiet() {
		return
	}
	if in := t.c.insideOf(ctx); in != nil && in.reporting || stackHas(function((*outlet).run)) {
		return
	}
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !t.code.wait(soon) && ctx.Err() == nil {
		t.c.RecordFault(context.Background(), fault.Report{Fault: fault.Hook, Name: onFault, Detail: "it has not returned within a second"})
	}
	t.people.wait(soon)
}

// printable returns s in at most limit bytes, with every character escaped that is not printable: in a log it stays one
// line, and looks like what it is.
func printable(s string, limit int) string {
	if len(s) <= limit && plain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		c := s[i : i+size]
		switch {
		case r == utf8.RuneError && size == 1:
			c = `\x` + strconv.FormatUint(uint64(s[i]), 16) // a byte beyond 0x7f: two digits
		case r != ' ' && !unicode.IsPrint(r):
			c = strconv.QuoteRuneToASCII(r)
			c = c[1 : len(c)-1]
		}
		if b.Len()+len(c) > limit {
			break
		}
		b.WriteString(c)
		i += size
	}
	return b.String()
}

// plain reports whether s is printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
