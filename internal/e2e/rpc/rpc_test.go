// Package rpc_test sends one customer through three services: HTTP, then gRPC, then Connect. Each has OpenTelemetry's own instrumentation
// and Cairn's adapter beside it, and all deliver into one archive.
package rpc_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"connectrpc.com/otelconnect"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/types/known/emptypb"
	_ "modernc.org/sqlite"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxconnect"
	"cairncx.dev/cairn/touchpoint/cxgrpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"))
	w3c      = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
)

const chargeProcedure = "/psp.v1.Cards/Charge"

// service is one of the three.
type service struct {
	client *cx.Client
	traces *sdktrace.TracerProvider
	spans  *tracetest.InMemoryExporter
}

func newService(t *testing.T, archive string) *service {
	t.Helper()
	s := &service{spans: tracetest.NewInMemoryExporter()}
	s.traces = sdktrace.NewTracerProvider(sdktrace.WithSyncer(s.spans))
	a, err := sqlarchive.OpenSQLite(archive)
	must(t, err)
	s.client, err = cx.New(cx.WithTracerProvider(s.traces), cx.WithExporters(a), cx.WithPositionKeys([]byte("one key for all services")))
	must(t, err)
	return s
}

// stop delivers what the service has recorded.
func (s *service) stop(t *testing.T) {
	t.Helper()
	must(t, s.client.Shutdown(context.Background()))
	must(t, s.traces.Shutdown(context.Background()))
}

// payments is the service in the middle. It calls the last one by Connect.
type payments struct {
	pb.UnimplementedTestServiceServer

	cards *connect.Client[emptypb.Empty, emptypb.Empty]
}

func (p *payments) EmptyCall(ctx context.Context, _ *pb.Empty) (*pb.Empty, error) {
	touchpoint.FromContext(ctx).Degrade("slow-psp")
	_, err := p.cards.CallUnary(ctx, connect.NewRequest(&emptypb.Empty{}))
	if err == nil {
		return nil, errors.New("the card was charged")
	}
	return &pb.Empty{}, nil // it is tried again later
}

// TestThroughThreeServices: the touchpoints of all three are in one run, in the archive and in the journey's trace; the request is one trace
// with one span for each end of a call.
func TestThroughThreeServices(t *testing.T) {
	t.Parallel()
	for protocol, how := range map[string][]connect.ClientOption{
		connect.ProtocolConnect: nil, connect.ProtocolGRPC: {connect.WithGRPC()}, connect.ProtocolGRPCWeb: {connect.WithGRPCWeb()},
	} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			archive := filepath.Join(t.TempDir(), "archive.db")
			shop, pay, psp := newService(t, archive), newService(t, archive), newService(t, archive)

			// The last one, by Connect: it is down.
			theirs := otelOf(t, psp)
			cards := httptest.NewUnstartedServer(psp.recording(connect.NewUnaryHandler(chargeProcedure,
				func(context.Context, *connect.Request[emptypb.Empty]) (*connect.Response[emptypb.Empty], error) {
					return nil, connect.NewError(connect.CodeUnavailable, errors.New("secret"))
				}, connect.WithInterceptors(theirs, cxconnect.NewInterceptor(cxconnect.WithSignedPositions())))))
			cards.EnableHTTP2 = true
			cards.StartTLS()

			// The one in the middle, by gRPC.
			middle := &payments{cards: connect.NewClient[emptypb.Empty, emptypb.Empty](cards.Client(), cards.URL+chargeProcedure,
				append(how, connect.WithInterceptors(otelOf(t, pay), cxconnect.NewInterceptor(cxconnect.WithTargets("127.0.0.1"))))...)}
			server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler(otelgrpc.WithTracerProvider(pay.traces), otelgrpc.WithPropagators(w3c))),
				grpc.ChainUnaryInterceptor(func(ctx context.Context, r any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
					return next(cx.NewContext(ctx, pay.client), r)
				}, cxgrpc.UnaryServerInterceptor(cxgrpc.WithSignedPositions())))
			pb.RegisterTestServiceServer(server, middle)
			l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			must(t, err)
			served := make(chan error, 1)
			go func() { served <- server.Serve(l) }()

			// The first one, by HTTP.
			cc, err := grpc.NewClient("dns:///"+l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
				grpc.WithStatsHandler(otelgrpc.NewClientHandler(otelgrpc.WithTracerProvider(shop.traces), otelgrpc.WithPropagators(w3c))),
				grpc.WithChainUnaryInterceptor(cxgrpc.UnaryClientInterceptor("127.0.0.1")))
			must(t, err)
			mux := http.NewServeMux()
			mux.HandleFunc("POST /cart/{cart}/pay", func(w http.ResponseWriter, r *http.Request) {
				ctx := checkout.Enter(checkout.Start(r.Context(), r.PathValue("cart"), event.Customer{}), "payment")
				if _, err := pb.NewTestServiceClient(cc).EmptyCall(ctx, &pb.Empty{}); err != nil {
					http.Error(w, "no", http.StatusBadGateway)
				}
			})
			front := httptest.NewServer(otelhttp.NewHandler(shop.recording(touchpoint.Handler(mux)), "shop",
				otelhttp.WithTracerProvider(shop.traces), otelhttp.WithPropagators(w3c)))
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+"/cart/c1/pay", nil)
			must(t, err)
			res, err := front.Client().Do(r)
			must(t, err)
			must(t, res.Body.Close())
			if res.StatusCode != http.StatusOK {
				t.Errorf("the customer gets %d", res.StatusCode)
			}
			front.Close()
			must(t, cc.Close())
			server.GracefulStop()
			must(t, <-served)
			cards.Close()
			spans := map[string]tracetest.SpanStubs{"shop": shop.spans.GetSpans(), "pay": pay.spans.GetSpans(), "psp": psp.spans.GetSpans()}
			for _, s := range []*service{shop, pay, psp} {
				s.stop(t)
			}
			checkArchive(t, archive)
			checkTraces(t, spans)
		})
	}
}

