// Package guide lists where a person can see a customer's journey: the search, the query and the file for each
// backend. The pages and the terminal show the same hints.
package guide

import (
	"fmt"
	"net/url"
	"strings"
)

// Hint is one thing to look at.
type Hint struct {
	What string // such as Trace
	Show string // an ID, a search, a query or a command for the reader to copy
	Link string // the URL to open, or "" if there is none
}

// Config says which backends this run has. The zero value means none.
type Config struct {
	// Backend says that the services send telemetry to an OpenTelemetry backend.
	Backend bool
	// TraceURL is the URL of a trace in the backend, with %s in place of the trace's ID.
	TraceURL string
	// QueryURL is the base URL of a Prometheus.
	QueryURL string
	// Files are commands that show one journey, with %s in place of its ID: one for each file or database that
	// gets the events.
	Files []string
}

// Validate checks the URLs. Its error says which one is wrong and which form is accepted.
func (c Config) Validate() error {
	if c.TraceURL != "" && (!isWeb(strings.Replace(c.TraceURL, "%s", "0", 1)) || strings.Count(c.TraceURL, "%") != 1 || !strings.Contains(c.TraceURL, "%s")) {
		return fmt.Errorf("%q is not the URL of a trace: want http://host/… with %%s where the trace's ID goes", c.TraceURL)
	}
	if c.QueryURL != "" && !isWeb(c.QueryURL) {
		return fmt.Errorf("%q is not the URL of a Prometheus: want one such as http://localhost:9090", c.QueryURL)
	}
	return nil
}

func isWeb(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// query asks how checkouts ended.
const query = `sum by (cx_outcome) (increase(cx_journey_ended_total{cx_journey_name="checkout"}[1h]))`

// Journey returns the hints for the journey with the order number and the trace ID.
func (c Config) Journey(order, trace string) []Hint {
	hints := []Hint{{What: "Trace ID", Show: trace, Link: c.Trace(trace)}}
	sent := c.Backend || c.TraceURL != "" || c.QueryURL != ""
	if sent && order != "" {
		hints = append(hints, Hint{What: "Search traces for", Show: "cx.journey.id=" + order})
	}
	if order != "" {
		for _, f := range c.Files {
			hints = append(hints, Hint{What: "Its events", Show: strings.ReplaceAll(f, "%s", order)})
		}
	}
	if sent {
		hints = append(hints, Hint{What: "Query metrics for", Show: query, Link: c.graph()})
	} else {
		hints = append(hints, Hint{What: "See it as a trace", Show: "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 go run ./examples/shop"})
	}
	return append(hints, Hint{What: "Read the code", Show: "examples/shop/storefront/payment.go"})
}

// Trace returns the URL of the trace, or "" without a TraceURL.
func (c Config) Trace(id string) string {
	if c.TraceURL == "" {
		return ""
	}
	return strings.Replace(c.TraceURL, "%s", id, 1)
}

func (c Config) graph() string {
	if c.QueryURL == "" {
		return ""
	}
	return strings.TrimSuffix(c.QueryURL, "/") + "/graph?" + url.Values{"g0.expr": {query}, "g0.tab": {"1"}}.Encode()
}

// Lines returns the hints for a terminal, indented.
func Lines(hints []Hint) string {
	var b strings.Builder
	for _, h := range hints {
		show := h.Show
		if h.Link != "" {
			show += "\n" + strings.Repeat(" ", 22) + h.Link
		}
		fmt.Fprintf(&b, "  %-18s  %s\n", h.What, show)
	}
	return b.String()
}
