package exporterstest

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// RunBroken is [Run] for an exporter that is broken: what does not return is not waited for as long.
func RunBroken(t *testing.T, open func(t *testing.T) Sink) {
	t.Helper()
	(&runner{open, 5 * time.Second}).run(t)
}

// Lists are the events of the clauses about contents.
var Lists = map[string]func() []event.Event{
	"nothing set":               bare,
	"every kind":                ofEveryKind,
	"hostile texts":             hostile,
	"extreme times and numbers": extremes,
	"attributes":                attributed,
	"a heavy batch":             func() []event.Event { return heavy(200) },
	"the batch is not changed":  changeable,
}

// UnknownKind is the last of "every kind".
const UnknownKind = unknownKind

// HostileTexts are what is hostile in them.
func HostileTexts() []string { return hostileTexts() }
