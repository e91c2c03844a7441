module cairncx.dev/cairn/feedback/redact

go 1.26.0

require (
	cairncx.dev/cairn v0.0.0
	github.com/nyaruka/phonenumbers v1.8.1
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	go.opentelemetry.io/otel v1.47.0 // indirect
	go.opentelemetry.io/otel/trace v1.47.0 // indirect
	golang.org/x/text v0.23.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)

replace cairncx.dev/cairn => ../..
