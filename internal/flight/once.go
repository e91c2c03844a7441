package flight

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/digest"
)

// work is what a touchpoint processes, such as a message.
type work struct {
	touchpoint string // its name, before the client may fold it
	parts      []string
}

// SetOnce says what the event's touchpoint, which has its name already, processes. Its event then has an ID that is derived from the
// parts. The caller does not change them afterwards. No parts are none.
func (e *Event) SetOnce(parts []string) {
	if e.once = nil; len(parts) > 0 {
		e.once = &work{e.Touchpoint, parts}
	}
}

// Once reports whether the event's touchpoint processes what may be processed again.
func (e *Event) Once() bool { return e.once != nil }

// DeriveOnce gives the event of a touchpoint that says what it processes ([Event.SetOnce]) its ID, unless it has one. Namespace is the
// client's. Nothing that a second processing may know differently is part of the ID: not the run, the time or the duration.
//
// The outcome is a part. A sink keeps the first event of an ID, so that one that says "failed" must not be in the way of a later one that
// says "ok". An interaction that was ok and one that was degraded are both done.
func (e *Event) DeriveOnce(namespace string) {
	if !e.Once() || !e.ID.IsZero() {
		return
	}
	class := "done"
	if e.Outcome != event.OK && e.Outcome != event.Degraded {
		class = e.Outcome.String()
	}
	e.ID = digest.ID(digest.Once(namespace, e.once.touchpoint, class, e.once.parts))
}
