module cairncx.dev/cairn/internal/e2e

go 1.26.0

require (
	cairncx.dev/cairn v0.0.0
	cairncx.dev/cairn/cx/blueprint/yaml v0.0.0
	cairncx.dev/cairn/cx/console/oidc v0.0.0
	cairncx.dev/cairn/cx/slo/fleet v0.0.0
	cairncx.dev/cairn/cx/slo/grafana v0.0.0
	cairncx.dev/cairn/cx/stores/postgres v0.0.0
	cairncx.dev/cairn/cx/stores/redis v0.0.0
	cairncx.dev/cairn/cx/stores/sqlite v0.0.0
	cairncx.dev/cairn/examples v0.0.0-00010101000000-000000000000
	cairncx.dev/cairn/exporters/otlplog v0.0.0
	cairncx.dev/cairn/feedback/intake v0.0.0
	cairncx.dev/cairn/touchpoint/cxconnect v0.0.0
	cairncx.dev/cairn/touchpoint/cxgrpc v0.0.0
	cairncx.dev/cairn/touchpoint/cxkafka v0.0.0
	cairncx.dev/cairn/touchpoint/cxnats v0.0.0
	cairncx.dev/cairn/touchpoint/cxopenfeature v0.0.0
	cairncx.dev/cairn/touchpoint/delegate v0.0.0
	cairncx.dev/cairn/touchpoint/spanmatch v0.0.0-00010101000000-000000000000
	connectrpc.com/connect v1.21.1
	connectrpc.com/otelconnect v0.12.0
	github.com/emersion/go-smtp v0.26.0
	github.com/google/go-cmp v0.7.0
	github.com/jackc/pgx/v5 v5.13.0
	github.com/nats-io/nats-server/v2 v2.15.3
	github.com/nats-io/nats.go v1.55.0
	github.com/open-feature/go-sdk v1.20.0
	github.com/redis/go-redis/v9 v9.23.0
	github.com/twmb/franz-go v1.22.3
	github.com/twmb/franz-go/pkg/kfake v0.0.0-20260918054303-01f206a7e32c
	github.com/twmb/franz-go/pkg/kmsg v1.15.1
	github.com/zitadel/oidc/v3 v3.52.0
	go.opentelemetry.io/collector/pdata v1.71.0
	go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc v0.72.0
	go.opentelemetry.io/otel v1.47.0
	go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp v0.23.0
	go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp v1.47.0
	go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc v1.47.0
	go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp v1.47.0
	go.opentelemetry.io/otel/log v1.47.0
	go.opentelemetry.io/otel/metric v1.47.0
	go.opentelemetry.io/otel/sdk v1.47.0
	go.opentelemetry.io/otel/sdk/log v1.47.0
	go.opentelemetry.io/otel/sdk/metric v1.47.0
	go.opentelemetry.io/otel/trace v1.47.0
	go.uber.org/goleak v1.3.0
	golang.org/x/time v0.16.0
	google.golang.org/grpc v1.85.0
	modernc.org/sqlite v1.62.0
)

require (
	connectrpc.com/connect/v2 v2.0.0 // indirect
	github.com/antithesishq/antithesis-sdk-go v0.9.0 // indirect
	github.com/bmatcuk/doublestar/v4 v4.10.4 // indirect
	github.com/cenkalti/backoff/v4 v4.3.0 // indirect
	github.com/coreos/go-oidc/v3 v3.21.0 // indirect
	github.com/dunglas/httpsfv v1.1.2 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6 // indirect
	github.com/go-chi/chi/v5 v5.5.0 // indirect
	github.com/go-jose/go-jose/v4 v4.1.9 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/gorilla/securecookie v1.1.2 // indirect
	github.com/grafana/grafana-foundation-sdk/go v0.0.22 // indirect
	github.com/klauspost/compress v1.20.4 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/mfridman/interpolate v0.2.0 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/muhlemmer/gu v0.3.1 // indirect
	github.com/muhlemmer/httpforwarded v0.1.0 // indirect
	github.com/nats-io/jwt/v2 v2.8.3 // indirect
	github.com/nats-io/nkeys v0.4.17 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/pandatix/go-abnf v0.5.5 // indirect
	github.com/pierrec/lz4/v4 v4.1.33 // indirect
	github.com/pressly/goose/v3 v3.30.1 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/rs/cors v1.11.1 // indirect
	github.com/sethvargo/go-retry v0.5.0 // indirect
	github.com/standard-webhooks/standard-webhooks/libraries v0.0.1 // indirect
	github.com/wneessen/go-mail v0.8.1 // indirect
	github.com/zitadel/schema v1.3.2 // indirect
	go.uber.org/mock v0.6.0 // indirect
	golang.org/x/crypto v0.59.0 // indirect
	golang.org/x/oauth2 v0.38.0 // indirect
	modernc.org/libc v1.81.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)

