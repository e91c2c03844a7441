module cairncx.dev/cairn/cx/slo/grafana

go 1.26.0

require (
	cairncx.dev/cairn v0.0.0
	github.com/grafana/grafana-foundation-sdk/go v0.0.22
	github.com/prometheus/otlptranslator v1.0.0
)

replace cairncx.dev/cairn => ../../..
