// Package counters_test asks a real Prometheus how much Cairn's counters have risen.
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

// runs is how many customers come.
const runs = 90

// service is a client whose metrics go to a collector when they are flushed.
type service struct {
	client   *cx.Client
	provider *sdkmetric.MeterProvider
	checkout *journey.Definition
	byHand   metric.Int64Counter // what code without Cairn would count ends with

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

// run lets the i-th customer come and go, and returns how: "channel outcome stage".
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

// flush lets who has left have left, and sends the metrics.
func (s *service) flush(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	s.now = s.now.Add(2 * day)
	s.mu.Unlock()
	if err := errors.Join(s.client.Flush(t.Context()), s.provider.ForceFlush(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// TestIncrease: increase() of starts, ends and exits is what happened, each of the 90 of them. Prometheus sees how much
// a series has risen from its first sample on, so it can only be right where that is the zero. It multiplies what it
// has seen by the time that the range reaches beyond the samples: before a first sample that is zero by none, for a
// counter cannot have been less; after the last one by none where the range ends with it. So the numbers are exact at
// the time of the last sample, and later ones are too high by half a scrape interval's part of the time at most.
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
	begun(`count(cx_journey_started_total == 0)`, 2) // channels
	begun(`count(cx_journey_ended_total == 0)`, 8)   // and outcomes
	begun(`count(cx_journey_exits_total == 0)`, 12)  // outcomes, stages and none
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
		if i%30 == 29 { // three times, as a service reports every so often
			s.flush(t)
			begun(`sum(cx_journey_ended_total)`, float64(i+1))
		}
	}

	// What fails has no series before it does: the registry's query counts the first of them too.
	pay := touchpoint.Define("pay", touchpoint.In(s.checkout, "payment"))
	for range 3 {
		pay.Record(cx.NewContext(t.Context(), s.client), event.Web, touchpoint.Outcome(event.Failed), touchpoint.Because("psp-timeout"))
	}
	s.flush(t)
	begun(`sum by (cx_touchpoint_name, cx_cause, error_type)
		((cx_touchpoint_failures_total - cx_touchpoint_failures_total offset 1h >= 0) or cx_touchpoint_failures_total) > 0`, 3)

	at, ok := prometheus.Value(t, `max(timestamp(cx_journey_ended_total))`)
	if !ok {
		t.Fatal("there are no ends")
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
			t.Errorf("%s has risen by %v, want %d", c.metric, sum, runs)
		}
	}
	// The same ends, counted without zeros: what this test is about.
	if lost, _ := prometheus.Value(t, "sum("+increase("by_hand_total")+")"); lost > 0.9*runs {
		t.Errorf("a counter without zeros has risen by %v of %d: this Prometheus loses nothing, and the test shows nothing", lost, runs)
	}
}