require (
	cairncx.dev/cairn/cx/insight/mail v0.0.0
	cairncx.dev/cairn/cx/otelsetup v0.0.0-00010101000000-000000000000
	cairncx.dev/cairn/exporters/jsonl v0.0.0
	cairncx.dev/cairn/exporters/kafka v0.0.0
	cairncx.dev/cairn/exporters/nats v0.0.0
	cairncx.dev/cairn/exporters/sqlarchive v0.0.0
	cairncx.dev/cairn/exporters/webhook v0.0.0
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cenkalti/backoff/v5 v5.0.3 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/felixge/httpsnoop v1.1.0 // indirect
	github.com/go-logr/logr v1.4.4 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.33.0 // indirect
	github.com/hashicorp/go-version v1.9.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/json-iterator/go v1.1.12 // indirect
	github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd // indirect
	github.com/modern-go/reflect2 v1.0.3-0.20250322232337-35a7c28c31ee // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/prometheus/client_golang v1.25.0 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.74.0 // indirect
	github.com/prometheus/otlptranslator v1.0.0 // indirect
	github.com/prometheus/procfs v0.23.0 // indirect
	go.opentelemetry.io/auto/sdk v1.2.1 // indirect
	go.opentelemetry.io/collector/featuregate v1.71.0 // indirect
	go.opentelemetry.io/contrib/bridges/prometheus v0.72.0 // indirect
	go.opentelemetry.io/contrib/exporters/autoexport v0.72.0 // indirect
	go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp v0.72.0
	go.opentelemetry.io/contrib/propagators/autoprop v0.72.0 // indirect
	go.opentelemetry.io/contrib/propagators/aws v1.47.0 // indirect
	go.opentelemetry.io/contrib/propagators/b3 v1.47.0 // indirect
	go.opentelemetry.io/contrib/propagators/jaeger v1.47.0 // indirect
	go.opentelemetry.io/contrib/propagators/ot v1.47.0 // indirect
	go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc v0.23.0 // indirect
	go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc v1.47.0 // indirect
	go.opentelemetry.io/otel/exporters/otlp/otlptrace v1.47.0 // indirect
	go.opentelemetry.io/otel/exporters/prometheus v0.69.0 // indirect
	go.opentelemetry.io/otel/exporters/stdout/stdoutlog v0.23.0 // indirect
	go.opentelemetry.io/otel/exporters/stdout/stdoutmetric v1.47.0 // indirect
	go.opentelemetry.io/otel/exporters/stdout/stdouttrace v1.47.0 // indirect
	go.opentelemetry.io/proto/otlp v1.11.1 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sync v0.25.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.44.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20261110000943-09e21b237f2c // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20261110000943-09e21b237f2c // indirect
	google.golang.org/protobuf v1.36.12
)

replace cairncx.dev/cairn => ../..

replace cairncx.dev/cairn/cx/otelsetup => ../../cx/otelsetup

replace cairncx.dev/cairn/cx/stores/postgres => ../../cx/stores/postgres

replace cairncx.dev/cairn/cx/stores/redis => ../../cx/stores/redis

replace cairncx.dev/cairn/examples => ../../examples

replace cairncx.dev/cairn/exporters/sqlarchive => ../../exporters/sqlarchive

replace cairncx.dev/cairn/cx/stores/sqlite => ../../cx/stores/sqlite

replace cairncx.dev/cairn/exporters/otlplog => ../../exporters/otlplog

replace cairncx.dev/cairn/exporters/jsonl => ../../exporters/jsonl

replace cairncx.dev/cairn/exporters/kafka => ../../exporters/kafka

replace cairncx.dev/cairn/exporters/nats => ../../exporters/nats

replace cairncx.dev/cairn/touchpoint/cxkafka => ../../touchpoint/cxkafka

replace cairncx.dev/cairn/touchpoint/cxnats => ../../touchpoint/cxnats

replace cairncx.dev/cairn/exporters/webhook => ../../exporters/webhook

replace cairncx.dev/cairn/cx/slo/grafana => ../../cx/slo/grafana

replace cairncx.dev/cairn/cx/slo/fleet => ../../cx/slo/fleet

replace cairncx.dev/cairn/feedback/intake => ../../feedback/intake

replace cairncx.dev/cairn/cx/blueprint/yaml => ../../cx/blueprint/yaml

replace cairncx.dev/cairn/cx/insight/mail => ../../cx/insight/mail

replace cairncx.dev/cairn/cx/console/oidc => ../../cx/console/oidc

replace cairncx.dev/cairn/touchpoint/spanmatch => ../../touchpoint/spanmatch

replace cairncx.dev/cairn/touchpoint/cxopenfeature => ../../touchpoint/cxopenfeature

replace cairncx.dev/cairn/touchpoint/delegate => ../../touchpoint/delegate

replace cairncx.dev/cairn/touchpoint/cxconnect => ../../touchpoint/cxconnect

replace cairncx.dev/cairn/touchpoint/cxgrpc => ../../touchpoint/cxgrpc
