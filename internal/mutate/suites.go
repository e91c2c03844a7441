package main

// suites returns the folders, below the root, of the packages that test another package, the quickest first. It
// does not name a package's own tests.
func suites(rel string) []string {
	const (
		sdk    = "internal/sdktest"
		client = "cx"
	)
	switch rel {
	case "internal/track":
		return []string{"cx/ledger/ledgertest", client, sdk}
	case "cx/ledger/ledgertest":
		return []string{"cx/stores/sqlite", "internal/e2e/stores"}
	case "journey", "touchpoint", "feedback", "cx/event", "cx/fault", "cx/propagate", "internal/flight", "internal/resolve":
		return []string{client, sdk}
	case "cx":
		return []string{"cx/cxtest", sdk}
	case "cx/telemetry":
		return []string{client, sdk, "cx/otelsetup"}
	case "cx/telemetry/semconv":
		return []string{sdk}
	case "cx/stores/postgres", "cx/stores/redis":
		return []string{"internal/e2e/stores"}
	case "exporters":
		return []string{"exporters/exporterstest", "cx", "exporters/jsonl"}
	case "exporters/exporterstest":
		return []string{"exporters/jsonl", "exporters/stdout"}
	case "exporters/sink":
		return []string{"exporters", "exporters/kafka", "exporters/nats"}
	case "internal/lifecycle":
		return []string{"exporters", "exporters/sink"}
	case "exporters/httpsink":
		return []string{"exporters/webhook", "exporters/otlplog"}
	case "exporters/otlplog":
		return []string{"internal/e2e/otlplog"}
	case "exporters/sqlarchive":
		return []string{"internal/e2e/archive"}
	case "cmd/cairn/internal/draft", "cmd/cairn/internal/progress", "cmd/cairn/internal/report",
		"cmd/cairn/internal/scratch", "cmd/cairn/internal/series":
		return []string{"cmd/cairn"}
	case "examples/shop/crowd", "examples/shop/experience", "examples/shop/export", "examples/shop/guide", "examples/shop/payments",
		"examples/shop/service", "examples/shop/store", "examples/shop/storefront", "examples/shop/story":
		return []string{"examples/shop"}
	case "examples/support/journal":
		return []string{"examples/support/desk"}
	default:
		return nil
	}
}