// checkArchive reads the archive as its user does.
func checkArchive(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer db.Close()
	rows, err := db.Query(`SELECT touchpoint, run, channel, outcome, COALESCE(cause, ''), COALESCE(error_type, '') FROM touchpoints ORDER BY touchpoint`)
	must(t, err)
	defer rows.Close()
	var got [][6]string
	for rows.Next() {
		var r [6]string
		must(t, rows.Scan(&r[0], &r[1], &r[2], &r[3], &r[4], &r[5]))
		got = append(got, r)
	}
	must(t, rows.Err())
	want := [][6]string{
		{"POST /cart/{cart}/pay", "c1", "web", "ok", "", ""},
		{"grpc.testing.TestService/EmptyCall", "c1", "web", "degraded", "slow-psp", ""}, // the position says on which channel the customer is
		{"psp.v1.Cards/Charge", "c1", "web", "failed", "", "UNAVAILABLE"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the archive has (-want +got):\n%s", d)
	}
}

// checkTraces looks at what each service emitted.
func checkTraces(t *testing.T, all map[string]tracetest.SpanStubs) {
	t.Helper()
	run := event.Run{Namespace: "default", Name: "checkout", ID: "c1"}
	var request trace.TraceID
	for name, want := range map[string]struct {
		spans, server string
		status        codes.Code
	}{
		"shop": {"client grpc.testing.TestService/EmptyCall, server POST", "POST /cart/{cart}/pay", codes.Unset},
		"pay":  {"client psp.v1.Cards/Charge, server grpc.testing.TestService/EmptyCall", "grpc.testing.TestService/EmptyCall", codes.Unset},
		"psp":  {"server psp.v1.Cards/Charge", "psp.v1.Cards/Charge", codes.Error},
	} {
		var spans []string
		twins := 0
		for _, s := range all[name] {
			if s.SpanContext.TraceID() == run.TraceID() {
				if s.Name == want.server {
					twins++
				}
				continue
			}
			if !request.IsValid() {
				request = s.SpanContext.TraceID()
			}
			if s.SpanContext.TraceID() != request {
				t.Errorf("%s of %s is in another trace", s.Name, name)
			}
			spans = append(spans, s.SpanKind.String()+" "+s.Name)
			if s.SpanKind != trace.SpanKindServer {
				continue
			}
			got := ""
			for _, kv := range s.Attributes {
				if kv.Key == "cx.touchpoint.name" {
					got = kv.Value.AsString()
				}
			}
			if got != want.server || s.Status.Code != want.status {
				t.Errorf("the span of %s is the touchpoint %q, with the status %v", name, got, s.Status)
			}
			if len(s.Links) != 1 || s.Links[0].SpanContext.TraceID() != run.TraceID() {
				t.Errorf("the span of %s is linked to %v, want the journey", name, s.Links)
			}
		}
		if got := strings.Join(spans, ", "); twins != 1 || len(spans) != strings.Count(want.spans, ",")+1 || !sameWords(got, want.spans) {
			t.Errorf("%s emits %q and %d spans of the journey, want %q and one", name, got, twins, want.spans)
		}
	}
}

// sameWords reports whether both lists have the same members.
func sameWords(a, b string) bool {
	for part := range strings.SplitSeq(b, ", ") {
		if !strings.Contains(a, part) {
			return false
		}
	}
	return true
}

// recording serves requests in the service's context.
func (s *service) recording(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(cx.NewContext(r.Context(), s.client)))
	})
}

func otelOf(t *testing.T, s *service) connect.Interceptor {
	t.Helper()
	i, err := otelconnect.NewInterceptor(otelconnect.WithTracerProvider(s.traces), otelconnect.WithPropagator(w3c), otelconnect.WithTrustRemote())
	must(t, err)
	return i
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
