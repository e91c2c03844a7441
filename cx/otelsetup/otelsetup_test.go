package otelsetup_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"))
	pay      = touchpoint.Define("pay", touchpoint.In(checkout, "payment"))
)

// emit sends one of each signal.
func emit(t *testing.T, s *otelsetup.SDK) {
	t.Helper()
	ctx, span := s.TracerProvider.Tracer("test").Start(context.Background(), "request")
	span.End()
	_, span = s.JourneyTracerProvider.Tracer("test").Start(context.Background(), "journey")
	span.End()
	counter, err := s.MeterProvider.Meter("test").Int64Counter("count")
	must(t, err)
	counter.Add(ctx, 1)
	var r log.Record
	r.SetEventName("event")
	s.LoggerProvider.Logger("test").Emit(ctx, r)
}

var all = []string{"/v1/logs", "/v1/metrics", "/v1/traces"}

// TestVariables sets the standard variables and looks what arrives where.
func TestVariables(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, c := range []struct {
		name, reason string
		env          map[string]string
		opts         []otelsetup.Option
		want         []string
		spans        []string // that arrive
	}{
		{name: "an endpoint", reason: "OTLP is the default", want: all, spans: []string{"journey", "request"}},
		{
			name: "none", reason: "nothing goes anywhere",
			env: map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"},
		},
		{
			name: "only traces", reason: "each signal has its own variable",
			env:  map[string]string{"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"},
			want: []string{"/v1/traces"}, spans: []string{"journey", "request"},
		},
		{
			name: "only metrics", reason: "each signal has its own variable",
			env:  map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"},
			want: []string{"/v1/metrics"},
		},
		{name: "disabled", reason: "the specification: nothing at all", env: map[string]string{"OTEL_SDK_DISABLED": "true"}},
		{name: "disabled, upper case", reason: "the specification: case does not matter", env: map[string]string{"OTEL_SDK_DISABLED": "TRUE"}},
		{
			name: "disabled by anything else", reason: "the specification: any other value is false",
			env: map[string]string{"OTEL_SDK_DISABLED": "yes"}, want: all, spans: []string{"journey", "request"},
		},
		{
			name: "no request is sampled", reason: "journeys are: their sampling is the client's",
			env: map[string]string{"OTEL_TRACES_SAMPLER": "always_off"}, want: all, spans: []string{"journey"},
		},
		{
			name: "only if configured, and it is", reason: "an endpoint is enough",
			opts: []otelsetup.Option{otelsetup.OnlyIfConfigured()}, want: all, spans: []string{"journey", "request"},
		},
		{
			name: "only if configured, and it is not", reason: "no variable says where",
			env:  map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
			opts: []otelsetup.Option{otelsetup.OnlyIfConfigured()},
		},
		{name: "nil options", reason: "do nothing", opts: []otelsetup.Option{nil}, want: all, spans: []string{"journey", "request"}},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			col := newCollector(t)
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			s, err := otelsetup.Start(context.Background(), append(c.opts, otelsetup.WithoutGlobals())...)
			must(t, err)
			emit(t, s)
			must(t, s.Flush(context.Background()))
			must(t, s.Shutdown(context.Background()))
			if got := col.paths(); !slices.Equal(got, c.want) {
				t.Errorf("%q arrive, want %q: %s", got, c.want, c.reason)
			}
			var spans []string
			for _, s := range col.spans {
				spans = append(spans, s.GetName())
			}
			slices.Sort(spans)
			if !slices.Equal(spans, c.spans) {
				t.Errorf("the spans %q arrive, want %q: %s", spans, c.spans, c.reason)
			}
		})
	}
}

