package otlplog_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/otlplog"
)

// A Collector gets each event as a log record.
func Example() {
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		data, err := sinktest.Unzip(r)
		if err != nil {
			return
		}
		var body collogpb.ExportLogsServiceRequest
		if proto.Unmarshal(data, &body) != nil {
			return
		}
		for _, record := range recordsOf(&body) {
			fmt.Println(r.URL.Path, record.GetEventName(), attributeOf(record, "cx.journey.id").GetStringValue())
		}
	}))
	defer collector.Close()

	exporter, err := otlplog.New(otlplog.WithEndpoint(collector.URL + "/v1/logs"))
	if err != nil {
		fmt.Println(err)
		return
	}
	// An application puts a spool in front of the sink, and gives the spool to cx.WithExporters.
	err = exporter.Export(context.Background(), []event.Event{{
		Kind: event.JourneyEnded, Time: time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC), Outcome: event.Completed,
		Journey: event.Run{Namespace: "production", Name: "checkout", ID: "order-20391"},
	}})
	fmt.Println(err, exporter.Rejected(), exporter.Shutdown(context.Background()))
	// Output:
	// /v1/logs cx.journey.ended order-20391
	// <nil> 0 <nil>
}
