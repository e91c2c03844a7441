package cxtest_test

import (
	"testing"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/processortest"
)

// TestRecorderIsAProcessor: a Recorder keeps the contract of processors.
func TestRecorderIsAProcessor(t *testing.T) {
	processortest.Run(t, func(t *testing.T) processortest.Subject {
		r := cxtest.New(t)
		return processortest.Subject{Processor: r, Processed: func(*testing.T) []event.Event { return r.Events() }}
	})
}