// TestConsole runs in a process of its own: the exporters keep the standard output that they find.
func TestConsole(t *testing.T) { //nolint:paralleltest // a child that prints
	if os.Getenv("OTELSETUP_CHILD") != "" {
		for _, signal := range []string{"TRACES", "METRICS", "LOGS"} {
			t.Setenv("OTEL_"+signal+"_EXPORTER", "console")
		}
		s, err := otelsetup.Start(context.Background())
		must(t, err)
		emit(t, s)
		must(t, s.Shutdown(context.Background()))
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestConsole$") //nolint:gosec // this test itself
	child.Env = append(os.Environ(), "OTELSETUP_CHILD=1")
	out, err := child.CombinedOutput()
	must(t, err)
	for _, want := range []string{"request", "journey", "count", "event"} {
		if !strings.Contains(string(out), `"`+want+`"`) {
			t.Errorf("%s is not on the console:\n%.500s", want, out)
		}
	}
}

// TestWrongVariables: what cannot be is said at once, and leaves nothing running.
func TestWrongVariables(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, c := range []struct {
		name, reason string
		env          map[string]string
		says         []string // the error
	}{
		{"traces", "the first part", map[string]string{"OTEL_TRACES_EXPORTER": "jagger"}, []string{"OTEL_TRACES_EXPORTER", "jagger"}},
		{"metrics", "when traces are running", map[string]string{"OTEL_METRICS_EXPORTER": "promotheus"}, []string{"OTEL_METRICS_EXPORTER", "promotheus"}},
		{"logs", "when the others are running", map[string]string{"OTEL_LOGS_EXPORTER": "syslog"}, []string{"OTEL_LOGS_EXPORTER", "syslog"}},
		{"the protocol", "all of them need it", map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "carrier-pigeon"}, []string{"carrier-pigeon"}},
		{"the protocol of logs", "when the others are running", map[string]string{"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "carrier-pigeon"}, []string{"OTEL_LOGS_EXPORTER", "carrier-pigeon"}},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			ignore := goleak.IgnoreCurrent()
			tp, mp, lp := otel.GetTracerProvider(), otel.GetMeterProvider(), otel.GetLoggerProvider()
			col := newCollector(t)
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			s, err := otelsetup.Start(context.Background())
			if err == nil {
				_ = s.Shutdown(context.Background())
				t.Fatalf("no error: %s", c.reason)
			}
			if s != nil {
				t.Error("there is an SDK all the same")
			}
			for _, want := range append(c.says, "otelsetup: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, which does not say %q", err, want)
				}
			}
			if otel.GetTracerProvider() != tp || otel.GetMeterProvider() != mp || otel.GetLoggerProvider() != lp {
				t.Error("the globals were set")
			}
			col.Close()
			goleak.VerifyNone(t, ignore)
		})
	}
}

// TestWrongVariablesAreSaidAtOnce: the sink is not there, as it is not on a developer's machine;
// what is shut down again has nothing to say to it.
func TestWrongVariablesAreSaidAtOnce(t *testing.T) { //nolint:paralleltest // variables are the process's
	col := newCollector(t)
	open := col.shut() // it takes connections and never answers
	defer open()
	t.Setenv("OTEL_LOGS_EXPORTER", "syslog")
	done := make(chan error, 1)
	go func() {
		_, err := otelsetup.Start(context.Background())
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Error("no error")
		}
	case <-time.After(time.Minute): // only where it fails
		t.Error("it takes more than a minute to say that there is no such exporter")
		open()
		<-done
	}
}

// TestTolerableVariables are wrong, too, but nothing is lost by them.
func TestTolerableVariables(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, c := range []struct{ name, key, value string }{
		{"a sampler that is none", "OTEL_TRACES_SAMPLER", "sometimes"},
		{"a propagator that is none", "OTEL_PROPAGATORS", "carrier-pigeon"},
		{"attributes that cannot be read", "OTEL_RESOURCE_ATTRIBUTES", "a=1,nonsense,=,b=%zz"},
		{"a queue that is none", "OTEL_BSP_MAX_QUEUE_SIZE", "many"},
		{"a delay that is none", "OTEL_BSP_SCHEDULE_DELAY", "soon"},
		{"a limit that is none", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "x"},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			col := newCollector(t)
			t.Setenv(c.key, c.value)
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
			must(t, err)
			emit(t, s)
			must(t, s.Shutdown(context.Background()))
			if got := col.paths(); !slices.Equal(got, all) {
				t.Errorf("%q arrive, want %q", got, all)
			}
		})
	}
}

