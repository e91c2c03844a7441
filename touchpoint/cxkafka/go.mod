module cairncx.dev/cairn/touchpoint/cxkafka

go 1.26.0

require (
	cairncx.dev/cairn v0.0.0
	github.com/twmb/franz-go v1.22.3
	go.opentelemetry.io/otel v1.47.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/felixge/httpsnoop v1.1.0 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/pierrec/lz4/v4 v4.1.33 // indirect
	github.com/twmb/franz-go/pkg/kmsg v1.15.1 // indirect
	go.opentelemetry.io/otel/trace v1.47.0 // indirect
)

replace cairncx.dev/cairn => ../..
