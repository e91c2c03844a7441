package cxtest

import (
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// Effort asserts facts about the efforts with one intent that are over: contacts of a customer about one matter (event.Effort). If an
// assertion does not hold, it fails the test without stopping it. Every assertion returns the Effort, so that assertions can be chained.
//
// An effort is over when its window and its grace are (cx.WithEffortWindow, cx.WithEffortGrace), by the clock of the client. Move that
// clock on, and call cx.Client.Sweep.
type Effort struct {
	r      *Recorder
	intent string
}

// Effort returns the assertions about the efforts with the intent, of any customer. The Recorder keeps efforts in memory, by the
// client's clock, unless cx.WithStore gives it a store with shelves.
func (r *Recorder) Effort(intent string) *Effort { return &Effort{r: r, intent: intent} }

// Events returns the contact.resolved events of the efforts, in order.
func (f *Effort) Events() (events []event.Event) {
	for _, e := range f.r.Events(event.ContactResolved) {
		if e.Effort != nil && e.Intent == f.intent {
			events = append(events, e)
		}
	}
	return events
}

// Over asserts how many efforts are over.
func (f *Effort) Over(want int) *Effort {
	f.r.tb.Helper()
	if got := len(f.Events()); got != want {
		f.errorf("%d are over, want %d", got, want)
	}
	return f
}

// Contacts asserts how many contacts the last effort that is over has taken.
func (f *Effort) Contacts(want int) *Effort {
	f.r.tb.Helper()
	return f.last(func(e *event.Effort) string {
		if e.Contacts != want {
			return fmt.Sprintf("the last one took %d contacts, want %d", e.Contacts, want)
		}
		return ""
	})
}

// FirstContact asserts that one contact has resolved the last effort that is over, or that it has not.
func (f *Effort) FirstContact(want bool) *Effort {
	f.r.tb.Helper()
	return f.last(func(e *event.Effort) string {
		if e.FirstContact != want {
			return fmt.Sprintf("first-contact resolution of the last one is %v, want %v", e.FirstContact, want)
		}
		return ""
	})
}

// From asserts which touchpoint of self-service failed before the first contact of the last effort that is over; "" is none.
func (f *Effort) From(touchpoint string) *Effort {
	f.r.tb.Helper()
	return f.last(func(e *event.Effort) string {
		if e.From != touchpoint {
			return fmt.Sprintf("the last one came from %q, want %q", e.From, touchpoint)
		}
		return ""
	})
}

func (f *Effort) last(wrong func(*event.Effort) string) *Effort {
	f.r.tb.Helper()
	all := f.Events()
	if len(all) == 0 {
		f.errorf("none is over")
		return f
	}
	if text := wrong(all[len(all)-1].Effort); text != "" {
		f.errorf("%s", text)
	}
	return f
}

func (f *Effort) errorf(format string, args ...any) {
	f.r.tb.Helper()
	var b strings.Builder
	for i, e := range f.Events() {
		fmt.Fprintf(&b, "\n  number %d: %d contacts, %d answered, %d switches, from %q, told for %s", i+1, e.Effort.Contacts, e.Effort.Answered,
			e.Effort.Switches, e.Effort.From, e.Time.Format("2006-01-02 15:04:05"))
	}
	f.r.tb.Errorf("efforts with the intent %q: %s%s\n%s", f.intent, fmt.Sprintf(format, args...), b.String(), story(f.r.Events()))
}