// TestGlobals are set, or left alone.
func TestGlobals(t *testing.T) { //nolint:paralleltest // globals, and variables
	for _, c := range []struct {
		name string
		env  string // OTEL_SDK_DISABLED
		opts []otelsetup.Option
		set  bool
	}{
		{"by default", "", nil, true},
		{"disabled", "true", nil, true},
		{"without", "", []otelsetup.Option{otelsetup.WithoutGlobals()}, false},
		{"without, disabled", "true", []otelsetup.Option{otelsetup.WithoutGlobals()}, false},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			newCollector(t)
			t.Setenv("OTEL_SDK_DISABLED", c.env)
			tp, mp, lp, pr := tracenoop.NewTracerProvider(), metricnoop.NewMeterProvider(), lognoop.NewLoggerProvider(), propagation.Baggage{}
			otel.SetTracerProvider(tp)
			otel.SetMeterProvider(mp)
			otel.SetLoggerProvider(lp)
			otel.SetTextMapPropagator(pr)
			s, err := otelsetup.Start(context.Background(), c.opts...)
			must(t, err)
			defer func() { must(t, s.Shutdown(context.Background())) }()
			for name, pair := range map[string][3]any{
				"tracer provider": {otel.GetTracerProvider(), s.TracerProvider, tp},
				"meter provider":  {otel.GetMeterProvider(), s.MeterProvider, mp},
				"logger provider": {otel.GetLoggerProvider(), s.LoggerProvider, lp},
			} {
				want := pair[2]
				if c.set {
					want = pair[1]
				}
				if pair[0] != want {
					t.Errorf("the global %s is %T, want %T", name, pair[0], want)
				}
			}
			fields := otel.GetTextMapPropagator().Fields()
			if slices.Contains(fields, "traceparent") != c.set || !slices.Contains(fields, "baggage") {
				t.Errorf("the global propagator has the fields %q", fields)
			}
			if got := s.Propagator.Fields(); !slices.Contains(got, "traceparent") || !slices.Contains(got, "baggage") {
				t.Errorf("the propagator has the fields %q, want those of W3C by default", got)
			}
		})
	}
}

// TestResource: all signals, requests' and journeys', say the same of who sent them.
func TestResource(t *testing.T) { //nolint:paralleltest // variables are the process's
	given := make([]attribute.KeyValue, 1, 8) // room that Start must not write into
	given[0] = attribute.String("team", "checkout")
	for _, c := range []struct {
		name, reason string
		env          map[string]string
		opts         []otelsetup.Option
		want         map[string]string
	}{
		{"a variable", "the standard one", map[string]string{"OTEL_SERVICE_NAME": "shop"}, nil, map[string]string{"service.name": "shop"}},
		{"an option", "over the variable", map[string]string{"OTEL_SERVICE_NAME": "shop"}, []otelsetup.Option{otelsetup.WithServiceName("payments")}, map[string]string{"service.name": "payments"}},
		{
			"attributes", "those of the variable and of the option",
			map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,team=shop"},
			[]otelsetup.Option{otelsetup.WithAttributes(given...), otelsetup.WithServiceName("payments")},
			map[string]string{"deployment.environment.name": "test", "team": "checkout", "service.name": "payments"},
		},
		{"nothing", "OpenTelemetry has a name for it", nil, nil, map[string]string{"telemetry.sdk.language": "go"}},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			col := newCollector(t)
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			s, err := otelsetup.Start(context.Background(), append(c.opts, otelsetup.WithoutGlobals())...)
			must(t, err)
			emit(t, s)
			must(t, s.Shutdown(context.Background()))
			if len(col.resources) < 3 {
				t.Fatalf("%d resources arrive, want one for each signal", len(col.resources))
			}
			for _, r := range col.resources {
				for k, v := range c.want {
					if got := resourceAttr(r, k); got != v {
						t.Errorf("%s is %q, want %q: %s", k, got, v, c.reason)
					}
				}
				if resourceAttr(r, "service.name") == "" {
					t.Error("there is no service.name")
				}
			}
			if extra := given[:8][1]; extra.Valid() {
				t.Errorf("Start wrote %v into the caller's own slice", extra)
			}
		})
	}
}

