package exporters_test

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// ledgerSink is a sink of one's own that says which host its events go to.
type ledgerSink struct{ url string }

func (ledgerSink) Export(context.Context, []event.Event) error { return nil }
func (ledgerSink) Shutdown(context.Context) error              { return nil }

// ServerAddress implements [exporters.Addressed].
func (s ledgerSink) ServerAddress() (host string, port int) { return exporters.SplitAddress(s.url) }

// A sink says where its events go, and nothing else of its URL: the metrics of the queue in front of it have that as
// server.address and server.port.
func ExampleSplitAddress() {
	var sink exporters.Addressed = ledgerSink{"https://user:secret@ledger.example/v1?key=secret"}
	fmt.Println(sink.ServerAddress())
	fmt.Println(exporters.SplitAddress("[2001:db8::7]:9092"))
	fmt.Println(exporters.SplitAddress("broker"))
	// Output:
	// ledger.example 443
	// 2001:db8::7 9092
	// broker 0
}

// What goes wrong in a queue goes to the application's own log.
func ExampleWithErrorHandler() {
	queue := exporters.NewBatch(nil, // the sink was forgotten
		exporters.WithErrorHandler(func(err error) { fmt.Println(err) }))
	_ = queue.Shutdown(context.Background())
	// Output:
	// cairn: exporters: NewBatch: the exporter is nil: give the sink that the events are for
}
