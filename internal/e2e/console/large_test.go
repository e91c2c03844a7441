package console_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
)

// large is a source that makes its runs as it gives them, five events each: most are completed, and some are open.
type large int

// Distinct implements insight.Source.
func (large) Distinct() bool { return true }

// Events implements insight.Source.
func (large) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

// Scan implements insight.Source.
func (s large) Scan(_ context.Context, since event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	if since.Since.Position != "" {
		return since.Since, nil
	}
	rng, ids := rand.New(rand.NewPCG(3, 4)), uint64(0)
	for n := range int(s) {
		begun := now.Add(-time.Duration(float64(60*24*time.Hour) * float64(int(s)-n) / float64(s)))
		took := time.Duration((1 + 50*rng.Float64()) * float64(time.Hour))
		promise := &event.Promise{Name: "solved", Number: 1, Made: begun, Due: begun.Add(48 * time.Hour)}
		settled, at := event.PromiseKept, took
		if took > 48*time.Hour {
			settled, at = event.PromiseBroken, 48*time.Hour
		}
		for _, step := range []struct {
			at   time.Duration
			kind event.Kind
		}{{0, event.JourneyStarted}, {0, event.PromiseMade}, {min(took, at) / 3, event.TouchpointEnded}, {at, settled}, {took, event.JourneyEnded}} {
			e := event.Event{
				Kind: step.kind, Time: begun.Add(step.at), Journey: event.Run{Name: "ticket", ID: strconv.Itoa(n), Started: begun},
				Customer: event.Customer{Hash: strconv.Itoa(n / 2), Segment: []string{"gold", "iron", "tin"}[n%3]}, Attributes: []attribute.KeyValue{attribute.String("team", []string{"red", "blue", "green"}[n%3])},
			}
			switch step.kind {
			case event.TouchpointEnded:
				e.Touchpoint, e.Outcome = "call", event.OK
			case event.JourneyEnded:
				e.Outcome = event.Completed
			case event.PromiseMade, settled:
				e.Promise = promise
			default:
			}
			ids++
			binary.BigEndian.PutUint64(e.ID[8:], ids)
			if e.Time.After(now) {
				continue
			}
			if err := each(&e); err != nil {
				return since.Since, err
			}
		}
	}
	return event.Cursor{Position: "all"}, nil
}
