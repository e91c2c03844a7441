package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

// The smallest model with every kind of group. The cases below spoil it.
const (
	goodManifest = `schema_url: https://cairncx.dev/schemas/0.1.0
description: A model for tests.
stability: development
dependencies:
  - schema_url: https://opentelemetry.io/schemas/1.43.0
    registry_path: https://example.com/semconv.zip[model]
`
	goodModel = `groups:
  - id: registry.cx.trip
    type: attribute_group
    display_name: Trip attributes
    brief: A trip.
    attributes:
      - id: cx.trip.name
        type: string
        stability: development
        brief: The trip's name.
        examples: ["north"]
        annotations:
          cx:
            bound: the timetable
      - id: cx.trip.id
        type: string
        stability: development
        brief: The trip's ID.
        examples: ["t-1"]
      - id: cx.trip.stops
        type: int
        stability: development
        brief: How many stops it had.
        examples: [3]
      - id: cx.trip.end
        type:
          members:
            - id: on_time
              value: on_time
              stability: development
              brief: It came when it should.
            - id: late
              value: late
              stability: development
              brief: It did not.
        stability: development
        brief: How it ended.
  - id: attributes.cx.trip
    type: attribute_group
    brief: The attributes of a trip.
    attributes:
      - ref: cx.trip.id
        requirement_level: required
      - ref: error.type
        brief: What went wrong.
        examples: ["strike"]
        requirement_level:
          conditionally_required: If something did.
  - id: metric.cx.trip.ended
    type: metric
    metric_name: cx.trip.ended
    stability: development
    brief: Trips that ended.
    instrument: counter
    unit: "{trip}"
    attributes:
      - ref: cx.trip.name
        requirement_level: required
      - ref: error.type
        requirement_level: opt_in
        annotations:
          cx:
            values:
              - value: strike
                brief: The drivers were on strike.
    annotations:
      cx:
        question: How many trips?
        query: sum(rate(cx_trip_ended_total[5m]))
  - id: metric.cx.trip.duration
    type: metric
    metric_name: cx.trip.duration
    stability: development
    brief: How long trips took.
    instrument: histogram
    unit: s
    annotations:
      cx:
        question: How long?
        query: rate(cx_trip_duration_seconds_sum[5m])
        buckets: [0.5, 1, 2]
  - id: span.cx.trip
    type: span
    span_kind: internal
    stability: development
    brief: A trip.
    extends: attributes.cx.trip
    attributes:
      - ref: cx.trip.name
        requirement_level: required
    annotations:
      cx:
        span_name: the trip's name
        trace: journey
  - id: event.cx.trip.ended
    type: event
    name: cx.trip.ended
    stability: development
    brief: A trip ended.
    extends: attributes.cx.trip
    annotations:
      cx:
        opt_in: true
`
	goodPath = modelFolder + "/trip.yaml"
)

func filesystem(manifest, model string) fstest.MapFS {
	return fstest.MapFS{
		modelFolder + "/manifest.yaml": {Data: []byte(manifest)},
		goodPath:                       {Data: []byte(model)},
	}
}

func TestGoodModel(t *testing.T) {
	reg, err := load(filesystem(goodManifest, goodModel))
	if err != nil {
		t.Fatal(err)
	}
	span := reg.byID["span.cx.trip"]
	var have []string
	for _, u := range span.uses {
		have = append(have, u.id+" "+u.level.name)
	}
	want := "cx.trip.id required, error.type conditionally_required, cx.trip.name required"
	if got := strings.Join(have, ", "); got != want {
		t.Errorf("the span has %s, want %s: first the inherited attributes, then its own", got, want)
	}
	if len(reg.standard()) != 1 {
		t.Errorf("the standard attributes are %v, want error.type alone: the model refers to no other", reg.standard())
	}
}

// spoiled is one way to make the model faulty. new replaces the first occurrence of old, and the error has to
// contain want.
type spoiled struct {
	name, reason   string
	old, new, want string
	manifest       bool // old is in the manifest
}

func (s spoiled) test(t *testing.T) {
	manifest, model := goodManifest, goodModel
	text := &model
	if s.manifest {
		text = &manifest
	}
	if !strings.Contains(*text, s.old) {
		t.Fatalf("the model has no %q to spoil", s.old)
	}
	*text = strings.Replace(*text, s.old, s.new, 1)
	_, err := load(filesystem(manifest, model))
	if err == nil {
		t.Fatalf("no error, want %q: %s", s.want, s.reason)
	}
	if !strings.Contains(err.Error(), s.want) {
		t.Errorf("the error is %q, want %q in it: %s", err, s.want, s.reason)
	}
}
