package otelsetup_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/journey"
)

// Prometheus scrapes the service itself, with no collector in between.
func ExampleWithPrometheus() {
	ctx := context.Background()
	sdk, err := otelsetup.Start(ctx, otelsetup.OnlyIfConfigured(), otelsetup.WithPrometheus(), otelsetup.WithoutGlobals())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = sdk.Shutdown(ctx) }()
	client, err := cx.New(cx.WithMeterProvider(sdk.MeterProvider), cx.WithNamespace("staging"), cx.WithDefinitions(checkout))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(ctx) }()

	internal := http.NewServeMux() // on a port of its own, where only Prometheus gets
	internal.Handle("GET /metrics", sdk.PrometheusHandler())

	checkout.Complete(checkout.Start(cx.NewContext(ctx, client), "cart-7", event.Customer{}, journey.Via(event.Web)))
	scrape := httptest.NewRecorder()
	internal.ServeHTTP(scrape, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for lines := bufio.NewScanner(scrape.Body); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "cx_journey_ended_total{") && strings.Contains(line, `"completed"`) && strings.Contains(line, `cx_channel="web"`) {
			fmt.Println(line[:strings.IndexByte(line, '{')], line[strings.LastIndexByte(line, ' ')+1:])
		}
	}
	// Output: cx_journey_ended_total 1
}

// Without the option there is nothing to scrape.
func ExampleSDK_PrometheusHandler() {
	sdk, err := otelsetup.Start(context.Background(), otelsetup.OnlyIfConfigured(), otelsetup.WithoutGlobals())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = sdk.Shutdown(context.Background()) }()
	w := httptest.NewRecorder()
	sdk.PrometheusHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	fmt.Println(w.Code)
	// Output: 404
}
