package servers

import (
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// MetricPoint is one data point of a metric in the form in which the collector received it. Values of attributes
// have the same form as in [Span].
type MetricPoint struct {
	Origin

	Name        string
	Description string
	Unit        string
	Type        string // Sum, Gauge, Histogram, ExponentialHistogram or Summary
	Monotonic   bool   // a Sum that only grows
	Cumulative  bool   // a total since the start, not a difference to the last export

	Time       time.Time // UTC, zero for none
	Attributes map[string]any
	Value      float64 // for a Sum or a Gauge, integer or not
	Count      uint64  // for the other types
	Sum        float64 // for the other types
}

// parseMetrics parses an ExportMetricsServiceRequest in OTLP's JSON.
func parseMetrics(line []byte) ([]MetricPoint, error) {
	message, err := new(pmetric.JSONUnmarshaler).UnmarshalMetrics(line)
	if err != nil {
		return nil, fmt.Errorf("metrics in OTLP JSON: %w", err)
	}
	var points []MetricPoint
	for _, resource := range message.ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() {
			from := origin(resource.Resource(), scope.Scope())
			for _, metric := range scope.Metrics().All() {
				points = append(points, metricPoints(from, metric)...)
			}
		}
	}
	return points, nil
}

func metricPoints(from Origin, m pmetric.Metric) []MetricPoint {
	of := MetricPoint{
		Origin: from, Name: m.Name(), Description: m.Description(), Unit: m.Unit(), Type: m.Type().String(),
	}
	switch m.Type() {
	case pmetric.MetricTypeSum:
		of.Monotonic = m.Sum().IsMonotonic()
		of.Cumulative = m.Sum().AggregationTemporality() == pmetric.AggregationTemporalityCumulative
		return numberPoints(of, m.Sum().DataPoints())
	case pmetric.MetricTypeGauge:
		return numberPoints(of, m.Gauge().DataPoints())
	case pmetric.MetricTypeHistogram:
		of.Cumulative = m.Histogram().AggregationTemporality() == pmetric.AggregationTemporalityCumulative
		return distributionPoints(of, m.Histogram().DataPoints().All())
	case pmetric.MetricTypeExponentialHistogram:
		of.Cumulative = m.ExponentialHistogram().AggregationTemporality() == pmetric.AggregationTemporalityCumulative
		return distributionPoints(of, m.ExponentialHistogram().DataPoints().All())
	case pmetric.MetricTypeSummary:
		of.Cumulative = true // the protocol has only cumulative summaries
		return distributionPoints(of, m.Summary().DataPoints().All())
	default:
		return nil
	}
}

func numberPoints(of MetricPoint, points pmetric.NumberDataPointSlice) []MetricPoint {
	var all []MetricPoint
	for _, point := range points.All() {
		p := of
		p.Time, p.Attributes = instant(point.Timestamp()), point.Attributes().AsRaw()
		p.Value = point.DoubleValue()
		if point.ValueType() == pmetric.NumberDataPointValueTypeInt {
			p.Value = float64(point.IntValue())
		}
		all = append(all, p)
	}
	return all
}

// distribution has the common methods of the points of histograms and summaries.
type distribution interface {
	Timestamp() pcommon.Timestamp
	Attributes() pcommon.Map
	Count() uint64
	Sum() float64
}

func distributionPoints[P distribution](of MetricPoint, points func(yield func(int, P) bool)) []MetricPoint {
	var all []MetricPoint
	for _, point := range points {
		p := of
		p.Time, p.Attributes = instant(point.Timestamp()), point.Attributes().AsRaw()
		p.Count, p.Sum = point.Count(), point.Sum()
		all = append(all, p)
	}
	return all
}
