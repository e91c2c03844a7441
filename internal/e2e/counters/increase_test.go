// Package counters_test asks a real Prometheus for the increase of Cairn's counters.
package counters_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

const (
	patience = time.Minute
	day      = 24 * time.Hour
)

// runs is the number of customers.
const runs = 90

// service is a client whose Flush sends its metrics to a collector.
type service struct {
	client   *cx.Client
	provider *sdkmetric.MeterProvider
	checkout *journey.Definition
	byHand   metric.Int64Counter // counts ends as code without Cairn would

	mu  sync.Mutex
	now time.Time
}

func newService(t *testing.T, collector *servers.Collector) *service {
	t.Helper()
	exporter, err := otlpmetrichttp.New(t.Context(), otlpmetrichttp.WithEndpointURL(collector.OTLPHTTPEndpoint()+"/v1/metrics"))
	if err != nil {
		t.Fatal(err)
	}
	s := &service{
		provider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithInterval(time.Hour)))),
		checkout: journey.Define("checkout", journey.Stages("cart", "payment"), journey.AbandonAfter(day),
			journey.Channels(event.Web, event.Mobile)),
		now: time.Now(),
	}
	if s.byHand, err = s.provider.Meter("by hand").Int64Counter("by.hand"); err != nil {
		t.Fatal(err)
	}
	if s.client, err = cx.New(cx.WithDefinitions(s.checkout), cx.WithMeterProvider(s.provider), cx.WithClock(s.time)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.client.Shutdown(context.Background()), s.provider.Shutdown(context.Background())); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *service) time() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// run lets the i-th customer come and go, and returns "channel outcome stage".
func (s *service) run(t *testing.T, i int) string {
	channel := []event.Channel{event.Web, event.Mobile}[i%2]
	stage := []string{"", "cart", "payment"}[i%3]
	ctx := s.checkout.Start(cx.NewContext(t.Context(), s.client), strconv.Itoa(i), event.Customer{}, journey.Via(channel))
	if stage != "" {
		ctx = s.checkout.Enter(ctx, stage)
	}
	outcome := []string{"completed", "failed", "cancelled", "abandoned"}[i/3%4]
	switch outcome {
	case "completed":
		s.checkout.Complete(ctx)
	case "failed":
		s.checkout.Fail(ctx)
	case "cancelled":
		s.checkout.Cancel(ctx)
	}
	s.byHand.Add(ctx, 1, metric.WithAttributes(attribute.String("channel", channel.String()), attribute.String("outcome", outcome)))
	return channel.String() + " " + outcome + " " + stage
}

// flush ends the abandoned journeys and sends the metrics.
func (s *service) flush(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	s.now = s.now.Add(2 * day)
	s.mu.Unlock()
	if err := errors.Join(s.client.Flush(t.Context()), s.provider.ForceFlush(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// TestIncrease: increase() of starts, ends and exits counts each of the 90. Prometheus derives an increase from
// the first sample on, so it is right only if that sample is zero. It multiplies the increase by the part of the
// range without samples. Before a first sample that is zero it adds nothing, because a counter cannot be negative.
// After the last sample it adds nothing if the range ends there. At the time of the last sample the numbers are
// therefore exact, and later ones are too high by at most half a scrape interval's part of the range.
func TestIncrease(t *testing.T) {
	collector := servers.StartCollector(t)
	prometheus := servers.StartPrometheus(t, collector.MetricsAddr())
	s := newService(t, collector)

	s.flush(t)
	begun := func(query string, want float64) {
		t.Helper()
		servers.Eventually(t, patience, func() error {
			if got, _ := prometheus.Value(t, query); got != want {
				return fmt.Errorf("%s is %v, want %v", query, got, want)
			}
			return nil
		})
	}
	begun(`count(cx_journey_started_total == 0)`, 2) // 2 channels
	begun(`count(cx_journey_ended_total == 0)`, 8)   // 2 channels, 4 outcomes
	begun(`count(cx_journey_exits_total == 0)`, 12)  // 4 outcomes, 2 stages and none
	begun(`count(cx_journey_active == 0)`, 3)
	begun(`sum(cx_sdk_info)`, 1)

	started, ended, exits := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for i := range runs {
		var channel, outcome, stage string
		if _, err := fmt.Sscanf(s.run(t, i)+".", "%s %s %s", &channel, &outcome, &stage); err != nil {
			t.Fatal(err)
		}
		started[channel]++
		ended[channel+"/"+outcome]++
		exits[outcome+"/"+stage[:len(stage)-1]]++
		if i%30 == 29 { // flush three times, as a service does at intervals
			s.flush(t)
			begun(`sum(cx_journey_ended_total)`, float64(i+1))
		}
	}

	// Failures have no series before the first one. The registry's query counts the first one, too.
	pay := touchpoint.Define("pay", touchpoint.In(s.checkout, "payment"))
	for range 3 {
		pay.Record(cx.NewContext(t.Context(), s.client), event.Web, touchpoint.Outcome(event.Failed), touchpoint.Because("psp-timeout"))
	}
	s.flush(t)
	begun(`sum by (cx_touchpoint_name, cx_cause, error_type)
		((cx_touchpoint_failures_total - cx_touchpoint_failures_total offset 1h >= 0) or cx_touchpoint_failures_total) > 0`, 3)

	at, ok := prometheus.Value(t, `max(timestamp(cx_journey_ended_total))`)
	if !ok {
		t.Fatal("Prometheus has no ends")
	}
	increase := func(metric string) string {
		return fmt.Sprintf("increase(%s[1h] @ %s)", metric, strconv.FormatFloat(at, 'f', -1, 64))
	}
	for _, c := range []struct {
		metric string
		labels []string
		want   map[string]float64
	}{
		{"cx_journey_started_total", []string{"cx_channel"}, started},
		{"cx_journey_ended_total", []string{"cx_channel", "cx_outcome"}, ended},
		{"cx_journey_exits_total", []string{"cx_outcome", "cx_stage_name"}, exits},
	} {
		got := map[string]float64{}
		for _, sample := range prometheus.Query(t, increase(c.metric)) {
			key := ""
			for i, l := range c.labels {
				if i > 0 {
					key += "/"
				}
				key += sample.Labels[l]
			}
			got[key] = sample.Value
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("the increase of %s (-want +got):\n%s", c.metric, d)
		}
		sum, _ := prometheus.Value(t, "sum("+increase(c.metric)+")")
		if sum != runs {
			t.Errorf("the increase of %s is %v, want %d", c.metric, sum, runs)
		}
	}
	// A counter of the same ends without zeros shows the loss that this test is about.
	if lost, _ := prometheus.Value(t, "sum("+increase("by_hand_total")+")"); lost > 0.9*runs {
		t.Errorf("the increase of a counter without zeros is %v out of %d: this Prometheus loses nothing, so the test proves nothing", lost, runs)
	}
}