// TestShutdown can be called again: it is done when it says so, and not before.
func TestShutdown(t *testing.T) { //nolint:paralleltest // variables are the process's
	t.Run("twice", func(t *testing.T) { //nolint:paralleltest // see above
		col := newCollector(t)
		s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
		must(t, err)
		emit(t, s)
		for range 3 {
			must(t, s.Shutdown(context.Background()))
		}
		if got := col.paths(); !slices.Equal(got, all) {
			t.Errorf("%q arrive, want %q", got, all)
		}
		emit(t, s) // into nothing
		_ = s.Flush(context.Background())
	})
	t.Run("nil", func(t *testing.T) { //nolint:paralleltest // see above
		var s *otelsetup.SDK
		must(t, s.Flush(context.Background()))
		must(t, s.Shutdown(context.Background()))
		must(t, (&otelsetup.SDK{}).Shutdown(context.Background()))
	})
	t.Run("disabled", func(t *testing.T) { //nolint:paralleltest // see above
		t.Setenv("OTEL_SDK_DISABLED", "true")
		s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
		must(t, err)
		must(t, s.Flush(context.Background()))
		must(t, s.Shutdown(context.Background()))
	})
}

// TestShutdownAfterATimeout: the sink does not answer in time. That is said, and when it answers
// again nothing is lost.
func TestShutdownAfterATimeout(t *testing.T) { //nolint:paralleltest // variables are the process's
	col := newCollector(t)
	open := col.shut()
	defer open()
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
	must(t, err)
	emit(t, s)
	if err := s.Shutdown(expired()); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown with a context that is done: %v, want that it says so", err)
	}
	short, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown again, while the collector answers nothing: %v, want that its time is up", err)
	}
	open()
	if err := s.Shutdown(context.Background()); err != nil {
		t.Errorf("Shutdown with all the time there is: %v", err)
	}
	if got := col.paths(); !slices.Equal(got, all) {
		t.Errorf("when Shutdown is done %q have arrived, want %q", got, all)
	}
	must(t, s.Shutdown(context.Background()))
}

// TestFlush waits for what was sent before.
func TestFlush(t *testing.T) { //nolint:paralleltest // variables are the process's
	col := newCollector(t)
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
	must(t, err)
	defer func() { must(t, s.Shutdown(context.Background())) }()
	emit(t, s)
	must(t, s.Flush(context.Background()))
	if got := col.paths(); !slices.Equal(got, all) {
		t.Errorf("%q have arrived, want %q", got, all)
	}
	open := col.shut()
	emit(t, s)
	if err := s.Flush(expired()); err == nil {
		t.Error("Flush with a context that is done says that it is done")
	}
	open()
}

// TestCardinalityLimit counts the attribute sets that arrive.
func TestCardinalityLimit(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, c := range []struct {
		name     string
		opts     []otelsetup.Option
		sets     int
		want     int
		overflow bool
	}{
		{"a bound", []otelsetup.Option{otelsetup.WithCardinalityLimit(10)}, 100, 10, true},
		{"below the bound", []otelsetup.Option{otelsetup.WithCardinalityLimit(10)}, 9, 9, false},
		{"the default", nil, 3000, otelsetup.DefaultCardinalityLimit, true},
		{"none", []otelsetup.Option{otelsetup.WithCardinalityLimit(0)}, 3000, 3000, false},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			col := newCollector(t)
			s, err := otelsetup.Start(context.Background(), append(c.opts, otelsetup.WithoutGlobals())...)
			must(t, err)
			counter, err := s.MeterProvider.Meter("test").Int64Counter("count")
			must(t, err)
			for i := range c.sets {
				counter.Add(context.Background(), 1, metric.WithAttributes(attribute.Int("i", i)))
			}
			must(t, s.Shutdown(context.Background()))
			sets, overflow := 0, false
			for _, m := range col.metrics {
				for _, p := range m.GetSum().GetDataPoints() {
					sets++
					for _, kv := range p.GetAttributes() {
						overflow = overflow || kv.GetKey() == "otel.metric.overflow"
					}
				}
			}
			if sets != c.want || overflow != c.overflow {
				t.Errorf("%d sets arrive, overflow %v; want %d, %v", sets, overflow, c.want, c.overflow)
			}
		})
	}
}

