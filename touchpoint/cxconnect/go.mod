module cairncx.dev/cairn/touchpoint/cxconnect

go 1.26.0

require (
	cairncx.dev/cairn v0.0.0
	connectrpc.com/connect v1.21.1
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/felixge/httpsnoop v1.1.0 // indirect
	go.opentelemetry.io/otel v1.47.0 // indirect
	go.opentelemetry.io/otel/trace v1.47.0 // indirect
)

replace cairncx.dev/cairn => ../..
