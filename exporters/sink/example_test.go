package sink_test

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// ledgerSink is a sink of one's own that says which host its events go to.
type ledgerSink struct{ url string }

func (ledgerSink) Export(context.Context, []event.Event) error { return nil }
func (ledgerSink) Shutdown(context.Context) error              { return nil }

// ServerAddress implements [sink.Addressed].
func (s ledgerSink) ServerAddress() (host string, port int) { return sink.SplitAddress(s.url) }

// A sink says where its events go, and nothing else of its URL: the metrics of the queue in front of it have that as
// server.address and server.port.
func ExampleSplitAddress() {
	var ledger sink.Addressed = ledgerSink{"https://user:secret@ledger.example/v1?key=secret"}
	fmt.Println(ledger.ServerAddress())
	fmt.Println(sink.SplitAddress("[2001:db8::7]:9092"))
	fmt.Println(sink.SplitAddress("broker"))
	// Output:
	// ledger.example 443
	// 2001:db8::7 9092
	// broker 0
}