// TestConfigured goes by the variables alone.
func TestConfigured(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, name := range []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
		"OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER",
	} {
		t.Run(name, func(t *testing.T) { //nolint:paralleltest // see above
			if otelsetup.Configured() {
				t.Fatal("it is configured by nothing")
			}
			t.Setenv(name, "x")
			if !otelsetup.Configured() {
				t.Error("it is not")
			}
			t.Setenv(name, "") // the specification: empty is as not set
			if otelsetup.Configured() {
				t.Error("it is configured by an empty variable")
			}
		})
	}
	t.Run("something else", func(t *testing.T) { //nolint:paralleltest // see above
		t.Setenv("OTEL_SERVICE_NAME", "shop")
		if otelsetup.Configured() {
			t.Error("a name does not say where signals go")
		}
	})
}

// TestPrometheus: the variable opens a port, which Shutdown closes.
func TestPrometheus(t *testing.T) { //nolint:paralleltest // variables are the process's
	newCollector(t)
	t.Setenv("OTEL_METRICS_EXPORTER", "prometheus")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1")
	t.Setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
	must(t, err)
	emit(t, s)
	must(t, s.Shutdown(context.Background()))
}

// TestClient is a client on this SDK, as an application sets it up: its journey arrives as one
// trace with its derived root, beside a request of its own trace.
func TestClient(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, sampler := range []string{"", "always_off", "parentbased_always_off"} {
		t.Run("requests sampled by "+sampler, func(t *testing.T) { //nolint:paralleltest // see above
			col := newCollector(t)
			t.Setenv("OTEL_TRACES_SAMPLER", sampler)
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.WithServiceName("shop"))
			must(t, err)
			client, err := cx.New(cx.WithTracerProvider(s.TracerProvider), cx.WithJourneyTracerProvider(s.JourneyTracerProvider),
				cx.WithMeterProvider(s.MeterProvider), cx.WithLoggerProvider(s.LoggerProvider))
			must(t, err)
			ctx := checkout.Start(cx.NewContext(context.Background(), client), "7", event.Customer{})
			pay.Record(ctx, event.Web)
			_, tp := pay.Start(ctx, event.Web)
			tp.End()
			checkout.Complete(ctx)
			must(t, client.Shutdown(context.Background()))
			must(t, s.Shutdown(context.Background()))
			root, stage := col.span(t, "checkout"), col.span(t, "payment")
			if len(root.GetParentSpanId()) != 0 {
				t.Error("the root has a parent")
			}
			if string(stage.GetParentSpanId()) != string(root.GetSpanId()) {
				t.Error("the stage is not under the root")
			}
			twins, live := 0, 0
			for _, span := range col.spans {
				switch {
				case span.GetName() != "pay":
				case string(span.GetTraceId()) == string(root.GetTraceId()):
					twins++
				default:
					live++
				}
			}
			if want := map[bool]int{true: 1}[sampler == ""]; twins != 2 || live != want {
				t.Errorf("%d twins and %d live spans, want 2 and %d", twins, live, want)
			}
			for _, r := range col.resources {
				if got := resourceAttr(r, "service.name"); got != "shop" {
					t.Errorf("service.name is %q", got)
				}
			}
			if !slices.Contains(col.records, "cx.journey.ended") {
				t.Errorf("the log events are %q", col.records)
			}
		})
	}
}

// ExampleStart sets up the SDK and a client on it, in the order in which they are ended again.
func ExampleStart() {
	ctx := context.Background()
	// OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT and the other standard variables say who
	// this is and where signals go.
	sdk, err := otelsetup.Start(ctx, otelsetup.OnlyIfConfigured())
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := cx.New(cx.WithJourneyTracerProvider(sdk.JourneyTracerProvider))
	if err != nil {
		fmt.Println(err)
		return
	}
	cx.SetDefault(client)
	defer cx.SetDefault(nil)

	ctx = checkout.Start(ctx, "cart-7", event.Customer{})
	checkout.Complete(ctx)

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	fmt.Println(client.Shutdown(ctx), sdk.Shutdown(ctx))
	// Output: <nil> <nil>
}

// ExampleStart_wrongExporter is what a typing error looks like.
func ExampleStart_wrongExporter() {
	_ = os.Setenv("OTEL_TRACES_EXPORTER", "jagger")
	defer func() { _ = os.Unsetenv("OTEL_TRACES_EXPORTER") }()
	_, err := otelsetup.Start(context.Background())
	fmt.Println(err != nil)
	// Output: true
}
