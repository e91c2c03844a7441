package queues_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/twmb/franz-go/pkg/kgo"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxkafka"
	"cairncx.dev/cairn/touchpoint/cxnats"
)

// town is where the services of the test are: with one clock, one archive and one store of traces.
type town struct {
	t     *testing.T
	after atomic.Int64
	spans *tracetest.InMemoryExporter
	opts  []cx.Option
	path  string
}

var noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{t: t, spans: tracetest.NewInMemoryExporter()}
	into, path := archive(t)
	w.path = path
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(w.spans), sdktrace.WithIDGenerator(telemetry.IDGenerator()))
	w.opts = []cx.Option{
		cx.WithNamespace(namespace), cx.WithDefinitions(order, place, pack, announce, receive), cx.WithPositionKeys(key), cx.WithExporters(into),
		cx.WithTracerProvider(provider), cx.WithJourneyTracerProvider(provider),
		cx.WithClock(func() time.Time { return noon.Add(time.Duration(w.after.Load())) }),
	}
	return w
}

func (w *town) service() *cxtest.Recorder { return cxtest.New(w.t, w.opts...) }

// flush writes what the services have recorded to the archive.
func (w *town) flush(services ...*cxtest.Recorder) {
	w.t.Helper()
	for _, s := range services {
		if err := s.Client().Flush(context.Background()); err != nil {
			w.t.Fatal(err)
		}
	}
}

const day = 24 * time.Hour

// TestTwentyDays: a customer orders by HTTP, the order waits in Kafka for eight days and in NATS for twelve, and its receipt is HTTP again. No
// process knows more of the journey than its message says. Each message comes twice. The archive has each touchpoint once, and there is one
// trace of the journey.
func TestTwentyDays(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	shop, warehouse, mailer, till := w.service(), w.service(), w.service(), w.service()
	brokers, js := startKafka(t), connect(t, startNATS(t, patience))

	producer := kafkaClient(t, brokers)
	front := httptest.NewServer(shop.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		ctx := order.Start(r.Context(), "order-7", event.Customer{ID: "alice"})
		ctx, tp := place.Start(ctx, event.Web)
		defer tp.End()
		record := &kgo.Record{Topic: topic}
		cxkafka.Inject(ctx, record)
		if err := producer.ProduceSync(ctx, record).FirstErr(); err != nil {
			http.Error(rw, "later", http.StatusServiceUnavailable)
		}
	})))
	defer front.Close()
	ask(t, http.DefaultClient, context.Background(), front.URL)

	w.after.Store(int64(8 * day))
	packs := cxkafka.NewConsumer(group)
	record := poll(t, kafkaClient(t, brokers, consumes()...))
	for attempt := range 2 {
		ctx, tp := packs.Start(warehouse.Context(context.Background()), record, pack)
		if attempt == 0 { // the second attempt finds that the parcel was packed
			m := nats.NewMsg(subject)
			cxnats.Inject(ctx, m)
			if _, err := js.PublishMsg(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
		tp.End()
	}

	w.after.Store(int64(20 * day))
	back := httptest.NewServer(till.Handler(touchpoint.Handler(http.NewServeMux(), touchpoint.WithSignedPositions(),
		touchpoint.WithRouter(func(*http.Request) string { return "POST /receipts" }), touchpoint.WithRoute("POST /receipts", receive),
		touchpoint.WithStatuses(func(int) event.Outcome { return event.OK }))))
	defer back.Close()
	host, err := url.Parse(back.URL)
	if err != nil {
		t.Fatal(err)
	}
	sender := &http.Client{Transport: touchpoint.Transport(nil, host.Host)}
	mails := cxnats.NewConsumer("")
	consumer, err := js.Consumer(t.Context(), stream, durable)
	if err != nil {
		t.Fatal(err)
	}
	for attempt := range 2 {
		m, err := consumer.Next(jetstream.FetchMaxWait(patience))
		if err != nil {
			t.Fatal(err)
		}
		ctx, tp := mails.Start(mailer.Context(context.Background()), m, announce, touchpoint.Via(event.Email))
		if attempt == 0 {
			ask(t, sender, ctx, back.URL)
			err = m.Nak()
		} else {
			err = m.DoubleAck(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		tp.End()
	}
	w.flush(shop, warehouse, mailer, till)

	if got, want := rows(t, w.path, "SELECT touchpoint || ' ' || run || ' ' || stage || ' ' || channel || ' ' || outcome FROM touchpoints ORDER BY time, touchpoint"), []string{
		"place-order order-7 placed web ok", "pack order-7 packed web ok", "announce order-7 announced email ok", "receive order-7 delivered email ok", // the customer came by the link in the mail
	}; !slices.Equal(got, want) {
		t.Errorf("the archive has the touchpoints %q, want %q", got, want)
	}
	if got, want := rows(t, w.path, "SELECT run || ' ' || outcome || ' ' || round((julianday(ended) - julianday(started)), 3) FROM journeys"), []string{"order-7 completed 20.0"}; !slices.Equal(got, want) {
		t.Errorf("the archive has the journeys %q, want %q", got, want)
	}
	run := event.Run{Namespace: namespace, Name: "order", ID: "order-7"}
	names := map[string]int{}
	for _, s := range w.spans.GetSpans() {
		if s.SpanContext.TraceID() == run.TraceID() {
			names[s.Name]++
		}
	}
	for name, want := range map[string]int{"order": 1, "order started": 1, "place-order": 1, "pack": 2, "announce": 2, "receive": 1} {
		if names[name] != want { // a trace shows each processing
			t.Errorf("the journey's trace has %d spans %q, want %d, of %v", names[name], name, want, names)
		}
	}
}

// ask sends one request.
func ask(t *testing.T, c *http.Client, ctx context.Context, address string) { //nolint:revive // the test comes first
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/receipts", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
}

// poll waits for one record.
func poll(t *testing.T, c *kgo.Client) *kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		fetches := c.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		if records := fetches.Records(); len(records) > 0 {
			return records[0]
		}
	}
}
